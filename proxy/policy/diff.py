"""Which requests a change of policy decides differently, and a proof when none is decided more loosely.

What is looser, `shift` says. Why finitely many requests are enough: in either bundle more findings, or higher scores,
only strike more zones.

1. Say a request `F` reaches zone `z` in the new bundle and not in the old. If no old grant opens `z`, the request in
   which nothing was found reaches `z`, too. Otherwise an old rule or ceiling strikes `z` on `F`. It waits for an atom:
   so many values of a class at a score. `F` contains a request `F'` that just meets this atom; the old bundle strikes
   `z` on `F'`, and the new one, which left `z` to the larger `F`, leaves it to `F'`.
2. Say `h` and `v` are as above. If the orders alone do it, the request in which nothing was found shows it. Otherwise
   a new rule or ceiling strikes `h` on `F`; a request within `F` that just meets its atom leaves `v` in the new bundle
   and `h` in the old, and still strikes `h` in the new.
3. Where state may be kept depends on the grants, and on what is left: the request in which nothing was found shows it.

In the first two cases the rule or ceiling is in one bundle and has no like in the other, which would strike the same.
So only atoms of such strikers (`force`) matter, and the request in which nothing was found where grants differ. And the
points of `points` suffice, provided they hold, for each such `F'`, one that both bundles treat at least as freely; that
module says why they do. Pairs of classes need no points of their own, unless a derived class waits for a pair, because
a class that is present beside the atom can only strike more. A looser change hides between witnesses only where one is
too coarse: one threshold left out, all values of one kind, a type known to one side only, one name tried where the
other bundle tells two apart. Hence atoms, kinds and names are those of both bundles together.

Callers, endpoints and models are quantified over the cells of both bundles' names (`groups`), as far as they are told
apart by a grant, or by a rule that one of the requests to be tried meets: no other rule strikes anything of these. Days
are quantified over every day from `today` on, as exceptions change what counts only on the day after their last. Where
an atom could be met in too many ways to try, it is `undecided`, and nothing is said to be proved.

**Answers** are compared in the same way, by the bundles that decide them (`index.answer_side`): one is decided more
loosely when it passes from a zone from which it did not. Only zones that both bundles know are compared; what a new
zone may be asked, and so answer, is a matter of requests.

What this is about: labels and settings of policy, not what a detector misses.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from proxy.policy.changes import Change, changes
from proxy.policy.decide import settle
from proxy.policy.exceptions import expired
from proxy.policy.force import Forces, Meanings, telling
from proxy.policy.groups import CALLER, Box, Labels, boxes, cells
from proxy.policy.index import Index, answer_side, compile_index
from proxy.policy.model import Bundle, Call, Identity
from proxy.policy.points import ALWAYS, Atom, Point, Points
from proxy.policy.shift import ORDER, Shift, Verdict, judge
from proxy.policy.witness import Witness


@dataclass(frozen=True, slots=True)
class Example:
    """One request that shows it."""

    who: Identity
    call: Call
    findings: Witness
    on: dt.date


@dataclass(frozen=True, slots=True)
class Line:
    """Requests that change alike: which, when, whose. `since` and `until` are None where there is no bound."""

    shift: Shift
    requests: tuple[str, ...]
    since: dt.date | None
    until: dt.date | None
    scope: Box
    """Labels of team, app, key, endpoint and model."""
    example: Example


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs, and what was tried to find it. Decisions are those with no budget used up."""

    lines: tuple[Line, ...]
    changes: tuple[Change, ...]
    undecided: tuple[str, ...]
    every: tuple[frozenset[str], ...]
    """All labels of each dimension of a scope."""
    since: dt.date
    cells: int
    decisions: int
    answers: "Comparison | None" = None
    """The same of answers, where a bundle has rules on them; zones are then those from which they pass."""

    @property
    def looser(self) -> bool:
        """Whether some request or answer is decided more loosely, a zone described more weakly, or a budget looser."""
        weaker = any(change.looser for change in self.changes) or bool(self.answers and self.answers.looser)
        return weaker or any(line.shift.verdict is Verdict.LOOSER for line in self.lines)

    @property
    def proved(self) -> bool:
        """Whether nothing is looser, for everything that is quantified over."""
        return not self.looser and not self.undecided and (self.answers is None or self.answers.proved)


