"""Where the canary can fly: by which team and model a harmless request reaches each vendor's zone. Pure.

A zone that no harmless request may reach cannot be tested, and need not be: nothing gets there at all. It is `closed`,
and the report says so.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proxy.activation import Active
from proxy.canary.asking import body
from proxy.capabilities import needs, sort_out
from proxy.endpoints.served import BY_NAME
from proxy.errors import RequestRefused
from proxy.identity import NAME
from proxy.policy.decide import decide
from proxy.policy.index import ANY
from proxy.policy.model import Call, Decision, Identity, Trust
from proxy.routing import Route, candidates
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import MODEL

NEUTRAL = "canary"
"""A team that policies are not likely to name."""
ENDPOINTS = ("chat", "responses", "embeddings", "messages", "completions")
MOST_TEAMS, MOST_MODELS = 200, 50
DEEP = 8
NO_GRANT = "policy"
NO_MODEL = "no model"


@dataclass(frozen=True, slots=True)
class Course:
    """A way on which a harmless request reaches a vendor's zone, and all else must not."""

    zone: str
    endpoint: str
    team: str
    model: str


@dataclass(frozen=True, slots=True)
class Courses:
    """All courses, and the vendors' zones that have none, each with why."""

    open: tuple[Course, ...]
    closed: tuple[tuple[str, str], ...]

    @property
    def zones(self) -> tuple[str, ...]:
        """The vendors' zones that can be tested."""
        return tuple(sorted({course.zone for course in self.open}))


def courses(active: Active, app: str, key: str, now: dt.datetime, team: str = "") -> Courses:
    """Find a course to each vendor's zone that has an upstream, for each endpoint that is served there.

    Teams are tried in order: the neutral one, then those that the policy names; or only the given one.
    """
    vendors = [name for name, zone in active.policy.zones.items() if zone.trust is Trust.VENDOR]
    live = sorted(set(vendors) & active.registry.zones)
    teams = [team] if team else _teams(active)
    found: list[Course] = []
    closed: list[tuple[str, str]] = []
    for zone in live:
        there = [course for endpoint in ENDPOINTS if (course := _course(active, zone, endpoint, teams, app, key, now))]
        found += there
        if not there:
            served = any(_models(active.registry, zone, endpoint) for endpoint in ENDPOINTS)
            closed.append((zone, NO_GRANT if served else NO_MODEL))
    return Courses(tuple(found), tuple(closed))


def judged(  # noqa: PLR0917 - what a decision depends on
    active: Active, course: Course, app: str, key: str, types: Iterable[str], now: dt.datetime
) -> Decision:
    """Decide about a request on a course that carries one sure value of each of these types, whoever finds it."""
    call = Call(course.endpoint, course.model, active.registry.resolve(course.model))
    return decide(active.policy, Identity(course.team, app, key), call, dict.fromkeys(types, (20,)), now)


def _course(  # noqa: PLR0917 - the same
    active: Active, zone: str, endpoint: str, teams: Sequence[str], app: str, key: str, now: dt.datetime
) -> Course | None:
    models = _models(active.registry, zone, endpoint)
    every = (Course(zone, endpoint, team, model) for team in teams for model in models)
    return next((course for course in every if zone in judged(active, course, app, key, (), now).zones), None)


def _models(registry: Registry, zone: str, endpoint: str) -> list[str]:
    """Return registered models that lead to an upstream of a zone, those with a name of their own first."""
    patterns = sorted({pattern for at in registry.upstreams for pattern in at.models if pattern.endswith("*")})
    named = [*sorted(registry.names()), *(pattern[:-1] for pattern in patterns)]
    usable = [name for name in dict.fromkeys(named) if MODEL.fullmatch(name) and _resolves(registry, name)]
    return [name for name in usable if _can(registry, zone, endpoint, name)][:MOST_MODELS]


def _can(registry: Registry, zone: str, endpoint: str, model: str) -> bool:
    """Whether some upstream of a zone serves the model there, and the model can do what is asked."""
    at, asked = BY_NAME[endpoint], body(endpoint, model, "a plain cup")
    wanted = needs(at, asked, at.read(asked, DEEP))
    ways, _ = sort_out([Route(zone, tuple(candidates(zone, endpoint, model, registry)))], wanted, registry)
    return bool(ways)


def _resolves(registry: Registry, name: str) -> bool:
    try:
        registry.resolve(name)
    except RequestRefused:
        return False
    return True


def _teams(active: Active) -> list[str]:
    """Return the neutral team, and one for each pattern of teams in the policy."""
    bundle = active.policy.bundle
    callers = [*(grant.who for grant in bundle.grants), *(rule.who for rule in bundle.rules)]
    patterns = sorted({team for who in callers for team in (*who.teams, *who.not_teams) if team != ANY})
    named = (f"{pattern[:-1]}{NEUTRAL}" if pattern.endswith("*") else pattern for pattern in patterns)
    return list(dict.fromkeys([NEUTRAL, *filter(NAME.fullmatch, named)]))[:MOST_TEAMS]
