import asyncio

import httpx

from proxy.metrics.exposition import CONTENT_TYPE
from proxy.metrics.listener import Listener
from proxy.seat import listen


def test_figures_are_at_one_path_and_nothing_else_is_there() -> None:
    async def read() -> bytes:
        return b"ringfence_up 1\n"

    async def run() -> list[httpx.Response]:
        sock = listen("127.0.0.1", 0)
        host, port = sock.getsockname()
        listener = await Listener.open(sock, read)
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as client:
            asked = [("GET", "/metrics"), ("HEAD", "/metrics"), ("POST", "/metrics"), ("GET", "/v1/models")]
            answers = [await client.request(*each) for each in asked]
            listener.close()
        return answers

    answers = asyncio.run(run())
    assert [answer.status_code for answer in answers] == [200, 200, 404, 404]
    assert answers[0].text == "ringfence_up 1\n"
    assert answers[0].headers["content-type"] == CONTENT_TYPE
    assert not answers[1].content


def test_figures_are_read_by_one_at_a_time() -> None:
    reading, most = 0, 0

    async def read() -> bytes:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await asyncio.sleep(0.01)
        reading -= 1
        return b""

    async def run() -> None:
        sock = listen("127.0.0.1", 0)
        host, port = sock.getsockname()
        listener = await Listener.open(sock, read)
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as client:
            await asyncio.gather(*(client.get("/metrics") for _ in range(8)))
            listener.close()

    asyncio.run(run())
    assert most == 1
