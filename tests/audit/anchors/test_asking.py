"""Other people's servers: what they say is taken within bounds, and nothing that they do takes for ever."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from stamping import Office

from audit.anchors import asking
from audit.anchors.asking import NoAnswer, ask


def test_status_and_body_come_back_and_the_type_of_what_is_sent_is_said() -> None:
    with Office(lambda asked: (404, asked + b"!")).open() as office:
        assert ask("POST", office.url, b"asked", media="text/plain", limit=6) == (404, b"asked!")
        assert ask("GET", office.url, limit=6) == (404, b"!")
        assert office.asked == [("/tsr", "text/plain"), ("/tsr", None)]


def test_a_redirect_is_not_followed() -> None:
    with Office(lambda _: (302, b"")).open() as office:
        assert ask("POST", office.url, b"", limit=6) == (302, b"")


def test_an_answer_that_is_too_long_is_not_read_to_its_end() -> None:
    with Office(lambda _: (200, b"x" * 7)).open() as office:
        with pytest.raises(NoAnswer, match="says too much"):
            ask("POST", office.url, b"", limit=6)
        assert ask("POST", office.url, b"", limit=7)


@contextmanager
def speaking(speak: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Accept one connection, and speak on it as a test says, until it is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            connection, _ = listening.accept()
            with connection:
                speak(connection, over)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


def hang(_: socket.socket, over: threading.Event) -> None:
    over.wait()


def drip(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.wait(0.02):
        try:
            connection.sendall(b"x")
        except OSError:
            return


@pytest.mark.parametrize("speak", [hang, drip], ids=["hangs", "drips"])
def test_t38_a_server_that_never_ends_is_given_up(
    speak: Callable[[socket.socket, threading.Event], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "WITHIN_S", 0.3)
    with speaking(speak) as url, pytest.raises(NoAnswer, match="not answer in time"):
        ask("GET", url, limit=10**9)


def test_what_is_not_http_is_an_error_without_what_was_said() -> None:
    def speak(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(b"SSH-2.0-secretive\r\n")

    with speaking(speak) as url, pytest.raises(NoAnswer, match=r"^it does not speak HTTP$"):
        ask("GET", url, limit=10)


def test_nobody_there_is_an_error_of_the_system() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        ask("GET", f"http://127.0.0.1:{port}/", limit=10)
