"""How many decisions there were, by day, class, zone, rule, application and outcome, from the columns of the log.

The log is counted in blocks, each in short transactions. A block that is whole never changes but by an erasure or a
prune, so what was counted in it is kept, until there was one. Dry runs and the traffic of canaries are counted apart:
they are not what people did. Who wants proof rather than figures counts a verified export.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from audit.access import Ask, Records
from audit.records.record import DECISION

DIMENSIONS = ("app", "class", "day", "decision", "rule", "zone")
LABELS = frozenset({"class", "rule"})
BLOCK = 1 << 14
MAX_CELLS = 200_000
"""Figures that are kept: about 40 MB."""
PAUSE_S = 0.002
BREATH_S = 0.0002
"""Between blocks that are only added up, so that Python's lock goes to the writer if it waits for that."""
CANARY = "ringfence-canary"
MODES = ("requests", "dry_runs", "canary", "erased")
MODE = f"""
CASE WHEN r.app IS NULL THEN 'erased' WHEN r.dec IS NULL THEN 'dry_runs'
     WHEN r.app = '{CANARY}' THEN 'canary' ELSE 'requests' END"""
COLUMNS = {"app": "r.app", "day": "substr(r.ts, 1, 10)", "decision": "r.decision", "zone": "r.zone"}
GONE = "SELECT max(seq) FROM @record WHERE kind = :kind"
FIRST = f"SELECT min(seq) FROM @record WHERE kind = '{DECISION}'"  # noqa: S608 - constants, here and below
LAST_ERASURE = "SELECT body FROM @record WHERE kind = 'erasure.done' ORDER BY seq DESC LIMIT 1"
STILL_THERE = "SELECT count(*) FROM @record WHERE app IS NOT NULL AND seq IN "
TIMES = "SELECT min(ts), max(ts) FROM @record WHERE seq >= :start AND seq < :end"
NAMES = "SELECT min(name) FROM @record_label WHERE what = :what AND name > :name"
LABELLED = "SELECT seq FROM @record_label WHERE what = :what AND name = :name AND seq >= :start AND seq < :end"

Cell = tuple[str | None, ...]
"""The mode, and the value of each dimension in the order of their names."""
Cells = Counter[Cell]


