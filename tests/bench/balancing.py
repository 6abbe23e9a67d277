"""Least-busy against round robin, over four upstreams of unequal speed, with 64 requests in flight.

    make bench-balancing [ARGS="--rounds 3 --seconds 5 --only 'round robin;least-busy'"]

The model servers answer after 20, 40, 80 and 160 ms, and each works on two requests at once, as a real one does on a
few: more wait inside it, so that together they can do some 187 requests a second. A Ringfence for each way to balance
stands before the same four. They are loaded one at a time, in rounds whose order is shuffled; each round's figures are
those of its own connections. `weighted` with equal weights is round robin; with the weights of the speeds, least-busy
knows what it otherwise only learns from how much each has to do.
"""

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from report import row
from targets import ROOT, serve
from upstream import WHOLE

HERE = Path(__file__).resolve().parent
DELAYS_MS = (20, 40, 80, 160)
AT_ONCE = 2
"""Requests that a model server works on; more wait there."""
CALLERS = 64
EQUAL, OF_SPEED = (1, 1, 1, 1), (8, 4, 2, 1)
WAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "round robin": ("weighted", EQUAL),
    "least-busy": ("least-busy", EQUAL),
    "least-busy, weighed": ("least-busy", OF_SPEED),
}
"""What `balance` says, and the weights."""
FIGURES = ("per_s", "p50", "p99")


class ModelServer(asyncio.Protocol):
    """One connection to a model server that takes its time."""

    def __init__(self, place: asyncio.Semaphore, delay_ms: int, served: Counter[int]) -> None:
        self._place, self._delay_ms, self._served = place, delay_ms, served
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            lines = self._buffer[:head].lower().split(b"\r\n")
            end = head + 4 + sum(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
            if len(self._buffer) < end:
                return
            asked, self._buffer = self._buffer[:end], self._buffer[end:]
            task = asyncio.get_running_loop().create_task(self._answer(asked.startswith(b"POST")))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, is_chat: bool) -> None:
        body = b'{"object":"list","data":[]}'
        if is_chat:
            async with self._place:
                await asyncio.sleep(self._delay_ms / 1000)
            self._served[self._delay_ms] += 1
            body = WHOLE
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)  # type: ignore[attr-defined]


@contextmanager
def model_servers() -> Iterator[tuple[list[str], Counter[int]]]:
    """Serve all of them in a thread until the block ends; yields their URLs and how many answers each gave."""
    urls: list[str] = []
    served: Counter[int] = Counter()
    ready, stopping = threading.Event(), asyncio.Event()

    async def serve() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            for delay_ms in DELAYS_MS:
                made = partial(ModelServer, asyncio.Semaphore(AT_ONCE), delay_ms, served)
                server = await stack.enter_async_context(await loop.create_server(made, "127.0.0.1", 0))
                urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
            ready.set()
            await stopping.wait()

    loop: asyncio.AbstractEventLoop | None = None
    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    assert loop is not None
    yield urls, served
    loop.call_soon_threadsafe(stopping.set)
    thread.join(10)


@dataclass
class Way:
    """A Ringfence that balances in one way, and what it was seen to do, round by round."""

    url: str
    key: str
    samples: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in FIGURES})
    served: Counter[int] = field(default_factory=Counter)
    bad: int = 0

    def load(self, seconds: float, seed: int, served: Counter[int]) -> None:
        """Load it once, with all callers."""
        served.clear()
        command = [sys.executable, str(HERE / "load.py"), self.url, self.key, "--seed", str(seed)]
        command += ["--callers", str(CALLERS), "--seconds", str(seconds)]
        ran = subprocess.run(command, capture_output=True, check=True, text=True, timeout=seconds + 60)
        seen = json.loads(ran.stdout)
        self.bad += seen["bad"]
        self.served += served
        for name in FIGURES:
            self.samples[name].append(seen[name])


def ringfence(stack: ExitStack, home: Path, urls: list[str], balance: str, weights: tuple[int, ...]) -> Way:
    """Start Ringfence before all model servers, all in the zone at home."""
    rows: list[dict[str, Any]] = [
        {"name": f"ms{ms}", "kind": "openai", "zone": "onprem", "base_url": url, "models": ["gpt-4*"], "weight": weight}
        for ms, url, weight in zip(DELAYS_MS, urls, weights, strict=True)
    ]
    upstreams = {"upstreams": rows, "balance": {"onprem": balance}}
    detectors = str(ROOT / "tests" / "quick-detectors.yaml")
    _, url, key = serve(stack, ["-m", "proxy", "serve"], home, upstreams, RINGFENCE_DETECTORS=detectors)
    return Way(url, key)


def report(ways: dict[str, Way]) -> str:
    """Print medians over the rounds, and where the requests went."""
    lines = [row("", "req/s", "p50 ms", "p99 ms", "bad", *(f"at {ms} ms" for ms in DELAYS_MS))]
    for name, way in ways.items():
        figures = [f"{statistics.median(way.samples[figure]):.0f}" for figure in FIGURES]
        shares = [f"{way.served[ms] / max(1, way.served.total()):.0%}" for ms in DELAYS_MS]
        lines.append(row(name, *figures, str(way.bad), *shares))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; status 1 when any answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each way in each round")
    parser.add_argument("--only", default=";".join(WAYS), help="ways, separated by ';'")
    chosen = parser.parse_args(arguments)
    names = [name.strip() for name in chosen.only.split(";")]
    if unknown := set(names) - set(WAYS):
        parser.error(f"unknown ways {sorted(unknown)}; there are {list(WAYS)}")
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as home, ExitStack() as stack:
        urls, served = stack.enter_context(model_servers())
        ways = {
            name: ringfence(stack, Path(home) / str(number), urls, *WAYS[name]) for number, name in enumerate(names)
        }
        order = random.Random(7)
        for number in range(chosen.rounds):
            for name in order.sample(list(ways), len(ways)):
                ways[name].load(chosen.seconds, number, served)
            sys.stderr.write(f"round {number + 1} of {chosen.rounds}\n")
        print(report(ways))
    return 1 if any(way.bad for way in ways.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
