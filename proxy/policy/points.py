"""The requests at which two bundles can part: for each threshold of either, every way to just meet it.

An *atom* is what a rule or a ceiling waits for: at least `n` values of one class at a score or more. A *point* is a
request that meets an atom with nothing to spare. `Points.of` returns the points of an atom; among them, for every
request that meets the atom, is one that meets it too and that both bundles treat at least as freely. Why that is enough
to compare two bundles stands in `diff`; why each step here keeps it true:

- Only how a type counts in both bundles matters, so one type stands for all that count alike (a *kind*). A type that
  one bundle does not know is a kind of its own: there it counts as not inspected.
- One value more, or a higher score, never frees a request. So all values lie exactly at the score that is needed, and
  where a combination needs a type that is there already, one value serves both.
- Values that make up a number may be of different kinds, and must be tried so: 25 and 25 can stay below two limits of
  30 that 50 of one kind would meet. A kind is left out where another one counts in fewer classes, and several kinds are
  mixed only where they differ in a class that some rule counts beyond one; in every other class a mixture merely
  makes more classes present than one kind alone.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from proxy.policy.decide import carry
from proxy.policy.index import Index
from proxy.policy.labels import BUILT_IN, written
from proxy.policy.model import Bundle
from proxy.policy.witness import Items, Witness, together

MOST = 4_000
"""Ways to meet one atom that are tried; an atom with more is named as undecided, never passed over."""

Value = tuple[str, int]
"""An entity type and a grid score."""


@dataclass(frozen=True, slots=True)
class Point:
    """A request that just meets an atom; without a class, the request in which nothing was found."""

    data_class: str
    count: int
    score: int
    findings: Witness = field(hash=False)

    def __str__(self) -> str:
        if not self.data_class:
            return "any request"
        score = "" if self.data_class in BUILT_IN else f" at {written(self.score)}"
        return f"{self.data_class} x{self.count}{score}"


NOTHING_FOUND = Point("", 0, 0, {})


class Atom(NamedTuple):
    """At least so many values of a class at a grid score or more."""

    data_class: str
    min_count: int
    min_score: int

    def __str__(self) -> str:
        return f"{self.data_class} x{self.min_count} at {written(self.min_score)}"


ALWAYS = Atom("", 0, 0)
"""What a rule without a condition waits for."""


class TooMany(Exception):
    """An atom can be met in too many ways to try them all."""


class Points:
    """The points of two bundles' atoms; `side` is 0 for an atom of the first, 1 for one of the second."""

    def __init__(self, bundles: Sequence[Bundle], indexes: Sequence[Index]) -> None:
        self._indexes = indexes
        self._kinds = _Kinds(bundles, indexes)
        self._known: dict[tuple[int, Atom], tuple[Point, ...] | None] = {}
        self.undecided: set[str] = set()
        """Atoms that were asked for and can be met in too many ways."""

    def of(self, side: int, atom: Atom) -> tuple[Point, ...]:
        """Return the points of an atom, none (and a note in `undecided`) where there are too many."""
        found = self.foreseen(side, atom)
        if found is None:
            self.undecided.add(str(atom))
        return found or ()

    def foreseen(self, side: int, atom: Atom) -> tuple[Point, ...] | None:
        """Return the points of an atom that may be asked for, None where there are too many."""
        if (side, atom) not in self._known:
            try:
                self._known[side, atom] = tuple(self._meeting(side, atom))
            except TooMany:
                self._known[side, atom] = None
        return self._known[side, atom]

    def _meeting(self, side: int, atom: Atom) -> Iterator[Point]:
        if atom == ALWAYS:
            yield NOTHING_FOUND
            return
        index = self._indexes[side]
        number = next(n for n, item in enumerate(index.classes) if item.name == atom.data_class)
        for items in _bounded(self._kinds.ways(side, *atom)):
            findings = dict(items)
            yield Point(atom.data_class, atom.min_count, carry(index, findings)[number][atom.min_count - 1], findings)


