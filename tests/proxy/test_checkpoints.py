"""What the server makes of the signer's reports."""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit.access import Filters, Records
from audit.keys import read_signers
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.sources.source import SqliteSource
from audit.verification.trust import Trust
from proxy.checkpoints import SILENT_S, Checkpoints
from proxy.late_anchors import ALARM_S


class Watch:
    """Reports over a real log, with a clock of the test's own."""

    def __init__(self, home: Path) -> None:
        self.now = 0.0
        self.home = home
        self._begin()

    def _begin(self) -> None:
        home = self.home
        self.log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=5)
        self.checkpoints = Checkpoints(self.log, 60, lambda: self.now)

    def restart(self) -> None:
        self.log.close()
        self._begin()

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


def test_who_asks_for_a_checkpoint_is_heard_once(watch: Watch) -> None:
    assert watch.checkpoints.wanted() == {"wanted": False}
    for _ in range(2):
        watch.checkpoints.want()
    assert watch.checkpoints.wanted() == {"wanted": True}
    assert watch.checkpoints.wanted() == {"wanted": False}


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


def test_an_incident_that_a_restart_found_open_is_not_opened_again_and_is_closed_when_it_ends(watch: Watch) -> None:
    watch.checkpoints.report(refused="FORK", anchors={"file": ALARM_S + 1, "git": 0})
    watch.restart()
    watch.checkpoints.report(refused="FORK", anchors={"file": ALARM_S + 9, "git": 0})
    opened = watch.incidents()
    assert [one["what"] for one in opened] == ["checkpoint_fork", "anchor_behind"]
    watch.restart()
    watch.checkpoints.report(anchors={"file": 0, "git": 0})
    closed = watch.incidents()[2:]
    assert [(one["incident"], one["how"]) for one in closed] == [
        (opened[0]["incident"], "signed_again"),
        (opened[1]["incident"], "caught_up"),
    ]
    watch.restart()
    watch.checkpoints.report(anchors={"file": 0, "git": 0})
    assert len(watch.incidents()) == 4


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
    watch.checkpoints.report()
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


def test_nothing_is_sent_while_the_log_is_not_the_one_that_was_signed(watch: Watch) -> None:
    watch.checkpoints.report()
    assert watch.checkpoints.stopped() is None
    for refused, code in (("STORE_BEHIND", "audit_behind"), ("FORK", "audit_behind"), ("KEY_RANGE", None)):
        watch.checkpoints.report(refused)
        stop = watch.checkpoints.stopped()
        assert (stop and stop.code) == code
    watch.checkpoints.report(anchors={"git": 61})
    stop = watch.checkpoints.stopped()
    assert stop is not None
    assert (stop.code, "git" in stop.message) == ("audit_unanchored", True)
    watch.checkpoints.report()
    assert watch.checkpoints.stopped() is None


def test_t11_a_restart_sends_nothing_until_the_signer_signs_what_it_refused(watch: Watch) -> None:
    watch.checkpoints.report(refused="STORE_BEHIND", seq=3)
    watch.restart()
    stop = watch.checkpoints.stopped()
    assert stop is not None
    assert stop.code == "audit_behind"
    assert watch.checkpoints.not_ready() == "the signer refuses this log: STORE_BEHIND"
    watch.checkpoints.report()
    assert watch.checkpoints.stopped() is watch.checkpoints.not_ready() is None


def test_after_a_start_nothing_is_sent_until_it_is_known_how_late_anchors_are(watch: Watch) -> None:
    assert watch.checkpoints.not_ready() == "the signer has not been heard of"
    stop = watch.checkpoints.stopped()
    assert stop is not None
    assert stop.code == "audit_unanchored"

    watch.checkpoints.report(anchors={"file": 0})
    assert watch.checkpoints.not_ready() is None
    assert watch.checkpoints.stopped() is None

    unlimited = Checkpoints(watch.log, 0, lambda: watch.now)
    assert unlimited.not_ready() is None
    assert unlimited.stopped() is None


def test_the_grade_is_what_anchors_have_and_falls_when_they_or_the_signer_are_late(watch: Watch) -> None:
    keys = [Cosigner(Signer(f"witness.example/w{n}", bytes([n]) * 32)).vkey.encode() for n in range(2)]
    lines = [f"witness w{n} {key}" for n, key in enumerate(keys)] + ["group both all w0 w1", "quorum both"]
    policy = Trust.read(["".join(f"{line}\n" for line in lines).encode()])
    assert watch.checkpoints.grade(policy) == "self-consistent", "nothing was heard yet"
    late = ALARM_S + 1
    told: list[tuple[dict[str, int], str]] = [
        ({}, "signed"),
        ({"file": late}, "signed"),
        ({"file": ALARM_S}, "anchored"),
        ({"file": late, "w0": 0}, "anchored"),
        ({"w0": 0, "w1": late}, "anchored"),
        ({"w0": 0, "w1": 0}, "witnessed"),
    ]
    for anchors, grade in told:
        watch.checkpoints.report(anchors=anchors)
        assert watch.checkpoints.grade(policy) == grade
    assert watch.checkpoints.grade(Trust()) == "anchored", "without a policy nobody is a witness"
    watch.now += SILENT_S + 1
    assert watch.checkpoints.grade(policy) == "self-consistent"
    watch.checkpoints.report(refused="FORK", anchors={"w0": 0, "w1": 0})
    assert watch.checkpoints.grade(policy) == "failed"
