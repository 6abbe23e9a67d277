"""One client for each upstream of the registry, and what has to be known of an upstream before it is used."""

import asyncio
from collections.abc import Collection, Iterable

from proxy.routing import Candidate
from proxy.upstreams.client import Timeouts, UpstreamClient, nothing_at_hand
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.permit import Confirm, Fingerprint
from proxy.upstreams.upstream import Upstream


class Pool:
    """Clients by upstream. A changed upstream is another upstream, with connections of its own."""

    def __init__(
        self,
        timeouts: Timeouts,
        confirm: Confirm,
        fingerprint: Fingerprint,
        at_home: Confirm | None = None,
        at_hand: Confirm = nothing_at_hand,
    ) -> None:
        """`at_home` confirms for own servers, where other records permit something than for vendors.

        `at_hand` gives what `confirm` would give, where that was read a moment ago.
        """
        self._timeouts = timeouts
        self._confirm = confirm
        self._at_home = at_home or confirm
        self._fingerprint = fingerprint
        self._at_hand = at_hand
        self._clients: dict[Upstream, UpstreamClient] = {}

    def client(self, upstream: Upstream) -> UpstreamClient:
        """Return the client of an upstream."""
        found = self._clients.get(upstream)
        if found is None:
            confirm = self._confirm if upstream.vendor else self._at_home
            found = UpstreamClient(upstream, self._timeouts, confirm, self._fingerprint, self._at_hand)
            self._clients[upstream] = found
        return found

    async def check(self, candidate: Candidate) -> None:
        """Raise NotSent when an upstream is not what its zone says it is."""
        if not candidate.upstream.vendor:
            await KINDS[candidate.upstream.kind].check(self.client(candidate.upstream), candidate.model)

    async def keep(self, upstreams: Collection[Upstream]) -> None:
        """Close the connections to all others, of which no answer is open. Raises nothing."""
        kept = set(upstreams)
        gone = [at for at, client in self._clients.items() if at not in kept and client.idle]
        await _close([self._clients.pop(at) for at in gone])

    async def close(self) -> None:
        """Close every connection."""
        await _close(self._clients.values())


async def _close(clients: Iterable[UpstreamClient]) -> None:
    """Close the connections of all at once: whoever waits for it to be done may be cancelled."""
    for client in clients:
        client.end()
    await asyncio.sleep(0)  # they end then
