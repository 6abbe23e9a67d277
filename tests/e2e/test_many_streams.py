"""Many callers read streams at once: each gets all of its own, and the server's memory stays small."""

import asyncio
import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence, upstreams_file

from audit.access import Filters, Records

STREAMS = 1000 if os.environ.get("RINGFENCE_TEST_EXAMPLES") else 250
"""A thousand in `make test-long`; a quarter of them shows the same."""
BYTES_EACH = 96 * 1024
"""What a stream under way may cost the server: two connections, a parsed body, a decision, and events on their way."""


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def stream(session: aiohttp.ClientSession, url: str, number: int, open_now: list[int]) -> str:
    body = chat_body(f"Is {number} a nice number of lanterns?", stream=True)
    async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
        assert answer.status == 200, await answer.text()
        open_now[0] += 1
        open_now[1] = max(open_now)
        text = await answer.text()
        open_now[0] -= 1
        return text


async def read_all(server: Ringfence, count: int, together: int) -> tuple[list[str], int]:
    open_now = [0, 0]
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"authorization": f"Bearer {server.key()}"}
    timeout = aiohttp.ClientTimeout(total=120)
    gate = asyncio.Semaphore(together)

    async def one(number: int) -> str:
        async with gate:
            return await stream(session, server.url, number, open_now)

    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:
        return await asyncio.gather(*(one(number) for number in range(count))), open_now[1]


def rss(server: Ringfence) -> int:
    return int(psutil.Process(server.server_pid()).memory_info().rss)


def test_many_streams_at_once_are_whole_and_cost_little_memory(tmp_path: Path, many_files: None) -> None:
    vendor = StandIn("vendor")
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor, None)
    with contextlib.closing(contextlib.ExitStack()) as stack:
        stack.callback(vendor.stop)
        settings = {**QUICK, "detect_deadline_s": 60, "detect_queue": 2 * STREAMS, "audit_deadline_s": 30}
        server = stack.enter_context(ringfence(tmp_path / "home", file, **settings))
        asyncio.run(read_all(server, 50, 10))
        before, peak = rss(server), 0
        vendor.chunk_delay_s = max(0.4, STREAMS / 1000)

        async def watched() -> tuple[list[str], int]:
            nonlocal peak
            work = asyncio.create_task(read_all(server, STREAMS, STREAMS))
            while not work.done():
                peak = max(peak, rss(server))
                await asyncio.sleep(0.2)
            return await work

        texts, together = asyncio.run(watched())
        assert together > STREAMS * 0.8, "or they were not under way at the same time"
        assert all(text.endswith("data: [DONE]\n\n") and text.count("data: ") == 8 for text in texts)
        assert peak - before < STREAMS * BYTES_EACH
        records = Records(server.home / "audit.db")

        def closed() -> int:
            found, after = 0, -1
            while after is not None:
                page = records.page(Filters(kind="route.outcome"), after=after, limit=1000)
                found += sum(record.body["status"] == "ok" for record in page.records)
                after = page.next if page.next is not None else None
            return found

        eventually(lambda: closed() == STREAMS + 50)
        print(f"peak {(peak - before) / STREAMS / 1024:.1f} KiB a stream, {together} at once")
