"""What a test of the canary's came to, and whether that is a pass. Counts and names of classes: no value gets in.

It passes if

- every course was shown to be open: a harmless request arrived at the sink that its end is (else `vacuous`),
- nothing else arrived at a vendor's sink: no value of a hard kind, none that was found and let go, and of a soft kind
  no more than detectors miss that are as good as they were measured to be (else `leak`; `leaked` counts all of them,
  the tolerated too),
- each hard kind was found at least once (else `unfound`: it stayed at home, but not because it was known), and
- nine of ten requests were judged at all (else `undecided`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import comb
from typing import Any

from proxy.canary.courses import Course, Courses

CONTROL = "canary"
LEAK = "leak"
BY_CHANCE = 0.001
"""So unlikely may it be that detectors as good as they were measured to be miss more values of a kind than that."""
JUDGED_SHARE = 10
"""One in so many requests may come to no decision, as on a server with too much to do."""


@dataclass(frozen=True, slots=True)
class Flight:
    """What became of one request. `kind` is empty for a harmless one."""

    course: Course
    kind: str = ""
    type: str = ""
    missed: float = 0.0
    """Of its kind, as `values.Kind` has it."""
    decided: bool = False
    classes: tuple[str, ...] = ()
    """Those that it carries by the policy in force, if all of it is found."""
    found: frozenset[str] = frozenset()
    """Those that its decision's record has."""
    types: frozenset[str] = frozenset()
    arrived: bool = False
    """Whether a harmless request reached the sink at the end of its course."""
    leaked: int = 0
    """How many of its values, or unknown requests, reached a vendor's sink."""

    @property
    def by_chance(self) -> bool:
        """Whether it may have left as a value that a model missed: not if all that it carries was known."""
        return self.missed > 0 and not (self.classes and self.found.issuperset(self.classes))


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one kind, type or class."""

    name: str
    sent: int
    found: int
    home: int = 0
    """How many of the requests stayed at home."""

    @property
    def recall_bp(self) -> int:
        """The share that was found, in ten-thousandths, rounded down."""
        return self.found * 10_000 // self.sent if self.sent else 0


@dataclass(frozen=True, slots=True)
class Report:
    """One test."""

    courses: Courses
    bundle: str
    detectors: str
    flights: tuple[Flight, ...]
    stray: int = 0
    """How often something arrived at a vendor's sink when nothing was under way."""

    @property
    def why(self) -> tuple[str, ...]:
        """Why it is no pass; empty for one."""
        faults = {
            LEAK: self._leaks(),
            "vacuous": bool(self.unproven),
            "unfound": any(not tally.found for tally in self.kinds(hard=True)),
            "undecided": self.undecided * JUDGED_SHARE > len(self.flights),
        }
        return tuple(name for name, so in faults.items() if so)

    @property
    def passed(self) -> bool:
        """Whether it is a pass; one of nothing is none."""
        return bool(self.flights) and not self.why

    @property
    def leaked(self) -> int:
        """How many planted values, or requests that nobody knows, reached a vendor's sink."""
        return self.stray + sum(flight.leaked for flight in self.flights)

    @property
    def undecided(self) -> int:
        """How many requests came to no decision."""
        return sum(not flight.decided for flight in self.flights)

    @property
    def unproven(self) -> tuple[Course, ...]:
        """Courses at whose end nothing harmless arrived: that nothing else did proves nothing there."""
        open_ = {flight.course for flight in self._harmless() if flight.arrived}
        return tuple(course for course in self.courses.open if course not in open_)

    def kinds(self, *, hard: bool = False) -> list[Tally]:
        """Return a tally for each kind, or for each hard one; found is what was found under its own type."""
        planted = [each for each in self._planted() if not (hard and each.missed)]
        return _tallied((each.kind, each.type in each.types, each.leaked) for each in planted)

    def types(self) -> list[Tally]:
        """Return a tally for each type of detectors."""
        return _tallied((each.type, each.type in each.types, each.leaked) for each in self._planted())

    def classes(self) -> list[Tally]:
        """Return a tally for each class of the policy."""
        return _tallied((name, name in each.found, each.leaked) for each in self._planted() for name in each.classes)

    def record(self) -> dict[str, Any]:
        """Return the body of the `control.tested` record."""
        harmless = self._harmless()
        return {
            "control": CONTROL,
            "passed": self.passed,
            "bundle": self.bundle,
            **({"set_sha256": self.detectors} if self.detectors else {}),
            "zones": list(self.courses.zones)[:32],
            "harmless": {"sent": len(harmless), "arrived": sum(each.arrived for each in harmless)},
            "leaked": self.leaked,
            "classes": [
                {"c": each.name, "sent": each.sent, "found": each.found, "recall_bp": each.recall_bp}
                for each in self.classes()[:64]
            ],
            "types": [{"t": each.name, "sent": each.sent, "found": each.found} for each in self.types()[:64]],
        }

    def as_json(self) -> dict[str, Any]:
        """Return it for a program, with what no record needs."""
        return {
            **self.record(),
            "why": list(self.why),
            "closed": [{"zone": zone, "why": why} for zone, why in self.courses.closed],
            "teams": sorted({course.team for course in self.courses.open}),
            "unproven": sorted({f"{course.zone} {course.endpoint}" for course in self.unproven}),
            "undecided": self.undecided,
            "sent": len(self.flights),
            "rows": [_row("class", each) for each in self.classes()] + [_row("kind", each) for each in self.kinds()],
            "tolerated": self._tolerated(),
        }

    def _leaks(self) -> bool:
        hard = any(flight.leaked for flight in self.flights if not flight.by_chance)
        left = Counter(flight.kind for flight in self.flights if flight.leaked)
        return hard or self.stray > 0 or any(left[kind] > most for kind, most in self._tolerated().items())

    def _tolerated(self) -> dict[str, int]:
        """Return for each soft kind how many of its values may leak."""
        soft = {flight.kind: flight.missed for flight in self.flights if flight.missed}
        sent = Counter(flight.kind for flight in self.flights)
        return {kind: tolerated(sent[kind], missed) for kind, missed in soft.items()}

    def _harmless(self) -> list[Flight]:
        return [flight for flight in self.flights if not flight.kind]

    def _planted(self) -> list[Flight]:
        return [flight for flight in self.flights if flight.kind]


def tolerated(sent: int, missed: float) -> int:
    """Return how many of so many values may leak, where this share is missed: more is not by chance any more."""
    chance, most = 1.0, -1
    while chance > BY_CHANCE:
        most += 1
        chance -= comb(sent, most) * missed**most * (1 - missed) ** (sent - most)
    return most


def _tallied(seen: Iterable[tuple[str, bool, int]]) -> list[Tally]:
    sent: Counter[str] = Counter()
    found: Counter[str] = Counter()
    home: Counter[str] = Counter()
    for name, was_found, leaked in seen:
        sent[name] += 1
        found[name] += was_found
        home[name] += not leaked
    return [Tally(name, sent[name], found[name], home[name]) for name in sorted(sent)]


def _row(of: str, tally: Tally) -> Mapping[str, Any]:
    counts = {"sent": tally.sent, "found": tally.found, "home": tally.home, "recall_bp": tally.recall_bp}
    return {"of": of, "name": tally.name, **counts}
