"""Durable decisions a second, and how long one waits: `python tests/bench/audit_log.py [SECONDS]`, 3 a line by default.

Closed loop: so many appends are in flight in each writer at any moment, each of a whole decision, and each is durable
when it counts. Every writer is a process of its own. Beside each line stands the same log with a commit for each
record; `fsyncs` is the median wait in medians of a bare fdatasync of 8 KiB on the same disk. PostgreSQL is a server
that is there, else one begun for this on the same machine, which shares its cores. Each log is verified at the end.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "audit"), str(TESTS)]

from audit import keys, writer  # noqa: E402 - what tests share is found by the path above
from audit.log import AuditLog  # noqa: E402
from audit.migrate import migrate_postgres  # noqa: E402
from audit.place import Place, Postgres, place_of  # noqa: E402
from audit.source_postgres import open_source  # noqa: E402
from audit.verifier import verify_source  # noqa: E402

ORIGIN = "bench.example/audit"
LANES = (1, 16, 64)


@dataclass(frozen=True)
class Load:
    """What each of some writers does."""

    writers: int
    lanes: int
    batch: int
    seconds: float


@dataclass(frozen=True)
class Run:
    """What one line measured: records a second over all writers, and waits in milliseconds."""

    rate: float
    p50: float
    p99: float


def main() -> None:
    """Measure both stores and print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    from databases import new_database, server

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, server() as url:
        fsync = bare_fsync(Path(folder))
        print(f"bare fdatasync of 8 KiB: median {fsync:.2f} ms\n")
        print("store        writers  in flight  records/s   p50 ms   p99 ms  fsyncs   one a commit      gain")
        cases = [("SQLite", 1, lanes) for lanes in LANES]
        cases += [("PostgreSQL", writers, lanes) for writers in (1, 4) for lanes in LANES]
        for store, writers, lanes in cases:
            both = []
            for batch in (writer.MAX_BATCH, 1):
                home = Path(tempfile.mkdtemp(dir=folder))
                if store == "SQLite":
                    both.append(measure(home / "audit.db", home, Load(writers, lanes, batch, seconds)))
                else:
                    with new_database(url) as place:
                        migrate_postgres(place)
                        both.append(measure(place, home, Load(writers, lanes, batch, seconds)))
            run, single = both
            waits = f"{run.p50:8.1f} {run.p99:8.1f} {run.p50 / fsync:7.1f}"
            beside = f"{single.rate:10,.0f} /s {run.rate / single.rate:8.1f}x"
            print(f"{store:12} {writers:7} {lanes:10} {run.rate:10,.0f} {waits} {beside}", flush=True)


def measure(place: Place, home: Path, load: Load) -> Run:
    """Let some writers append for a while, and verify what they wrote."""
    keys.create(home / "keys", ORIGIN)
    url = place.url if isinstance(place, Postgres) else str(place)
    children = []
    for index in range(load.writers):
        own = home / str(index) / "keys"
        shutil.copytree(home / "keys", own)
        command = [sys.executable, __file__, "--writer", str(own), *map(str, (load.lanes, load.batch, load.seconds))]
        environ = {**os.environ, "BENCH_LOG": url}
        children.append(
            subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.communicate()[0] for child in children]
    waits = sorted(wait for text in said for wait in json.loads(text))
    with closing(open_source(place)) as source:
        assert verify_source(source).ok
    return Run(len(waits) / load.seconds, 1000 * statistics.median(waits), 1000 * waits[int(len(waits) * 0.99)])


def bare_fsync(folder: Path) -> float:
    """Return the median milliseconds of a write of 8 KiB and its fdatasync."""
    waits = []
    with (folder / "bare").open("wb", buffering=0) as file:
        for _ in range(200):
            began = time.perf_counter()
            file.write(os.urandom(8192))
            os.fdatasync(file.fileno())
            waits.append(time.perf_counter() - began)
    return 1000 * statistics.median(waits)


def write(arguments: Sequence[str]) -> None:
    """Be one writer: wait for a line, append until the time is over, print the waits in seconds."""
    import conftest

    own, lanes, batch, seconds = Path(arguments[0]), int(arguments[1]), int(arguments[2]), float(arguments[3])
    writer.MAX_BATCH = batch
    log = AuditLog.open(place_of(os.environ["BENCH_LOG"]), keys=own, origin=ORIGIN, deadline_s=30)
    decision: dict[str, Any] = conftest.make_decision()
    waits: list[float] = []

    async def lane(until: float) -> None:
        while (began := time.perf_counter()) < until:
            await log.append("route.decision", decision)
            waits.append(time.perf_counter() - began)

    async def all_lanes() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(lane(until) for _ in range(lanes)))

    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(all_lanes())
    print(json.dumps(waits))
    log.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--writer"]:
        write(sys.argv[2:])
    else:
        main()
