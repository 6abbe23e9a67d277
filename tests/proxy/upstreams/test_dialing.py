import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from receivers import Authority, authority

from proxy.upstreams import dialing
from proxy.upstreams.dialing import NotReached, addresses, certificate, connect, outside
from proxy.upstreams.tls import Tls


def with_server(
    does: Callable[[int], Coroutine[Any, Any, Any]], terms: ssl.SSLContext | None = None, *, mute: bool = False
) -> tuple[Any, bytes]:
    """Run a coroutine function on the port of a server; returns its result and every byte that the server got."""
    got = bytearray()

    async def run() -> Any:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while piece := await reader.read(1000):
                    got.extend(piece)
                    if mute:
                        await asyncio.sleep(60)
            except (OSError, asyncio.CancelledError):
                pass
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=terms)
        try:
            return await does(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            await asyncio.sleep(0)

    return asyncio.run(run()), bytes(got)


def shown(made: Authority, context: ssl.SSLContext, host: str = "127.0.0.1") -> Any:
    return with_server(lambda port: certificate("127.0.0.1", port, host, context), made.terms)


def refused(work: Callable[[], Any]) -> str:
    with pytest.raises(NotReached) as failed:
        work()
    return failed.value.why


def test_a_name_stands_for_addresses_and_one_that_does_not_is_said() -> None:
    assert "127.0.0.1" in asyncio.run(addresses("localhost", 80))
    assert asyncio.run(addresses("127.0.0.1", 80)) == ["127.0.0.1"]
    for name in ("nothing.invalid", "a..b", "x" * 300, "ä" * 80):
        assert refused(lambda name=name: asyncio.run(addresses(name, 80))) == "dns"  # type: ignore[misc]


def test_only_a_zone_with_networks_has_an_outside() -> None:
    home = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fc00::/7"))
    assert not outside("10.1.2.3", home)
    assert not outside("fd00::1%eth0", home)
    assert outside("203.0.113.5", home)
    assert not outside("203.0.113.5", ())


def test_a_connection_says_nothing() -> None:
    _, got = with_server(lambda port: connect(["127.0.0.1"], port))
    assert got == b""


def test_of_several_addresses_the_first_that_answers_counts() -> None:
    reached, _ = with_server(lambda port: connect(["::1", "127.0.0.1"], port))
    assert reached == "127.0.0.1"
    assert refused(lambda: asyncio.run(connect([], 1))) == "dns"


def test_a_port_where_nobody_listens_is_refused() -> None:
    assert refused(lambda: asyncio.run(connect(["127.0.0.1"], 1))) == "connect"


def test_a_certificate_of_ones_own_ca_is_good_under_it_and_unknown_otherwise(tmp_path: Path) -> None:
    made = authority(tmp_path)
    trusted = Tls(made.ca.read_text()).context()
    found, got = shown(made, trusted)
    assert (found.issuer, found.days, got) == ("test authority", 0, b"")
    assert refused(lambda: shown(made, ssl.create_default_context())) == "unknown_ca"


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    made = authority(tmp_path, host="10.9.8.7")
    context = Tls(made.ca.read_text()).context()
    assert refused(lambda: shown(made, context)) == "other_name"
    assert refused(lambda: shown(made, context, host="localhost")) == "other_name"


def test_a_server_without_tls_is_told_from_one_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context()
    assert refused(lambda: asyncio.run(certificate("127.0.0.1", 1, "127.0.0.1", context))) == "connect"
    monkeypatch.setattr(dialing, "WITHIN_S", 0.3)
    mute = lambda: with_server(lambda port: certificate("127.0.0.1", port, "h", context), mute=True)  # noqa: E731
    assert refused(mute) == "timeout"
