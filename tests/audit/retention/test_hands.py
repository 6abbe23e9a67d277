"""What was taken away is not in the files any more; a hand that is killed or held up goes on where it stopped."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from retained import LATER, Retained

from audit.errors import AuditMismatch
from audit.retention import doing, hands, taking
from audit.retention.hands import OfWriter
from audit.retention.taking import Progress
from audit.stores.asking import Changing, asking
from audit.stores.store import tail_is_whole


def in_files(path: Path, needles: set[bytes]) -> set[bytes]:
    """Which of these bytes stand anywhere in the file, its write-ahead log or the index of that."""
    content = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    return {needle for needle in needles if needle in content}


def salts(kept: Retained, *kinds: str) -> dict[str, bytes]:
    """Return the salt of each record of these kinds, by its id."""
    with asking(kept.log.place) as run:
        bodies = [orjson.loads(body) for (body,) in run("SELECT body FROM {s}record ORDER BY seq")]
    return {body["id"]: body["salt"].encode() for body in bodies if body.get("kind") in kinds}


@pytest.mark.parametrize("overwrites", [True, False], ids=["as it is", "control"])
def test_erased_and_pruned_bytes_are_in_no_file_and_were_there_before(overwrites: bool, retained: Retained) -> None:
    path = retained.log.place
    assert isinstance(path, Path)
    ids = [retained.request() for _ in range(60)]
    if not overwrites:
        retained.log.do(_overwrite_nothing)
    every = salts(retained, "route.decision", "route.outcome")
    assert in_files(path, set(every.values())) == set(every.values())
    gone: set[bytes] = set()
    for start in range(0, 60, 7):
        some = ids[start : start + 3]
        gone |= {every[stone.id] for request in retained.find(*some) for stone in request.stones}
        retained.erase(*some)
    left = in_files(path, gone)
    assert in_files(path, set(every.values()) - gone) == set(every.values()) - gone
    retained.sign()
    retained.prune()
    assert (left | in_files(path, set(every.values())) == set()) == overwrites
    assert retained.codes() == set()


def _overwrite_nothing(store: Any) -> None:
    store._connection.execute("PRAGMA secure_delete=OFF")


def test_what_is_left_to_overwrite_while_somebody_reads_is_said(
    retained: Retained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "TRIES", 2)
    retained.request()
    with closing(sqlite3.connect(retained.log.place, isolation_level=None)) as reader:  # type: ignore[arg-type]
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM record").fetchone()
        retained.request()
        assert retained.hands.scrub() == hands.READ
        reader.execute("ROLLBACK")
    assert retained.hands.scrub() == ""


def test_a_writer_waits_for_a_slice_and_not_for_a_prune(retained: Retained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "TILE", 16)
    for _ in range(24):
        retained.request()
    retained.sign()
    plan = doing.plan_prune(retained.parts, LATER, retained.said.append)
    ahead = doing.announce(retained.parts, plan)
    retained.sign()
    retained.hands.begin(ahead.size)
    between: list[Progress] = []
    written = threading.Event()

    def take() -> None:
        between.append(retained.hands.take())
        written.set()

    thread = threading.Thread(target=take)
    thread.start()
    count = 0
    while not written.is_set():
        retained.request()
        count += 1
    thread.join()
    assert between == [Progress(0)]
    assert count > 0
    retained.sign()
    assert retained.codes() == set()


def test_a_process_that_takes_over_finishes_what_was_recorded_or_begun(retained: Retained, open_log: Any) -> None:
    ids = [retained.request() for _ in range(4)]
    retained.sign()
    plan = doing.plan_prune(retained.parts, LATER, retained.said.append)
    ahead = doing.announce(retained.parts, plan)
    last = retained.request()
    (request,) = retained.find(last)
    retained.record("erasure.done", {"records": [stone.as_json() for stone in request.stones], "reason": "asked"})
    retained.sign()
    retained.hands.begin(ahead.size)
    assert retained.codes() == set()
    assert (report := retained.verify()).unerased == 2
    assert (report.pruned, report.left_out) == (ahead.size, 0)
    OfWriter(retained.log).finish()
    report = retained.verify()
    assert (report.unerased, report.erased_total, report.left_out, report.findings) == (0, 2, 8, ())
    OfWriter(retained.log).finish()
    assert retained.verify() == report
    assert len(ids) == 4


def test_a_server_takes_nothing_from_a_database_that_it_shares(shared: Retained) -> None:
    with pytest.raises(AuditMismatch, match="shares"):
        OfWriter(shared.log).begin(1)


def test_two_that_take_from_a_database_do_it_one_after_the_other(shared: Retained) -> None:
    for _ in range(3):
        shared.request()
    shared.sign()
    ahead = doing.announce(shared.parts, doing.plan_prune(shared.parts, LATER, shared.said.append))
    shared.sign()
    shared.hands.begin(ahead.size)
    place: Any = shared.log.place
    results: list[Progress] = []
    with Changing(place).transaction():
        thread = threading.Thread(target=lambda: results.append(shared.hands.take()))
        thread.start()
        thread.join(0.3)
        assert results == []
    thread.join()
    assert results == [Progress(0)]
    assert shared.codes() == set()


def test_the_server_asks_for_what_it_is_told(retained: Retained) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    answers: dict[str, dict[str, Any]] = {
        "retention.take": {"left": 3, "held": True},
        "retention.entomb": {"done": 2, "held": 1},
        "retention.scrub": {"left": "later"},
    }

    def ask(op: str, **arguments: Any) -> dict[str, Any]:
        asked.append((op, arguments))
        return answers.get(op, {})

    server = hands.ByServer(ask)
    server.begin(7)
    assert server.take() == Progress(3, held=True)
    (request,) = retained.find(retained.request())
    assert server.entomb(request.stones) == taking.Entombed(2, 1)
    assert server.scrub() == "later"
    assert [op for op, _ in asked] == [f"retention.{name}" for name in ("begin", "take", "entomb", "scrub")]
    assert asked[2][1]["stones"] == [stone.as_json() for stone in request.stones]


def test_who_verifies_while_bodies_go_finds_nothing_wrong(either: Retained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "TILE", 8)
    for _ in range(20):
        either.request()
    either.sign()
    ahead = doing.announce(either.parts, doing.plan_prune(either.parts, LATER, either.said.append))
    either.sign()
    done = threading.Event()

    def take() -> None:
        either.hands.begin(ahead.size)
        while either.hands.take().left:
            pass
        either.erase(*(either.request() for _ in range(3)))
        done.set()

    thread = threading.Thread(target=take)
    thread.start()
    reports = [either.verify()]
    while not done.is_set():
        reports.append(either.verify())
    thread.join()
    assert [report.findings for report in reports] == [()] * len(reports)
    assert either.verify().erased_total == 6


def test_the_last_records_of_a_size_are_told_though_they_were_pruned(either: Retained) -> None:
    for _ in range(4):
        either.request()
    either.sign()
    store = either.log._store
    sizes = range(1, 11)
    before = {size: [row[:4] for row in store.tail(3, size)] for size in sizes}
    either.prune()
    either.request()
    assert {size: [row[:4] for row in store.tail(3, size)] for size in sizes} == before
    head = store.head()
    assert head is not None
    assert tail_is_whole(head, store.tail(64, head.size))
    rows = list(store.tail(64, head.size))
    assert not tail_is_whole(head, [*rows[:-1], (*rows[-1][:4], b"x")])


def test_a_server_that_saw_only_what_was_pruned_since_goes_on(shared: Retained, open_shared: Any) -> None:
    for _ in range(3):
        shared.request()
    second = open_shared("second")
    second.append_sync("route.decision", shared.decision(dry_run=True))
    shared.request()
    shared.sign()
    assert shared.prune() >= 11
    made = second.append_sync("route.decision", shared.decision(dry_run=True))
    assert made.seq > 11
    shared.sign()
    assert shared.codes() == set()
