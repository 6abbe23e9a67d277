import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from approving import approve, policy

from audit.access import Records
from audit.log import AuditLog
from audit.proofs.vkey import Signer
from proxy.approvals.approval import Newest, find
from proxy.approvals.history import History
from proxy.settings import Settings

SHA = "5" * 64


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    made = AuditLog.open(tmp_path / "log.db", keys=tmp_path / "keys", origin="log.example/audit", deadline_s=30)
    yield made
    made.close()


def record(log: AuditLog, approval: dict[str, Any] | None = None, note: bytes = b"") -> None:
    bundle = {"sha256": SHA, "policies": [], "upstreams_sha256": SHA}
    body = {"bundle": bundle, "source": "reload", "files_sha256": SHA}
    if note:
        log.store_bundle(hashlib.sha256(note).hexdigest(), note)
    log.append_sync("policy.activated", {**body, **({"approval": approval} if approval else {})})


def activate(log: AuditLog, settings: Settings, *by: Signer, serial: int) -> Newest:
    """Record what a server would of an approval of what lies there now."""
    statement = approve(settings, *by, serial=serial)
    found, _ = find(settings, policy(settings), settings.upstreams.read_bytes())
    assert found is not None
    record(log, found.record(), found.note)
    return Newest(serial, statement.subject)


def test_a_log_without_a_verified_approval_remembers_none(log: AuditLog, settings: Settings, stranger: Signer) -> None:
    history = History(Records(log.place))
    assert history.newest() is None
    record(log)
    activate(log, settings, serial=7)
    activate(log, settings, stranger, serial=8)
    assert history.newest() is None


def test_the_highest_serial_is_remembered_with_what_it_was_about(
    log: AuditLog, settings: Settings, ciso: Signer
) -> None:
    history = History(Records(log.place))
    assert history.newest() is None
    second = activate(log, settings, ciso, serial=2)
    assert history.newest() == second
    with (settings.policies / "soc2.yaml").open("a") as file:
        file.write("# another bundle\n")
    activate(log, settings, ciso, serial=1)
    record(log)
    assert history.newest() == second == History(Records(log.place)).newest()
    third = activate(log, settings, ciso, serial=3)
    assert third.subject != second.subject
    assert history.newest() == third


@pytest.mark.parametrize("note", [None, b"not a note"])
def test_a_serial_counts_even_if_its_note_cannot_be_read(log: AuditLog, ciso: Signer, note: bytes | None) -> None:
    approval = {
        "standing": "verified",
        "author": "a",
        "approver": "b",
        "serial": 4,
        "note_sha256": hashlib.sha256(note or b"").hexdigest(),
        "key": ciso.vkey.encode(),
    }
    record(log, approval, note or b"")
    assert History(Records(log.place)).newest() == Newest(4, None)
