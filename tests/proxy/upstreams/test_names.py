"""Names of model servers are looked up without any of them holding up another."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from harness import StandIn

from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.errors import NotSent
from proxy.upstreams.names import Apart
from proxy.upstreams.upstream import Upstream

DEAD = 40
"""More than the threads of any event loop."""
real = socket.getaddrinfo


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Name servers that answer for live.test, and for none of dead-N.test before the test ends."""
    ended = threading.Event()

    def lookup(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host).startswith("dead-") and not more.get("flags", 0) & socket.AI_NUMERICHOST:
            assert threading.current_thread() is not threading.main_thread(), "everybody would wait"
            ended.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return real("127.0.0.1" if host == "live.test" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield ended
    ended.set()


def client(host: str, port: int) -> UpstreamClient:
    upstream = Upstream("u", "openai", "onprem", f"http://{host}:{port}/v1", allow_http=True, vendor=False)
    return UpstreamClient(upstream, Timeouts(20, 20), lambda _: None, lambda *_: "")


def test_names_that_nobody_answers_for_keep_no_other_server_from_being_asked(dead: threading.Event) -> None:
    server = StandIn(models=("m",))

    async def main() -> None:
        lost, alive = [client(f"dead-{number}.test", 9) for number in range(DEAD)], client("live.test", server.port)
        waiting = [asyncio.ensure_future(each.probe("/models")) for each in lost]
        await asyncio.sleep(0)
        said = await alive.probe("/models")
        assert said["data"][0]["id"] == "m"
        assert not any(each.done() for each in waiting)
        dead.set()
        failures = await asyncio.gather(*waiting, return_exceptions=True)
        assert {(type(each), str(getattr(each, "reason", ""))) for each in failures} == {(NotSent, "dns")}
        for each in (*lost, alive):
            await each.close()

    asyncio.run(main())
    server.stop()


def test_a_lookup_that_nobody_waits_for_any_more_is_no_fault(dead: threading.Event) -> None:
    faults: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
        asked = asyncio.ensure_future(Apart().getaddrinfo("dead-1.test", 80))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait({asked})
        dead.set()
        for thread in [each for each in threading.enumerate() if each.name == "names"]:
            await asyncio.to_thread(thread.join)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert not faults
