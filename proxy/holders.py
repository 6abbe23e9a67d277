"""Where a request has to go because of what it refers to, and what of an answer has to be remembered for that.

State belongs to the team that made it, and to the server that holds it. A reference to anything else is refused, in
the same words whether there is no such thing or it is another team's. A server that the registry no longer has under
the same name, zone and address is another server: nothing is ever asked for elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from proxy.content.walk import Content, Opaque, Reference
from proxy.detection.findings import Unit
from proxy.endpoints.states import States
from proxy.errors import RequestRefused
from proxy.state.held import Held, HeldStates, ambiguous
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

Kind = Literal["response", "item", "conversation", "file"]
NOT_FOUND = (
    "There is nothing of this id here. It is known only if an answer gave it to your team and its model server keeps "
    "it, which vendors are told not to do unless the policy lets them: send the items themselves instead."
)


@dataclass(frozen=True, slots=True)
class Holder:
    """The one server that a request may go to, and the kinds of what it holds that the request refers to."""

    upstream: Upstream
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the references of a request."""

    holder: Holder | None = None
    opaque: tuple[Opaque, ...] = ()
    """References of which nothing is known, or that lead elsewhere; their content cannot be read."""
    optional: tuple[Opaque, ...] = ()
    """What would be opaque if the request did not go to the holder; empty where it has to."""
    given: frozenset[tuple[str, str]] = frozenset()
    """Where in the request something sealed stands that the holder gave this team, and that itself, byte for byte."""

    def to_scan(self, content: Content) -> tuple[Unit, ...]:
        """Return what is said but for what the holder sealed, if it goes back there.

        A cipher looks like hidden data to detectors, which it is to everybody else.
        """
        if not self.given:
            return content.units
        return tuple(unit for unit in content.units if not self._gave(unit))

    def _gave(self, unit: Unit) -> bool:
        return len(unit.segments) == 1 and (unit.path, unit.segments[0].text) in self.given

    def of(self, content: Content) -> Content:
        """Return what is said, with what cannot be read."""
        return replace(content, opaque=(*content.opaque, *self.opaque)) if self.opaque else content

    def elsewhere(self) -> "Known":
        """Return the same for a request that does not go to the holder."""
        return Known(opaque=(*self.opaque, *self.optional))


NOTHING = Known()


async def look_up(states: HeldStates, team: str, references: Sequence[Reference], registry: Registry) -> Known:
    """Find what holds all that a request refers to. Raises RequestRefused, and StateUnavailable.

    404 for a name of what the team has nowhere, 400 for things of two places, 409 for an id that two servers gave, or
    for a server that is no longer there.
    """
    if not references:
        return NOTHING
    found = await states.find_all(team, {(each.kind, each.id) for each in references})
    needed = [each for each in references if not each.unknown]
    offered = [each for each in references if each.unknown]
    for each in references:
        if (each.kind, each.id) not in found and not each.sealed:
            raise not_found(each.param)
    for each in needed:
        if found[each.kind, each.id] is None:
            raise ambiguous()
    places = {found[each.kind, each.id] for each in needed} or {found.get((each.kind, each.id)) for each in offered}
    if needed and len(places) > 1:
        text = "What this request refers to is kept by two model servers; refer to what one of them keeps."
        raise RequestRefused(text, code="state_in_two_places", param=needed[-1].param)
    place = places.pop() if len(places) == 1 else None
    upstream = _at(place, registry) if place is not None else None
    if upstream is None and needed:
        text = "The model server that keeps this is no longer here as it was. Begin anew, with the items themselves."
        raise RequestRefused(text, status=409, code="state_moved", param=needed[0].param)
    if upstream is None:
        return Known(opaque=_unread(offered))
    there = [each for each in offered if found.get((each.kind, each.id)) == place]
    elsewhere = [each for each in offered if found.get((each.kind, each.id)) != place]
    holder = Holder(upstream, tuple(sorted({each.kind for each in (*needed, *there)})))
    given = frozenset((each.param, each.id) for each in there)
    return Known(holder, _unread(elsewhere), () if needed else _unread(there), given)


def _unread(references: Iterable[Reference]) -> tuple[Opaque, ...]:
    return tuple(Opaque(each.param, each.unknown) for each in references)


def not_found(param: str | None) -> RequestRefused:
    """Return what is said of an id that nothing is known of, whoever else may know it."""
    return RequestRefused(NOT_FOUND, status=404, code="state_not_found", param=param)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Remembers what an answer of one server names, before its caller has it."""

    states: HeldStates
    team: str
    upstream: Upstream
    stored: bool
    """Whether the server was left to keep the answer."""

    async def remember(self, named: States) -> None:
        """Remember what is new; raises StateUnavailable, and then nothing of it may be passed on."""
        if new := named.take(stored=self.stored):
            await self.states.remember_all(self.team, new, held_by(self.upstream))

    async def forget(self, deleted: Iterable[Reference]) -> None:
        """Forget what its server deleted; raises StateUnavailable."""
        for each in deleted:
            await self.states.forget(self.team, each.kind, each.id)


def held_by(upstream: Upstream) -> Held:
    """Return a server as it is remembered."""
    return Held(upstream.zone, upstream.id, upstream.endpoint_sha256)


def _at(place: Held, registry: Registry) -> Upstream | None:
    return next((upstream for upstream in registry.upstreams if held_by(upstream) == place), None)
