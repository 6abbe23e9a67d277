"""Whoever sends key after key that is none waits ever longer for the answer. Who has a key waits for nobody.

A key is 256 random bits, so that nobody guesses one; this keeps those who try from keeping the server busy with it. It
goes by the address: behind a load balancer, set `trusted_proxies`, or all callers have the balancer's.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_network

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from proxy.api.shield import error_response
from proxy.errors import RequestRefused

FREE = 10
"""So many failures of an address in `WINDOW_S` are answered at once: a key that was mistyped."""
WINDOW_S = 60.0
STEP_S, LONGEST_S = 0.1, 2.0
MOST_ADDRESSES = 10_000
MOST_WAITING = 64
"""Answers that wait at a time; beyond them, an address that failed too often is told to come back later, at once."""
TOO_MANY = "Too many requests of this address had no valid key."


class Slowing:
    """The failures of one process, by address. Of one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """How often, and since when."""
        self._waiting = 0

    def answer(self, address: str, answer: Response) -> Response:
        """Return an answer to a request without a valid key, to be sent when it is time."""
        wait_s = self._wait_s(_whose(address))
        if wait_s and self._waiting >= MOST_WAITING:
            return error_response(_later())
        return _Late(self, answer, wait_s) if wait_s else answer

    def _wait_s(self, address: str) -> float:
        now = self._clock()
        times, since = self._failed.pop(address, (0, now))
        times, since = (times + 1, since) if now - since < WINDOW_S else (1, now)
        self._failed[address] = times, since
        if len(self._failed) > MOST_ADDRESSES:
            self._failed.popitem(last=False)
        return min(LONGEST_S, max(0, times - FREE) * STEP_S)

    async def wait(self, seconds: float) -> None:
        """Wait, as one of a number of answers."""
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1


def _whose(address: str) -> str:
    """Return what counts as one address: of IPv6 a network of 64 bits, which is the least that anybody has."""
    try:
        return str(ip_network(f"{address.partition('%')[0]}/64", strict=False)) if ":" in address else address
    except ValueError:
        return address


def _later() -> RequestRefused:
    refusal = RequestRefused(TOO_MANY, status=429, code="too_many_failures")
    refusal.receipt = {"retry-after": str(int(WINDOW_S))}
    return refusal


class _Late(Response):
    def __init__(self, slowing: Slowing, answer: Response, wait_s: float) -> None:
        super().__init__()
        self._slowing, self._answer, self._wait_s = slowing, answer, wait_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._slowing.wait(self._wait_s)
        await self._answer(scope, receive, send)
