"""Half an hour of mixed traffic at a fixed rate: memory, descriptors and p99 have to hold.

    make soak [ARGS="--minutes 30 --rate 30"]

A whole Ringfence as it ships, with an upstream that answers at once or takes its time. A request is sent when it is
due, whether or not earlier ones were answered, and its wait counts from then on. Callers keep their connections for a
while, leave in the middle of streams, and send what is no JSON; workers are killed on the way, by texts that need too
much memory. Prints how every process stands as it goes, and at the end what stayed as it was; then the log is verified,
and each answer's record is looked for. The cache is small, so that it is full before memory is looked at.
"""

import argparse
import asyncio
import json
import math
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import uvloop
from load import percentile
from mixed import Ask, Writer
from targets import HERE, ROOT, Target, ringfence, running

from proxy.process import DETECTOR, SERVER

SETTINGS = {
    "RINGFENCE_DETECT_CACHE_BYTES": str(8 * 1024 * 1024),
    "RINGFENCE_DETECT_WORKER_MEMORY_BYTES": str(192 * 1024 * 1024),
}
PARTS = ("supervisor", "server", "workers", "signer")
SAMPLES = 40
FLAT = 0.10
"""How much of its mean a process's memory, or its descriptors, may grow from the end of the warm-up to the end."""
STEADY = 1.5
"""How many times the p99 of the first third after the warm-up that of the last third may be."""
WARM_UP = 0.3
MOST = 500
"""Requests that may be under way: with more, the server does not keep up with the rate."""
KEPT = 100
"""How many requests a connection serves at most."""
ANSWERED = "200"
BUSY = "503 detectors_busy"
"""Of a long text that waited for the worker of long ones, which a text that needs too much memory held."""
STATUSES = {ANSWERED, "400 invalid_json", "400 invalid_unicode", BUSY}
MOST_BUSY = 0.001
"""Which share of the answers that may be."""


@dataclass
class Sample:
    """How the processes stand at one moment, and the p50 and p99 in milliseconds of the answers since the last."""

    seconds: float
    requests: int
    mb: dict[str, float]
    descriptors: dict[str, int]
    p50: float
    p99: float
    replaced: int


class Callers:
    """Connections to a target, each used for some requests, by one at a time."""

    def __init__(self, target: Target, seed: int) -> None:
        at = urlsplit(target.url)
        self._at = (at.hostname, at.port)
        self._head = (
            f"POST {at.path}/chat/completions HTTP/1.1\r\nhost: {at.hostname}\r\n"
            f"authorization: Bearer {target.key}\r\ncontent-type: application/json\r\ncontent-length: "
        ).encode()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, int]] = []
        self._random = random.Random(seed)

    async def call(self, ask: Ask) -> tuple[str, str, float]:
        """Send a request; return the status, with an error's code, the record's id, and when its first bytes came."""
        reader, writer, left = await self._connection()
        writer.write(self._head + b"%d\r\n\r\n" % len(ask.body) + ask.body)
        answered = (await reader.readuntil(b"\r\n\r\n")).lower()
        fields = dict(line.split(": ", 1) for line in answered.decode("ascii").split("\r\n") if ": " in line)
        came, code = (time.monotonic(), "") if ask.hangs_up else await _read(reader, fields)
        if ask.hangs_up or left <= 1 or fields.get("connection") == "close":
            writer.close()
        else:
            self._idle.append((reader, writer, left - 1))
        return f"{answered.split()[1].decode()}{code}", fields.get("x-ringfence-audit-id", ""), came

    def close(self) -> None:
        """Close the connections."""
        for _, writer, _ in self._idle:
            writer.close()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
        while self._idle:
            reader, writer, left = self._idle.pop()
            if not reader.at_eof():
                return reader, writer, left
            writer.close()
        return *await asyncio.open_connection(*self._at, limit=1 << 20), self._random.randint(1, KEPT)


async def _read(reader: asyncio.StreamReader, fields: dict[str, str]) -> tuple[float, str]:
    """Read the body; return when (monotonic) its first bytes came, and the code of an error."""
    if "content-length" in fields:
        body = await reader.readexactly(int(fields["content-length"]))
        came = time.monotonic()
        return came, f" {json.loads(body)['error']['code']}" if body.startswith(b'{"error"') else ""
    first = 0.0
    while size := int(await reader.readuntil(b"\r\n"), 16):
        first = first or time.monotonic()
        await reader.readexactly(size + 2)
    await reader.readexactly(2)
    return first, ""


