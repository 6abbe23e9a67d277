"""What a connection may cost: bytes of headers, time, and how many there are, before anybody is authenticated.

And how long an answer waits for a caller who does not take it.

uvicorn's protocol for httptools has no such bounds, and takes trailers (RFC 9112, 7.1.2) for headers: here they are
dropped, or a credential could follow the body that it pays for.
"""

import asyncio
import resource
from enum import Enum
from typing import Any
from urllib.parse import unquote

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from proxy.api.shield import error_response
from proxy.cycle import Cycle
from proxy.errors import RequestRefused, Unavailable
from proxy.forwarded import Network, caller

MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers, or whatever else of a message is neither: trailers, chunk extensions."""
HEAD_S = 10.0
"""From the connection, or the first byte of a further request, to the end of the headers."""
PAUSE_S, BODY_S = 30.0, 300.0
"""Between two pieces of a body, and for all of it."""
FRESH_S = 1.0
"""For so long one that was made just before the server stopped may bring its request."""
STALLED_S = 120.0
"""A caller that does not take what is ready for so long has left: what it does not take holds a place at a server."""
OWN_FILES = 256
"""File descriptors for everything but connections of callers and what is opened for them."""
MAX_CONNECTIONS = max(64, min(2000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OWN_FILES) // 2))
"""Each may need a second file descriptor, for its model server; `allow_files` asks for as many."""
SPARE_CONNECTIONS = 64
"""So many more get an answer that says so; what comes beyond is closed at once."""

TOO_LATE = RequestRefused("The request did not arrive in time.", status=408, code="request_timeout")
TOO_LONG = RequestRefused(f"The headers are larger than {MAX_HEAD_BYTES} bytes.", status=431, code="headers_too_large")
MALFORMED = RequestRefused("This is not a valid HTTP request.", code="malformed_request")
TOO_MANY = Unavailable("Too many connections are open.", code="too_many_connections")


def allow_files() -> None:
    """Let this process open as many files as its connections need, where a login shell lets it open fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * MAX_CONNECTIONS + OWN_FILES)), hard))


class BoundedConfig(uvicorn.Config):
    """What uvicorn is told, and what it does not know of."""

    closing = False
    """Whether the server stops: then each connection ends with its next answer."""
    trusted: tuple[Network, ...] = ()
    """Of whom it is believed where a request came from."""


class _Part(Enum):
    """What is to come next on a connection."""

    HEAD = 1
    BODY = 2
    NOTHING = 3


class BoundedProtocol(HttpToolsProtocol):
    """One connection within those bounds; what can be answered is answered in the OpenAI shape."""

    config: BoundedConfig

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._part = _Part.NOTHING
        self._refusal = MALFORMED
        self._moved = False
        self._overhead = 0
        self._body_ends = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._stalling: asyncio.TimerHandle | None = None
        self._untaken = 0
        self._answered: Cycle | None = None
        """What is being answered: `cycle` is the last one that came, which may have to wait."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._arm(HEAD_S)
        if len(self.connections) > MAX_CONNECTIONS + SPARE_CONNECTIONS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks, and tell whoever works for an answer."""
        self._disarm()
        self._moving()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, count those that are no body, and set the clock for the next ones."""
        self._moved = False
        super().data_received(data)
        self._overhead = 0 if self._moved else self._overhead + len(data)
        if self.transport.is_closing():
            self._disarm()
        elif self._part is not _Part.NOTHING and self._overhead > MAX_HEAD_BYTES:
            self._refuse(TOO_LONG)
        elif self._part is _Part.BODY:
            self._arm(min(PAUSE_S, self._body_ends - self.loop.time()))
        elif self._answering:
            self._disarm()
        elif self._timer is None:
            self._arm(HEAD_S)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._part, self._moved = _Part.HEAD, True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, and no trailer."""
        if self._part is _Part.HEAD:
            name = name.lower()
            self.headers.append((name, value))
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """Hand the request over, unless it is too large or one too many."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEAD_BYTES:
            self._refusal = TOO_LONG
            raise ValueError("headers")  # the parser takes it for a malformed request, and `send_400_response` answers
        self.app = self.config.loaded_app
        if len(self.connections) > MAX_CONNECTIONS:
            self.app = answer = error_response(TOO_MANY)
            answer.headers["connection"] = "close"
        self._begin()
        self._part, self._body_ends = _Part.BODY, self.loop.time() + BODY_S
        self._moved = True

    def _begin(self) -> None:
        """Let the application answer, in its turn; fails for a target without a path."""
        version, url = self.parser.get_http_version(), httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope: Any = self.scope
        scope |= {"http_version": version, "method": self.parser.get_method().decode("ascii")}
        scope |= {"path": unquote(path) if "%" in path else path, "raw_path": url.path}
        scope["query_string"] = url.query or b""
        if self.config.trusted and self.client is not None:
            scope["client"] = (caller(self.client[0], self.headers, self.config.trusted), 0)
        waits = self._answering
        cycle: Any = Cycle(
            scope,
            self.transport,
            self.flow,
            expects_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive() and not self.config.closing,
            on_response=self.on_response_complete,
        )
        self.cycle = cycle
        if waits:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))
        else:
            self._start_asgi_task(cycle, self.app)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        """End with what is being answered: what waits behind it is not begun any more.

        Whoever has just connected may ask once: its request is on its way, and would be lost.
        """
        if self._answered is None and not self.transport.is_closing():
            self._arm(FRESH_S)
            return
        if self._answered is not None and self.pipeline:
            self.pipeline.clear()
            self._answered.keep_alive = False
        super().shutdown()

    def pause_writing(self) -> None:
        """Give the caller some time to take what is ready."""
        super().pause_writing()
        self._untaken = self.transport.get_write_buffer_size()
        self._stalling = self.loop.call_later(STALLED_S, self._stalled)

    def resume_writing(self) -> None:
        """Go on."""
        self._moving()
        super().resume_writing()

    def _moving(self) -> None:
        if self._stalling is not None:
            self._stalling.cancel()
            self._stalling = None

    def _stalled(self) -> None:
        """Close; but the rest of a whole answer, which holds no place at a server, may be taken slowly."""
        before, self._untaken = self._untaken, self.transport.get_write_buffer_size()
        if self._answering or self._untaken >= before:
            self.transport.abort()
        else:
            self._stalling = self.loop.call_later(STALLED_S, self._stalled)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for nothing more."""
        self._part, self._moved = _Part.NOTHING, True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the library's words, in plain text
        """Answer what could not be parsed."""
        self._refuse(self._refusal)

    @property
    def _answering(self) -> bool:
        """Whether a request that came before is still being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(max(0.0, seconds), self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self.flow.read_paused:  # it is us who do not read
            self._arm(PAUSE_S)
        elif self._part is _Part.NOTHING:
            self.transport.close()
        else:
            self._refuse(TOO_LATE)

    def _refuse(self, error: RequestRefused) -> None:
        """Answer if nothing else is being answered, and close."""
        in_body = self._part is _Part.BODY
        if self.cycle.response_started or self.pipeline if in_body else self._answering:
            self.transport.close()
            return
        answer = error_response(error)
        answer.headers["connection"] = "close"
        head = b"".join(b"%s: %s\r\n" % header for header in answer.raw_headers)
        self.transport.write(STATUS_LINE[error.status] + head + b"\r\n" + bytes(answer.body))
        self.transport.close()