def compare(old: Bundle, new: Bundle, today: dt.date) -> Comparison:
    """Compare two bundles that lint has passed, from this day on."""
    requests = replace(_Comparing(old, new, today).run(), changes=changes(old, new))
    if not (old.answers or new.answers):
        return requests
    zones = {zone.name for zone in old.zones} & {zone.name for zone in new.zones}
    answers = _Comparing(answer_side(old, zones), answer_side(new, zones), today).run()
    return replace(requests, answers=answers)


Pair = tuple[int, int]
"""Bits of the grants and rules that count under either bundle."""
Found = frozenset[tuple[Shift, str]]
Spot = tuple[int, int, int]
"""Bits of the caller, bits of the call, number of the period."""


class _Comparing:
    """The work of one comparison: every cell and day, each pair of what counts there decided once."""

    def __init__(self, old: Bundle, new: Bundle, today: dt.date) -> None:
        self.bundles = (old, new)
        self.indexes = (compile_index(old, None), compile_index(new, None))
        meanings: Meanings = {}
        pairs = zip(self.bundles, self.indexes, strict=True)
        self.forces = tuple(Forces(bundle, index, meanings) for bundle, index in pairs)
        self.trusts = tuple({zone.name: zone.trust for zone in bundle.zones} for bundle in self.bundles)
        self.points = Points(self.bundles, self.indexes)
        self.met, bits = telling(self.forces, self.points)
        self.cells = cells(*self.indexes, bits)
        self.days = _days(self.indexes, bits, today)
        self.decided: dict[Pair, Found] = {}
        self.shifts: dict[tuple[Point, Pair], Shift | None] = {}
        self.examples: dict[tuple[Pair, Shift, str], Point] = {}
        self.decisions = 0

    def run(self) -> Comparison:
        spots: dict[Pair, set[Spot]] = {}
        for number, day in enumerate(self.days):
            for who, what in itertools.product(self.cells.callers, self.cells.calls):
                selected = self._sides(who & what)
                pair = (self.forces[0].bits(selected[0], day), self.forces[1].bits(selected[1], day))
                if pair not in self.decided:
                    self.decided[pair] = self._decide(pair, selected, day)
                if self.decided[pair]:
                    spots.setdefault(pair, set()).add((who, what, number))
        return Comparison(
            lines=tuple(sorted(self._lines(spots), key=lambda line: ORDER.index(line.shift.verdict))),
            changes=(),
            undecided=tuple(sorted(self.points.undecided)),
            every=self.cells.everything,
            since=self.days[0],
            cells=len(self.cells.callers) * len(self.cells.calls),
            decisions=self.decisions,
        )

    def _sides(self, bits: int) -> tuple[int, int]:
        return bits & ((1 << self.cells.shift) - 1), bits >> self.cells.shift

    def _decide(self, pair: Pair, selected: tuple[int, int], day: dt.date) -> Found:
        shifts: list[tuple[Point, Shift | None]] = []
        for point in self._deciding(pair):
            met = self.met[point]
            alike = (point, (pair[0] & met[0], pair[1] & met[1]))
            if alike not in self.shifts:
                self.shifts[alike] = self._shift(point, selected, day)
            shifts.append((point, self.shifts[alike]))
        found = _told_apart(_least(shifts), shifts)
        for shift, label, point in found:
            self.examples[pair, shift, label] = point
        return frozenset((shift, label) for shift, label, _ in found)

    def _shift(self, point: Point, selected: Pair, day: dt.date) -> Shift | None:
        """Decide one request under both bundles."""
        old, new = (
            settle(index, bits, point.findings, day) for index, bits in zip(self.indexes, selected, strict=True)
        )
        self.decisions += 2
        verdict = judge(old, new, *self.trusts)
        return Shift(verdict, old.landing, new.landing) if verdict else None

    def _deciding(self, pair: Pair) -> list[Point]:
        """Return the requests at which these two can part; where grants differ, each class is tried for the reader."""
        old, new = (force.of(bits) for force, bits in zip(self.forces, pair, strict=True))
        asked = {(0, atom) for atom in self.forces[0].atoms(old.strikers & ~new.strikers)}
        asked |= {(1, atom) for atom in self.forces[1].atoms(new.strikers & ~old.strikers)}
        if old.grants != new.grants:
            asked.add((0, ALWAYS))
            asked |= {(side, Atom(item.name, 1, 0)) for side in (0, 1) for item in self.bundles[side].classes}
        return [point for side, atom in sorted(asked) for point in self.points.of(side, atom)]

    def _lines(self, spots: Mapping[Pair, set[Spot]]) -> Iterator[Line]:
        pairs_of: dict[tuple[Shift, str], set[Pair]] = {}
        for pair in spots:
            for found in self.decided[pair]:
                pairs_of.setdefault(found, set()).add(pair)
        alike: dict[tuple[Shift, frozenset[Pair]], list[str]] = {}
        for (shift, label), pairs in sorted(pairs_of.items(), key=lambda item: item[0]):
            alike.setdefault((shift, frozenset(pairs)), []).append(label)
        for (shift, together), labels in alike.items():
            where = {spot: pair for pair in together for spot in spots[pair]}
            for since, until, scope, spot in self._scopes(set(where)):
                point = self.examples[where[spot], shift, labels[0]]
                yield Line(shift, tuple(labels), since, until, scope, self._example(spot, scope, point))

    def _scopes(self, spots: set[Spot]) -> Iterator[tuple[dt.date | None, dt.date | None, Box, Spot]]:
        """Write a set of spots as boxes of days, callers and calls, each with a spot that it holds."""
        for whos, whats, numbers in boxes(spots):
            callers = {labels for who in whos for labels in self.cells.callers[who]}
            calls = {labels for what in whats for labels in self.cells.calls[what]}
            for (first, last), who, what in itertools.product(_runs(numbers), boxes(callers), boxes(calls)):
                since = self.days[first] if first else None
                until = self.days[last + 1] - dt.timedelta(1) if last + 1 < len(self.days) else None
                spot = (_holding(self.cells.callers, who), _holding(self.cells.calls, what), first)
                yield since, until, (*who, *what), spot

    def _example(self, spot: Spot, scope: Box, point: Point) -> Example:
        labels = _first(scope)
        who, what = self.cells.identity(labels[: len(CALLER)]), self.cells.call(labels[len(CALLER) :])
        return Example(who, what, point.findings, self.days[spot[2]])


