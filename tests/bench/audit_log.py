"""Durable decisions a second, and how long one waits; with `--million`, how that goes on as a log grows.

    make bench-audit [ARGS="--seconds 3 --rounds 1 --in-flight 16 --store sqlite|postgresql"]
    make bench-audit ARGS="--million [--records 1000000]"

Closed loop: so many appends are in flight in each writer at any moment, each of a whole decision, and each is durable
when it counts. Every writer is a process of its own. Beside each line stands the same log with a commit for each
record, measured in turn; `fsyncs` is the median wait in medians of a bare fdatasync of 8 KiB on the same disk, taken
just before. With one append in flight there is nothing to share a commit with, so that its gain is one. PostgreSQL is a
server that is there, else one begun for this on the same machine, which shares its cores. Each log is verified at the
end. The goals are a gain of five with more in flight, and a median wait of two fsyncs: the last column says which of
them a line misses, and the status is 1 if one does.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "audit"), str(TESTS)]

import audit_growth  # noqa: E402 - what tests share is found by the path above
from databases import ORIGIN, new_database, server  # noqa: E402
from replicas import begin_together, verify  # noqa: E402

from audit import writer  # noqa: E402
from audit.log import AuditLog  # noqa: E402
from audit.place import Place, place_of  # noqa: E402
from audit.stores.migrate import migrate_postgres  # noqa: E402

SQLITE, POSTGRES = STORES = ("sqlite", "postgresql")
LANES = (1, 16, 64)
WRITERS = 4
SYNCS = 100
GOAL_GAIN, GOAL_FSYNCS = 5.0, 2.0


@dataclass(frozen=True)
class Load:
    """What each of some writers does."""

    writers: int
    lanes: int
    batch: int
    seconds: float


@dataclass(frozen=True)
class Run:
    """What one line measured: records a second over all writers, waits in milliseconds, a bare fsync just before."""

    rate: float
    p50: float
    p99: float
    fsync: float


def main(given: argparse.Namespace) -> int:
    """Measure what was asked for and print a table; return 1 when a goal is missed."""
    stores = given.store or STORES
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        if given.million:
            for store in stores:
                with new_log(store, Path(folder)) as (place, home):
                    audit_growth.measure(__file__, store, place, home, given.records)
            return 0
        print(
            "store       writers  in flight  records/s   p50 ms   p99 ms  fsync ms  fsyncs  one a commit   gain  missed"
        )
        in_flight = given.in_flight or LANES
        cases = [(SQLITE, 1, lanes) for lanes in in_flight]
        cases += [(POSTGRES, writers, lanes) for writers in (1, WRITERS) for lanes in in_flight]
        missed = False
        for store, writers, lanes in cases:
            if store not in stores:
                continue
            rounds: dict[int, list[Run]] = {writer.MAX_BATCH: [], 1: []}
            for _ in range(given.rounds):
                for batch, runs in rounds.items():
                    runs.append(run_once(store, Path(folder), Load(writers, lanes, batch, given.seconds)))
            run, single = (median(runs) for runs in rounds.values())
            gain, fsyncs = run.rate / single.rate, run.p50 / run.fsync
            misses = "  p50" * (fsyncs > GOAL_FSYNCS) + "  gain" * (lanes > 1 and gain < GOAL_GAIN)
            beside = f"{run.fsync:9.2f} {fsyncs:7.1f} {single.rate:10,.0f} /s {gain:5.1f}x{misses}"
            print(
                f"{store:11} {writers:7} {lanes:10} {run.rate:10,.0f} {run.p50:8.1f} {run.p99:8.1f} {beside}",
                flush=True,
            )
            missed |= bool(misses)
    return int(missed)


@contextmanager
def new_log(store: str, folder: Path) -> Iterator[tuple[Place, Path]]:
    """Make room for a log in a store, and a home."""
    with tempfile.TemporaryDirectory(dir=folder) as named:
        home = Path(named)
        if store == SQLITE:
            yield home / "audit.db", home
            return
        with server() as url, new_database(url) as place:
            migrate_postgres(place)
            yield place, home


def run_once(store: str, folder: Path, load: Load) -> Run:
    """Let some writers append for a while, and verify what they wrote."""
    command = [sys.executable, __file__, "--writer", *map(str, (load.lanes, load.batch, load.seconds))]
    with new_log(store, folder) as (place, home):
        fsync = bare_fsync(home)
        children = begin_together(place, ORIGIN, home, [command] * load.writers)
        said = [child.communicate()[0] for child in children]
        waits = sorted(wait for text in said for wait in json.loads(text))
        assert verify(place).ok
    return Run(len(waits) / load.seconds, 1000 * statistics.median(waits), 1000 * waits[len(waits) * 99 // 100], fsync)


def median(runs: Sequence[Run]) -> Run:
    """Return the median of each figure."""
    return Run(*(statistics.median(figures) for figures in zip(*(vars(run).values() for run in runs), strict=True)))


def bare_fsync(folder: Path) -> float:
    """Return the median milliseconds of a write of 8 KiB and its fdatasync."""
    waits = []
    with (folder / "bare").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(os.urandom(8192))
            os.fdatasync(file.fileno())
            waits.append(time.perf_counter() - began)
    return 1000 * statistics.median(waits)


def write(lanes: int, batch: int, seconds: float, keys: Path) -> None:
    """Be one writer: wait for a line, append until the time is over, print the waits in seconds."""
    import conftest

    writer.MAX_BATCH = batch
    decision: dict[str, Any] = conftest.make_decision()
    waits: list[float] = []

    async def lane(log: AuditLog, until: float) -> None:
        while (began := time.perf_counter()) < until:
            await log.append("route.decision", decision)
            waits.append(time.perf_counter() - began)

    async def all_lanes(log: AuditLog) -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(lane(log, until) for _ in range(lanes)))

    with closing(
        AuditLog.open(place_of(os.environ["RINGFENCE_AUDIT_URL"]), keys=keys, origin=ORIGIN, deadline_s=30)
    ) as log:
        print("ready", flush=True)
        sys.stdin.readline()
        asyncio.run(all_lanes(log))
        print(json.dumps(waits))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--writer"]:
        write(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5]))
    elif sys.argv[1:2] == ["--grow"]:
        audit_growth.grow(json.loads(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1:2] == ["--verify"]:
        audit_growth.verify()
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--seconds", type=float, default=3.0, help="of each run")
        parser.add_argument("--rounds", type=int, default=1, help="of each line, in turn with its comparison; medians")
        parser.add_argument("--in-flight", type=int, action="append", help="in each writer; 1, 16 and 64 if not given")
        parser.add_argument("--store", choices=STORES, action="append", help="one of them alone")
        parser.add_argument("--million", action="store_true", help="grow a log instead, and verify it on the way")
        parser.add_argument("--records", type=int, default=1_000_000, help="how far it grows")
        raise SystemExit(main(parser.parse_args()))
