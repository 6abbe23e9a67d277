"""A closed loop of callers: each sends the next request when the last one is answered. Prints one line of JSON.

    python tests/bench/load.py URL KEY --callers 16 --seconds 2 [--words N [--paced]] [--cold] [--seed N]

Every caller keeps one connection. The system message is always the same and the question always new, as in real use,
so that a cache of scanned messages helps where it would; with `--cold`, all is new. With `--words`, a stream of so many
is asked for, with `--paced` of a model that takes its time. Latencies in milliseconds; `first` is that of the first
byte of the answer's body.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop
from prompts import cold, warm

PACED = "-paced"
"""The end of the name of a model that takes its time: see the upstream."""


@dataclass
class Tally:
    """What the callers saw."""

    latency_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    bad: int = 0


class Caller:
    """One connection and the requests on it."""

    def __init__(self, chosen: argparse.Namespace, asks: Iterator[tuple[str, str]], tally: Tally) -> None:
        at = urlsplit(chosen.url)
        self._host, self._port, self._path = at.hostname or "", at.port or 80, f"{at.path}/chat/completions"
        self._head = (
            f"POST {self._path} HTTP/1.1\r\nhost: {self._host}\r\nauthorization: Bearer {chosen.key}\r\n"
            "content-type: application/json\r\n"
        ).encode()
        self._words, self._asks, self._tally = chosen.words, asks, tally
        self._model = f"gpt-4o-mini{PACED * chosen.paced}"

    async def run(self, until: float) -> None:
        """Call until the time is over."""
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
        while time.perf_counter() < until:
            messages = [
                {"role": role, "content": text} for role, text in zip(("system", "user"), next(self._asks), strict=True)
            ]
            asked = {"stream": True, "max_tokens": self._words} if self._words else {"stream": False}
            body = json.dumps({"model": self._model, "messages": messages, **asked}).encode()
            started = time.perf_counter()
            writer.write(self._head + b"content-length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            first, answer = await self._body(reader, head)
            ended = time.perf_counter()
            expected = b"[DONE]" if self._words else b'"choices"'
            if not head.startswith(b"HTTP/1.1 200") or expected not in answer:
                self._tally.bad += 1
            self._tally.latency_ms.append((ended - started) * 1000)
            self._tally.first_ms.append((first - started) * 1000)
        writer.close()

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> tuple[float, bytes]:
        lines = head.lower().split(b"\r\n")
        lengths = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
        if lengths:
            answer = await reader.readexactly(lengths[0])
            return time.perf_counter(), answer
        first, answer = 0.0, b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            answer += (await reader.readexactly(size + 2))[:-2]
            first = first or time.perf_counter()
        await reader.readexactly(2)
        return first, answer


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def main() -> None:
    """Load one target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--callers", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--words", type=int, default=0)
    parser.add_argument("--paced", action="store_true")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    tally, asks = Tally(), (cold if chosen.cold else warm)(chosen.seed)
    next(asks)  # its texts are read once
    started = time.perf_counter()
    until = started + chosen.seconds
    callers = [Caller(chosen, asks, tally) for _ in range(chosen.callers)]
    await asyncio.gather(*(caller.run(until) for caller in callers))
    took = time.perf_counter() - started
    print(
        json.dumps(
            {
                "requests": len(tally.latency_ms),
                "bad": tally.bad,
                "per_s": len(tally.latency_ms) / took,
                "p50": percentile(tally.latency_ms, 0.50),
                "p95": percentile(tally.latency_ms, 0.95),
                "p99": percentile(tally.latency_ms, 0.99),
                "first": percentile(tally.first_ms, 0.50),
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main())
