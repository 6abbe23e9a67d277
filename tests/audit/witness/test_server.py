"""The witness over HTTP: what is too large, too slow, too many or somewhere else."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from harness import eventually
from witnessing import ORIGIN, History

from audit.proofs.note import Note
from audit.witness import server as module
from audit.witness.request import MAX_BYTES, digest_of
from audit.witness.server import WitnessServer

A = History()


@pytest.fixture
def connection(running: WitnessServer) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", running.server_port, timeout=30)) as made:
        yield made


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def raw(running: WitnessServer, *parts: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", running.server_port), timeout=30) as plain:
        for part in parts:
            plain.sendall(part)
        got = b""
        while piece := plain.recv(65536):
            got += piece
    return got


def test_one_connection_carries_many_requests(connection: http.client.HTTPConnection) -> None:
    for old, new in ((0, 4), (4, 9)):
        status, body = ask(connection, "POST", "/add-checkpoint", A.request(old, new).encode())
        assert (status, body.startswith("\u2014 witness.example/w1 ".encode())) == (200, True)
    status, body = ask(connection, "GET", f"/{digest_of(ORIGIN)}/checkpoint")
    assert (status, Note.decode(body).text) == (200, A.checkpoint(9).encode())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/add-checkpoint", 404),
        ("GET", f"/{'0' * 64}/checkpoint", 404),
        ("GET", "/../checkpoint", 404),
        ("POST", "/checkpoint", 404),
        ("POST", "/add-checkpoint?x=1", 404),
        ("PUT", "/add-checkpoint", 501),
    ],
)
def test_there_is_nothing_anywhere_else(
    connection: http.client.HTTPConnection, method: str, path: str, status: int
) -> None:
    body = A.request(0, 4).encode() if method != "GET" else None
    assert ask(connection, method, path, body)[0] == status


def test_a_body_that_is_too_long_or_of_no_length_is_not_read(running: WitnessServer) -> None:
    start = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
    assert b" 413 " in raw(running, start, f"Content-Length: {MAX_BYTES + 1}\r\n\r\n".encode())
    assert b" 411 " in raw(running, start, b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    for length in (b"-1", b"1e3", "\u0661".encode(), b"9" * 5000):
        assert b" 411 " in raw(running, start, b"Content-Length: " + length + b"\r\n\r\n")


def test_who_says_nothing_or_drips_is_cut_off(running: WitnessServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < module._Handler.timeout < module.LIFE_S
    monkeypatch.setattr(module._Handler, "timeout", 0.05)
    assert raw(running) == b""
    monkeypatch.setattr(module._Handler, "timeout", 30)
    monkeypatch.setattr(module, "LIFE_S", 0.05)
    assert raw(running, b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\n") == b""


def test_a_connection_too_many_is_closed_and_a_free_place_is_given_again(
    running: WitnessServer, connection: http.client.HTTPConnection
) -> None:
    running._free = threading.Semaphore(1)
    assert ask(connection, "POST", "/add-checkpoint", A.request(0, 4).encode())[0] == 200  # keeps its place
    for _ in range(3):
        with suppress(ConnectionResetError, BrokenPipeError):
            assert raw(running, b"GET / HTTP/1.1\r\n\r\n") == b""
    connection.close()

    def served() -> bool:
        with suppress(ConnectionResetError, BrokenPipeError):
            return b" 404 " in raw(running, b"GET / HTTP/1.1\r\n\r\n")
        return False

    assert eventually(served)


@pytest.mark.parametrize(
    "said",
    [
        b"POST /add-checkpoint HTTP/1.1 zebra\r\n\r\n",
        b"zebra\r\n\r\n",
        b"GET /zebra HTTP/9.9\r\n\r\n",
        b"GET /zebra\r\n\r\n",
        b"GET /zebra HTTP/0.9\r\n\r\n",
        b"GET /" + b"zebra" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: zebra\r\n" * 200 + b"\r\n",
        b"ZEBRA / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_a_whole_answer_that_repeats_nothing(running: WitnessServer, said: bytes) -> None:
    answered = raw(running, said)
    assert answered.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), answered[:200]
    assert b"zebra" not in answered.lower()


def test_an_answer_to_head_has_no_body(running: WitnessServer) -> None:
    assert raw(running, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"\r\n\r\n")


HIDDEN = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 1\r\nContent-Length: 9\r\n\r\nx",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length : 5\r\n\r\n",
    ],
)
@pytest.mark.parametrize("begin", [b"POST /add-checkpoint", b"GET /" + b"0" * 64 + b"/checkpoint"])
def test_a_message_that_two_readers_could_end_at_two_places_gets_one_answer_and_the_end(
    running: WitnessServer, begin: bytes, framing: bytes
) -> None:
    """Behind whoever ends TLS for it, what is hidden in one caller's body would be answered to another."""
    answered = raw(running, begin + b" HTTP/1.1\r\nHost: x\r\n" + framing + HIDDEN)
    assert answered.count(b"HTTP/1.1 ") == 1, answered


def test_a_body_that_nobody_asked_for_is_not_taken_for_a_request(running: WitnessServer) -> None:
    at = f"GET /{'0' * 64}/checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: {len(HIDDEN)}\r\n\r\n"
    assert raw(running, at.encode() + HIDDEN).count(b"HTTP/1.1 ") == 1
