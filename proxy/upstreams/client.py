"""The only door to model servers: httpx over an aiohttp transport that sends nothing without a permit.

What never happens here: a proxy from the environment, a cookie kept or sent (aiohttp's jar is a dummy and httpx's
client, which has a jar of its own, is not used), a redirect followed, a transport retry, a header of the caller's,
a compressed answer. What is always known: whether a byte of the body was written. `NotSent` is proof that none was;
everything else that goes wrong is `Lost`, and a lost request is never sent again to a vendor.
"""

import asyncio
import functools
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import httpx
import orjson
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

from proxy.upstreams import errands
from proxy.upstreams.errors import Lost, NotSent
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.names import Apart
from proxy.upstreams.permit import Confirm, EgressPermit, Fingerprint, Outgoing, PermitError
from proxy.upstreams.upstream import Upstream

Response = httpx.Response
KEEPALIVE_S = 15.0
MAX_PROBE_BYTES = 4 * 1024 * 1024
MAX_BESIDE_BYTES = 128 * 1024
"""Of headers, interim answers and what nobody asked for. Bodies may be of any length: they are read as they come."""
PIECE_BYTES = 16 * 1024
PROBE_S = 5.0
"""A probe is a small question: an upstream that has not answered it whole by then counts as down."""
FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, EOFError, ValueError)
"""What the library raises when a request fails; from a ValueError of its own checks nothing was written either."""
UNCONNECTED = (aiohttp.ClientConnectorError, NotSent)
"""After which there was no connection to write anything to."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, and between two reads."""

    connect: float
    read: float


class UpstreamClient:
    """Connections to one upstream. Two upstreams share nothing, so nothing can cross between them."""

    def __init__(self, upstream: Upstream, timeouts: Timeouts, confirm: Confirm, fingerprint: Fingerprint) -> None:
        self._upstream = upstream
        own = Timeouts(upstream.connect_s or timeouts.connect, upstream.read_s or timeouts.read)
        self._transport = _PermitTransport(upstream, own, confirm, fingerprint)

    async def send(self, permit: EgressPermit, outgoing: Outgoing) -> httpx.Response:
        """Send a request; the response is open, to be read with `aiter_raw` and closed by the caller.

        Raises PermitError before anything else, NotSent or Lost when the attempt fails.
        """
        headers = {
            **self._headers(),
            **({"content-type": "application/json"} if outgoing.body else {}),
            "accept": "application/json, text/event-stream",
        }
        request = httpx.Request(
            outgoing.method,
            errands.url(self._upstream.base_url, outgoing.path),
            headers=headers,
            content=outgoing.body or None,
            extensions={"permit": permit, "outgoing": outgoing},
        )
        return await self._transport.handle_async_request(request)

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
            if response.status_code != httpx.codes.OK:
                raise Lost(f"http_{response.status_code}", answered=response.status_code)
            async for chunk in response.aiter_raw():
                yield chunk
        finally:
            await response.aclose()

    @property
    def idle(self) -> bool:
        """Whether no request is under way and no answer is open."""
        return self._transport.in_use == 0

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

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
            if response.status_code != httpx.codes.OK:
                raise Lost(f"http_{response.status_code}")
            answer = bytearray()
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > MAX_PROBE_BYTES:
                    raise Lost("answer_too_large")
            return bytes(answer)
        finally:
            await response.aclose()

    async def _asked(self, path: str, body: bytes) -> httpx.Response:
        url, method = errands.url(self._upstream.base_url, path), "POST" if body else "GET"
        asked = {**self._headers(), **({"content-type": "application/json"} if body else {})}
        request = httpx.Request(method, url, headers=asked, content=body or None, extensions={"probe": True})
        return await self._transport.handle_async_request(request)

    def _headers(self) -> dict[str, str]:
        return {"user-agent": "ringfence", **KINDS[self._upstream.kind].headers(self._upstream.api_key())}


