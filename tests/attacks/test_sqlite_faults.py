"""The log in a SQLite file while processes compete for it, its calls fail one by one, and the power is cut.

RINGFENCE_TEST_EXAMPLES tries every call instead of a sample.
"""

import asyncio
import errno
import itertools
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import watched
from attacks.disk import Disk
from attacks.fortress import ROUNDS
from attacks.lives import ORIGIN, RECORDS, REFUSED, Lives
from watched import Call

from audit.errors import AuditUnavailable
from audit.log import AuditLog, Receipt, new_id
from audit.verification.verifier import KeptReceipt, verify

STEP = 1 if ROUNDS > 10 else 43
"""Of so many calls, one is tried."""
TURNS = Path(__file__).with_name("child_turns.py")
SOME = 1 if ROUNDS > 10 else 5
LAST = Call("end", "say", "")
WRITERS, EACH = 8, 2000 if ROUNDS > 10 else 200


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    if not watched.can_watch():
        pytest.skip("holding the calls of a process needs Linux on x86-64, and its leave to install a filter")
    made = Lives()
    yield made
    made.close()


@dataclass
class Homes:
    """Homes of which each is as the first one was: empty, or with a log that had lives before."""

    folder: Path
    first: Path
    _names: Iterator[int] = field(default_factory=itertools.count)

    def empty(self) -> Path:
        """Return a home without anything."""
        made = self.folder / str(next(self._names))
        made.mkdir()
        return made

    def another(self) -> Path:
        """Return one more of them."""
        return Path(shutil.copytree(self.first, self.folder / str(next(self._names))))

    def calls(self, lives: Lives, offset: int) -> range:
        """Return the numbers of some calls that a life makes here."""
        count = sum(call.kind != "say" for call in lives.live(self.another()).calls)
        assert count > 100
        return range(offset % STEP, count, STEP)


@pytest.fixture(scope="module")
def lived(lives: Lives, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a log that had lives before, to be copied."""
    made = tmp_path_factory.mktemp("lived")
    for _ in range(2):
        assert lives.live(made).status == 0
    return made


@pytest.fixture(params=["first start", "later start"])
def homes(request: pytest.FixtureRequest, lived: Path, tmp_path: Path) -> Homes:
    if request.param == "later start":
        shutil.copytree(lived, tmp_path / "first")
    else:
        (tmp_path / "first").mkdir()
    return Homes(tmp_path, tmp_path / "first")


def goes_on(home: Path, receipts: list[KeptReceipt]) -> None:
    """Open what was left behind: it takes a record without anybody's help, and holds what was acknowledged."""
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=20.0)
    last = log.append_sync("control.tested", {"control": "after", "passed": True})
    log.close()
    report = verify(home / "audit.db", receipts=[*receipts, KeptReceipt(last.seq, bytes.fromhex(last.link))])
    assert report.findings == ()
    assert report.receipts == len(receipts) + 1


def holds(home: Path, receipts: list[KeptReceipt]) -> bool:
    """Whether a log is whole and has what was acknowledged; one that was not begun yet has nothing."""
    try:
        return verify(home / "audit.db", receipts=receipts).ok
    except AuditUnavailable:
        return not receipts


def test_t24_a_writer_killed_before_any_of_its_calls_has_what_it_acknowledged_and_starts_again(
    lives: Lives, homes: Homes
) -> None:
    for number in homes.calls(lives, 3):
        home = homes.another()
        life = lives.live(home, fault=(number, watched.KILL))
        assert life.status == -signal.SIGKILL
        assert holds(home, life.receipts())
        goes_on(home, life.receipts())


def test_t25_t27_a_call_that_fails_once_costs_no_acknowledged_record_not_even_if_the_power_is_cut_next(
    lives: Lives, homes: Homes
) -> None:
    for turn, number in enumerate(homes.calls(lives, 7)):
        home, cut = homes.another(), homes.empty()
        disk = Disk(home)
        life = lives.live(home, fault=(number, (errno.EIO, errno.ENOSPC)[turn % 2]))
        (at,) = life.failed
        failed = life.calls[at]
        refusals = [words[1] for words in life.said() if words[0] == "refused"]
        assert set(refusals) <= {"io", "full", "read_only", "AuditUnavailable"}, failed
        assert (life.status, len(life.receipts())) in {(REFUSED, 0), (0, RECORDS - len(refusals))}, failed
        assert len(refusals) <= 1, "one call failed, and the next record is written again"
        life.happened_to(disk).save(cut)
        for left in (home, cut):
            assert holds(left, life.receipts()), failed
            goes_on(left, life.receipts())


