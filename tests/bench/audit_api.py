"""What auditors wait for, in a log of a million records: the usual filters, proofs, statistics and a fingerprint.

A month of invented traffic is written first: decisions and their outcomes by forty applications in eight teams. Then a
real server runs on it and is asked over HTTP, each question several times; each answer also waits for its own record.
At the end, appends are timed beside an auditor who asks without a pause, and without one. Options: `--records`,
`--store postgresql`, `--rounds`.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "audit"), str(ROOT / "tests"), str(ROOT)]

import conftest  # noqa: E402 - of tests/audit
import httpx  # noqa: E402
from databases import migrate, new_database, server  # noqa: E402
from harness import StandIn, ringfence, upstreams_file  # noqa: E402

from audit.log import AuditLog, new_id  # noqa: E402
from audit.place import Place, Postgres  # noqa: E402
from audit.records.canonical import encode  # noqa: E402
from audit.records.chain import body_hash  # noqa: E402
from audit.records.draft import draft  # noqa: E402
from audit.records.record import derive  # noqa: E402
from audit.stores.store import Prepared, Store  # noqa: E402
from audit.stores.store_postgres import PostgresStore  # noqa: E402
from audit.stores.store_sqlite import SqliteStore  # noqa: E402
from proxy.settings import Settings  # noqa: E402

ORIGIN = Settings.model_fields["origin"].default
BATCH = 2000
DAYS = 30
ZONES = (("onprem", "pin"), ("onprem", "pin"), ("cloud-us", "allow"), ("cloud-eu", "allow"))
CLASSES = ("pii", "phi", "cardholder", "secret", "unscanned")
RULES = ("personal-data-stays-home", "health-records-stay-home", "card-data-stays-home", "secrets-stay-home")


class Spread:
    """A clock that spreads records over a month, the same distance apart."""

    def __init__(self, records: int) -> None:
        self._step = timedelta(days=DAYS) / records
        self._at = datetime.now(UTC) - timedelta(days=DAYS)

    def stamp(self) -> str:
        self._at += self._step
        return f"{self._at:%Y-%m-%dT%H:%M:%S.%f}Z"

    def sync(self) -> dict[str, Any]:
        return {"src": "unknown", "sync": False}


def traffic(records: int) -> Iterator[Prepared]:
    """Invent records of one writer, from its start to its stop."""
    clock: Any = Spread(records)
    chance = random.Random(7)
    w = {"inst": "bench", "epoch": new_id(), "n": 0, "mono_us": 0}

    def made(kind: str, body: dict[str, Any]) -> Prepared:
        record = {**draft(kind, body, None, clock), "w": {**w}}
        w["n"] += 1
        raw = encode(record)
        return Prepared(derive(record), raw, body_hash(raw))

    yield made("writer.start", {"version": "0.1.0"})
    for number in range((records - 2) // 2):
        zone, decision = chance.choice(ZONES)
        app = chance.randrange(40)
        body = conftest.make_decision(decision=decision, zone=zone, zones_left=[zone])
        body["actor"] |= {"app": f"app-{app:02d}", "team": f"team-{app % 8}", "id": f"ak_{app}"}
        found = chance.sample(CLASSES, chance.choice((0, 0, 1, 1, 2)))
        body["classes"] = [{"c": name, "count": 1, "score_bp": 9000} for name in sorted(found)]
        ruled = sorted({RULES[CLASSES.index(name) % len(RULES)] for name in found})
        body["rules"] = [{"id": name, "effect": "pin"} for name in ruled]
        body["dry_run"] = number % 50 == 0
        first = made("route.decision", body)
        yield first
        if not body["dry_run"]:
            yield made("route.outcome", conftest.make_outcome(first.derived.id))
    yield made("writer.stop", {"records": w["n"]})


def build(place: Place, home: Path, records: int) -> None:
    """Write a log with all of that, quickly: a transaction for thousands."""
    with closing(AuditLog.open(place, keys=home / "keys", origin=ORIGIN, deadline_s=30)):
        pass
    shared = isinstance(place, Postgres)
    store: Store = PostgresStore(place, new_id(), 30) if isinstance(place, Postgres) else SqliteStore(place, 5000)
    rows, done, began = traffic(records), 0, time.perf_counter()
    while batch := list(islice(rows, BATCH)):
        store.commit(batch)
        done += len(batch)
    store.close()
    took = time.perf_counter() - began
    print(f"{'PostgreSQL' if shared else 'SQLite'}: {done:,} records written in {took:.0f} s", flush=True)
