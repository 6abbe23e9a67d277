"""Logs under time stamps: what an authority's word proves of a log, what it does not, and which times it rules out."""

import datetime as dt
import hashlib
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stamping import Authority, root
from typer.testing import CliRunner

from audit.anchors.stamp import in_order, line
from audit.cli import app
from audit.clock import Clock, Machine
from audit.errors import AuditMismatch
from audit.keys import read_signers
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.draft import draft
from audit.records.schema import MAX_INT
from audit.sources.export import export
from audit.sources.source import SqliteSource
from audit.verification.checks import CHECKS
from audit.verification.passing import TOLERANCE
from audit.verification.report import Report
from audit.verification.trust import Trust
from audit.verification.verifier import Steps, verify

ORIGIN = "log.example/audit"
UUID = "01a1fe6d-0185-7595-b576-122b77425aaa"
DAY = dt.timedelta(days=1)


def now() -> dt.datetime:
    """Return the time, which a whole run of the tests is long after that at which they were collected."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "a")


class Stamped:
    """A log that is written, signed and stamped step by step."""

    def __init__(self, path: Path, authority: Authority) -> None:
        self.path, self.authority = path, authority
        self.log = AuditLog.open(path, keys=path.parent / "keys", origin=ORIGIN, deadline_s=30)
        self.signer = read_signers(path.parent / "keys")[0]
        self.trust = Trust.read([authority.pem])

    def write(self, count: int = 1) -> int:
        for _ in range(count):
            size = self.log.append_sync("control.tested", {"control": "a", "passed": True}).seq + 1
        return size

    def note(self) -> Note:
        """Sign and store a checkpoint of all that there is."""
        with closing(SqliteSource(self.path)) as source:
            rows = source.rows(None, 1000)
        made = Note(Checkpoint(ORIGIN, len(rows), root_of(row.link for row in rows)).encode()).signed(self.signer)
        self.log.store_checkpoint(made.encode())
        return made

    def stamped(self, at: dt.datetime | None = None, note: Note | None = None) -> Note:
        note = note or self.note()
        response = self.authority.stamp(note.text.encode())
        response = response if at is None else self.authority.at(response, at)
        return replace(note, signatures=(*note.signatures, line("tsa.example", in_order(response))))

    def keep(self, note: Note) -> int:
        """Archive a stamped head and record that, as the server does; returns the record's number."""
        content, stated = note.encode(), Checkpoint.of(note)
        sha256 = hashlib.sha256(content).hexdigest()
        self.log.store_bundle(sha256, content)
        body = {"anchor": "rfc3161", "size": stated.size, "root": stated.root.hex(), "receipt_sha256": sha256}
        return self.log.append_sync("anchor.receipt", body).seq

    def verify(self, trust: Trust | None = None, **options: Any) -> Report:
        self.note()
        return verify(self.path, trust=trust or self.trust, **options)


@pytest.fixture
def log(tmp_path: Path, authority: Authority) -> Stamped:
    made = Stamped(tmp_path / "home" / "audit.db", authority)
    yield made  # type: ignore[misc]
    made.log.close()


def found(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.seq) for finding in report.findings]


def test_a_stamp_in_the_log_anchors_it_under_the_certificate_that_was_brought_and_says_what_it_does_not_prove(
    log: Stamped,
) -> None:
    size = log.write(3)
    seq = log.keep(log.stamped())
    log.write()
    report = log.verify()
    assert (report.ok, report.grade, report.anchored, report.witnessed) == (True, "anchored", size, 0)
    assert report.existed is not None
    assert (report.existed.size, report.existed.by) == (size, "CN=Stamps Nordwind")
    assert abs(dt.datetime.fromisoformat(report.existed.at) - now()) < dt.timedelta(minutes=10)
    assert 0 <= report.existed.waited_s < 600
    assert any("there is no other log" in what for what in report.unproven)
    assert any(f"while it waited for a time stamp, {report.existed.waited_s} s" in what for what in report.unproven)
    assert any(f"cut off the end, behind record {size - 1}" in what for what in report.unproven)
    assert seq == size
    for trust in (Trust(), Trust.read([root().pem])):
        report = log.verify(trust)
        assert (report.ok, report.grade, report.existed) == (True, "signed", None)


