"""llama.cpp's server. Sources: its code and `tools/server/README.md`, 2026, and what it was seen to answer."""

import asyncio
from typing import Any

from proxy.upstreams.kinds.asking import asked, below, if_there, rows, tokens, truth
from proxy.upstreams.kinds.kind import MAX_LISTED, Body, Dropped, Kind, Observation, Prober, listed
from proxy.upstreams.kinds.metrics import total
from proxy.upstreams.profile import Profile
from proxy.upstreams.upstream import ENDPOINTS, MODEL, Upstream

IN_HAND = ("llamacpp:requests_processing", "llamacpp:requests_deferred")
ALWAYS = ("keep_alive", "options", "service_tier")
REPORTED = {
    "chat": ("prediction", "verbosity"),
    "completions": ("best_of", "echo"),
    "responses": ("truncation", "max_tool_calls"),
}
NEEDED = {
    "chat": ("functions", "function_call", "audio", "modalities", "web_search_options"),
    "completions": ("suffix",),
    "embeddings": ("dimensions",),
    "responses": ("prompt", "conversation"),
}


class LlamaCpp(Kind):
    """`llama-server`, and what embeds it."""

    name = "llamacpp"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:8080/v1"
    profile = Profile(json_schema=True, logprobs=True)

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:
        """Ask whether it has loaded its model, what that can do, and how much it has to do.

        A server with one model answers every name with it: what is known of it holds for all that is asked for there.
        """
        await ask.probe("/health")
        models, props, metrics = await asyncio.gather(
            ask.probe("/models"), if_there(ask.probe("/props")), if_there(ask.read("/metrics"))
        )
        loaded = rows(models)[:MAX_LISTED]
        alone = len(loaded) == 1
        profiles = {name: _profile(row, props if alone else None) for row in loaded for name in _names(row)}
        warnings: tuple[str, ...] = ()
        named = [name for name in (upstream.default_model, *upstream.models) if name and not name.endswith("*")]
        strangers = [name for name in dict.fromkeys(named) if name not in profiles]
        if alone and strangers:
            warnings += (_misnamed(strangers, _names(loaded[0])),)
            profiles |= dict.fromkeys(strangers, _profile(loaded[0], props))
        if below(props, "endpoint_slots") is True:
            warnings += (
                "it shows at /slots what it works on, with LLAMA_SERVER_SLOTS_DEBUG prompts: start it with --no-slots",
            )
        return Observation(listed(models), profiles, total(metrics or "", IN_HAND), warnings)

    def dropped(self, endpoint: str, body: Body) -> Dropped:
        """Name what it ignores; of a forced tool it takes `required`, and never a name."""
        reported = asked(body, (*ALWAYS, *REPORTED.get(endpoint, ())))
        needed = asked(body, NEEDED.get(endpoint, ()))
        if endpoint == "responses":
            reported += ("text",) if below(body, "text", "verbosity") else ()
            reported += ("tools",) if any(tool.get("type") != "function" for tool in rows(body, "tools")) else ()
            needed += ("background",) if body.get("background") is True else ()
        if endpoint in ("chat", "responses") and isinstance(body.get("tool_choice"), dict):
            needed += ("tool_choice",)
        return Dropped(reported, needed)

    def written(self, endpoint: str, path: str, body: Body, salt: str) -> tuple[str, Body]:  # noqa: ARG002 - no cache to salt
        """Ask for the form of a response as for that of a chat, which is how this server wants it."""
        form = below(body, "text", "format")
        if endpoint != "responses" or not isinstance(form, dict) or "response_format" in body:
            return path, body
        if form.get("type") == "json_schema":
            form = {"type": "json_schema", "json_schema": {name: form[name] for name in form if name != "type"}}
        return path, {**body, "response_format": form}


def _names(row: dict[str, Any]) -> list[str]:
    aliases = row.get("aliases")
    names = (row.get("id"), *(aliases if isinstance(aliases, list) else ()))
    return [name for name in names if isinstance(name, str)]


def _profile(row: dict[str, Any], props: Any) -> Profile:
    caps = below(props, "chat_template_caps")
    return Profile(
        context_window=tokens(below(row, "meta", "n_ctx")),
        tools=truth(below(caps, "supports_tools")),
        parallel_tools=truth(below(caps, "supports_parallel_tool_calls")),
        vision=truth(below(props, "modalities", "vision")),
    )


def _misnamed(strangers: list[str], names: list[str]) -> str:
    known = next((f"'{name}'" for name in names if MODEL.fullmatch(name)), "by the path of a file")
    asked_for = ", ".join(f"'{name}'" for name in strangers)
    return (
        f"it answers every name, so {asked_for} too, with the one model it has, which it calls {known}: "
        f"see that it is the right one, and start it with --alias {strangers[0]}"
    )
