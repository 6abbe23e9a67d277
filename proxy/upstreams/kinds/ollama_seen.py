"""What an Ollama server says of itself: its models, what each can do, with how much context, and what is unsafe.

Source: Ollama's docs/api.md and docs/context-length, August 2026. A model's own maximum is not what it gets: that is
`OLLAMA_CONTEXT_LENGTH`, or by the memory of the machine 4096, 32768 or 262144 tokens, or `PARAMETER num_ctx` of its
Modelfile. What it got is known of a loaded model (`/api/ps`); of another, only what its Modelfile says. Where neither
says anything, nothing is claimed: chats and embeddings are sent with `truncate: false`, so that the server refuses what
does not fit, and the endpoints that cut count on the least that there can be (`Kind.least_context`).
"""

import asyncio
import re
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from typing import Any

from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.kind import MAX_LISTED, Observation, Prober
from proxy.upstreams.kinds.ollama_names import by_name, full, is_name, named, remote, rows, says_cloud
from proxy.upstreams.profile import Profile
from proxy.upstreams.upstream import Upstream, matches

Row = dict[str, Any]
CUTS = ("completions", "responses", "messages")
"""Endpoints of `/v1` that are used: there prompts are cut, and a model is wanted loaded otherwise than for chat."""
MAX_SHOWN, AT_ONCE = 16, 4
"""Models that a server is asked to describe in one round, and at a time; of more, only what lists say is known."""
NUM_CTX = re.compile(r"^num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)
CLOUD_OPEN = "its cloud is not known to be off, so it can hand requests to its vendor: start it with OLLAMA_NO_CLOUD=1"
UNSEEN = "whether it writes prompts to files cannot be seen: leave OLLAMA_DEBUG_LOG_REQUESTS unset there"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one model, under the name that it is asked for by."""

    name: str
    row: Row
    loaded: Row
    shown: Row

    @property
    def remote(self) -> bool:
        """Whether another host has it."""
        return remote(self.row) or remote(self.shown)

    @property
    def largest(self) -> int | None:
        """The context that it could have."""
        details, info = self.row.get("details"), self.shown.get("model_info")
        listed = details.get("context_length") if isinstance(details, dict) else None
        described = [value for name, value in info.items() if name.endswith(".context_length")] if info else []
        return next((size for size in (*described, listed) if _size(size)), None)

    @property
    def context(self) -> int | None:
        """The context that it has, or will have; None where nobody says."""
        size = self.loaded.get("context_length")
        if isinstance(size, int) and _size(size):
            return size
        parameters = self.shown.get("parameters")
        found = NUM_CTX.search(parameters) if isinstance(parameters, str) else None
        return min(int(found[1]), self.largest or int(found[1])) if found else None

    def profile(self) -> Profile:
        """Return what it can do. A model that also writes may embed as well; only for others that is a purpose."""
        said = next((each for each in (self.shown.get("capabilities"), self.row.get("capabilities")) if each), None)
        if not isinstance(said, list):
            return Profile(context_window=self.context)
        return Profile(
            context_window=self.context,
            chat="completion" in said,
            tools="tools" in said,
            vision="vision" in said,
            embeddings="embedding" in said or None,
        )


async def observe(ask: Prober, upstream: Upstream) -> Observation:
    """Ask what it serves and how it does; raises UpstreamError where it does not answer."""
    _, open_, tags, loaded = await _all(
        ask.probe("/api/version"), _cloud_open(ask), ask.probe("/api/tags"), ask.probe("/api/ps")
    )
    there, running = by_name(tags), by_name(loaded)
    listed = list(dict.fromkeys(names[0] for row in rows(tags) if (names := named(row))))[:MAX_LISTED]
    served = _served(upstream, listed)
    found = {name: (_first(there, name), _first(running, name)) for name in (*served, *listed) if full(name) in there}
    described = await _described(ask, {name: found[name] for name in served[:MAX_SHOWN] if name in found})
    known = [Seen(name, *rows_of, described.get(full(name), {})) for name, rows_of in found.items()]
    away = {full(model.name) for model in known if model.remote or (says_cloud(model.name) and not upstream.vendor)}
    kept = [model for model in known if upstream.vendor or full(model.name) not in away]
    profiles = {model.name: model.profile() for model in kept}
    return Observation(
        tuple(name for name in listed if name in profiles),
        profiles,
        warnings=tuple(_warnings(upstream, [model for model in kept if model.name in served], away, open_=open_)),
    )


def cloud_open(status: Any) -> bool:
    """Whether `/api/status` says anything but that the server's way to its vendor is closed."""
    cloud = status.get("cloud") if isinstance(status, dict) else None
    return not isinstance(cloud, dict) or cloud.get("disabled") is not True


async def _all(*questions: Awaitable[Any]) -> list[Any]:
    """Return all answers, or raise what went wrong once no question is open any more."""
    answers = await asyncio.gather(*questions, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


async def _cloud_open(ask: Prober) -> bool:
    try:
        return cloud_open(await ask.probe("/api/status"))
    except UpstreamError as error:
        if error.reason.startswith("http_"):  # too old to know the question
            return True
        raise


def _served(upstream: Upstream, listed: list[str]) -> list[str]:
    """Return the names that it is asked for by: those that are configured, then what patterns or `*` add."""
    exact = [name for name in (*upstream.models, upstream.default_model) if name and not name.endswith("*")]
    patterns = [pattern for pattern in upstream.models if pattern.endswith("*") and pattern != "*"]
    more = [name for name in listed if upstream.lists_models or any(matches(pattern, name) for pattern in patterns)]
    return [name for name in dict.fromkeys((*exact, *more)) if is_name(name)]


async def _described(ask: Prober, found: dict[str, tuple[Row, Row]]) -> dict[str, Row]:
    """Return what the server says of each model of which its lists do not say enough, by their full names."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def describe(name: str) -> Row:
        async with gate:
            try:
                said = await ask.probe("/api/show", name)
            except UpstreamError:
                return {}
        return said if isinstance(said, dict) else {}

    wanted = {full(name): name for name, (row, running) in found.items() if not _enough(name, row, running)}
    return dict(zip(wanted, await asyncio.gather(*(describe(name) for name in wanted.values())), strict=True))


def _enough(name: str, row: Row, running: Row) -> bool:
    return (
        _size(running.get("context_length")) and bool(row.get("capabilities")) and bool(Seen(name, row, {}, {}).largest)
    )


def _warnings(upstream: Upstream, served: list[Seen], away: set[str], *, open_: bool) -> Iterator[str]:
    if not upstream.vendor:
        if open_:
            yield CLOUD_OPEN
        if away:
            yield f"models that answer from another host are never used ({_told(away)}): `ollama rm` them there"
        yield UNSEEN
    if "chat" in upstream.endpoints and (mixed := [name for name in CUTS if name in upstream.endpoints]):
        yield (
            f"requests for chat and for {', '.join(mixed)} have a model loaded again whenever they take turns: "
            "say 'endpoints: [chat, embeddings]', or give the others a server of their own"
        )
    first = {full(model.name): model for model in reversed(served)}
    for model in [each for each in served if first[full(each.name)] is each]:
        context, largest = model.context, model.largest
        if context is None:
            yield (
                f"how much context {model.name} gets is not known until it is loaded: "
                f"`ringfence models warm {upstream.id} {model.name}`"
            )
        elif largest is not None and context < largest:
            yield (
                f"{model.name} has {context:,} tokens of context and could have {largest:,}: if there is memory for "
                "more, set OLLAMA_CONTEXT_LENGTH there, or PARAMETER num_ctx in a Modelfile"
            )


def _told(names: set[str]) -> str:
    return ", ".join(sorted(name for name in names if is_name(name)))


def _first(found: dict[str, list[Row]], name: str) -> Row:
    return next(iter(found.get(full(name), ())), {})


def _size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