@dataclass
class Soak:
    """What is sent, and what came of it."""

    target: Target
    callers: Callers
    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    records: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    workers: set[int] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)

    async def run(self, asks: Iterator[Ask], rate: float, seconds: float) -> None:
        """Send requests at their times, and look at the processes now and then."""
        self._started = time.monotonic()
        looking = asyncio.create_task(self._look_on(seconds / SAMPLES))
        async with asyncio.TaskGroup() as group:
            under_way: set[asyncio.Task[None]] = set()
            for number, ask in enumerate(asks):
                due = self._started + number / rate
                if due > self._started + seconds:
                    break
                await asyncio.sleep(due - time.monotonic())
                if len(under_way) >= MOST:
                    raise SystemExit(f"{MOST} requests wait for an answer: the server does not keep up with {rate}/s")
                task = group.create_task(self._send(ask, due))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        await looking
        self.callers.close()

    async def _send(self, ask: Ask, due: float) -> None:
        status, record, came = await self.callers.call(ask)
        self.kinds[ask.kind] += 1
        self.statuses[status] += 1
        self.late.append((came - due) * 1000)
        if status == ANSWERED:
            self.records.append(record)

    async def _look_on(self, every: float) -> None:
        columns = [f"{part} {unit}" for unit in ("MB", "fds") for part in PARTS]
        print(row("seconds", "requests", "p50 ms", "p99 ms", *columns, "replaced"))
        for number in range(1, SAMPLES + 1):
            await asyncio.sleep(self._started + number * every - time.monotonic())
            late, self.late = self.late, []
            sample = await asyncio.to_thread(self._look, late)
            self.samples.append(sample)
            timed = (f"{sample.seconds:.0f}", sample.requests, f"{sample.p50:.1f}", f"{sample.p99:.1f}")
            mb = [f"{sample.mb[part]:.1f}" for part in PARTS]
            print(row(*timed, *mb, *map(sample.descriptors.__getitem__, PARTS), sample.replaced), flush=True)

    def _look(self, late: list[float]) -> Sample:
        assert self.target.process is not None
        mb, descriptors, alive = dict.fromkeys(PARTS, 0.0), dict.fromkeys(PARTS, 0), set()
        for process in (self.target.process, *self.target.process.children()):
            try:
                part = self._part(process)
                mb[part] += pss_mb(process)
                descriptors[part] += process.num_fds()
            except psutil.Error:
                continue
            if part == "workers":
                alive.add(process.pid)
        self.workers |= alive
        p50, p99 = percentile(late, 0.50), percentile(late, 0.99)
        took = time.monotonic() - self._started
        return Sample(took, sum(self.kinds.values()), mb, descriptors, p50, p99, len(self.workers) - len(alive))

    def _part(self, process: psutil.Process) -> str:
        if process == self.target.process:
            return "supervisor"
        return {SERVER: "server", DETECTOR: "workers"}.get(process.name(), "signer")


def pss_mb(process: psutil.Process) -> float:
    """Memory of a process, what it shares with others in parts."""
    return float(process.memory_full_info().pss / 1e6)


def growth(samples: Sequence[Sample], read: Callable[[Sample], float]) -> float:
    """How much a figure grew after the warm-up, by a straight line through the samples, as a share of its mean."""
    late = samples[int(len(samples) * WARM_UP) :]
    if len(late) < 3:
        return math.nan
    figures = [read(sample) for sample in late]
    slope = statistics.linear_regression([sample.seconds for sample in late], figures).slope
    return slope * (late[-1].seconds - late[0].seconds) / statistics.mean(figures)


def drift(samples: Sequence[Sample]) -> float:
    """How many times the p99 of the first third after the warm-up that of the last third is; medians."""
    late = [sample.p99 for sample in samples[int(len(samples) * WARM_UP) :]]
    third = len(late) // 3
    return statistics.median(late[-third:]) / statistics.median(late[:third]) if third else math.nan


def verified(db: Path, records: Collection[str]) -> bool:
    """Verify the log as an auditor would, and look for the record of every answer; prints what was found."""
    command = [sys.executable, "-m", "proxy", "audit", "verify", "--db", str(db)]
    environ = {**os.environ, "RINGFENCE_HOME": str(db.parent)}
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    with closing(sqlite3.connect(f"{db.as_uri()}?mode=ro", uri=True)) as connection:
        there = {found for (found,) in connection.execute("SELECT id FROM record WHERE kind = 'route.decision'")}
    without = len(records) - len(there.intersection(records))
    print(f"\n{ran.stdout}{ran.stderr}\nanswers without a decision in the log: {without} of {len(records)}")
    return ran.returncode == 0 and without == 0 and len(set(records)) == len(records)


def row(*cells: Any) -> str:
    """Lay out one line of a table."""
    return "".join(f"{cell:>15}" for cell in cells)


def report(soak: Soak) -> bool:
    """Print what came of it; returns whether all stayed as it was and every request was answered."""
    print(f"\nkinds: {dict(soak.kinds)}\nanswers by status: {dict(soak.statuses)}")
    good = not set(soak.statuses) - STATUSES and soak.statuses[BUSY] <= MOST_BUSY * soak.statuses.total()
    figures: list[tuple[str, Callable[[Sample], float]]] = []
    for part in PARTS:
        figures.append((f"memory of {part}", lambda sample, part=part: sample.mb[part]))
        figures.append((f"descriptors of {part}", lambda sample, part=part: sample.descriptors[part]))
    for name, read in figures:
        grown = growth(soak.samples, read)
        good = good and grown <= FLAT
        print(f"{name:<28}{grown:>+8.1%} after the warm-up: {'flat' if grown <= FLAT else 'NOT FLAT'}")
    times = drift(soak.samples)
    print(f"{'p99':<28}{times:>7.2f}x after the warm-up: {'steady' if times <= STEADY else 'NOT STEADY'}")
    return good and times <= STEADY


def main(arguments: list[str] | None = None) -> int:
    """Soak; status 1 when something grew, an answer was other than it may be, or the log lacks something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=30, help="requests a second")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ringfence-soak-") as scratch, ExitStack() as stack:
        home = Path(scratch)
        _, upstream = stack.enter_context(running([sys.executable, str(HERE / "upstream.py")], home / "upstream.log"))
        with ExitStack() as serving:
            target = ringfence(serving, "soak", ["-m", "proxy", "serve"], home / "soak", upstream, **SETTINGS)
            soak = Soak(target, Callers(target, chosen.seed))
            uvloop.run(soak.run(Writer(chosen.seed).asks(), chosen.rate, chosen.minutes * 60))
        return 0 if all((report(soak), verified(home / "soak" / "audit.db", soak.records))) else 1


if __name__ == "__main__":
    raise SystemExit(main())
