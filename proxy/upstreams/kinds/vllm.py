"""vLLM. Sources: its code and its documentation ("OpenAI-Compatible Server", "Production Metrics"), 0.8 to 0.32.

What it says of a model's path (`root`) is not kept.
"""

import asyncio
import re
from typing import Any

from proxy.upstreams.kinds.asking import asked, below, if_there, rows, tokens
from proxy.upstreams.kinds.kind import MAX_LISTED, Body, Dropped, Kind, Observation, Prober, listed
from proxy.upstreams.kinds.metrics import total
from proxy.upstreams.profile import Profile
from proxy.upstreams.upstream import ENDPOINTS, Upstream

IN_HAND = ("vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:num_requests_swapped")
"""Metrics that add up to the requests it has, of every engine and model; the last one only to 0.9."""
LOGS_UNTIL = (0, 10, 1)
"""Before, each prompt was logged unless it was started with `--disable-log-requests`; since, only if it is told to."""
SALTED_SINCE = {
    "chat": (0, 9),
    "completions": (0, 10),
    "responses": (0, 10),
    "embeddings": (0, 16),
    "messages": (0, 28),
}
"""Endpoints, and the first version seen to take `cache_salt` there; those before ignore it."""
ELSEWHERE = ("kv_transfer_params", "ec_transfer_params", "request_id")
"""Fields by which a prompt's state is taken from another server, or handed to one; some connectors read from the id
which one."""
REPORTED = ("keep_alive", "options", "prediction", "service_tier", "verbosity", "best_of")
NEEDED = (
    *("functions", "function_call", "audio", "modalities", "web_search_options"),
    *("guided_json", "guided_regex", "guided_choice", "guided_grammar"),
)
"""The last four were taken until 0.11; without them an answer has any form."""
VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")


class Vllm(Kind):
    """vLLM's OpenAI-compatible server."""

    name = "vllm"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:8000/v1"
    profile = Profile(json_schema=True, logprobs=True)

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:
        """Ask whether its engine lives, what it serves, and how much it has to do."""
        health = await if_there(ask.read("/health"))
        models, metrics, version, asleep = await asyncio.gather(
            ask.probe("/models"),
            if_there(ask.read("/metrics")),
            if_there(ask.probe("/version")),
            if_there(ask.probe("/is_sleeping")),
        )
        depth = total(metrics or "", IN_HAND)
        warnings = _of_version(below(version, "version"), upstream.endpoints)
        if health is None:
            warnings += ("it has no /health, so a dead engine is not seen: have a gateway before it show that path",)
        if depth is None:
            warnings += ("it does not say how much it has to do: show /metrics, and leave out --disable-log-stats",)
        if asleep is not None:
            warnings += ("whoever reaches it can run code in it: unset VLLM_SERVER_DEV_MODE",)
        profiles = {
            row["id"]: Profile(context_window=tokens(row.get("max_model_len")))
            for row in rows(models)[:MAX_LISTED]
            if isinstance(row.get("id"), str)
        }
        return Observation(listed(models), profiles, depth, warnings)

    def dropped(self, endpoint: str, body: Body) -> Dropped:
        """Name what it accepts and ignores, but for what only concerns accounts, caches and storage."""
        if endpoint not in ("chat", "completions"):
            return Dropped(asked(body, ("keep_alive", "options")))
        return Dropped(asked(body, REPORTED), asked(body, NEEDED))

    def refused(self, body: Body) -> str | None:
        """Name a field by which other servers would be asked."""
        extra = body.get("vllm_xargs")
        if isinstance(extra, dict) and any(name in extra for name in ELSEWHERE):
            return "vllm_xargs"
        return next((name for name in ELSEWHERE if body.get(name) is not None), None)

    def written(self, endpoint: str, path: str, body: Body, salt: str) -> tuple[str, Body]:  # noqa: ARG002 - all take it
        """Add the team's salt, so that nobody learns from the time of an answer what another team asked."""
        return path, {**body, "cache_salt": salt} if body else body


def _of_version(version: Any, endpoints: tuple[str, ...]) -> tuple[str, ...]:
    found = VERSION.match(version) if isinstance(version, str) else None
    if found is None:
        return ()
    at = tuple(int(part or 0) for part in found.groups())
    warnings = []
    if at < LOGS_UNTIL:
        warnings.append(
            "it logs every prompt, unless it was started with --disable-log-requests: make sure, or upgrade"
        )
    shared = [name for name in endpoints if at < SALTED_SINCE[name]]
    if shared:
        warnings.append(
            f"teams share its cache of prompts at {', '.join(shared)}, so that one can time what others asked: "
            "upgrade, or start it with --no-enable-prefix-caching"
        )
    return tuple(warnings)