def test_a_stamped_head_that_was_brought_counts_and_beside_another_there_is_somebody_who_compares(
    log: Stamped,
) -> None:
    size = log.write(3)
    stamped, plain = log.stamped(), log.note()
    log.write()
    report = log.verify(Trust.read([log.authority.pem, stamped.encode()]))
    assert (report.ok, report.grade, report.anchored) == (True, "anchored", size)
    assert report.existed is not None
    both = log.verify(Trust.read([log.authority.pem, stamped.encode(), plain.encode()]))
    assert (both.grade, both.existed) == ("anchored", report.existed)
    assert any("no other log" in what for what in report.unproven)
    assert not any("no other log" in what for what in both.unproven)


def test_a_stamp_that_is_none_is_passed_over_whoever_put_it_there(log: Stamped) -> None:
    log.write(2)
    other = log.stamped()
    log.write()
    note = log.note()
    log.keep(replace(note, signatures=(*note.signatures, other.signatures[-1])))
    log.keep(replace(note, signatures=(*note.signatures, line("tsa.example", b"none"))))
    report = log.verify()
    assert (report.ok, report.grade, report.existed) == (True, "signed", None)


def test_what_is_stamped_and_is_no_checkpoint_is_passed_over(log: Stamped) -> None:
    log.write(2)
    content = log.stamped(note=Note("a contract\n").signed(log.signer)).encode()
    log.log.store_bundle(hashlib.sha256(content).hexdigest(), content)
    assert log.verify().grade == "signed"


def test_the_newest_of_many_stamps_is_named_and_the_longest_wait(log: Stamped) -> None:
    log.write()
    log.keep(log.stamped(now() + dt.timedelta(seconds=250)))
    log.write()
    log.keep(log.stamped(now() + dt.timedelta(seconds=251)))
    report = log.verify()
    assert report.existed is not None
    assert report.existed.size == report.anchored == report.size - 1
    assert 200 <= report.existed.waited_s <= 251  # the second waited less, as it was there already


def test_a_witness_counts_for_more_beside_a_stamp(log: Stamped) -> None:
    witness = Cosigner(Signer("witness.example/w", b"w" * 32))
    policy = f"witness w {witness.vkey.encode()}\nquorum w\n".encode()
    size = log.write(2)
    stamped = log.stamped()
    log.keep(replace(stamped, signatures=(*stamped.signatures, witness.cosign(stamped.text, 7))))
    report = log.verify(Trust.read([policy, log.authority.pem]))
    assert (report.ok, report.grade, report.witnessed) == (True, "witnessed", size)
    assert report.existed is not None
    assert not any("no other log" in what for what in report.unproven)


def rewritten(log: Stamped, forge: Callable[[Path], Any], start: int, ts: Callable[[int], str] | None = None) -> Path:
    """Change a record, hash all behind it anew and sign all of it anew, as whoever holds the key can do.

    Or, where `ts` is given, change the times of all records from there on.
    """
    copy = log.path.with_name("rewritten.db")
    with closing(sqlite3.connect(log.path)) as connection, closing(sqlite3.connect(copy)) as target:
        connection.backup(target)
    forger = forge(copy)
    if ts is None:
        forger.salt(start)
    for row in forger.rows[start:] if ts else ():
        forger.edit(row["seq"], lambda raw, row=row: raw.replace(row["ts"].encode(), ts(row["seq"]).encode()))
        row["ts"] = ts(row["seq"])
    forger.relink(start)
    forger.save("DELETE FROM checkpoint")
    links = [row["link"] for row in forger.rows]
    made = Note(Checkpoint(ORIGIN, len(links), root_of(links)).encode()).signed(log.signer)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (len(links), made.encode()))
    return copy


