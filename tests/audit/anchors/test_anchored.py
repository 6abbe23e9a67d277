"""Heads outside the database: kept whole, caught up with after an absence, and never waited for."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from audit.anchors import anchored as anchors
from audit.anchors.anchored import EVERY_S, Anchored, FileKeeper, NotYet, Sparing
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.verification.trust import Trust

SIGNER = Signer("log.example/audit", bytes(32))


def note(size: int) -> bytes:
    return Note(Checkpoint(SIGNER.name, size, bytes([size]) * 32).encode()).signed(SIGNER).encode()


def test_a_file_keeps_every_note_and_is_what_a_verifying_person_reads(tmp_path: Path) -> None:
    keeper = FileKeeper(tmp_path / "heads")
    assert keeper.newest() is None
    assert not (tmp_path / "heads").exists()
    keeper.keep([note(1), note(2)])
    assert keeper.newest() == note(2)
    keeper.keep([note(3)])
    assert (tmp_path / "heads").read_bytes() == note(1) + note(2) + note(3)
    assert len(Trust.read([(tmp_path / "heads").read_bytes()]).heads) == 3


@pytest.mark.parametrize("left", [1, 30, 100, len(note(3)) - 1])
def test_a_note_that_a_crash_cut_short_is_passed_over_and_taken_off_by_the_next(tmp_path: Path, left: int) -> None:
    path = tmp_path / "heads"
    keeper = FileKeeper(path)
    keeper.keep([note(1), note(2)])
    path.write_bytes(path.read_bytes() + note(3)[:left])
    assert keeper.newest() == note(2)
    keeper.keep([note(4)])
    assert path.read_bytes() == note(1) + note(2) + note(4)


def test_somebody_elses_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_text("Dear Sir or Madam,\n")
    for use in (FileKeeper(path).newest, lambda: FileKeeper(path).keep([note(1)])):
        with pytest.raises(OSError, match="not a file of checkpoints"):
            use()
    assert path.read_text() == "Dear Sir or Madam,\n"


def test_of_a_long_file_only_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "TAIL_BYTES", 2 * len(note(1)))
    keeper = FileKeeper(tmp_path / "heads")
    keeper.keep([note(size) for size in range(10, 20)])
    assert keeper.newest() == note(19)
    keeper.keep([note(20)])
    assert keeper.newest() == note(20)


@dataclass
class Mount:
    """A keeper whose mount may be gone, or hang."""

    notes: list[bytes] = field(default_factory=list)
    gone: bool = False
    answers: threading.Event = field(default_factory=threading.Event)
    touched: int = 0
    every: bool = True

    def newest(self) -> bytes | None:
        self._touch()
        return self.notes[-1] if self.notes else None

    def keep(self, notes: Sequence[bytes]) -> None:
        self._touch()
        self.notes += notes

    def _touch(self) -> None:
        self.touched += 1
        self.answers.wait()
        if self.gone:
            raise OSError(5, "the mount is gone", "/mnt/heads")


class Day:
    """An anchor beside a table of checkpoints, and a clock of the test's own."""

    def __init__(self) -> None:
        self.mount, self.now, self.stored = Mount(), 0.0, list[bytes]()
        self.anchored = Anchored("mount", self.mount, lambda: self.now)

    def round(self, later: float = 10.0) -> float:
        """Do what the signer does every ten seconds; return the age that it reports."""
        self.now += later
        self.stored.append(note(len(self.stored) + 1))
        self.anchored.newest()
        above = self.anchored.lacks()
        if above is not None:
            self.anchored.offer(self.stored[max(0, above) :])
        return self.anchored.age()


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Day:
    monkeypatch.setattr(anchors, "WITHIN_S", 0.05)
    made = Day()
    made.mount.answers.set()
    return made