@dataclass(frozen=True, slots=True)
class Count:
    """One line: the value of each dimension, and how many of each mode."""

    values: tuple[str | None, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """Times as in records; `until` is excluded, None is no bound."""

    since: str | None = None
    until: str | None = None

    def holds(self, first: str, last: str) -> bool:
        """Whether all that lies between two times is inside."""
        return (self.since is None or first >= self.since) and (self.until is None or last < self.until)

    def misses(self, first: str, last: str) -> bool:
        """Whether nothing that lies between them is."""
        return (self.since is not None and last < self.since) or (self.until is not None and first >= self.until)

    @property
    def condition(self) -> str:
        """Return it in SQL."""
        since = "" if self.since is None else " AND r.ts >= :since"
        return since + ("" if self.until is None else " AND r.ts < :until")

    @property
    def values(self) -> dict[str, str]:
        """Return the values of the condition."""
        given = {"since": self.since, "until": self.until}
        return {name: value for name, value in given.items() if value is not None}


class Statistics:
    """The figures of one log. Safe to share between threads."""

    def __init__(self, records: Records, pause: Callable[[float], None] = time.sleep) -> None:
        self._records, self._pause = records, pause
        self._cells: dict[tuple[int, tuple[str, ...]], Cells] = {}
        self._times: dict[int, tuple[str, str]] = {}
        self._kept = 0
        self._known: tuple[object, ...] = ()
        self._changing = threading.Lock()

    def count(self, by: Sequence[str], period: Period, size: int) -> list[Count]:
        """Count the decisions among the first `size` records, by up to two dimensions in the order of their names.

        One with several classes, or rules, counts for each of them, and one with none for none. Without a dimension
        there is one line. Raises AuditUnavailable.
        """
        dimensions = tuple(sorted(by))
        total: Cells = Counter()
        with self._records.asking() as ask:
            self._forget_what_went(ask)
            for block in range(-(-size // BLOCK)):
                total.update(self._block(ask, block, dimensions, period, size))
                self._pause(BREATH_S)
        lines: dict[tuple[str | None, ...], list[int]] = {}
        for (mode, *values), number in total.items():
            line = lines.setdefault(tuple(values), [0] * len(MODES))
            line[MODES.index(str(mode))] += number
        ordered = sorted(lines.items(), key=lambda item: [value or "" for value in item[0]])
        return [Count(values, tuple(numbers)) for values, numbers in ordered]

    def _block(self, ask: Ask, block: int, dimensions: tuple[str, ...], period: Period, size: int) -> Cells:
        start, end = block * BLOCK, min((block + 1) * BLOCK, size)
        whole = end - start == BLOCK
        if period != Period():
            first, last = self._times_of(ask, block, start, end, keep=whole)
            if period.misses(first, last):
                return Counter()
            if not period.holds(first, last):
                return self._counted(ask, start, end, dimensions, period)
        if not whole:
            return self._counted(ask, start, end, dimensions, Period())
        found = self._cells.get((block, dimensions))
        if found is None:
            found = self._counted(ask, start, end, dimensions, Period())
            with self._changing:
                if self._kept + len(found) > MAX_CELLS:
                    self._cells, self._kept = {}, 0
                self._cells[block, dimensions] = found
                self._kept += len(found)
        return found

    def _times_of(self, ask: Ask, block: int, start: int, end: int, *, keep: bool) -> tuple[str, str]:
        if block in self._times:
            return self._times[block]
        first, last = ask(TIMES, start=start, end=end)[0]
        if keep and first is not None:
            self._times[block] = first, last
        return first or "", last or ""

    def _counted(self, ask: Ask, start: int, end: int, dimensions: tuple[str, ...], period: Period) -> Cells:
        self._pause(PAUSE_S)
        labels = [name for name in dimensions if name in LABELS]
        if len(labels) == len(LABELS):
            return _by_both(ask, start, end, period)
        columns = [MODE, *(COLUMNS[name] for name in dimensions if name not in LABELS)]
        cells: Cells = Counter()
        if not labels:
            for *cell, number in ask(_query(columns, period), start=start, end=end, **period.values):
                cells[tuple(cell)] += number
            return cells
        place = 1 + dimensions.index(labels[0])
        query = _query(columns, period, labelled=True)
        for name in _names(ask, labels[0]):
            for *cell, number in ask(query, start=start, end=end, what=labels[0], name=name, **period.values):
                cells[(*cell[:place], name, *cell[place:])] += number
        return cells

    def _forget_what_went(self, ask: Ask) -> None:
        known = (
            *(ask(GONE, kind=kind)[0][0] for kind in ("erasure.done", "retention.pruned")),
            ask(FIRST)[0][0],
            _still_there(ask),
        )
        with self._changing:
            if known != self._known:
                self._cells, self._times, self._kept, self._known = {}, {}, 0, known


def _still_there(ask: Ask) -> int:
    """Return how many decisions are there that the last erasure names: it is recorded before it is done."""
    said = [orjson.loads(bytes(body)) for (body,) in ask(LAST_ERASURE)]
    places = [str(int(one["seq"])) for each in said if each["v"] > 1 for one in each["records"]]
    return int(ask(f"{STILL_THERE}({', '.join(places)})")[0][0]) if places else 0


def _query(columns: Sequence[str], period: Period, *, labelled: bool = False) -> str:
    join = " JOIN @record_label l ON l.seq = r.seq AND l.what = :what AND l.name = :name" if labelled else ""
    seq, groups = "l.seq" if labelled else "r.seq", ", ".join(str(place + 1) for place in range(len(columns)))
    return (
        f"SELECT {', '.join(columns)}, count(*) FROM @record r{join} "  # noqa: S608
        f"WHERE {seq} >= :start AND {seq} < :end AND r.kind = '{DECISION}'{period.condition} GROUP BY {groups}"
    )


def _names(ask: Ask, what: str) -> Iterator[str]:
    name = ""
    while found := ask(NAMES, what=what, name=name)[0][0]:
        yield found
        name = found


def _by_both(ask: Ask, start: int, end: int, period: Period) -> Cells:
    """Count pairs of a class and a rule, which stand at the same record."""
    where = f"r.seq >= :start AND r.seq < :end AND r.kind = '{DECISION}'{period.condition}"
    query = f"SELECT r.seq, {MODE} FROM @record r WHERE {where}"  # noqa: S608
    modes: dict[int, str] = dict(ask(query, start=start, end=end, **period.values))
    found: dict[str, dict[int, list[str]]] = {}
    for what in sorted(LABELS):
        at = found.setdefault(what, {})
        for name in _names(ask, what):
            for (seq,) in ask(LABELLED, what=what, name=name, start=start, end=end):
                at.setdefault(seq, []).append(name)
    cells: Cells = Counter()
    for seq, classes in found["class"].items():
        for rule in found["rule"].get(seq, ()) if seq in modes else ():
            for name in classes:
                cells[modes[seq], name, rule] += 1
    return cells
