import socket
from pathlib import Path

import pytest

from proxy.errors import ConfigurationError
from proxy.seat import Seat, desk, desks, listen


def test_the_first_process_sits_in_the_home_and_each_other_one_within_it(tmp_path: Path) -> None:
    with socket.socket() as line, socket.socket() as listener:
        desks = [Seat(number, 3, line, listener).desk(tmp_path) for number in range(3)]
        assert Seat.alone(line, listener).desk(tmp_path) == tmp_path
    assert desks == [tmp_path, tmp_path / "servers" / "1", tmp_path / "servers" / "2"]
    assert desks == [desk(tmp_path, number) for number in range(3)]


def test_what_a_person_put_aside_is_no_desk(tmp_path: Path) -> None:
    for name in ("10", "2", "2.bak", "1-old", "0", "03", "³"):
        (tmp_path / "servers" / name).mkdir(parents=True)
    assert desks(tmp_path) == [desk(tmp_path, number) for number in (0, 2, 10)]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_an_address_that_is_taken_refuses_connections_until_somebody_accepts(host: str) -> None:
    with listen(host, 0) as listener:
        address = listener.getsockname()[:2]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
        listener.listen()
        socket.create_connection(address, timeout=5).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_an_address_that_cannot_be_had_is_named_with_the_reason(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Cannot listen on {host} port {port}, as .*: [A-Zt]"):
            listen(host, port)
