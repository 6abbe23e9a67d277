"""What their parent knows of servers; with real workers and models it is tested in `test_supervisor`."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from proxy.children import RESTARTS, Server
from proxy.detection import control
from proxy.seat import Seat, listen


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with listen("127.0.0.1", 0) as sock:
        yield sock


def server(listener: socket.socket, serve: Callable[[Seat], int], number: int = 0) -> Server:
    return Server(number, 2, 1, listener, serve)


def hear_until(made: Server, done: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not done():
        assert time.monotonic() < until
        made.hear()


def test_a_server_is_told_where_it_sits_and_its_status_is_known_when_it_has_ended(listener: socket.socket) -> None:
    made = server(listener, lambda seat: 10 * seat.of + seat.number, number=1)
    made.start([])
    made.wait(time.monotonic() + 10)
    assert (made.pid, made.status, made.line) == (None, 21, None)


def test_a_server_that_fails_ends_with_one_and_says_where(
    listener: socket.socket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = server(listener, lambda _: int("no number"))
    made.start([])
    made.wait(time.monotonic() + 10)
    assert made.status == 1
    said = capfd.readouterr().err
    assert "ringfence: a server was ended by ValueError at " in said
    assert "no number" not in said


def test_a_server_has_none_of_its_parents_handlers_and_a_hangup_does_not_end_it(listener: socket.socket) -> None:
    def serve(seat: Seat) -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        handled = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR2, signal.SIGCHLD)]
        control.send(seat.control, {"serving": True})
        seat.control.recv(1)
        return 0 if handled == [signal.SIG_DFL] * 3 else 1

    made = server(listener, serve)
    before = signal.signal(signal.SIGUSR2, lambda *_: None)
    try:
        made.start([])
    finally:
        signal.signal(signal.SIGUSR2, before)
    hear_until(made, lambda: made.serving)
    made.hang_up()
    made.wait(time.monotonic() + 10)
    assert made.status == 0


def test_one_that_does_not_end_in_time_is_killed(listener: socket.socket) -> None:
    def serve(seat: Seat) -> int:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        control.send(seat.control, {"serving": True})
        time.sleep(60)
        return 0

    made = server(listener, serve)
    made.start([])
    hear_until(made, lambda: made.serving)
    made.retire(time.monotonic() + 0.2)
    assert not made.serving
    made.wait(time.monotonic() + 5)
    assert made.status == -signal.SIGKILL


def test_a_worker_is_handed_over_and_killed_only_in_its_own_generation(listener: socket.socket) -> None:
    def serve(seat: Seat) -> int:
        reader, fds = control.LineReader(seat.control), list[int]()
        while not fds:
            fds += [fd for _, fd in reader.read() or () if fd is not None]
        for generation in (7, 1):
            control.send(seat.control, {"kill": 0, "generation": generation})
        seat.control.recv(1)
        return 0

    made = server(listener, serve)
    made.start([])
    made.employ(made.slots[0], {}, [], lambda sock: len(sock.recv(1)))
    (slot,) = made.slots
    first = slot.pid
    hear_until(made, lambda: slot.told)
    while slot.pid is not None:
        made.bury()
    assert (first is not None, slot.generation, slot.pause) == (True, 1, 0.0)
    made.hang_up()
    made.wait(time.monotonic() + 10)


def test_ends_again_and_again_are_noticed(listener: socket.socket) -> None:
    made = server(listener, lambda _: 0)
    for _ in range(RESTARTS):
        assert not made.is_hopeless(60)
        made.start([])
        made.wait(time.monotonic() + 10)
    assert made.is_hopeless(60)
    assert not made.is_hopeless(0)
