"""What the server makes of the signer's reports."""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit.access import Filters, Records
from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.keys import read_signers
from audit.log import AuditLog
from audit.note import Note
from audit.source import SqliteSource
from audit.vkey import Signer
from proxy.checkpoints import SILENT_S, Checkpoints


class Watch:
    """Reports over a real log, with a clock of the test's own."""

    def __init__(self, home: Path) -> None:
        self.now = 0.0
        self.home = home
        self.log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=5)
        self.checkpoints = Checkpoints(self.log, 60, lambda: self.now)

    def incidents(self) -> list[dict[str, Any]]:
        records = Records(self.log.place).page(Filters(), after=-1, limit=1000).records
        names = ("kind", "what", "how", "from_seq", "incident")
        bodies = [record.body for record in records if record.body["kind"].startswith("incident.")]
        return [{name: body[name] for name in names if name in body} for body in bodies]


@pytest.fixture
def watch(tmp_path: Path) -> Any:
    made = Watch(tmp_path)
    yield made
    made.log.close()


def test_a_refusal_opens_one_incident_and_the_next_success_closes_it(watch: Watch) -> None:
    watch.checkpoints.report()
    assert watch.checkpoints.not_ready() is None
    for _ in range(3):
        watch.checkpoints.report(refused="STORE_BEHIND", seq=7)
    assert "STORE_BEHIND" in (watch.checkpoints.not_ready() or "")
    watch.checkpoints.report(refused="FORK")
    for _ in range(2):
        watch.checkpoints.report()
    assert watch.checkpoints.not_ready() is None
    first, end, second, last = watch.incidents()
    assert (first["what"], first["from_seq"]) == ("checkpoint_store_behind", 7)
    assert (end["incident"], end["how"]) == (first["incident"], "refused_otherwise")
    assert second["what"] == "checkpoint_fork"
    assert (last["incident"], last["how"]) == (second["incident"], "signed_again")


def test_a_refusal_that_could_not_be_recorded_is_recorded_with_the_next_report(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from audit.errors import AuditUnavailable

    def full(*_: Any) -> None:
        raise AuditUnavailable("full")

    with monkeypatch.context() as broken:
        broken.setattr(watch.log, "append_sync", full)
        watch.checkpoints.report(refused="FORK")
        assert "FORK" in (watch.checkpoints.not_ready() or "")
    watch.checkpoints.report(refused="FORK")
    assert [incident["what"] for incident in watch.incidents()] == ["checkpoint_fork"]


def test_a_signer_that_is_silent_is_missed(watch: Watch) -> None:
    watch.now = SILENT_S
    assert watch.checkpoints.not_ready() is None
    watch.now += 1
    assert "not been heard" in (watch.checkpoints.not_ready() or "")
    watch.checkpoints.report()
    assert watch.checkpoints.not_ready() is None


def test_an_anchor_that_lags_too_long_makes_the_server_not_ready(watch: Watch) -> None:
    watch.checkpoints.report(anchors={"file": 60})
    assert (watch.checkpoints.not_ready(), watch.checkpoints.anchors) == (None, {"file": 60})
    watch.checkpoints.report(anchors={"file": 61})
    assert "reach an anchor: file" in (watch.checkpoints.not_ready() or "")
    shown = Checkpoints(watch.log)
    shown.report(anchors={"file": 10_000})
    assert shown.not_ready() is None


def test_a_checkpoint_is_stored_once_and_none_that_comes_too_late(watch: Watch) -> None:
    signer = read_signers(watch.home / "keys")[0]
    notes = [Note(Checkpoint(signer.name, n, bytes(32)).encode()).signed(signer).encode().decode() for n in (1, 2)]
    assert watch.checkpoints.store(notes[1]) == {"stored": True}
    assert watch.checkpoints.store(notes[1]) == {"stored": True}
    assert watch.checkpoints.store(notes[0]) == {"stored": False}
    assert watch.checkpoints.store("no note") == {"stored": False}


def test_what_a_witness_cosigned_is_archived_and_recorded(watch: Watch) -> None:
    text = Checkpoint("log.example/audit", 2, bytes(32)).encode()
    cosigned = Note(text, (Cosigner(Signer("witness.example/w1", bytes(32))).cosign(text, 1),)).encode()
    watch.checkpoints.receipt("w1", cosigned.decode())
    records = Records(watch.log.place).page(Filters(kind="anchor.receipt"), after=-1, limit=10).records
    body, sha256 = records[0].body, hashlib.sha256(cosigned).hexdigest()
    assert (body["anchor"], body["size"], body["root"], body["receipt_sha256"]) == ("w1", 2, "00" * 32, sha256)
    with closing(SqliteSource(watch.home / "audit.db")) as source:
        assert dict(source.texts())[sha256] == cosigned


def test_what_is_no_checkpoint_is_no_receipt(watch: Watch) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - two classes of it
        watch.checkpoints.receipt("w1", "nothing of the kind")
    assert not Records(watch.log.place).page(Filters(kind="anchor.receipt"), after=-1, limit=10).records


def test_a_signer_that_is_silent_does_not_stop_the_clock_of_an_anchor(watch: Watch) -> None:
    watch.checkpoints.report(anchors={"file": 0, "git": 59})
    assert watch.checkpoints.late() == ""
    watch.now += SILENT_S + 2
    assert watch.checkpoints.late() == "git"
    watch.now += 60
    assert watch.checkpoints.late() == "file, git"
    watch.checkpoints.report(anchors={"file": 0, "git": 0})
    assert watch.checkpoints.late() == ""
