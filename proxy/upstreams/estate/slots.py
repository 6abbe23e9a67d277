"""How many requests one upstream works on at once, and the queue of those that wait: first come, first served."""

import asyncio
from collections import deque
from contextlib import suppress

from proxy.upstreams.upstream import Upstream


class Slots:
    """The places at one upstream, in one event loop. A place is held from `enter` until `leave`."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._most = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    async def enter(self, upstream: Upstream) -> bool:
        """Wait for a place and take it; False where the queue is full, at once, or the wait too long.

        What the upstream allows now holds for those who already wait as well. Who is cancelled holds no place.
        """
        self._most = upstream.max_in_flight
        self._admit()
        if self.has_room(upstream):
            self.in_flight += 1
            return True
        if len(self._queue) >= upstream.max_queue:
            return False
        place = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            async with asyncio.timeout(upstream.queue_s):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.leave()  # it was given in the very moment of going away: the next one gets it
            with suppress(ValueError):
                self._queue.remove(place)
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def leave(self) -> None:
        """Give a place back; whoever has waited longest gets it at once."""
        self.in_flight -= 1
        self._admit()

    def has_room(self, upstream: Upstream) -> bool:
        """Whether one more would be let in without waiting."""
        return not upstream.max_in_flight or self.in_flight < upstream.max_in_flight

    def _admit(self) -> None:
        while self._queue and (not self._most or self.in_flight < self._most):
            place = self._queue.popleft()
            if not place.done():
                self.in_flight += 1
                place.set_result(None)
