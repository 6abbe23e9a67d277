"""Whether a model can do what a request needs, before anything is sent to it. Pure.

What nobody knows of a model keeps no request from it: its server says so itself. One thing is asked the other way
round: where a server cuts a prompt that is too long and says nothing, it is sent only what certainly fits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from proxy.content.lengths import Prompt, prompt
from proxy.content.walk import Content
from proxy.endpoints.endpoint import Endpoint, below
from proxy.errors import RequestRefused
from proxy.limits.tokens import WANTED
from proxy.policy.model import Decision, Outcome
from proxy.routing import Candidate, Route, routes
from proxy.upstreams.kinds.kind import Dropped
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.profile import ABILITIES, UNKNOWN, Profile
from proxy.upstreams.registry import Registry

MOST_MISSING = 16
"""Names that one record can list."""
MOST_SUGGESTED = 5
MOST_LOOKED_AT = 200
"""Names that a refusal takes the time to try: each is a decision of the policy."""

OfKinds = dict[str, tuple[Dropped, str | None]]
"""What kinds of servers do not obey of one request, and what they refuse of it."""


@dataclass(frozen=True)
class Needs:
    """What a request needs of the model that answers it. Lives in memory only.

    Most models are known to lack nothing: what is needed is worked out where it may be missing.
    """

    endpoint: str
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    content: Content | None = field(default=None, repr=False)
    """None where no model reads anything."""

    @cached_property
    def abilities(self) -> tuple[str, ...]:
        """Of ABILITIES.

        `parallel_tool_calls: true` is leave to call several tools at once and no wish for it, so it needs no more than
        tools do; whether a server obeys a `false` is for its kind to say.
        """
        if self.prompt is None:
            return ()
        body = self.body
        wants = {
            "chat": self.endpoint != "embeddings",
            "tools": bool(body.get("tools") or body.get("functions")),
            "vision": self.prompt.images > 0,
            "json_schema": _wants_schema(body),
            "logprobs": _wants_logprobs(body),
            "embeddings": self.endpoint == "embeddings",
        }
        return tuple(name for name in ABILITIES if wants.get(name))

    @cached_property
    def output(self) -> int:
        """Tokens of the longest answer that the caller wants; 0 where it does not say."""
        given = (self.body.get(name) for name in WANTED)
        return max((value for value in given if type(value) is int), default=0)

    @cached_property
    def prompt(self) -> Prompt | None:
        """What a model would read."""
        return None if self.content is None else prompt(self.endpoint, self.body, self.content)


class CapabilityUnavailable(RequestRefused):
    """No model in reach can do what the request needs: `missing` says what, `models` which could that it may ask for.

    Names of ours and of the registry; nothing of the request.
    """

    code = "capability_unavailable"

    def __init__(self, message: str, missing: Sequence[str], models: Sequence[str]) -> None:
        super().__init__(message, code=self.code, param="model")
        self.missing = tuple(missing)
        self.models = tuple(models)

    def body(self) -> dict[str, Any]:
        """Add what is missing, and what would do."""
        shape = super().body()
        shape["error"] |= {"missing": list(self.missing), "models": list(self.models)}
        return shape


def needs(endpoint: Endpoint, body: Mapping[str, Any], content: Content) -> Needs:
    """Return what a request that was read needs. One that asks no model, such as for a stored answer, needs nothing."""
    if endpoint.bodiless or endpoint.op:
        return Needs(endpoint.name)
    return Needs(endpoint.name, body, content)


def lacking(needed: Needs, profile: Profile, disobeyed: Dropped, *, cuts: bool = False) -> tuple[str, ...]:
    """Return what a model cannot do of what is needed: abilities, `context_window`, `max_output`, parameters."""
    if profile is UNKNOWN and not cuts:
        return disobeyed.needed
    cannot = [name for name in ABILITIES if getattr(profile, name) is False]
    missing = [name for name in cannot if name in needed.abilities]
    bounded = cuts or profile.context_window is not None
    if bounded and needed.prompt is not None and not needed.prompt.fits(profile.context_window, cuts=cuts):
        missing.append("context_window")
    if profile.max_output is not None and needed.output > profile.max_output:
        missing.append("max_output")
    return tuple(dict.fromkeys([*missing, *disobeyed.needed]))


def sort_out(
    ways: Iterable[Route], needed: Needs, registry: Registry, kinds: OfKinds | None = None
) -> tuple[list[Route], tuple[str, ...]]:
    """Return the routes with those candidates alone that can do it, and what the others cannot, in all.

    Who asks more than once for one request hands over `kinds`, so that each kind looks at it once.
    """
    fitting: list[Route] = []
    seen: OfKinds = {} if kinds is None else kinds
    missing: dict[str, None] = {}
    for route in ways:
        lacks = [(candidate, _lacks(candidate, needed, registry, seen)) for candidate in route.candidates]
        missing |= dict.fromkeys(name for _, names in lacks for name in names)
        if can := tuple(candidate for candidate, names in lacks if not names):
            fitting.append(route if can == route.candidates else replace(route, candidates=can))
    return fitting, tuple(missing)[:MOST_MISSING]


def suggestions(needed: Needs, registry: Registry, zones: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """Name a few registered models that can do it, in the `zones` that the same request could go to for each of them.

    First those that are called so there. What a split draws from is not named: it may draw another.
    """
    names = registry.names() - registry.estate.splits.keys()
    found: list[str] = []
    kinds: OfKinds = {}
    for name in sorted(names, key=lambda name: (name in registry.stand_ins, name))[:MOST_LOOKED_AT]:
        ways, _ = sort_out(routes(zones(name), needed.endpoint, name, registry), needed, registry, kinds)
        if any(candidate.tier == 0 for route in ways for candidate in route.candidates):
            found.append(name)
        if len(found) == MOST_SUGGESTED:
            break
    return tuple(found)


def unavailable(decision: Decision, missing: Sequence[str], models: Sequence[str]) -> CapabilityUnavailable:
    """Say what no model in the zones of a decision can do, and which would do."""
    text = f"No model that this request may go to ({', '.join(decision.zones)}) can do what it needs; "
    text += f"missing: {', '.join(missing)}."
    if decision.outcome is Outcome.PIN:
        text += " It has to stay on your organisation's own servers; nothing was sent."
    text += f" Ask for one of these models: {', '.join(models)}." if models else " No other model there can."
    return CapabilityUnavailable(text, missing, models)


def dropped(candidate: Candidate, needed: Needs) -> Dropped:
    """Return the parameters of a request that this candidate's kind of server does not obey."""
    return KINDS[candidate.upstream.kind].dropped(needed.endpoint, dict(needed.body)) if needed.body else Dropped()


