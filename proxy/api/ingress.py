"""Requests that arrived, counted where they arrive and not where they are recorded, so that the two can be compared.

Once a minute, and at the end, a record says how many requests arrived at the endpoints that decide, how many of them
became a decision, and how many were answered before one, by status: 200 is a replay under an `Idempotency-Key`, 499 a
caller that left. Dry runs and the canary's requests arrive by the same way and count as all others do. A decision that
became durable when its caller had been refused already counts as both. What a crash takes is the window that was open:
then the log has more requests than were counted, and the evidence says so.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audit.errors import AuditUnavailable
from audit.jobs import Receipt, Spooled
from audit.log import AuditLog
from proxy.api.denials import WINDOW_S, now
from proxy.metrics.metrics import Metrics
from proxy.notify.channels import Channels
from proxy.notify.dispatch import Notifier
from proxy.notify.failures import Failures
from proxy.policy.policy import Policy
from proxy.traces import notes

LEFT = 499
STATUSES = 32
"""So many can one record list."""
OTHER = 500


@dataclass(slots=True)
class Arrival:
    """One request on its way."""

    served: bool = False
    """Whether it came to an endpoint that decides."""
    decided: bool = False


_arrival: ContextVar[Arrival | None] = ContextVar("arrival", default=None)


class Ingress:
    """The counts of the current window."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._received = self._decided = 0
        self._refused: Counter[int] = Counter()
        self._since = now()

    def of(self, does: Callable[..., Awaitable[ASGIApp]]) -> Callable[..., Awaitable[ASGIApp]]:
        """Return a handler of an endpoint that decides, whose requests are counted."""

        @wraps(does)
        async def counted(*given: Any, **parts: Any) -> ASGIApp:
            arrival = _arrival.get()
            if arrival is not None:
                arrival.served = True
                self._received += 1
            return await does(*given, **parts)

        return counted

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return an application that notes how each request ended which no decision was made for."""
        return _Counting(app, self)

    def decided(self) -> None:
        """Take note that a decision is durable: of the request that is under way here, or of one that was refused."""
        arrival = _arrival.get()
        if arrival is None or not arrival.decided:
            self._decided += 1
        if arrival is not None:
            arrival.decided = True

    async def run(self) -> None:
        """Flush every minute until cancelled."""
        while True:
            await asyncio.sleep(WINDOW_S)
            await self.flush()

    async def flush(self) -> None:
        """Write one record if there was anything to count; what cannot be written stays counted."""
        since, received, decided, refused = self._since, self._received, self._decided, self._refused
        self._since, self._received, self._decided, self._refused = now(), 0, 0, Counter()
        if not received + decided + refused.total():
            return
        listed = [{"status": status, "n": count} for status, count in sorted(refused.items())]
        body = {"window_start": since, "received": received, "decided": decided, "refused": listed}
        try:
            await self._audit.append("ingress.counted", body)
        except AuditUnavailable:
            self._since = since
            self._received += received
            self._decided += decided
            for status, count in refused.items():
                self.refused(status, count)

    def refused(self, status: int, count: int) -> None:
        """Take note of requests for which no decision was made, and how they were answered."""
        known = status in self._refused or len(self._refused) < STATUSES - 1
        self._refused[status if known else OTHER] += count


class _Counting:
    """ASGI middleware: see `Ingress.around`."""

    def __init__(self, app: ASGIApp, ingress: Ingress) -> None:
        self._app = app
        self._ingress = ingress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and count it."""
        arrival, status, left = Arrival(), LEFT, False

        async def heard() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        async def passed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start" and not left:  # what is said to nobody is no answer
                status = message["status"]
            await send(message)

        token = _arrival.set(arrival)
        try:
            await self._app(scope, heard, passed)
        finally:
            _arrival.reset(token)
            if arrival.served and not arrival.decided:
                self._ingress.refused(status, 1)


class Telling(Notifier):
    """Tells those who count, too, of every decision that is durable: late ones included, each once."""

    def __init__(self, failures: Failures, ingress: Ingress, metrics: Metrics) -> None:
        super().__init__(failures)
        self._ingress = ingress
        self._metrics = metrics

    def tell(self, body: Mapping[str, Any], policy: Policy, channels: Channels, receipt: Receipt | Spooled) -> None:
        """Count a decision, and tell whom it obliges to be told."""
        if "answer" not in body:
            self._ingress.decided()
            self._metrics.decided(body)
            notes.recorded(body, receipt.id)
        super().tell(body, policy, channels, receipt)