class _PermitTransport(httpx.AsyncBaseTransport):
    """Redeems the permit in the very call that opens the connection: there is no way round it."""

    def __init__(self, upstream: Upstream, timeouts: Timeouts, confirm: Confirm, fingerprint: Fingerprint) -> None:
        self._upstream = upstream
        self._timeouts = timeouts
        self._confirm = confirm
        self._fingerprint = fingerprint
        self._session: aiohttp.ClientSession | None = None
        self.in_use = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.in_use += 1  # from here on, so that what waits for its permit finds its connections open
        try:
            return await self._redeemed(request)
        except BaseException:
            self._leave()
            raise

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _redeemed(self, request: httpx.Request) -> httpx.Response:
        body = request.content
        permit = request.extensions.get("permit")
        if permit is not None:
            # In a thread: the record is read from a database, which may be a network away or hang.
            at, outgoing = self._upstream, request.extensions["outgoing"]
            await asyncio.to_thread(permit.redeem, at.id, at.zone, outgoing, self._confirm, self._fingerprint)
        elif "probe" not in request.extensions:
            raise PermitError("what is no probe needs a permit")
        payload = _Body(body) if body else None
        answer: aiohttp.ClientResponse | None = None
        try:
            async with asyncio.timeout(self._timeouts.connect + self._timeouts.read):
                answer = await self._open().request(
                    request.method,
                    str(request.url),
                    data=payload,
                    headers={name: value for name, value in request.headers.items() if name != "host"},
                    allow_redirects=False,
                    ssl=self._recognised(),
                )
            stream = _Stream(answer, self._timeouts.read, self._leave)
            return httpx.Response(answer.status, headers=list(answer.raw_headers), stream=stream, request=request)
        except BaseException as error:
            if answer is not None:
                answer.close()
            # A request without a body may have gone out as soon as there was a connection for it.
            begun = payload.started if payload is not None else not isinstance(error, UNCONNECTED)
            written = answer is not None or begun
            if permit is not None:
                permit.written = written
            if not isinstance(error, FAILURES):
                raise
            failure = Lost if written else NotSent
            raise failure(_reason(error)) from None

    def _leave(self) -> None:
        self.in_use -= 1

    def _recognised(self) -> ssl.SSLContext | bool:
        """Return by what the upstream is recognised; raises NotSent where its files cannot be used any more."""
        try:
            return True if self._upstream.tls is None else self._upstream.tls.context()
        except OSError:
            raise NotSent("tls") from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=KEEPALIVE_S,
                socket_factory=_checked_socket(self._upstream),
                resolver=aiohttp.ThreadedResolver(cast("asyncio.AbstractEventLoop", Apart())),
            )
            connector._factory = functools.partial(_connection, asyncio.get_running_loop())  # noqa: SLF001 - no public way
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                requote_redirect_url=False,
                headers={"accept-encoding": "identity"},
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=self._timeouts.connect,
                    sock_connect=self._timeouts.connect,
                    sock_read=self._timeouts.read,
                ),
            )
        return self._session


class _Connection(ResponseHandler):
    """A connection that ends when it brings much that belongs to no body.

    The library parses and keeps every interim answer, and whatever comes unasked: a server that sends either without
    end would hold the event loop, and fill the memory.
    """

    _left = MAX_BESIDE_BYTES

    def set_response_params(self, **params: Any) -> None:
        """Begin another answer."""
        self._left = MAX_BESIDE_BYTES
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Take what is part of a body, and of all else what is within the bounds."""
        for start in range(0, len(data) or 1, PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            if self._payload is None or self._payload.is_eof():
                self._left -= len(piece)
            if self._left < 0:
                self.force_close()
                if self.transport is not None:
                    self.transport.abort()
                return
            super().data_received(piece)


def _connection(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return _Connection(loop)


class _Body(aiohttp.payload.Payload):
    """The final bytes, and the witness of whether writing them has begun."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body, content_type="application/json")
        self._size = len(body)
        self.started = False

    async def write(self, writer: aiohttp.abc.AbstractStreamWriter) -> None:
        self.started = True
        await writer.write(self._value)

    async def write_with_length(  # the base class slices the body by the length, which here is always all of it
        self,
        writer: aiohttp.abc.AbstractStreamWriter,
        content_length: int | None,  # noqa: ARG002
    ) -> None:
        await self.write(writer)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002
        raise TypeError("the body of a request is not to be shown")


class _Stream(httpx.AsyncByteStream):
    """An answer's bytes as they come; a connection that breaks off is `Lost`."""

    def __init__(self, answer: aiohttp.ClientResponse, read_s: float, closed: Callable[[], None]) -> None:
        self._answer = answer
        self._read_s = read_s
        self._closed = closed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._next():
            yield chunk

    async def aclose(self) -> None:
        self._answer.close()
        self._closed()

    async def _next(self) -> bytes:
        """Wait for bytes no longer than allowed; the library's own limit does not notice a chunk it cannot parse."""
        try:
            async with asyncio.timeout(self._read_s):
                return await self._answer.content.readany()
        except FAILURES as error:
            raise Lost(_reason(error)) from None


def _checked_socket(upstream: Upstream) -> Any:
    """Make sockets only to addresses that the zone may have: a name that resolves elsewhere is not connected to."""

    def create(address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, target = address
        if not upstream.networks or any(ipaddress.ip_address(target[0]) in network for network in upstream.networks):
            made = socket.socket(family, kind, protocol)
            made.setblocking(False)  # noqa: FBT003 - the standard library's signature
            return made
        raise OSError("address outside the networks of the zone")

    return create


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientSSLError):
        return "tls"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns"
    if isinstance(error, aiohttp.ClientConnectorError):
        # A connection that is refused was never made; one that is reset was, and then TLS was not agreed upon.
        return "tls" if isinstance(error.os_error, ConnectionResetError) else "connect"
    return "connection_lost"
