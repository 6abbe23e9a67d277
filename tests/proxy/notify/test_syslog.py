import re
import socket
from pathlib import Path

import pytest
import uvloop
from receivers import Received, authority, listening, note

from proxy.notify.channels import Syslog as Target
from proxy.notify.channels import Transport
from proxy.notify.delivery import Undelivered
from proxy.notify.syslog import Syslog, syslog_message

HEADER = re.compile(rb"<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [!-~]+ ringfence \d+ decision - ")


def why_not(target: Target) -> str:
    async def run() -> str:
        sink = Syslog(target)
        try:
            await sink.deliver(note())
        except Undelivered as failed:
            return failed.why
        finally:
            await sink.close()
        return ""

    return uvloop.run(run())


def frames(stream: bytes) -> list[bytes]:
    """Take a stream apart as RFC 6587, 3.4.1 says."""
    found = []
    while stream:
        size, _, rest = stream.partition(b" ")
        assert re.fullmatch(rb"[1-9][0-9]*", size)
        found.append(rest[: int(size)])
        assert len(found[-1]) == int(size)
        stream = rest[int(size) :]
    return found


def test_a_message_is_one_of_rfc_5424() -> None:
    made = syslog_message(note().text)
    head = HEADER.match(made)
    assert head
    assert made[head.end() :] == note().text


@pytest.mark.parametrize("unix", [True, False])
def test_each_datagram_is_one_message(tmp_path: Path, unix: bool) -> None:
    async def run() -> list[bytes]:
        server = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(str(tmp_path / "log") if unix else ("127.0.0.1", 0))
        server.settimeout(5)
        with server:
            target = Target("unix", str(tmp_path / "log")) if unix else Target("udp", *server.getsockname())
            sink = Syslog(target)
            for _ in range(3):
                await sink.deliver(note())
            await sink.close()
            return [server.recv(65536) for _ in range(3)]

    got = uvloop.run(run())
    assert all(HEADER.match(datagram) and datagram.endswith(note().text) for datagram in got)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_over_a_connection_each_message_says_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: Transport
) -> None:
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))

    async def run() -> Received:
        async with listening(made.terms if transport == "tls" else None) as received:
            sink = Syslog(Target(transport, "127.0.0.1", received.port))
            for at in range(3):
                await sink.deliver(note(f'{{"n":{at}}}'))
            await received.until(b'{"n":2}')
            await sink.close()
            return received

    received = uvloop.run(run())
    assert len(received.streams) == 1
    assert [frame[-7:] for frame in frames(received.all)] == [b'{"n":0}', b'{"n":1}', b'{"n":2}']
    assert all(HEADER.match(frame) for frame in frames(received.all))


def test_a_receiver_whom_the_machine_does_not_trust_is_told_nothing(tmp_path: Path) -> None:
    made = authority(tmp_path)

    async def run() -> tuple[bytes, str]:
        async with listening(made.terms) as received:
            sink = Syslog(Target("tls", "127.0.0.1", received.port))
            with pytest.raises(Undelivered) as failed:
                await sink.deliver(note())
            return received.all, failed.value.why

    assert uvloop.run(run()) == (b"", "tls")


def test_a_receiver_with_the_name_of_another_host_is_told_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = authority(tmp_path, host="127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))

    async def run() -> tuple[bytes, str]:
        async with listening(made.terms) as received:
            with pytest.raises(Undelivered) as failed:
                await Syslog(Target("tls", "127.0.0.1", received.port)).deliver(note())
            return received.all, failed.value.why

    assert uvloop.run(run()) == (b"", "tls")


def test_after_a_receiver_was_killed_and_came_back_the_next_message_has_a_new_connection() -> None:
    async def run() -> tuple[str, bytes]:
        async with listening() as first:
            sink = Syslog(Target("tcp", "127.0.0.1", first.port))
            await sink.deliver(note("before"))
            await first.until(b"before")
        why = ""
        try:
            await sink.deliver(note("meanwhile"))
        except Undelivered as failed:
            why = failed.why
        async with listening(port=first.port) as second:
            await sink.deliver(note("after"))
            await second.until(b"after")
            await sink.close()
            return why, second.all

    why, after = uvloop.run(run())
    assert why == "refused"
    assert [frame[-5:] for frame in frames(after)] == [b"after"]


def test_a_receiver_that_is_not_there_has_a_word_of_ours(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert why_not(Target("tcp", "127.0.0.1", port)) == "refused"
    assert why_not(Target("unix", str(tmp_path / "none"))) == "refused"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_name_that_no_host_can_have_is_one_that_is_not_found(transport: Transport) -> None:
    assert why_not(Target(transport, "log..acme.example", 514)) == "dns"


def test_a_refused_datagram_is_noticed_at_the_next_one_and_a_new_socket_taken() -> None:
    async def run() -> list[str]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            address = server.getsockname()
        sink, said = Syslog(Target("udp", *address)), []
        for _ in range(3):
            try:
                await sink.deliver(note())
                said.append("")
            except Undelivered as failed:
                said.append(failed.why)
        await sink.close()
        return said

    assert uvloop.run(run()) == ["", "refused", ""]


def test_a_full_socket_is_busy_and_nobody_waits_for_it(tmp_path: Path) -> None:
    async def run() -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(str(tmp_path / "log"))
            sink = Syslog(Target("unix", str(tmp_path / "log")))
            try:
                for _ in range(100_000):
                    await sink.deliver(note())
            except Undelivered as failed:
                return failed.why
            finally:
                await sink.close()
        return ""

    assert uvloop.run(run()) == "busy"
