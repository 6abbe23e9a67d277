"""Asks other people's servers over HTTP, within bounds: a deadline for all of it, a size, and no other address.

A redirect is an answer like any other. What a server said is in no message.
"""

import http.client
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

WITHIN_S = 10.0


class NoAnswer(OSError):
    """A server does not speak HTTP, not in time, or too much."""


def ask(method: str, url: str, body: bytes | None = None, *, media: str = "", limit: int) -> tuple[int, bytes]:
    """Return the status and the body of the answer; raises OSError. `media` is the type of the body that is sent."""
    parts = urlsplit(url)
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection, late = made(parts.hostname or "", parts.port, timeout=WITHIN_S), threading.Event()
    connection.connect()
    deadline = threading.Timer(WITHIN_S, _cut, [connection.sock, late])  # one that sends now and then is never late
    deadline.daemon = True
    deadline.start()
    try:
        connection.request(method, parts.path, body, {"Content-Type": media} if media else {})
        with connection.getresponse() as answer:
            status, said = answer.status, answer.read(limit + 1)
    except (http.client.HTTPException, OSError) as error:
        in_vain = late.is_set() or isinstance(error, TimeoutError)  # whichever of the two clocks is first
        raise NoAnswer("the server does not answer in time" if in_vain else "it does not speak HTTP") from None
    finally:
        deadline.cancel()
        connection.close()
    if late.is_set():
        raise NoAnswer("the server does not answer in time")
    if len(said) > limit:
        raise NoAnswer("the server says too much")
    return status, said


def _cut(connection: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # the lower half of a TLS connection: its reader wakes
