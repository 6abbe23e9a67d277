"""Bytes on a connection: requests that are almost HTTP, how they are sent, and what comes back, read strictly."""

import re
import select
import socket
import struct
import time
from dataclasses import dataclass
from gzip import compress

from hypothesis import strategies as st

MARK = "zebra-quartz-lantern"
"""Words that no detector cares for, and nobody may repeat."""
QUIET_S = 0.4
"""So long nothing may come before we stop waiting for an answer, and leave."""
ENDS_S = 15.0
"""In so long a connection that we have left is closed, on a machine that has other things to do."""
BIG = b"x" * 70_000

METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH", b"PRI", b"get", b"")
METHODS += (b"G\0T", b"M-SEARCH", b"LOCK", b"X" * 5000, b"\xc3\xa9", b"POST POST")
TARGETS = (
    *(b"*", b"/", b"//", b"", b"http://evil.example/v1/models", b"https://127.0.0.1:1/v1/chat/completions", b"x:80"),
    *(b"/v1/../v1/models", b"/v1/%2e%2e/models", b"/v1/models/%00", b"/v1/models/%ff%fe", b"/v1/models/\xff"),
    *(b"/v1/models/" + MARK.encode(), b"/v1/models?" + MARK.encode(), b"/v1/models#x", b"/v1//models", b"/V1/models"),
    *(
        b"/v1/models/" + BIG[:20_000],
        b"/" + BIG,
        b"/v1/models\t",
        b"/v1/models HTTP/1.1\r\nX: y",
        b"?a=b",
        b"/%",
        b"/%zz",
    ),
    *(
        b"/audit/v1/records?limit=" + b"9" * 5000,
        b"/audit/v1/records?kind=%00&kind=x",
        b"http://",
        b"http://[::1",
        b"//h",
    ),
    *(b"/v1/responses/resp_1?" + b"a=b&" * 5000, b"/metrics", b"/add-checkpoint", b"/" + b"0" * 64 + b"/checkpoint"),
)
VERSIONS = (
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/1.10",
    b"HTTP/1.2",
    b"http/1.1",
    b"",
    b"RTSP/1.0",
    b"HTTP/1.1 x",
)
HEADERS = (
    *(
        b"Content-Length: 5",
        b"Content-Length: -1",
        b"Content-Length: +5",
        b"Content-Length: 5, 5",
        b"Content-Length: 0x5",
    ),
    *(
        b"Content-Length: " + b"9" * 30,
        b"Content-Length:",
        b"Content-Length : 5",
        b"Content-Length: 5\r\n ",
        b"content-length: 0",
    ),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked, gzip"),
    *(
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: gzip",
    ),
    *(
        b"no colon",
        b": no name",
        b" folded: x",
        b"X: a\r\n b",
        b"X: a\nY: b",
        b"X: \0",
        b"X\0: y",
        b"X: \xff",
        b"X: " + BIG,
    ),
    *(BIG + b": x", b"X: y\r\n" * 3000 + b"Z: z", b"\r", b"Host:", b"Host: a\r\nHost: b", b"Host: " + MARK.encode()),
    *(b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==",),
    *(b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk", b"Expect: 100-continue"),
    *(
        b"Expect: " + MARK.encode(),
        b"Connection: close",
        b"Connection: keep-alive, close",
        b"Connection: Content-Length",
    ),
    *(
        b"Content-Encoding: gzip",
        b"Content-Encoding: br, gzip",
        b"Content-Type: text/plain",
        b"Content-Type: multipart/form-data",
    ),
    *(
        b"Content-Type: application/json; charset=utf-16",
        b"Content-Type: \xff",
        b"Accept-Encoding: gzip",
        b"Range: bytes=0-1",
    ),
    *(
        b"Authorization: Basic eDp5",
        b"Authorization: Bearer",
        b"Authorization: Bearer \xff",
        b"x-api-key: rf-" + MARK.encode(),
    ),
    *(b"Idempotency-Key: k", b"Idempotency-Key: \xff", b"Idempotency-Key: " + BIG[:300], b"Idempotency-Key:"),
    *(
        b"X-Forwarded-For: 1.2.3.4",
        b"Cookie: " + MARK.encode(),
        b"anthropic-version: x",
        b"X-Request-Id: " + MARK.encode(),
    ),
)
CHUNKS = (
    b"-1",
    b"FFFFFFFFFFFFFFFFF",
    b"0x5",
    b"5;" + BIG,
    b"",
    b" 5",
    b"5 ",
    b"5\n",
    b"g",
    b"00000000000000000005",
    b"5;a=b",
)


@dataclass(frozen=True)
class Message:
    """A request before it is written."""

    method: bytes
    target: bytes
    headers: tuple[bytes, ...]
    body: bytes = b""
    version: bytes = b"HTTP/1.1"

    def encode(self) -> bytes:
        """Write it as it stands."""
        first = b" ".join((self.method, self.target, self.version))
        return b"\r\n".join((first, *self.headers, b"", b"")) + self.body


@dataclass(frozen=True)
class Sent:
    """What goes over one connection, in which pieces, and whether that is all that ever comes."""

    pieces: tuple[bytes, ...]
    half_closes: bool = False
    resets: bool = False


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """Return a body in chunks, of which one may be wrong, with trailers or without."""
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3)))
    parts = [part for part in (body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)) if part]
    sizes = [b"%x" % len(part) for part in parts]
    if parts and draw(st.booleans()):
        sizes[draw(st.integers(0, len(parts) - 1))] = draw(st.sampled_from(CHUNKS))
    made = b"".join(size + b"\r\n" + part + b"\r\n" for size, part in zip(sizes, parts, strict=True))
    return made + draw(
        st.sampled_from([b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\n", b"", b"0\r\nAuthorization: x\r\n\r\n"])
    )


@st.composite
def sendings(draw: st.DrawFn, plain: Message) -> Sent:
    """Return something like this message, perhaps several times, cut, and in pieces."""
    message = plain
    for _ in range(draw(st.integers(0, 3))):
        message = _spoilt(draw, message)
    data = message.encode()
    behind = draw(st.sampled_from(["", "", "", "itself", "plain", "smuggled", "junk"]))
    follow = {"": b"", "itself": data, "plain": plain.encode() * 3, "smuggled": b"GET /v1/models HTTP/1.1\r\n\r\n"}
    data += follow.get(behind, b"\0\xff\r\n\r\n" + MARK.encode())
    if draw(st.integers(0, 7)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=8)) + data[at + draw(st.integers(0, 8)) :]
    if draw(st.integers(0, 7)) == 0:
        data = data[: draw(st.integers(0, len(data)))]
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=3)))
    pieces = tuple(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))
    return Sent(pieces, draw(st.integers(0, 9)) == 0, draw(st.integers(0, 9)) == 0)


