"""One client for each upstream of the registry, and what has to be known of an upstream before it is used."""

import asyncio
import logging
from collections.abc import Callable

from proxy.routing import Candidate
from proxy.upstreams import ollama
from proxy.upstreams.client import Timeouts, UpstreamClient, UpstreamError
from proxy.upstreams.permit import Confirm, Fingerprint
from proxy.upstreams.registry import Registry, Upstream

log = logging.getLogger(__name__)
RELIST_S = 30.0
MAX_LISTED = 1000
"""Model names that one upstream can add; more would be a fault, and each is a policy decision in `/v1/models`."""


class Pool:
    """Clients by upstream. A changed upstream is another upstream, with connections of its own."""

    def __init__(
        self, timeouts: Timeouts, confirm: Confirm, fingerprint: Fingerprint, at_home: Confirm | None = None
    ) -> None:
        """`at_home` confirms for own servers, where other records permit something than for vendors."""
        self._timeouts = timeouts
        self._confirm = confirm
        self._at_home = at_home or confirm
        self._fingerprint = fingerprint
        self._clients: dict[Upstream, UpstreamClient] = {}

    def client(self, upstream: Upstream) -> UpstreamClient:
        """Return the client of an upstream."""
        if upstream not in self._clients:
            confirm = self._confirm if upstream.vendor else self._at_home
            self._clients[upstream] = UpstreamClient(upstream, self._timeouts, confirm, self._fingerprint)
        return self._clients[upstream]

    async def check(self, candidate: Candidate) -> None:
        """Raise NotSent when an upstream is not what its zone says it is."""
        if candidate.upstream.kind == "ollama" and not candidate.upstream.vendor:
            await ollama.check_local(self.client(candidate.upstream), candidate.model)

    async def list_models(self, registry: Registry, found: Callable[[Upstream, list[str]], None]) -> None:
        """Ask every upstream that serves what it lists; one that does not answer keeps what it listed before.

        Raises nothing: whatever one answers, the others count, and the next turn comes. Connections to upstreams
        that the registry no longer has are closed here, once no answer of theirs is open.
        """
        gone = [at for at, client in self._clients.items() if at not in registry.upstreams and client.idle]
        await asyncio.gather(*(self._clients.pop(at).close() for at in gone), return_exceptions=True)
        listing = [upstream for upstream in registry.upstreams if upstream.lists_models]
        await asyncio.gather(*(self._list(upstream, found) for upstream in listing))

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    async def _list(self, upstream: Upstream, found: Callable[[Upstream, list[str]], None]) -> None:
        try:
            answer = await self.client(upstream).probe("/models")
            rows = answer.get("data") if isinstance(answer, dict) else None
            names = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
            found(upstream, [name for name in names if isinstance(name, str)][:MAX_LISTED])
        except Exception as error:  # noqa: BLE001 - its text may be the upstream's
            reason = error.reason if isinstance(error, UpstreamError) else type(error).__name__
            log.warning("upstream %s does not list its models: %s", upstream.id, reason)
