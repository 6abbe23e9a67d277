"""What counts for a cell of callers and calls on a day, in words that two bundles share.

A *striker* is a rule or a ceiling seen as what it does: for which values it waits, and which zones it strikes. Two
strikers of two bundles that wait for the same and strike the same are one, whatever their names; what classes mean is
compared, not what they are called.
"""

import datetime as dt
import functools
import operator
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from proxy.policy.decide import carry, meets
from proxy.policy.exceptions import expired
from proxy.policy.index import Index
from proxy.policy.labels import BUILT_IN
from proxy.policy.model import Bundle
from proxy.policy.points import ALWAYS, Atom, Point, Points

Meanings = dict[Hashable, int]
"""Bits of meanings, shared between the two bundles that are compared."""


@dataclass(frozen=True, slots=True)
class Force:
    """The meanings of the grants and of the strikers that count, as bits."""

    grants: int
    strikers: int


class Forces:
    """Answers what counts under one bundle."""

    def __init__(self, bundle: Bundle, index: Index, meanings: Meanings) -> None:
        self.bundle = bundle
        self.index = index
        shift = index.rule_shift
        self._waived = [(1 << (n + shift), rule.waivers) for n, rule in enumerate(index.rules) if rule.waivers]
        self.counting = (1 << index.exception_shift) - 1
        """Bits of the grants and of all rules but those in shadow."""
        for number, rule in enumerate(index.rules):
            self.counting &= ~(rule.shadow << (number + shift))
        self._live: dict[dt.date, int] = {}
        self._atoms: dict[int, Atom] = {}
        self.ceilings = 0
        """The meanings of all ceilings, which count for everyone."""

        def bit(meaning: Hashable) -> int:
            return meanings.setdefault(meaning, 1 << len(meanings))

        def striker(atom: Atom, waits: Hashable, strikes: int) -> int:
            struck = frozenset(name for n, name in enumerate(index.zones) if strikes >> n & 1)
            found = bit(("striker", waits, struck))
            self._atoms[found] = atom
            return found

        trusts = frozenset((zone.name, zone.trust) for zone in bundle.zones)
        meant = _classes(bundle, index)
        self._grants = [bit(("grant", grant.zones, grant.stores, grant.local_first, trusts)) for grant in bundle.grants]
        for item in index.classes:
            if item.strikes:
                self.ceilings |= striker(Atom(item.name, 1, 0), (meant[item.name], 1, 0), item.strikes)
        self._rules = []
        for rule in index.rules:
            if rule.min_count:
                atom = Atom(index.classes[rule.data_class].name, rule.min_count, rule.min_score)
                waits = (meant[atom.data_class], rule.min_count, rule.min_score)
                self._rules.append(striker(atom, waits, rule.strikes))
            else:
                self._rules.append(striker(ALWAYS, None, rule.strikes))

    def selectors(self) -> dict[int, Hashable]:
        """Return each grant and rule by its bit, as all that counts about it: for whom, for what, when, what it does.

        Where the other bundle has one that is equal, the two count in the same cells on the same days.
        """
        bundle, shift = self.bundle, self.index.rule_shift
        waived: dict[str, set[Hashable]] = {}
        for item in bundle.exceptions:
            waived.setdefault(item.waives, set()).add((item.who, item.until))
        grants = zip(bundle.grants, self._grants, strict=True)
        rules = zip(bundle.rules, self._rules, strict=True)
        return {
            **{1 << n: (meaning, grant.who, grant.what) for n, (grant, meaning) in enumerate(grants)},
            **{
                1 << (n + shift): (meaning, rule.who, rule.what, rule.mode, frozenset(waived.get(rule.id, ())))
                for n, (rule, meaning) in enumerate(rules)
            },
        }

    def bits(self, selected: int, day: dt.date) -> int:
        """Return the bits of the grants and rules that count: no shadow rule, none that a live exception waives."""
        bits = selected & self.counting
        live = selected & self._exceptions(day)
        if live:
            for rule, waivers in self._waived:
                if waivers & live:
                    bits &= ~rule
        return bits

    def _exceptions(self, day: dt.date) -> int:
        """Return the bits of the exceptions that are live on a day."""
        if day not in self._live:
            index = self.index
            until = [last for _, last in index.exceptions]
            live = sum(1 << number for number, last in enumerate(until) if not expired(last, day))
            self._live[day] = live << index.exception_shift
        return self._live[day]

    def of(self, bits: int) -> Force:
        """Return what these bits mean, and every ceiling."""
        grants, strikers, shift = 0, self.ceilings, self.index.rule_shift
        for number in _numbers(bits):
            if number < shift:
                grants |= self._grants[number]
            else:
                strikers |= self._rules[number - shift]
        return Force(grants, strikers)

    def atoms(self, strikers: int) -> set[Atom]:
        """Return what these strikers of this bundle wait for."""
        return {self._atoms[1 << number] for number in _numbers(strikers)}


Met = Mapping[Point, tuple[int, int]]
"""Request -> for each side the bits of its grants, and of the rules that the request meets."""


def telling(forces: Sequence[Forces], points: Points) -> tuple[Met, tuple[int, int]]:
    """Return what the requests meet that may have to be tried, and each side's selectors that can count there."""
    selectors = [side.selectors() for side in forces]
    shared = set(selectors[0].values()) & set(selectors[1].values())
    alone = [sum(bit for bit, meaning in side.items() if meaning not in shared) for side in selectors]
    regranted = any(bits & side.index.grant_bits for bits, side in zip(alone, forces, strict=True))
    tried: dict[Point, None] = {}
    for number, side in enumerate(forces):
        atoms = side.atoms(side.of(alone[number]).strikers & ~(side.ceilings & forces[1 - number].ceilings))
        if regranted:
            atoms |= {ALWAYS} | {Atom(item.name, 1, 0) for item in side.index.classes}
        for atom in sorted(atoms):
            tried.update(dict.fromkeys(points.foreseen(number, atom) or ()))
    met = {point: (_met(forces[0].index, point), _met(forces[1].index, point)) for point in tried}
    one, other = (_counting(side, alone[n], [bits[n] for bits in met.values()]) for n, side in enumerate(forces))
    return met, (one, other)


def _met(index: Index, point: Point) -> int:
    carried = carry(index, point.findings)
    rules = sum(1 << number for number, rule in enumerate(index.rules) if meets(rule, carried))
    return index.grant_bits | rules << index.rule_shift


def _counting(side: Forces, alone: int, met: Iterable[int]) -> int:
    """Return the bits of the grants, of the rules that are met or alone, and of what waives them."""
    index = side.index
    found = functools.reduce(operator.or_, met, index.grant_bits | alone) & side.counting
    for number, rule in enumerate(index.rules):
        if found >> (number + index.rule_shift) & 1:
            found |= rule.waivers
    return found


def _classes(bundle: Bundle, index: Index) -> dict[str, Hashable]:
    """Say what each class means: its types and floor, and what its parts mean. What is not inspected depends on all."""
    known = {item.name: item for item in bundle.classes}
    meant: dict[str, Hashable] = {}

    def meaning(name: str) -> Hashable:
        if name not in meant:
            item = known[name]
            types = frozenset(index.types) if name == "unscanned" else frozenset(item.entities)
            meant[name] = (BUILT_IN.get(name), types, item.floor, frozenset(meaning(part) for part in item.parts))
        return meant[name]

    return {name: meaning(name) for name in known}


def _numbers(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        bits ^= lowest
        yield lowest.bit_length() - 1