def test_t10_a_log_that_was_rewritten_with_its_own_key_contradicts_its_stamp_or_loses_it(
    log: Stamped, forge: Callable[[Path], Any]
) -> None:
    size = log.write(3)
    log.keep(log.stamped())
    copy = rewritten(log, forge, 2)
    assert verify(copy).grade == "signed"  # alone, nothing could tell
    report = verify(copy, trust=log.trust)
    assert (report.grade, found(report)) == ("failed", [("FORK", size)])
    assert report.forks[0].outside.startswith(f"{ORIGIN}\n{size}\n")
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("DELETE FROM bundle_text")
    assert verify(copy, trust=log.trust).grade == "signed"


def test_t10_a_log_that_was_rewritten_and_then_stamped_says_for_how_long_it_could_be(log: Stamped) -> None:
    log.write(3)
    log.keep(log.stamped(now() + 3 * DAY))
    report = verify(log.path, trust=log.trust, steps=Steps(records=[one for one in CHECKS if one.name != "time"]))
    assert report.existed is not None
    assert 3 * DAY - dt.timedelta(minutes=10) < dt.timedelta(seconds=report.existed.waited_s) <= 3 * DAY


def stamped_now(log: Stamped, path: Path) -> Report:
    with closing(SqliteSource(path)) as source:
        (stored,) = source.checkpoints(0, 2)
    return verify(path, trust=Trust.read([log.authority.pem, log.stamped(note=Note.decode(stored.note)).encode()]))


def test_t10_a_new_record_before_old_ones_does_not_hide_for_how_long_these_could_be_rewritten(
    log: Stamped, forge: Callable[[Path], Any]
) -> None:
    log.write(3)
    old, new = (f"{at:%Y-%m-%dT%H:%M:%S.%fZ}" for at in (now() - 20 * DAY, now()))
    report = stamped_now(log, rewritten(log, forge, 0, lambda seq: new if seq in {0, 4} else old))
    assert (report.ok, report.grade) == (True, "anchored")
    assert report.existed is not None
    assert report.existed.waited_s > 19 * DAY.total_seconds()


def test_t32_a_time_that_is_none_waited_for_ever(log: Stamped, forge: Callable[[Path], Any]) -> None:
    log.write(2)
    report = stamped_now(log, rewritten(log, forge, 2, lambda _: "2026-00-00T00:00:00.000000Z"))
    assert report.existed is not None
    assert report.existed.waited_s == MAX_INT


def test_t32_records_that_claim_to_be_later_than_their_stamp_are_found_by_that_step_alone(log: Stamped) -> None:
    size = log.write(2)
    log.keep(log.stamped(now() - DAY))
    log.write()
    report = log.verify()
    assert (report.grade, found(report)) == ("failed", [("TIME", seq) for seq in range(size)])
    assert log.verify(steps=Steps(records=[one for one in CHECKS if one.name != "time"])).ok


