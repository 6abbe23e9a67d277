"""One test: harmless requests that have to arrive at the vendors' sinks, and planted values that must not.

For each vendor's zone, only the sink of that zone answers, and for every other request those of own zones too: so
whoever goes on elsewhere when a server fails is led to the vendor. Requests come one at a time, with a pause between
them: detectors and log are everybody's.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from proxy.activation import Active
from proxy.canary import phrases
from proxy.canary.asking import At, Heard, ask
from proxy.canary.courses import Course, Courses, courses, judged
from proxy.canary.lane import CALLER_ID, Passes
from proxy.canary.report import LEAK, Flight, Report
from proxy.canary.sink import Sink, Watching
from proxy.canary.values import KINDS, RANDOM, Kind
from proxy.identity import CANARY_APP

HARMLESS = 2
"""Harmless requests on each course: one may be a false alarm."""
PAUSE_S = 0.2


class Interrupted(Exception):
    """A test that came to no end, and counts for nothing; says why in a word of ours."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a test needs."""

    active: Callable[[], Active]
    """The snapshot in force, with a sink in place of each upstream."""
    read: Callable[[str], Mapping[str, Any] | None]
    """Reads the body of a durable record back by its id. Blocks."""
    sink: Sink
    passes: Passes
    at: At


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted: so many values of each kind for each zone, as one team or those that are found."""

    values: int = 3
    team: str = ""
    spared: frozenset[str] = frozenset()
    """Types that are not planted, because the policy means to let vendors have them."""

    def kinds(self) -> list[Kind]:
        """Return the kinds that are planted."""
        return [kind for kind in KINDS if kind.type not in self.spared]


@dataclass(frozen=True, slots=True)
class _Order:
    """One request to be sent."""

    course: Course
    text: str
    watching: Watching
    kind: Kind | None = None


async def test(means: Means, plan: Plan) -> Report:
    """Run one test; raises Interrupted if the bundle or the detectors changed, or the server cannot be reached.

    What leaked before that did leak: such a test ends with a report of as much as was tested.
    """
    active, now = means.active(), datetime.now(UTC)
    found = courses(active, CANARY_APP, CALLER_ID, now, plan.team)
    passes = {team: means.passes.issue(team) for team in sorted({course.team for course in found.open})}
    flights: list[Flight] = []
    detectors = ""
    ended: Interrupted | None = None
    try:
        for order in _orders(active, found, plan):
            heard, body = await _sent(means, order, passes[order.course.team])
            by = body["detect"]["set_sha256"] if body else detectors
            if means.active().sha256 != active.sha256 or by != (detectors or by):
                ended = Interrupted("changed")
                break
            detectors = by
            flights.append(_flown(active, order, heard, body, now))
            await asyncio.sleep(PAUSE_S)
    except Interrupted as error:
        ended = error
    finally:
        means.passes.revoke()
    report = Report(found, active.sha256, detectors, tuple(flights), means.sink.strays(found.zones))
    if ended is not None and LEAK not in report.why:
        raise ended
    return report


def _orders(active: Active, found: Courses, plan: Plan) -> Iterator[_Order]:
    """Yield every request, the harmless ones of a zone first: without them, the others prove nothing."""
    own = frozenset(at.zone for at in active.registry.upstreams if not at.vendor)
    for zone in found.zones:
        ways = [course for course in found.open if course.zone == zone]
        for course in ways * HARMLESS:
            text, mark = phrases.harmless(RANDOM)
            yield _Order(course, text, Watching(mark=mark, answers=frozenset({zone})))
        planted = [kind for kind in plan.kinds() for _ in range(plan.values * kind.times)]
        RANDOM.shuffle(planted)
        for number, (kind, course) in enumerate(zip(planted, itertools.cycle(ways), strict=False)):
            said = kind.plant()
            answers = frozenset({zone}) | (own if number % 2 else frozenset())
            yield _Order(course, said.text, Watching(values=said.values, answers=answers), kind)


async def _sent(means: Means, order: _Order, secret: str) -> tuple[Heard, Mapping[str, Any] | None]:
    """Send one request, and read back what was decided about it."""
    course = order.course
    with means.sink.watching(order.watching):
        heard = await asyncio.to_thread(ask, means.at, secret, course.endpoint, course.model, order.text)
    if not heard.status:
        raise Interrupted("unreachable")
    body = await asyncio.to_thread(means.read, heard.record) if heard.record else None
    return heard, body if body and body["kind"] == "route.decision" else None


def _flown(active: Active, order: _Order, heard: Heard, body: Mapping[str, Any] | None, now: datetime) -> Flight:
    """Say what became of a request, by its record and by the sinks."""
    course, watching, kind = order.course, order.watching, order.kind
    vendors = {at.zone for at in active.registry.upstreams if at.vendor}
    leaked = max([0, *(watching.planted[zone] for zone in vendors)])
    leaked += sum(watching.strange[zone] for zone in vendors)
    decided = body is not None and heard.status > 0
    found = frozenset(each["c"] for each in body["classes"]) if body else frozenset()
    types = frozenset(each["t"] for each in body["detect"]["types"]) if body else frozenset()
    if kind is None:
        return Flight(
            course, decided=decided, found=found, types=types, arrived=bool(watching.marked[course.zone]), leaked=leaked
        )
    expected = judged(active, course, CANARY_APP, CALLER_ID, kind.types, now).classes
    names = tuple(name for name, _, _ in expected)
    return Flight(course, kind.name, kind.type, kind.missed, decided, names, found, types, leaked=leaked)