class _Kinds:
    """Entity types as two bundles together tell them apart; `side` 0 and 1 are the bundles."""

    def __init__(self, bundles: Sequence[Bundle], indexes: Sequence[Index]) -> None:
        known = sorted({name for index in indexes for name in index.types})
        first: dict[tuple[frozenset[Value], ...], str] = {}
        for name in known:
            first.setdefault(tuple(_classes(index, name) for index in indexes), name)
        self._of = {name: [dict(classes) for classes in places] for places, name in first.items()}
        self._parts = [{item.name: item.parts for item in bundle.classes} for bundle in bundles]
        self._counted = {
            (side, rule.condition.data_class)
            for side, bundle in enumerate(bundles)
            for rule in bundle.rules
            if rule.condition and rule.condition.min_count > 1
        }

    def ways(self, side: int, name: str, count: int, score: int) -> Iterator[Items]:
        """Yield the requests that just meet an atom of one side."""
        if count == 1:
            yield from self._least(side, name, score)
            return
        own = self._own(side, name, score)
        yield from self._spread(own, count, frozenset())
        for whole in self._combined(side, name, score):
            needed = dict(whole)
            for spread in self._spread(own, count - 1, frozenset(needed)):
                yield tuple(sorted({**needed, **_serving(needed, spread)}.items()))

    def _own(self, side: int, name: str, score: int) -> list[Value]:
        floors = ((kind, places[side].get(name)) for kind, places in self._of.items())
        return [(kind, max(floor, score) if floor >= 0 else 0) for kind, floor in floors if floor is not None]

    def _least(self, side: int, name: str, score: int) -> Iterator[Items]:
        for kind, needed in self._own(side, name, score):
            yield ((kind, (needed,)),)
        yield from self._combined(side, name, score)

    def _combined(self, side: int, name: str, score: int) -> Iterator[Items]:
        parts = self._parts[side][name]
        if parts:
            choices = [_bounded(self._least(side, part, score)) for part in parts]
            yield from (together(combination) for combination in itertools.product(*choices))

    def _spread(self, own: Sequence[Value], count: int, kept: frozenset[str]) -> Iterator[Items]:
        """Yield the ways to make up a number of values; kinds in `kept` may serve a combination, too, and stay."""
        counts = {kind: self._counts(kind, score) for kind, score in own}
        groups: dict[object, list[Value]] = {}
        for kind, score in own:
            if kind in kept:
                groups[kind] = [(kind, score)]
            elif not any(counts[o] < counts[kind] or (counts[o] == counts[kind] and o < kind) for o in counts):
                groups.setdefault(counts[kind] & self._counted, []).append((kind, score))
        for split in _splits(count, len(groups)):
            used = [[(value, n) for value in group] for group, n in zip(groups.values(), split, strict=True) if n]
            for chosen in itertools.product(*used):
                yield tuple(sorted((kind, (score,) * n) for (kind, score), n in chosen))

    def _counts(self, kind: str, score: int) -> frozenset[tuple[int, str]]:
        """Return the classes of either side in which one value of this kind and score counts."""
        places = enumerate(self._of[kind])
        return frozenset((side, name) for side, floors in places for name, floor in floors.items() if floor <= score)


def _classes(index: Index, entity: str) -> frozenset[Value]:
    return frozenset((index.classes[number].name, floor) for number, floor in index.types.get(entity, index.unknown))


def _serving(needed: Witness, spread: Items) -> dict[str, tuple[int, ...]]:
    """Raise one of the values of a type to what a combination needs of it."""
    return {kind: (max(*needed.get(kind, (0,)), scores[0]), *scores[1:]) for kind, scores in spread}


def _splits(total: int, places: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to write a number as a sum over so many places, zeros included."""
    if places:
        for bars in itertools.combinations(range(total + places - 1), places - 1):
            edges = (-1, *bars, total + places - 1)
            yield tuple(right - left - 1 for left, right in itertools.pairwise(edges))


def _bounded(ways: Iterable[Items]) -> list[Items]:
    found = list(itertools.islice(ways, MOST + 1))
    if len(found) > MOST:
        raise TooMany
    return list(dict.fromkeys(found))