def test_t26_a_power_cut_between_any_two_calls_loses_nothing_acknowledged_and_needs_nobody(
    lives: Lives, homes: Homes
) -> None:
    disk, life = Disk(homes.first), lives.live(homes.first)
    assert len(life.receipts()) == RECORDS
    chosen = random.Random(26)
    for number, call in enumerate(life.calls):
        receipts = life.receipts(number)
        for survives in (None, chosen) if number % STEP == 0 else ():
            disk.save(cut := homes.empty(), survives)
            assert holds(cut, receipts), life.calls[number - 1]
            goes_on(cut, receipts)
        disk.take(call)


def test_t26_a_power_cut_while_records_are_spooled_loses_none_that_was_acknowledged(lives: Lives, homes: Homes) -> None:
    disk, life = Disk(homes.first), lives.spool(homes.first, 4)
    assert len(life.spooled()) == 4
    chosen = random.Random(27)
    for number, call in enumerate([*life.calls, LAST]):
        said = life.calls[number - 1].kind == "say"
        if ["spooling"] in life.said(number) and (said or number % SOME == 0):
            disk.save(cut := homes.empty(), None if said else chosen)
            goes_on(cut, life.receipts(number))
            with closing(sqlite3.connect(cut / "audit.db")) as database:
                stored = {name for (name,) in database.execute("SELECT id FROM record")}
            assert life.spooled(number) <= stored
        disk.take(call, failed=number in life.failed)


def acknowledged_too_early(lives: Lives, homes: Homes, synchronous: str) -> list[int]:
    """Return which acknowledgements a power cut at once after them makes false."""
    disk, life = Disk(homes.first), lives.live(homes.first, synchronous=synchronous)
    found = []
    for number, call in enumerate(life.calls, 1):
        disk.take(call)
        if call.kind == "say":
            disk.save(cut := homes.empty())
            found += [] if holds(cut, life.receipts(number)) else [number]
    return found


def test_t26_no_record_is_acknowledged_before_it_is_synced(lives: Lives, homes: Homes) -> None:
    assert acknowledged_too_early(lives, homes, "FULL") == []


def test_t26_control_with_the_setting_that_is_refused_acknowledged_records_are_lost(lives: Lives, homes: Homes) -> None:
    assert acknowledged_too_early(lives, homes, "NORMAL") != []


def test_t25_control_where_syncs_failed_unnoticed_acknowledged_records_are_lost(lives: Lives, homes: Homes) -> None:
    disk, life = Disk(homes.first), lives.live(homes.first)
    for number, call in enumerate(life.calls):
        disk.take(call, failed=call.kind == "sync" and bool(life.receipts(number)))
    disk.save(cut := homes.empty())
    assert not holds(cut, life.receipts())


def test_t22_of_eight_processes_one_writes_and_by_turns_they_write_one_chain_without_a_fork(tmp_path: Path) -> None:
    command = [sys.executable, str(TURNS), str(tmp_path), ORIGIN, str(WRITERS), str(EACH)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    acks = [line.split() for line in ran.stdout.splitlines()]
    receipts = [KeptReceipt(int(seq), bytes.fromhex(link)) for _, seq, link in acks]
    assert len(receipts) == len({receipt.seq for receipt in receipts}) == WRITERS * EACH
    assert len({writer for writer, _, _ in acks}) == WRITERS
    report = verify(tmp_path / "audit.db", receipts=receipts)
    assert (report.findings, report.receipts) == ((), WRITERS * EACH)
    assert report.size == WRITERS * EACH + 2 * WRITERS + 1, "one genesis, and a start and a stop of each"


def test_t22_t30_whoever_offers_one_record_fifty_times_at_once_gets_one_receipt(tmp_path: Path) -> None:
    log = AuditLog.open(tmp_path / "audit.db", keys=tmp_path / "keys", origin=ORIGIN, deadline_s=20.0)
    body = {"control": "c", "passed": True}
    ids = [new_id() for _ in range(4)]

    async def offer(chosen: str) -> list[Receipt]:
        others = (log.append("control.tested", body) for _ in range(25))
        same = (log.append("control.tested", body, id=chosen) for _ in range(25))
        return (await asyncio.gather(*same, *others))[:25]

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda chosen: asyncio.run(offer(chosen)), [*ids, *ids]))
    log.close()
    for chosen, first, second in zip(ids, told[:4], told[4:], strict=True):
        assert len({*first, *second}) == 1
        assert first[0].id == chosen
    receipts = [KeptReceipt(first[0].seq, bytes.fromhex(first[0].link)) for first in told]
    report = verify(tmp_path / "audit.db", receipts=receipts)
    assert (report.findings, report.size) == ((), len(ids) + 8 * 25 + 3)