def _days(indexes: Iterable[Index], counting: Iterable[int], today: dt.date) -> list[dt.date]:
    """Return the first day of each period in which the same of those exceptions are live that can count."""
    ends = {
        until
        for index, bits in zip(indexes, counting, strict=True)
        for number, (_, until) in enumerate(index.exceptions)
        if bits >> (number + index.exception_shift) & 1 and not expired(until, today)
    }
    return [today, *sorted(end + dt.timedelta(1) for end in ends if end < dt.date.max)]


def _least(shifts: list[tuple[Point, Shift | None]]) -> list[tuple[Point, Shift]]:
    """Leave out requests that contain a smaller one which changes in the same way."""
    changed = [(point, shift) for point, shift in shifts if shift]
    return [
        (point, shift)
        for point, shift in changed
        if not any(same == shift and _within(less.findings, point.findings) for less, same in changed)
    ]


def _within(less: Witness, more: Witness) -> bool:
    """Whether one request is another with fewer or weaker values, and not the same."""
    if less == more or not less.keys() <= more.keys():
        return False
    for kind, scores in less.items():
        others = sorted(more[kind], reverse=True)
        if len(scores) > len(others) or any(a > b for a, b in zip(sorted(scores, reverse=True), others, strict=False)):
            return False
    return True


def _told_apart(
    changed: list[tuple[Point, Shift]], shifts: list[tuple[Point, Shift | None]]
) -> list[tuple[Shift, str, Point]]:
    """Name each change by its class, count and score, and by types where not all ways to meet it change alike.

    A request that just meets several atoms goes by those names that need no types, if there are any.
    """
    ways: dict[str, set[Shift | None]] = {}
    for point, shift in shifts:
        ways.setdefault(str(point), set()).add(shift)
    plain = [point.findings for point, _ in changed if len(ways[str(point)]) == 1]
    found: dict[tuple[Shift, str], Point] = {}
    for point, shift in changed:
        if len(ways[str(point)]) == 1:
            found.setdefault((shift, str(point)), point)
        elif point.findings not in plain:
            found.setdefault((shift, f"{point} ({' with '.join(sorted(point.findings))})"), point)
    return [(shift, label, point) for (shift, label), point in found.items()]


def _holding(cells_of: Mapping[int, frozenset[Labels]], box: Box) -> int:
    return next(bits for bits, members in cells_of.items() if _first(box) in members)


def _first(box: Box) -> Labels:
    return tuple(min(labels) for labels in box)


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of consecutive numbers."""
    ordered = sorted(numbers)
    for _, run in itertools.groupby(enumerate(ordered), key=lambda item: item[1] - item[0]):
        members = [number for _, number in run]
        yield members[0], members[-1]
