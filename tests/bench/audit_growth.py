"""Whether a log stays as fast as it was: what a record costs to append, and to verify, on the way to a million.

One writer with 64 requests in flight appends decisions and their outcomes. After each tenth it says how long that
took, how much CPU its process used for a record, and how much memory it has; at a quarter, a half and the whole of it,
another process verifies the log from its first record.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from databases import ORIGIN
from replicas import begin_together

from audit.log import AuditLog
from audit.place import Place, Postgres, place_of
from audit.sources.postgres import open_source
from audit.verification.verifier import verify_source

LANES = 64
WINDOWS = 10
VERIFIED = (0.25, 0.5, 1.0)
MIB = 1024


def measure(script: str, store: str, place: Place, home: Path, records: int) -> None:
    """Grow a log and print a line for each window and each verification; `script` runs the other two as processes."""
    stops = sorted(
        {*(records * n // WINDOWS for n in range(1, WINDOWS + 1)), *(int(records * part) for part in VERIFIED)}
    )
    command = [sys.executable, script, "--grow", json.dumps(stops)]
    print(f"{store}, {records:,} records   records/s    CPU us a record     MiB", flush=True)
    (child,) = begin_together(place, ORIGIN, home, [command])
    assert child.stdin is not None
    assert child.stdout is not None
    for stop in stops:
        show(f"append to {stop:,}", json.loads(child.stdout.readline()))
        if stop in (int(records * part) for part in VERIFIED):
            url = place.url if isinstance(place, Postgres) else str(place)
            told = {**os.environ, "RINGFENCE_AUDIT_URL": url}
            said = subprocess.check_output([sys.executable, script, "--verify"], env=told)
            show(f"verify {stop:,}", json.loads(said))
        child.stdin.write("\n")
        child.stdin.flush()
    assert child.wait() == 0


def show(what: str, found: dict[str, float]) -> None:
    """Print a line."""
    cost = f"{found['rate']:11,.0f} {found['cpu_us']:15.0f} {found['mib']:10.0f}"
    print(f"{what:28}{cost}", flush=True)


def report(count: int, seconds: float, cpu_s: float) -> None:
    """Say what so many records came to."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    print(json.dumps({"rate": count / seconds, "cpu_us": 1e6 * cpu_s / count, "mib": peak}), flush=True)


def grow(stops: list[int], keys: Path) -> None:
    """Be the writer: append up to each stop, say what that took, and wait for a line."""
    import conftest

    log = AuditLog.open(place_of(os.environ["RINGFENCE_AUDIT_URL"]), keys=keys, origin=ORIGIN, deadline_s=30)
    decision: dict[str, Any] = conftest.make_decision()

    async def lane(turns: Any) -> None:
        for _ in turns:
            made = await log.append("route.decision", decision)
            await log.append("route.outcome", conftest.make_outcome(made.id))

    async def window(pairs: int) -> None:
        turns = iter(range(pairs))  # shared: each lane takes the next
        await asyncio.gather(*(lane(turns) for _ in range(LANES)))

    print("ready", flush=True)
    sys.stdin.readline()
    done = 0
    for stop in stops:
        began, cpu = time.perf_counter(), time.process_time()
        asyncio.run(window((stop - done) // 2))
        report(stop - done, time.perf_counter() - began, time.process_time() - cpu)
        done = stop
        sys.stdin.readline()
    log.close()


def verify() -> None:
    """Be the verifier."""
    with closing(open_source(place_of(os.environ["RINGFENCE_AUDIT_URL"]))) as source:
        began, cpu = time.perf_counter(), time.process_time()
        found = verify_source(source)
        assert found.ok
        report(found.checked, time.perf_counter() - began, time.process_time() - cpu)