def _spoilt(draw: st.DrawFn, was: Message) -> Message:
    what = draw(
        st.sampled_from(["method", "target", "version", "header", "header", "header", "chunked", "gzip", "less"])
    )
    method, target, headers, body, version = was.method, was.target, was.headers, was.body, was.version
    if what == "method":
        method = draw(st.sampled_from(METHODS))
    elif what == "target":
        target = draw(st.sampled_from(TARGETS))
    elif what == "version":
        version = draw(st.sampled_from(VERSIONS))
    elif what == "header":
        at = draw(st.integers(0, len(headers)))
        headers = (*headers[:at], draw(st.sampled_from(HEADERS)), *headers[at:])
    elif what == "chunked":
        keep = draw(st.booleans())  # with both, two readers could see two messages
        headers = (*(each for each in headers if keep or not each.startswith(b"Content-Length")),)
        headers, body = (*headers, b"Transfer-Encoding: chunked"), draw(chunked(body))
    elif what == "gzip":
        headers, body = (*headers, b"Content-Encoding: gzip"), compress(body, mtime=0)
    elif headers:
        at = draw(st.integers(0, len(headers) - 1))
        headers = headers[:at] + headers[at + 1 :]
    return Message(method, target, headers, body, version)


def exchange(address: tuple[str, int], sent: Sent, source: str = "127.0.0.1") -> bytes:
    """Send, and return all that comes until the server ends the connection, or has nothing more to say and we do.

    AssertionError for a connection that does not end then.
    """
    with socket.create_connection(address, timeout=ENDS_S, source_address=(source, 0)) as line:
        got = bytearray()
        try:
            for piece in sent.pieces:
                line.sendall(piece)
            if sent.resets:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return b""
            if not sent.half_closes:
                while select.select([line], [], [], QUIET_S)[0]:
                    piece = line.recv(65536)
                    if not piece:
                        return bytes(got)
                    got += piece
            line.shutdown(socket.SHUT_WR)
            until = time.monotonic() + ENDS_S
            while select.select([line], [], [], max(0.0, until - time.monotonic()))[0]:
                piece = line.recv(65536)
                if not piece:
                    return bytes(got)
                got += piece
        except TimeoutError:
            raise AssertionError("the server takes no more bytes, and does not end the connection") from None
        except OSError:
            return bytes(got)  # it was refused and closed while we still sent
    raise AssertionError("the connection neither goes on nor ends")


@dataclass(frozen=True)
class Answer:
    """One answer as it came. `whole` says whether all of it did."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool


STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n")


def answers(got: bytes, *, heads: bool = False) -> list[Answer]:
    """Read answers one after another; AssertionError for bytes that are none. With `heads`, some may have no body."""
    if heads:  # which of them is not known: no more than the status lines are
        assert not got or STATUS.match(got), f"no answer: {got[:80]!r}"
        return [Answer(int(status), {}, b"", whole=False) for status in STATUS.findall(got)]
    found = []
    while got:
        head, ends, rest = got.partition(b"\r\n\r\n")
        first = STATUS.match(head + b"\r\n")
        if not ends:
            assert b"HTTP/1.1 ".startswith(got[:9]) or first, f"no answer: {got[:80]!r}"
            return found
        assert first is not None, f"no answer: {got[:80]!r}"
        status = int(first[1])
        lines = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
        headers = {name.decode("ascii").lower(): value.strip().decode("latin-1") for name, _, value in lines}
        if status < 200:
            got = rest
            continue
        body, got, whole = _body(headers, rest)
        found.append(Answer(status, headers, body, whole))
    return found


def _body(headers: dict[str, str], rest: bytes) -> tuple[bytes, bytes, bool]:
    if headers.get("transfer-encoding") != "chunked":
        length = int(headers.get("content-length", "0"))
        return rest[:length], rest[length:], len(rest) >= length
    body = b""
    while True:
        size, ends, rest = rest.partition(b"\r\n")
        if not ends:
            return body, b"", False
        length = int(size, 16)
        body, whole, rest = body + rest[:length], len(rest) >= length + 2, rest[length + 2 :]
        if not whole:
            return body, b"", False
        if length == 0:
            return body, rest, True
