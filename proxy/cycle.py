"""One request on a connection and its answer: ASGI's `receive` and `send`, with as few writes as there can be.

In place of uvicorn's class of this kind, whose attributes its protocol reads. The head of an answer of known length
waits for the first piece of its body: each write is a system call, which costs more than all else that is done here.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

from proxy.api.shield import error_response
from proxy.errors import RingfenceError

log = logging.getLogger(__name__)
BODILESS = frozenset({204, 304})


class Cycle:
    """One request and its answer. The protocol adds to `body` and sets `message_event` for whatever is new."""

    def __init__(
        self,
        scope: dict[str, Any],
        transport: asyncio.Transport,
        flow: FlowControl,
        *,
        expects_continue: bool,
        keep_alive: bool,
        on_response: Callable[[], None],
    ) -> None:
        self._scope, self._transport, self._flow, self._on_response = scope, transport, flow, on_response
        self._expects_continue = expects_continue
        self.keep_alive = keep_alive
        self.body, self.more_body = bytearray(), True
        self.message_event = asyncio.Event()
        self.disconnected = self.response_started = self.response_complete = False
        self._length: int | None = None
        """How much of a body of known length is still to come."""
        self._held = b""
        """The head of an answer that waits for the first piece of its body."""

    async def run_asgi(self, app: ASGIApp) -> None:
        """Let the application answer; what it leaves unanswered is seen by the end of the connection."""
        try:
            await app(self._scope, self.receive, self.send)
        except BaseException as error:  # noqa: BLE001 - a task of the server's; nobody else would hear of it
            log.error("a request was ended by %s", type(error).__name__)  # noqa: TRY400 - its text may hold content
            self.keep_alive = False
        if not self.response_started:
            await error_response(RingfenceError("The request was ended."))(self._scope, self.receive, self.send)
        if not self.response_complete and not self.disconnected:
            self._transport.close()

    async def receive(self) -> Message:
        """Wait for a piece of the body, or for the end."""
        if self._expects_continue and not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._expects_continue = False
        if not self.disconnected and not self.response_complete:
            self._flow.resume_reading()
            await self.message_event.wait()
            self.message_event.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Message) -> None:
        """Send the head of the answer or a piece of its body, once the caller has taken enough of what came before."""
        if self._flow.write_paused and not self.disconnected:
            await self._flow.drain()
        if self.disconnected:
            return
        if message["type"] == "http.response.start":
            self._head(message["status"], message["headers"])
        else:
            self._body(message.get("body", b""), more=message.get("more_body", False))

    def _head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        if HEADER_RE.search(b"".join([name for name, _ in headers])) or HEADER_VALUE_RE.search(
            b"".join([value for _, value in headers])
        ):
            raise RuntimeError("not a header")
        self.response_started, self._expects_continue = True, False
        given = dict(headers)
        if given.get(b"connection") == b"close":
            self.keep_alive = False
        elif not self.keep_alive:
            headers = [*headers, (b"connection", b"close")]
        if self._scope["method"] == "HEAD" or status in BODILESS:
            self._length = 0
        elif b"content-length" in given:
            self._length = int(given[b"content-length"])
        else:
            headers = [*headers, (b"transfer-encoding", b"chunked")]
        self._held = b"".join([STATUS_LINE[status], *[b"%s: %s\r\n" % header for header in headers], b"\r\n"])
        if self._length is None:  # nobody knows when its first piece will come
            self._write(b"")

    def _body(self, piece: bytes, *, more: bool) -> None:
        if self._scope["method"] == "HEAD":
            piece = b""
        if self._length is not None:
            self._length -= len(piece)
            if self._length < 0 or (self._length and not more):
                raise RuntimeError("not as long as it was said to be")
        else:
            piece = b"%x\r\n%s\r\n" % (len(piece), piece) if piece else b""
            piece = piece if more else piece + b"0\r\n\r\n"
        self._write(piece)
        if not more:
            self._end()

    def _write(self, piece: bytes) -> None:
        if self._held:
            piece, self._held = self._held + piece, b""
        if piece:
            self._transport.write(piece)

    def _end(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self._transport.close()
        self._on_response()
