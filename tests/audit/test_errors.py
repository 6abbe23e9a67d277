"""Errors carry stable codes and no values."""

from pathlib import Path

from audit import errors


def test_codes_are_stable_and_different() -> None:
    codes = {cls.__name__: cls.code for cls in (errors.AuditError, *errors.AuditError.__subclasses__())}
    assert codes == {
        "AuditError": "audit_error",
        "AuditUnavailable": "audit_unavailable",
        "AuditLocked": "audit_locked",
        "AuditMismatch": "audit_mismatch",
        "RecordRefused": "audit_record_refused",
    }


def test_every_reason_is_named_in_the_message() -> None:
    for reason in errors.REASONS:
        assert reason in str(errors.AuditUnavailable(reason))


def test_every_reason_is_explained_or_is_of_one_process() -> None:
    guide = (Path(__file__).parents[2] / "deploy" / "docs" / "postgresql.md").read_text(encoding="utf-8")
    assert {reason for reason in errors.REASONS if f"`{reason}`" not in guide} == {"queue_full", "closed"}