def _lacks(candidate: Candidate, needed: Needs, registry: Registry, kinds: OfKinds) -> tuple[str, ...]:
    kind = KINDS[candidate.upstream.kind]
    if kind.name not in kinds:
        kinds[kind.name] = dropped(candidate, needed), kind.refused(dict(needed.body))
    disobeyed, refused = kinds[kind.name]
    cuts = needed.endpoint in kind.cuts
    profile = registry.profile(candidate.upstream, candidate.model)
    if cuts:
        said = (profile.context_window, registry.saw(candidate.upstream, candidate.model).context_window)
        known = [window for window in said if window] or [kind.least_context]
        profile = replace(profile, context_window=min(known))
    missing = lacking(needed, profile, disobeyed, cuts=cuts)
    return (*missing, refused) if refused else missing


def _wants_schema(body: Mapping[str, Any]) -> bool:
    """Whether the answer has to follow a JSON schema: of chat, of responses, of Anthropic's messages."""
    said = dict(body)
    forms = (
        below(said, "response_format"),
        below(below(said, "text"), "format"),
        below(below(said, "output_config"), "format"),
    )
    return any(form.get("type") == "json_schema" for form in forms)


def _wants_logprobs(body: Mapping[str, Any]) -> bool:
    """Whether it wants to be told how sure the model was. At completions, a 0 asks for that of the tokens chosen."""
    wanted, include = body.get("logprobs"), body.get("include")
    asked = isinstance(include, list) and "message.output_text.logprobs" in include
    return asked or bool(body.get("top_logprobs")) or (wanted is not None and wanted is not False)
