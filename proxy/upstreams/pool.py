"""One client for each upstream of the registry, and what has to be known of an upstream before it is used."""

import asyncio
import logging
from collections.abc import Callable, Collection

from proxy.routing import Candidate
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.permit import Confirm, Fingerprint
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

log = logging.getLogger(__name__)
RELIST_S = 30.0
Observed = Callable[[Upstream, Observation], None]


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
        if not candidate.upstream.vendor:
            await KINDS[candidate.upstream.kind].check(self.client(candidate.upstream), candidate.model)

    async def list_models(self, registry: Registry, found: Observed) -> None:
        """Ask every upstream that serves what it lists; one that does not answer keeps what it listed before.

        Raises nothing: whatever one answers, the others count, and the next turn comes. Connections to upstreams
        that the registry no longer has are closed here, once no answer of theirs is open.
        """
        await self.keep(registry.upstreams)
        listing = [upstream for upstream in registry.upstreams if upstream.lists_models]
        await asyncio.gather(*(self._list(upstream, found) for upstream in listing))

    async def keep(self, upstreams: Collection[Upstream]) -> None:
        """Close the connections to all others, of which no answer is open. Raises nothing."""
        gone = [at for at, client in self._clients.items() if at not in upstreams and client.idle]
        await asyncio.gather(*(self._clients.pop(at).close() for at in gone), return_exceptions=True)

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    async def _list(self, upstream: Upstream, found: Observed) -> None:
        try:
            found(upstream, await KINDS[upstream.kind].observe(self.client(upstream), upstream))
        except Exception as error:  # noqa: BLE001 - its text may be the upstream's
            reason = error.reason if isinstance(error, UpstreamError) else type(error).__name__
            log.warning("upstream %s does not list its models: %s", upstream.id, reason)
