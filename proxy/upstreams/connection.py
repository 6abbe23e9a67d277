"""One connection to a model server: a request goes out in one piece, and its answer is read as it comes.

HTTP/1.1 (RFC 9112), cut by llhttp at its strictest. Of what is no body, only the status and two headers are kept;
interim answers and trailers are dropped. A connection serves another request only where its answer came to its end, its
request had gone out whole, and nothing has come since: what comes unasked ends it, so no answer is taken for another's.
"""

import asyncio
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from proxy.upstreams.errors import Lost

MAX_BESIDE_BYTES = 128 * 1024
"""Of headers, interim answers and trailers in a row. Bodies may be of any length: they are read as they come."""
HELD_BYTES = 128 * 1024
"""Of a body that nobody has read; then its server is not read any further."""
LARGE_BYTES = 128 * 1024
"""Of a request that TLS hands down at once and then takes for gone, but for what is given to it after that."""
KEPT = {b"content-type": "content-type", b"retry-after": "retry-after"}
LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class Response:
    """An open answer: `read` its body until that gives nothing, and `close` it in any case."""

    def __init__(self, connection: "Connection", read_s: float, closed: Callable[["Connection"], None]) -> None:
        self.status_code = 0
        self.headers: dict[str, str] = {}
        """`content-type` and `retry-after`, as they came first."""
        self._connection = connection
        self._closed: Callable[[Connection], None] | None = closed
        self._parser = HttpResponseParser(self)
        self._loop = asyncio.get_running_loop()
        self._read_s = read_s
        self._waiter: asyncio.Future[None] | None = None
        self._waiting_since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._beside = 0
        self._moved = self._framed = self._interim = False
        self._lasts = self._ended = False
        self._failed = ""

    async def begun(self) -> None:
        """Wait for its head; raises Lost."""
        if not self.status_code:
            await self._news()

    async def read(self) -> bytes:
        """Return what has come of the body, once something has; empty at its end.

        Raises Lost where it breaks off, or nothing comes for longer than allowed.
        """
        if not self._pieces and not self._ended:
            await self._news()
        if not self._pieces:
            return b""
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        if self._size > HELD_BYTES:
            self._connection.resume()
        self._size = 0
        return body

    def close(self) -> None:
        """Give the connection back, or end it where the answer did not come to its end. Again, it does nothing."""
        if self._closed is None:
            return
        closed, self._closed = self._closed, None
        if self._timer is not None:
            self._timer.cancel()
        if self._size > HELD_BYTES:
            self._connection.resume()
        del self._parser  # which refers to this
        self._connection.left(whole=self._ended and self._lasts)
        closed(self._connection)

    def came(self, data: bytes) -> bool:
        """Take what came on the connection; whether that is to go on."""
        if self._ended:
            return False
        self._moved = False
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.broke("connection_lost")
            return False
        self._beside = 0 if self._moved else self._beside + len(data)
        if self._beside > MAX_BESIDE_BYTES:
            self.broke("connection_lost")
        return not self._failed

    def broke(self, reason: str) -> None:
        """Fail with one of our reasons, unless it came to its end before."""
        if not self._ended:
            self._failed = self._failed or reason
            self._wake()

    def hung_up(self, error: Exception | None) -> None:
        """Take note that the connection is gone, which ends an answer that said nothing of its length (6.3)."""
        if self.status_code and not self._framed and error is None and not self._failed:
            self._ended = True
            self._wake()
        else:
            self.broke("connection_lost")

    def on_message_begin(self) -> None:
        """Of the parser: an answer begins, which can only be one."""
        if self._ended:
            raise ValueError("one answer too many")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of the parser: a header, or a trailer."""
        if self.status_code:
            return
        name = name.lower()
        if name in LENGTHS:
            self._framed = True
        elif name in KEPT:
            self.headers.setdefault(KEPT[name], value.decode("latin-1").strip())

    def on_headers_complete(self) -> None:
        """Of the parser: the head is whole."""
        status = self._parser.get_status_code()
        if status < HTTPStatus.CONTINUE:
            raise ValueError("no status, and yet it may have a body")
        self._interim = status < HTTPStatus.OK
        if self._interim:
            self.headers.clear()
            self._framed = False
        else:
            self.status_code = status
            self._framed = self._framed or status in BODILESS
            self._lasts = self._parser.should_keep_alive()
            self._wake()

    def on_body(self, body: bytes) -> None:
        """Of the parser: a piece of the body."""
        self._moved = True
        self._pieces.append(body)
        if self._size <= HELD_BYTES < self._size + len(body):
            self._connection.pause()
        self._size += len(body)
        self._wake()

    def on_message_complete(self) -> None:
        """Of the parser: the end."""
        if not self._interim:
            self._ended = True
            self._wake()

    async def _news(self) -> None:
        """Wait for something to come, for as long as allowed; raises Lost.

        One timer for all of an answer: where it goes off too early, it is set again.
        """
        if not self._failed:
            self._waiter = self._loop.create_future()
            self._waiting_since = self._loop.time()
            if self._timer is None:
                self._timer = self._loop.call_later(self._read_s, self._late)
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._failed and not self._pieces:
            raise Lost(self._failed)

    def _late(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        due = self._waiting_since + self._read_s
        if due > self._loop.time():
            self._timer = self._loop.call_at(due, self._late)
        else:
            self.broke("timeout")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Connection(asyncio.Protocol):
    """One connection, for one request at a time."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.context = context
        """By what its server was recognised."""
        self._transport: asyncio.Transport | None = None
        self._answer: Response | None = None
        self._free = True

    @property
    def free(self) -> bool:
        """Whether it may serve another request."""
        return self._free and self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes, read_s: float, closed: Callable[["Connection"], None]) -> Response:
        """Send a request and return its answer, open; raises Lost, and then this connection has ended.

        `closed` is called once, in the end, whatever happens: then the connection may be `free` again.
        """
        if self._transport is None or not self.free:
            raise RuntimeError("this connection serves another request")
        self._free = False
        answer = self._answer = Response(self, read_s, closed)
        try:
            if self.context is not None and len(request) > LARGE_BYTES:
                self._transport.write(request[:-1])
                request = request[-1:]
            self._transport.write(request)
            await answer.begun()
        except BaseException:
            answer.close()
            raise
        return answer

    def left(self, *, whole: bool) -> None:
        """Be free again, where the answer was read whole and its request had gone out; end otherwise."""
        self._answer = None
        if whole and self._transport is not None and not self._transport.get_write_buffer_size():
            self._free = True
        else:
            self.end()

    def end(self) -> None:
        """Break the connection off."""
        self._free = False
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Read no further for now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what is part of an answer; anything else ends the connection."""
        if self._answer is None or not self._answer.came(data):
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._free = False
        self._transport = None
        if self._answer is not None:
            self._answer.hung_up(exc)
