"""A witness whose calls fail one by one, and whose power is cut: it never forgets what it has said that it saw."""

import errno
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import watched
from attacks.disk import Disk
from attacks.fortress import ROUNDS
from attacks.lives import RECORDS, REFUSED, Lives
from witnessing import ORIGIN, History

from audit.proofs.checkpoint import Checkpoint
from audit.witness.book import Book
from audit.witness.request import digest_of

STEP = 1 if ROUNDS > 10 else 11
"""Of so many calls, one is tried."""
A = History()


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    if not watched.can_watch():
        pytest.skip("holding the calls of a process needs Linux on x86-64, and its leave to install a filter")
    made = Lives()
    yield made
    made.close()


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def goes_on_from(home: Path) -> int:
    """Return what a witness remembers, once it has seen one checkpoint more."""
    with closing(Book(home / "witness.db")) as book:
        note = book.newest(digest_of(ORIGIN))
        size = 0 if note is None else Checkpoint.of(note).size
        asked = A.request(size, size + 1)
        book.advance(A.checkpoint(size + 1), asked.old, asked.proof, asked.note)
        assert book.newest(digest_of(ORIGIN)) == A.note(size + 1)
    return size


def test_t44_a_power_cut_between_any_two_calls_takes_nothing_from_a_witness_that_it_said_to_have_seen(
    lives: Lives, tmp_path: Path
) -> None:
    home, chosen = made(tmp_path / "home"), random.Random(44)
    disk, life = Disk(home), lives.witness(home)
    assert life.seen() == RECORDS
    for number, call in enumerate(life.calls, 1):
        disk.take(call)
        names = {"worst": None, "any": chosen} if call.kind == "say" or number % STEP == 0 else {}
        for name, survives in names.items():
            disk.save(cut := made(tmp_path / f"{name}{number}"), survives)
            assert goes_on_from(cut) >= life.seen(number), call


def test_t44_a_call_that_fails_once_takes_nothing_from_it_either_not_even_if_the_power_is_cut_next(
    lives: Lives, tmp_path: Path
) -> None:
    calls = [call for call in lives.witness(made(tmp_path / "first")).calls if call.kind != "say"]
    for number in range(0, len(calls), STEP):
        home, cut = made(tmp_path / f"{number}"), made(tmp_path / f"{number}-cut")
        disk = Disk(home)
        life = lives.witness(home, fault=(number, (errno.EIO, errno.ENOSPC)[number % 2]))
        assert life.status in (0, REFUSED)
        assert len(life.failed) == 1
        life.happened_to(disk).save(cut)
        for left in (home, cut):
            assert goes_on_from(left) >= life.seen(), calls[number]


def test_t44_control_a_witness_whose_syncs_failed_unnoticed_forgets(lives: Lives, tmp_path: Path) -> None:
    home = made(tmp_path / "home")
    disk, life = Disk(home), lives.witness(home)
    for call in life.calls:
        disk.take(call, failed=call.kind == "sync")
    disk.save(cut := made(tmp_path / "cut"))
    assert goes_on_from(cut) < life.seen()
