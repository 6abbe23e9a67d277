"""The witness over HTTP: two paths, small requests, and no connection that can be held for long.

It speaks plain HTTP; across a network, put a server before it that ends TLS. Nothing that it says has to be believed
without its signature.
"""

import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from audit.witness.request import MAX_BYTES
from audit.witness.witness import Answer, Witness

MAX_CONNECTIONS = 64
SILENT_S = 10.0
"""How long a connection may say nothing."""
LIFE_S = 60.0
"""How long it may last at all: no drip of bytes holds a thread for longer."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""Of a header (RFC 9110, 5.1)."""
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")


class WitnessServer(ThreadingHTTPServer):
    """Listens from its construction on; `serve_forever` answers."""

    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)
        self.witness = witness
        self._free = threading.Semaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread, or close it when there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        ends = threading.Timer(LIFE_S, _cut, [request])
        ends.daemon = True
        ends.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            ends.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that broke."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"  # what is no request would be answered without a status line
    server_version, sys_version = "ringfence-witness", ""
    timeout = SILENT_S
    server: WitnessServer

    def parse_request(self) -> bool:
        """Take a request that ends where whoever stands before us sees its end, and no other (RFC 9112, 6.3)."""
        if not super().parse_request():
            return False
        if self.request_version not in {"HTTP/1.0", "HTTP/1.1"}:
            self.request_version = self.default_request_version
            self._refuse(505, "speak HTTP/1.1")
            return False
        lengths = self.headers.get_all("Content-Length", [])
        strange = self.headers.defects or any(_NAME.fullmatch(name) is None for name in self.headers)
        if strange or len(lengths) > 1 or "Transfer-Encoding" in self.headers:
            self._refuse(400 if strange or lengths else 411, "say once how long the body is, and send it as it is")
            return False
        if lengths and self.command != "POST":
            self.close_connection = True  # its body is not read
        return True

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) <= len(str(MAX_BYTES))):
            return self._refuse(411, "say how long the body is")
        if int(length) > MAX_BYTES:
            return self._refuse(413, f"a request has at most {MAX_BYTES} bytes")
        if self.path != "/add-checkpoint":
            return self._refuse(404, "there is nothing at this path")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            return self._refuse(400, "the body is shorter than it was said to be")
        return self._answer(self.server.witness.add_checkpoint(body))

    def do_GET(self) -> None:
        found = _CHECKPOINT.fullmatch(self.path)
        if found is None:
            return self._refuse(404, "there is nothing at this path")
        return self._answer(self.server.witness.checkpoint(found[1]))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse what is not understood without the library's words, which repeat it."""
        self._refuse(code, "this is no request that is served here")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep no log of who asked."""

    def _refuse(self, status: int, what: str) -> None:
        self.close_connection = True  # what follows may be the body
        self._answer(Answer(status, f"{what}\n".encode()))

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
