"""Figures: what is counted, what is kept and forgotten, on both databases; and each against counting by hand."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from typing import Any

import pytest

from audit import statistics
from audit.access import Filters, Records
from audit.log import AuditLog
from audit.retention import erasing
from audit.retention.hands import OfWriter
from audit.statistics import CANARY, DIMENSIONS, MODES, Count, Period, Statistics
from audit.stores.asking import asking

ZONES = ("onprem", "cloud-us", None)
CLASSES = ((), ("pii",), ("phi", "pii"))


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, decision: Callable[..., dict[str, Any]]) -> AuditLog:
    """Return a log of 36 decisions, in blocks of sixteen records."""
    made: AuditLog = request.getfixturevalue("open_log" if request.param == "sqlite" else "open_shared")()
    for number, (zone, found, dry, app) in enumerate(product(ZONES, CLASSES, (False, True), ("crm", CANARY))):
        body = decision(decision="block" if zone is None else "pin", dry_run=dry)
        body["actor"]["app"] = app
        body["classes"] = [{"c": name, "count": 1, "score_bp": 9000} for name in found]
        body["rules"] = [{"id": f"rule-{number % 2}", "effect": "pin"}]
        body.pop("zone")
        if zone is not None:
            body["zone"] = zone
        made.append_sync("route.decision", body)
    return made


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "BLOCK", 16)


def by_hand(records: list[dict[str, Any]], by: tuple[str, ...]) -> dict[tuple[Any, ...], Counter[str]]:
    """Count the bodies themselves."""
    found: dict[tuple[Any, ...], Counter[str]] = {}
    for body in records:
        mode = "dry_runs" if body["dry_run"] else "canary" if body["actor"]["app"] == CANARY else "requests"
        values = {
            "app": [body["actor"]["app"]],
            "class": [one["c"] for one in body["classes"]],
            "day": [body["ts"][:10]],
            "decision": [body["decision"]],
            "rule": [one["id"] for one in body["rules"]],
            "zone": [body.get("zone")],
        }
        for cell in product(*(values[name] for name in by)):
            found.setdefault(cell, Counter())[mode] += 1
    return found


def as_counters(counts: list[Count]) -> dict[tuple[Any, ...], Counter[str]]:
    return {one.values: +Counter(dict(zip(MODES, one.numbers, strict=True))) for one in counts}


def bodies(log: AuditLog) -> list[dict[str, Any]]:
    return [one.body for one in Records(log.place).page(Filters(kind="route.decision"), limit=1000).records]


def pairs() -> Iterator[tuple[str, ...]]:
    yield ()
    yield from ((one,) for one in DIMENSIONS)
    yield from (("app", "zone"), ("class", "rule"), ("class", "day"), ("decision", "rule"), ("day", "rule"))


def test_every_figure_is_what_counting_by_hand_gives_in_every_period(log: AuditLog) -> None:
    made, figures = bodies(log), Statistics(Records(log.place), pause=lambda _: None)
    times = [body["ts"] for body in made]
    for number, by in enumerate(pairs()):
        periods = (Period(), Period(times[5], times[30]), Period(times[5]), Period(None, times[30]), Period("9"))
        for period in (periods[0], periods[1 + number % 4]):
            wanted = [
                body
                for body in made
                if (period.since or "") <= body["ts"] and (period.until is None or body["ts"] < period.until)
            ]
            assert as_counters(figures.count(by, period, 1000)) == by_hand(wanted, by), (by, period)


def test_what_was_counted_of_a_whole_block_is_not_read_again(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch, decision: Callable[..., dict[str, Any]]
) -> None:
    asked: list[Any] = []
    counted = Statistics._counted
    monkeypatch.setattr(
        Statistics, "_counted", lambda self, ask, start, *rest: asked.append(start) or counted(self, ask, start, *rest)
    )
    figures, size = Statistics(Records(log.place), pause=lambda _: None), len(bodies(log)) + 2
    first = figures.count(("zone",), Period(), size)
    assert asked == list(range(0, size, 16))
    asked.clear()
    assert figures.count(("zone",), Period(), size) == first
    assert asked == [size // 16 * 16]
    asked.clear()
    log.append_sync("retention.pruned", sample_prune())
    assert figures.count(("zone",), Period(), size) == first
    assert asked == list(range(0, size, 16))


def sample_prune() -> dict[str, Any]:
    return {
        "actor": {"kind": "system", "id": "x"},
        "from_seq": 0,
        "to_seq": 1,
        "root": "5" * 64,
        "until": "2026-01-01T00:00:00Z",
        "bodies": 0,
    }


@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
def test_no_more_is_kept_than_fits(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MAX_CELLS", 20)
    figures = Statistics(Records(log.place), pause=lambda _: None)
    for by in pairs():
        figures.count(by, Period(), 32)
        assert figures._kept == sum(map(len, figures._cells.values())) <= 20


def test_erased_decisions_are_counted_apart(open_log: Any, decision: Callable[..., dict[str, Any]]) -> None:
    log: AuditLog = open_log()
    for _ in range(3):
        log.append_sync("route.decision", decision())
    log.close()
    with closing(sqlite3.connect(log.place)) as file, file:  # as an erasure leaves a row
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        empty = ", ".join(f"{name} = NULL" for name in ("dec", "attempt", "app", "team", "decision", "zone"))
        file.execute(f"UPDATE record SET {empty}, body = CAST('{{\"erased\":{{}}}}' AS BLOB) WHERE seq = 3")  # noqa: S608
    (line,) = Statistics(Records(log.place)).count((), Period(), 100)
    assert dict(zip(MODES, line.numbers, strict=True)) == {"requests": 2, "dry_runs": 0, "canary": 0, "erased": 1}


@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
def test_an_erasure_that_is_done_later_than_it_is_recorded_is_in_the_figures_then(log: AuditLog) -> None:
    figures, hands = Statistics(Records(log.place), pause=lambda _: None), OfWriter(log)
    (named,) = Records(log.place).page(Filters(kind="route.decision"), limit=1).records
    with asking(log.place) as run:
        (request,) = erasing.find(run, named.id)

    def counted() -> tuple[int, int]:
        (line,) = figures.count((), Period(), 36)
        return line.numbers[0] + line.numbers[1] + line.numbers[2], line.numbers[3]

    assert counted() == (34, 0)  # of the first 36 records
    stones = [stone.as_json() for stone in request.stones]
    log.append_sync("erasure.done", {"actor": {"kind": "system", "id": "x"}, "records": stones, "reason": "asked"})
    assert counted() == (34, 0)  # whoever erases was stopped here, or a hold came in between
    assert hands.entomb(request.stones).done == 1
    assert counted() == (33, 1)
