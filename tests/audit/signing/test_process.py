"""The signer's process: when it signs, what it hands over, and what it says."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from audit.anchors.anchored import Anchored, FileKeeper
from audit.anchors.lagging import Lagging
from audit.errors import AuditUnavailable
from audit.keys import read_signers
from audit.opening import FileLock
from audit.pack.manifest import statement
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.signing.process import EVERY_RECORDS, EVERY_S, Rounds, Server
from audit.signing.signer import CheckpointSigner, Refused, StateFile
from audit.sources.source import SqliteSource
from audit.verification.verifier import verify
from proxy import supervisor

ROOT = Path(__file__).parents[3]


@dataclass
class Heard:
    """A desk that stores in memory and keeps what it was told."""

    works: bool = True
    notes: list[bytes] = field(default_factory=list)
    reports: list[tuple[str | None, int | None]] = field(default_factory=list)
    ages: list[Mapping[str, int]] = field(default_factory=list)
    asked: bool = False
    waits: str | None = None
    stated_: list[tuple[str, bytes | None]] = field(default_factory=list)

    def statement(self) -> str | None:
        return self.waits

    def stated(self, text: str, note: bytes | None) -> None:
        self.stated_.append((text, note))

    def wanted(self) -> bool:
        asked, self.asked = self.asked, False
        return asked

    def store(self, note: bytes, *, last: bool) -> bool:
        if self.works:
            self.notes.append(note)
        return self.works

    def report(self, refused: str | None, seq: int | None, anchors: Mapping[str, int]) -> None:
        self.reports.append((refused, seq))
        self.ages.append(anchors)


class Bench:
    """Rounds over a real log, with a clock of the test's own."""

    def __init__(self, home: Path, log: Any, decision: Any) -> None:
        self.home, self.log, self.decision = home, log, decision
        self.desk, self.now = Heard(), 0.0
        self.file: StateFile | None = None
        self.restart()

    def restart(self, *anchors: Anchored) -> None:
        if self.file is not None:
            self.file.close()
        self.file = StateFile(self.home / "signer")
        signer = CheckpointSigner(self.file, lambda: read_signers(self.home / "keys"), anchors)
        self.rounds = Rounds(signer, self.source, self.desk, anchors, lambda: self.now)

    def source(self) -> SqliteSource:
        return SqliteSource(self.home / "audit.db")

    def write(self, count: int = 1) -> None:
        for _ in range(count):
            self.log.append_sync("control.tested", {"control": "a", "passed": True})

    def turn(self, later: float = 0.0, *, last: bool = False) -> list[int]:
        self.now += later
        self.rounds.turn(last=last)
        return [Checkpoint.of(Note.decode(note)).size for note in self.desk.notes]


@pytest.fixture
def bench(tmp_path: Path, open_log: Any, decision: Any) -> Iterator[Bench]:
    made = Bench(tmp_path / "home", open_log(), decision)
    yield made
    assert made.file is not None
    made.file.close()


def test_a_checkpoint_is_due_after_some_seconds_or_many_records(bench: Bench) -> None:
    assert bench.turn() == [2]
    bench.write()
    assert bench.turn(EVERY_S / 2) == [2]
    assert bench.turn(EVERY_S / 2) == [2, 3]
    bench.write(EVERY_RECORDS - 1)
    assert bench.turn() == [2, 3]
    bench.write()
    assert bench.turn() == [2, 3, 1003]
    bench.write()
    assert bench.turn(last=True) == [2, 3, 1003, 1004]


def test_a_checkpoint_that_somebody_asked_for_is_due_at_once(bench: Bench) -> None:
    bench.turn()
    bench.write()
    assert bench.turn() == [2]
    bench.desk.asked = True
    assert bench.turn() == [2, 3]
    bench.write()
    assert bench.turn() == [2, 3]


def test_each_look_is_reported_and_an_idle_log_is_signed_once(bench: Bench) -> None:
    bench.turn()
    with closing(sqlite3.connect(bench.home / "audit.db")) as connection, connection:
        connection.execute("INSERT INTO checkpoint VALUES (2, ?)", (bench.desk.notes[0],))
    for _ in range(3):
        assert bench.turn(EVERY_S) == [2]
    assert bench.desk.reports == [(None, None)] * 4


@pytest.mark.parametrize("restarts", [False, True])
def test_what_was_signed_and_not_handed_over_is_handed_over_after_a_crash_too(bench: Bench, restarts: bool) -> None:
    bench.desk.works = False
    assert bench.turn() == []
    bench.desk.works = True
    if restarts:
        bench.restart()
    assert bench.turn(EVERY_S) == [2]