def test_t32_records_that_claim_to_be_earlier_than_a_stamp_that_the_log_held_before_them_are_found(
    log: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write(2)
    seq = log.keep(log.stamped(now() + DAY))
    last = log.write(2)
    report = log.verify()
    assert found(report) == [("TIME", behind) for behind in range(seq + 1, last)]
    assert verify(log.path).ok  # without the certificate, nothing is known of the time
    monkeypatch.setattr("audit.verification.state.MAX_EARLY", 1)
    assert found(log.verify()) == [("TIME", seq + 1)]


@pytest.mark.parametrize("accounted", [True, False])
def test_t32_what_a_spool_held_while_the_log_was_stamped_is_no_finding_once_its_import_accounts_for_it(
    log: Stamped, monkeypatch: pytest.MonkeyPatch, accounted: bool
) -> None:
    """As when one of two servers was cut off from the database, or a clock was off while the log went on."""
    log.write(2)
    hour_ago = now().replace(microsecond=0) - dt.timedelta(hours=1)
    clock = Clock(Machine(wall=lambda: int(hour_ago.timestamp() * 10**9)))
    since = hour_ago + dt.timedelta(seconds=60 if accounted else 61)
    monkeypatch.setattr("audit.spool.spool.now", lambda: f"{since:%Y-%m-%dT%H:%M:%SZ}")
    monkeypatch.setattr(log.log._writer, "_hold_back", lambda: True)
    for _ in range(3):
        log.log.spool.add(draft("control.tested", {"control": "a", "passed": True}, None, clock), "io", anyway=True)
    seq = log.keep(log.stamped())
    monkeypatch.setattr(log.log._writer, "_hold_back", lambda: False)
    log.write()
    assert not log.log.spool.pending
    early = [] if accounted else [("TIME", behind) for behind in range(seq + 1, seq + 4)]
    assert found(log.verify()) == early


@pytest.mark.parametrize("more", [0, 1])
def test_t32_no_more_records_are_older_than_a_stamp_before_them_than_imports_account_for(
    log: Stamped, more: int
) -> None:
    log.write(2)
    seq = log.keep(log.stamped(now() + DAY))
    last = log.write(2 + more) + 1
    one = {"first": UUID, "last": UUID, "head": "5" * 64, "since": f"{now():%Y-%m-%dT%H:%M:%SZ}", "whole": True}
    for count in (1, 3):  # of a spool each; these accounts are themselves as early as the others
        last = log.log.append_sync("spool.imported", {"count": count, **one}).seq + 1
    early = [("TIME", behind) for behind in range(seq + 1, last)] if more else []
    assert found(log.verify()) == early


def test_t32_an_earlier_stamp_of_more_records_bounds_those_below_a_later_one_too(log: Stamped) -> None:
    log.write(2)
    late = log.stamped(now() + dt.timedelta(hours=1))
    size = log.write(2)
    report = log.verify(Trust.read([log.authority.pem, late.encode(), log.stamped(now() - DAY).encode()]))
    assert found(report) == [("TIME", seq) for seq in range(size)]


@pytest.mark.parametrize("sign", [-1, 1])
def test_t32_clocks_that_are_some_minutes_apart_are_no_finding(log: Stamped, sign: int) -> None:
    log.write(2)
    log.keep(log.stamped(now() + sign * (TOLERANCE - dt.timedelta(seconds=90)), log.note()))
    log.write()
    assert log.verify().ok


def test_where_stamps_cannot_be_checked_the_verification_does_not_begin(
    log: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write()
    log.keep(log.stamped())
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(AuditMismatch, match="pip install rfc3161-client"):
        log.verify()
    assert log.verify(Trust()).grade == "signed"


def test_an_archive_that_cannot_be_read_is_for_the_verifier_to_say(log: Stamped) -> None:
    log.write()
    log.note()
    log.log.close()
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("DROP TABLE bundle_text")
    assert found(verify(log.path, trust=log.trust)) == [("UNREADABLE", 4)]


def test_stamps_are_in_an_export_too(log: Stamped, tmp_path: Path) -> None:
    size = log.write(2)
    log.keep(log.stamped())
    log.note()
    with closing(SqliteSource(log.path)) as source:
        export(source, tmp_path / "out", lambda _: None)
    report = verify(tmp_path / "out", trust=log.trust)
    assert (report.ok, report.grade, report.anchored) == (True, "anchored", size)


def test_the_command_takes_the_certificate_among_what_is_trusted_and_says_since_when_the_log_is_what_it_is(
    log: Stamped, tmp_path: Path
) -> None:
    size = log.write(2)
    log.keep(log.stamped())
    log.note()
    (tmp_path / "tsa.pem").write_bytes(log.authority.pem)
    verified = CliRunner().invoke(app, ["verify", str(log.path), "--trust", str(tmp_path / "tsa.pem")])
    assert verified.exit_code == 0
    (timed,) = [line for line in verified.output.splitlines() if line.startswith("timed")]
    assert re.fullmatch(rf"timed      {size} records were there at \S+Z, says CN=Stamps Nordwind", timed)
    assert "grade      anchored" in verified.output
    (tmp_path / "tsa.pem").write_bytes(log.authority.pem[:-40])
    refused = CliRunner().invoke(app, ["verify", str(log.path), "--trust", str(tmp_path / "tsa.pem")])
    assert (refused.exit_code, refused.output) == (2, f"{tmp_path / 'tsa.pem'}:1: not a certificate in PEM\n")