def eventually(condition: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(500):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError


def test_t38_an_anchor_that_was_down_for_a_day_gets_all_that_it_missed(day: Day) -> None:
    assert day.round() == 0
    day.mount.gone = True
    ages = [day.round(8_640) for _ in range(10)]
    assert ages == [8_640.0 * n for n in range(10)]
    assert len(day.mount.notes) == 1
    day.mount.gone = False
    assert day.round() == 0
    assert day.mount.notes == day.stored
    assert len(day.stored) == 12


def test_t38_an_anchor_that_hangs_is_touched_once_and_waited_for_by_nobody(day: Day) -> None:
    day.round()
    day.mount.answers.clear()
    touched = day.mount.touched
    for _ in range(5):
        assert day.round(1000) >= 0
        assert day.anchored.newest() == note(1)  # what was known before
        assert day.anchored.lacks() is None
    assert day.mount.touched == touched + 1
    day.mount.answers.set()
    eventually(lambda: day.anchored.lacks() is not None)
    assert day.round() == 0
    assert day.mount.notes == day.stored


def test_an_anchor_that_was_never_reached_ages_from_the_start(day: Day) -> None:
    day.mount.gone = True
    assert [day.round() for _ in range(2)] == [10, 20]
    assert day.anchored.lacks() is None
    assert day.anchored.newest() is None


def test_an_anchor_that_keeps_the_heads_of_a_log_that_lost_records_has_none_of_this_one() -> None:
    day = Day()
    day.mount.answers.set()
    assert day.round() == 0
    for later in (0, 10, 20):
        day.now += bool(later) * 10
        day.anchored.offer([], ahead=True)
        assert day.anchored.age() == later
    day.anchored.offer([])
    assert day.anchored.age() == 0


def test_one_that_is_somebody_elses_service_is_given_a_head_every_few_minutes_and_that_is_no_failure() -> None:
    mount, now = Mount(), [0.0]
    mount.answers.set()
    sparing = Sparing(mount, lambda: now[0])
    assert (sparing.newest(), sparing.every) == (None, False)
    mount.gone = True
    with pytest.raises(OSError, match="gone"):
        sparing.keep([note(1)])
    mount.gone = False
    sparing.keep([note(2)])  # one that failed does not count
    anchored = Anchored("mount", sparing, lambda: now[0])
    for size, later in ((3, EVERY_S - 1), (4, 1.0)):
        now[0] += later
        anchored.offer([note(size)])
        assert anchored.failing == ""
    with pytest.raises(NotYet):
        sparing.keep([note(5)])
    assert mount.notes == [note(2), note(4)]
    assert anchored.newest() == note(4)
    sparing.at_once()
    sparing.keep([note(5)])
    assert mount.notes[-1] == note(5)


def test_what_went_wrong_is_said_until_it_goes_well_again(day: Day) -> None:
    day.round()
    assert day.anchored.failing == ""
    day.mount.gone = True
    day.round()
    assert day.anchored.failing == "the mount is gone"
    day.mount.gone = False
    day.round()
    assert day.anchored.failing == ""


def test_what_a_library_raises_does_not_end_the_thread(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("of a library")

    with monkeypatch.context() as patched:
        patched.setattr(Mount, "newest", broken)
        day.round()
        assert day.anchored.failing == "RuntimeError"
    assert day.round() == 0
    assert day.mount.notes == day.stored


def test_a_signer_that_begins_again_goes_on_counting_for_how_long_an_anchor_has_lacked_a_head(day: Day) -> None:
    day.mount.gone = True
    day.anchored = Anchored("mount", day.mount, lambda: day.now, behind_s=3000)
    assert [day.round() for _ in range(2)] == [3010, 3020]
    day.mount.gone = False
    assert day.round() == 0


def test_at_the_end_one_that_is_slow_is_waited_for_and_one_that_hangs_is_not(day: Day) -> None:
    day.round()
    day.mount.answers.clear()
    day.round()
    day.anchored.settle(0.01)
    assert day.mount.notes == day.stored[:1]
    threading.Timer(0.1, day.mount.answers.set).start()
    day.anchored.settle(30)
    day.round()
    assert day.mount.notes == day.stored