def test_a_refusal_is_reported_each_time_said_once_and_over_when_the_log_is_whole_again(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    bench.turn()
    bench.write()
    with closing(sqlite3.connect(bench.home / "audit.db")) as connection, connection:
        head = connection.execute("SELECT hash FROM head").fetchone()[0]
        connection.execute("DROP TRIGGER head_only_grows")
        connection.execute("UPDATE head SET hash = zeroblob(32)")
    bench.turn(EVERY_S)
    bench.turn(EVERY_S)
    assert bench.desk.reports[1:] == [("HEAD", 2), ("HEAD", 2)]
    assert capfd.readouterr().err.count("REFUSED HEAD") == 1
    with closing(sqlite3.connect(bench.home / "audit.db")) as connection, connection:
        connection.execute("UPDATE head SET hash = ?", (head,))
    assert bench.turn(EVERY_S) == [2, 3]
    assert bench.desk.reports[-1] == (None, None)


def test_a_log_that_cannot_be_read_is_said_when_it_lasts_and_the_server_hears_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def gone() -> SqliteSource:
        raise AuditUnavailable("io")

    monkeypatch.setattr(bench.rounds, "_source", gone)
    for said in (0, 1, 0):
        bench.turn(EVERY_S)
        assert capfd.readouterr().err.count("cannot be read") == said
    assert bench.desk.reports == []


def test_an_anchor_gets_what_was_stored_and_nothing_before(bench: Bench) -> None:
    heads = bench.home / "heads"
    anchored = Anchored("file", FileKeeper(heads), lambda: bench.now)
    bench.restart(anchored)
    bench.turn()
    assert not heads.exists()
    bench.log.store_checkpoint(bench.desk.notes[0])
    bench.turn(EVERY_S)
    assert heads.read_bytes() == bench.desk.notes[0]
    assert bench.desk.ages[-1] == {"file": 0}


class Newest:
    """A keeper of the newest head, which may fail."""

    every = False

    def __init__(self) -> None:
        self.kept, self.why = list[list[bytes]](), ""

    def newest(self) -> bytes | None:
        return self.kept[-1][-1] if self.kept else None

    def keep(self, notes: Sequence[bytes]) -> None:
        if self.why:
            raise OSError(self.why)
        self.kept.append(list(notes))


def test_one_that_keeps_only_the_newest_head_is_given_no_other(bench: Bench) -> None:
    keeper = Newest()
    bench.restart()
    for _ in range(3):
        bench.write()
        bench.turn(EVERY_S)
        bench.log.store_checkpoint(bench.desk.notes[-1])
    bench.restart(Anchored("newest", keeper, lambda: bench.now))
    bench.turn(EVERY_S)
    bench.turn(EVERY_S)
    assert keeper.kept == [[bench.desk.notes[-1]]]


def test_why_an_anchor_fails_is_said_once_and_for_how_long_outlives_the_signer(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    keeper, path = Newest(), bench.home / "lagging.json"

    def begin() -> None:
        lagging = Lagging(path)
        anchor = Anchored("bucket", keeper, lambda: bench.now, behind_s=lagging.age("bucket"))
        bench.restart(anchor)
        bench.rounds = Rounds(
            bench.rounds._signer, bench.source, bench.desk, [anchor], lambda: bench.now, lagging=lagging
        )

    begin()
    bench.turn()
    bench.log.store_checkpoint(bench.desk.notes[-1])
    for why in ("no such bucket", "no such bucket", "no lock"):
        keeper.why = why
        bench.turn(1000)
    said = [line for line in capfd.readouterr().err.splitlines() if "bucket" in line]
    assert said == [f"ringfence signer: the anchor bucket fails: {why}" for why in ("no such bucket", "no lock")]
    begin()
    bench.turn(1000)
    assert [ages["bucket"] for ages in bench.desk.ages] == [0, 0, 1000, 2000, 3000]
    keeper.why = ""
    bench.turn(10)
    assert bench.desk.ages[-1] == {"bucket": 0}
    assert Lagging(path).age("bucket") == 0


def test_a_checkpoint_that_could_not_be_remembered_is_not_handed_over(bench: Bench) -> None:
    (bench.home / "signer").rename(bench.home / "away")
    assert bench.turn() == []
    assert bench.desk.reports == []
    (bench.home / "away").rename(bench.home / "signer")
    assert bench.turn(EVERY_S) == [2]


def test_a_server_is_asked_over_its_socket_and_its_silence_is_no_success(tmp_path: Path) -> None:
    path, asked = tmp_path / "admin.sock", list[dict[str, Any]]()
    answers = [b'{"ok": {"stored": true}}\n', b'{"error": "no", "code": "audit_unavailable"}\n', b"", b'{"ok": {}}\n']
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as file:
                asked.append(json.loads(file.readline()))
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    server = Server(path, tmp_path / "none.db")
    assert [server.store(b"note", last=True) for _ in range(3)] == [True, False, False]
    server.report("FORK", 7, {"file": 3})
    thread.join()
    listener.close()
    assert asked[0] == {"op": "checkpoint.store", "note": "note"}
    assert asked[3] == {"op": "checkpoint.report", "refused": "FORK", "seq": 7, "anchors": {"file": 3}}


def test_before_its_server_has_started_the_lock_that_this_needs_is_left_alone(bench: Bench) -> None:
    bench.turn()
    bench.log.close()
    server = Server(bench.home / "admin.sock", bench.home / "audit.db")
    held = FileLock(bench.home / "audit.db.lock")
    assert not server.store(bench.desk.notes[0], last=False)
    assert not server.store(bench.desk.notes[0], last=True)  # it is held
    held.release()
    assert not server.store(bench.desk.notes[0], last=False)
    assert verify(bench.home / "audit.db").checkpoints == 0
    assert server.store(bench.desk.notes[0], last=True)
    assert verify(bench.home / "audit.db").checkpoints == 1


def signing(home: Path, *more: str, **how: Any) -> subprocess.Popen[bytes]:
    paths = ["--keys", str(home / "keys"), "--state", str(home / "signer"), "--admin", str(home / "admin.sock")]
    environ = {**os.environ, "RINGFENCE_AUDIT_URL": str(home / "audit.db")}
    command = [sys.executable, "-m", "audit.signing.process", *paths, *more]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, **how)


def test_without_a_server_the_process_stores_what_it_signed_itself_once_nobody_else_writes(
    tmp_path: Path, open_log: Any
) -> None:
    log = open_log()
    once = signing(tmp_path / "home", "--once")
    once.communicate(timeout=60)
    assert once.returncode == 0
    assert verify(log.place).checkpoints == 0  # a writer holds the log, and there is no server to ask
    log.close()
    once = signing(tmp_path / "home", "--once")
    once.communicate(timeout=60)
    report = verify(log.place)
    assert (report.ok, report.grade, report.signed) == (True, "signed", report.size)


def test_the_word_to_end_waits_until_the_signer_can_sign_what_was_written_last(tmp_path: Path, open_log: Any) -> None:
    log = open_log()
    log.close()
    signer = signing(tmp_path / "home", preexec_fn=supervisor._before_signer)
    signer.terminate()  # while it still imports
    signer.communicate(timeout=60)
    assert signer.returncode == 0
    assert verify(log.place).signed == verify(log.place).size


def test_the_process_refuses_with_a_status_of_its_own(tmp_path: Path, open_log: Any) -> None:
    log = open_log()
    log.close()
    with closing(sqlite3.connect(log.place)) as connection, connection:
        connection.execute("DROP TRIGGER head_only_grows")
        connection.execute("UPDATE head SET hash = zeroblob(32)")
    once = signing(tmp_path / "home", "--once")
    _, said = once.communicate(timeout=60)
    assert once.returncode == 3
    assert b"REFUSED HEAD" in said


def test_a_second_signer_is_refused(tmp_path: Path, open_log: Any) -> None:
    open_log()
    held = StateFile(tmp_path / "home" / "signer")
    once = signing(tmp_path / "home", "--once")
    _, said = once.communicate(timeout=60)
    held.close()
    assert once.returncode == 2
    assert b"another signer" in said


def test_a_manifest_that_waits_is_signed_and_none_while_the_log_is_refused(bench: Bench) -> None:
    bench.rounds.answer()
    assert bench.desk.stated_ == []
    bench.rounds.turn()
    state = bench.rounds._signer.state
    assert state is not None
    bench.desk.waits = statement(state.log_id.hex(), state.size, "a" * 64)
    bench.rounds.answer()
    bench.rounds.refused = Refused("FORK", None, "other records")
    bench.rounds.answer()
    (text, note), (_, refused) = bench.desk.stated_
    assert (text, refused) == (bench.desk.waits, None)
    assert note is not None
    assert Note.decode(note).verified([read_signers(bench.home / "keys")[0].vkey])
