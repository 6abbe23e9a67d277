"""The table of roles: whoever reads it sees what a real server does, which tests/contract/test_audit_api.py asks."""

from audit.api.roles import EXPORTERS, LOOKERS_UP, READERS, ROLES


def test_applications_are_nowhere_and_an_admin_is_everywhere() -> None:
    for methods in ROLES.values():
        for allowed in methods.values():
            assert "app" not in allowed
            assert "admin" in allowed


def test_packs_are_for_auditors_and_look_ups_for_security() -> None:
    assert sorted(READERS) == ["admin", "auditor", "security"]
    assert sorted(EXPORTERS) == ["admin", "auditor"]
    assert sorted(LOOKERS_UP) == ["admin", "security"]
    assert {path for path, methods in ROLES.items() if LOOKERS_UP in methods.values()} == {"/fingerprints"}
