"""The only door to model servers: nothing of a request goes through it without a permit.

What never happens here: a proxy from the environment, a cookie kept or sent, a redirect followed, a transport retry of
what has a permit, a header of the caller's, a compressed answer. What is always known: whether anything was written.
`NotSent` is proof that nothing was; everything else that goes wrong is `Lost`, and a lost request is never sent again
to a vendor.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import orjson

from proxy.upstreams import errands
from proxy.upstreams.connecting import Connections
from proxy.upstreams.connection import Connection, Response
from proxy.upstreams.errors import Lost, NotSent
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.permit import Confirm, EgressPermit, Fingerprint, Outgoing, PermitError
from proxy.upstreams.upstream import Upstream

MAX_PROBE_BYTES = 4 * 1024 * 1024
PROBE_S = 5.0
"""A probe is a small question: an upstream that has not answered it whole by then counts as down."""
TARGET = re.compile(r"[!-~]+")
"""What can stand in a request line and is no space."""
UNQUOTED = "/?%:@!$&'()*+,;="


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, and to wait for the next of an answer."""

    connect: float
    read: float


def nothing_at_hand(_: str) -> None:
    """Have no record at hand: each is read from where it is durable."""


class UpstreamClient:
    """Connections to one upstream. Two upstreams share nothing, so nothing can cross between them."""

    def __init__(
        self,
        upstream: Upstream,
        timeouts: Timeouts,
        confirm: Confirm,
        fingerprint: Fingerprint,
        at_hand: Confirm = nothing_at_hand,
    ) -> None:
        """`at_hand` gives records that were read back a moment ago, without waiting for anything."""
        url = urlsplit(upstream.base_url)
        self._upstream = upstream
        self._host = _named(url)
        self._path = url.path
        self._connections = Connections(upstream, upstream.connect_s or timeouts.connect)
        self._read_s = upstream.read_s or timeouts.read
        self._confirm, self._at_hand = confirm, at_hand
        self._fingerprint = fingerprint
        self._in_use = 0

    async def send(self, permit: EgressPermit, outgoing: Outgoing) -> Response:
        """Send a request; the response is open, to be read and closed by the caller.

        Raises PermitError before anything else, NotSent or Lost when the attempt fails.
        """
        return await self._exchange(outgoing, permit)

    async def probe(self, path: str, model: str = "") -> Any:
        """Read a constant path as JSON, without a permit, within PROBE_S; raises UpstreamError.

        At a path of `errands.ABOUT` it is about a `model`: a name that is configured, or that the server listed.
        """
        try:
            return orjson.loads(await self._probed(path, model))
        except orjson.JSONDecodeError:
            raise Lost("bad_answer") from None

    async def read(self, path: str) -> str:
        """Read a constant path as text, as `probe` does."""
        return (await self._probed(path, "")).decode(errors="replace")

    async def order(self, order: str, model: str) -> AsyncGenerator[bytes]:
        """Have the server do one of `errands.ORDERS` with a model and yield its answer as it comes.

        Without a permit, and as long as it takes; raises UpstreamError.
        """
        response = await self._asked(*errands.order(order, model))
        try:
            if response.status_code != HTTPStatus.OK:
                raise Lost(f"http_{response.status_code}", answered=response.status_code)
            while chunk := await response.read():
                yield chunk
        finally:
            response.close()

    @property
    def idle(self) -> bool:
        """Whether no request is under way and no answer is open."""
        return self._in_use == 0

    def end(self) -> None:
        """Break every connection off."""
        self._connections.close()

    async def close(self) -> None:
        """Close every connection."""
        self.end()
        await asyncio.sleep(0)  # they end then

    async def _probed(self, path: str, model: str) -> bytes:
        body = errands.question(path, model)
        try:
            async with asyncio.timeout(PROBE_S):
                return await self._answered(path, body)
        except TimeoutError:
            raise NotSent("timeout") from None

    async def _answered(self, path: str, body: bytes) -> bytes:
        response = await self._asked(path, body)
        try:
            if response.status_code != HTTPStatus.OK:
                raise Lost(f"http_{response.status_code}")
            answer = bytearray()
            while chunk := await response.read():
                answer += chunk
                if len(answer) > MAX_PROBE_BYTES:
                    raise Lost("answer_too_large")
            return bytes(answer)
        finally:
            response.close()

    async def _asked(self, path: str, body: bytes) -> Response:
        """Ask what needs no permit; once more where a connection that was kept is gone just then."""
        errand = Outgoing("", "POST" if body else "GET", path, body)
        try:
            return await self._exchange(errand, None, errand=True)
        except Lost as lost:
            if body or lost.reason != "connection_lost":
                raise
            return await self._exchange(errand, None, errand=True)

    async def _exchange(self, asked: Outgoing, permit: EgressPermit | None, *, errand: bool = False) -> Response:
        """Redeem the permit and use a connection, in one call: there is no way round it."""
        self._in_use += 1  # from here on, so that what waits for its permit finds its connections open
        try:
            if not errand:
                await self._redeemed(permit, asked)
            request = self._written(asked)
            connection = await self._connections.take()
        except BaseException:
            self._in_use -= 1
            raise
        try:
            return await connection.ask(request, self._read_s, self._done)
        except BaseException:
            if permit is not None:
                permit.written = True
            raise

    async def _redeemed(self, permit: EgressPermit | None, outgoing: Outgoing) -> None:
        """Redeem a permit: at once where its records are at hand, and else in a thread, as a database may hang."""
        if permit is None:
            raise PermitError("what is no errand needs a permit")
        at, known = self._upstream, permit.stands_on(self._at_hand)
        if known is not None:
            permit.redeem(at.id, at.zone, outgoing, known.get, self._fingerprint)
        else:
            await asyncio.to_thread(permit.redeem, at.id, at.zone, outgoing, self._confirm, self._fingerprint)

    def _done(self, connection: Connection) -> None:
        self._in_use -= 1
        self._connections.give_back(connection)

    def _written(self, asked: Outgoing) -> bytes:
        """Return a request as it goes out. All headers are ours; raises NotSent for a key that cannot be one."""
        target = errands.url(self._path, asked.path)
        if TARGET.fullmatch(target) is None:
            target = quote(target, safe=UNQUOTED)
        headers = {
            "host": self._host,
            "accept-encoding": "identity",
            "user-agent": "ringfence",
            **KINDS[self._upstream.kind].headers(self._upstream.api_key()),
            "accept": "application/json, text/event-stream",
        }
        if asked.body:
            headers["content-type"] = "application/json"
        if asked.body or asked.method != "GET":
            headers["content-length"] = str(len(asked.body))
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        return f"{asked.method} {target} HTTP/1.1\r\n{lines}\r\n".encode("ascii", "replace") + asked.body


def _named(url: SplitResult) -> str:
    """Return what a server is called in a request to it. What is no name of a host is not found either."""
    host = url.hostname or ""
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    return (f"[{host}]" if ":" in host else host) + (f":{url.port}" if url.port else "")
