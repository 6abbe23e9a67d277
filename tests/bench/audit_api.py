"""What auditors wait for, in a log of a million records: the usual filters, proofs, statistics and a fingerprint.

A month of invented traffic is written first: decisions and their outcomes by forty applications in eight teams. Then a
real server runs on it and is asked over HTTP, each question several times; each answer also waits for its own record.
At the end, dry runs, each of which waits for its record, are timed beside auditors who ask without a pause, and alone.
"""

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "audit"), str(ROOT / "tests"), str(ROOT)]

import conftest  # noqa: E402 - of tests/audit
import httpx  # noqa: E402
from databases import migrate, new_database, server  # noqa: E402
from harness import QUICK, StandIn, chat_body, ringfence, upstreams_file  # noqa: E402

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


@contextmanager
def place_for(store: str, home: Path) -> Iterator[Place]:
    """A place for a log that is not there yet."""
    if store == "sqlite":
        yield home / "audit.db"
        return
    with server() as url, new_database(url) as made:
        migrate(made)
        yield made


QUESTIONS: tuple[tuple[str, str], ...] = (
    ("a page from the start", "records?limit=100"),
    ("a page from the middle", "records?limit=100&after={middle}"),
    ("a page of 1000", "records?limit=1000&after={middle}"),
    ("by application", "records?app=app-03"),
    ("by class", "records?class=phi"),
    ("by rule", "records?rule=secrets-stay-home"),
    ("by zone and decision", "records?zone=cloud-eu&decision=allow"),
    ("by team and class, from the middle", "records?team=team-1&class=pii&after={middle}"),
    ("by a day", "records?from={day}T00:00:00Z&to={day}T23:59:59Z"),
    ("by the whole month", "records?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"),
    ("from that day on", "records?from={day}T00:00:00Z"),
    ("by a day, team and zone", "records?from={day}T00:00:00Z&to={day}T23:59:59Z&team=team-1&zone=cloud-us"),
    ("of a kind that is rare", "records?kind=genesis"),
    ("of what there is none", "records?team=team-1&app=app-02"),
    ("one record, whole", "records/{id}"),
    ("inclusion of a record", "proofs/inclusion?seq={middle}&size={size}"),
    ("consistency with the half", "proofs/consistency?old_size={middle}&size={size}"),
    ("figures by class and day", "statistics?by=class,day"),
    ("figures by app and zone, 10 days", "statistics?by=app,zone&from={day}T00:00:00Z"),
    ("checkpoints", "checkpoints?limit=100"),
)


def ask(client: httpx.Client, size: int, rounds: int) -> None:
    """Ask each question several times, and print the first time, the median and the longest of the others."""
    middle = client.get("records", params={"after": size // 2, "kind": "route.decision", "limit": 1}).json()
    record = middle["records"][0]
    values = {"middle": record["seq"], "size": size, "id": record["id"], "day": record["body"]["ts"][:10]}
    print(f"{'milliseconds':36}{'first':>9}{'median':>9}{'longest':>9}", flush=True)
    for name, path in QUESTIONS:
        waits = [timed(lambda path=path: client.get(path.format(**values))) for _ in range(rounds + 1)]
        show(name, waits)
    body = {"team": "team-1", "purpose": "ip", "value": "192.0.2.7"}
    show("does a value occur", [timed(lambda: client.post("fingerprints", json=body)) for _ in range(3)])


def timed(question: Callable[[], httpx.Response]) -> float:
    """Return how many milliseconds an answer took."""
    began = time.perf_counter()
    answer = question()
    assert answer.status_code == 200, answer.text
    return 1000 * (time.perf_counter() - began)


def show(name: str, waits: list[float]) -> None:
    """Print a line."""
    first, *others = waits
    print(f"{name:36}{first:9.1f}{statistics.median(others):9.1f}{max(others):9.1f}", flush=True)


def beside(running: Any, client: httpx.Client, seconds: float) -> None:
    """Time how long requests wait for their decision's record, alone and beside an auditor who never pauses."""
    print(f"\n{'ms that a dry run takes':36}{'median':>9}{'p99':>9}{'longest':>9}", flush=True)
    for name, readers in (("nobody reads", 0), ("two auditors read all the time", 2), ("nobody reads, again", 0)):
        stop = threading.Event()
        threads = [threading.Thread(target=read_on, args=(running, client, stop)) for _ in range(readers)]
        for thread in threads:
            thread.start()
        waits = []
        until = time.perf_counter() + seconds
        with running.client() as app:
            while time.perf_counter() < until:
                began = time.perf_counter()
                assert app.post("/ringfence/v1/inspect", json=chat_body()).status_code == 200
                waits.append(1000 * (time.perf_counter() - began))
        stop.set()
        for thread in threads:
            thread.join()
        waits.sort()
        print(
            f"{name:36}{statistics.median(waits):9.1f}{waits[len(waits) * 99 // 100]:9.1f}{waits[-1]:9.1f}", flush=True
        )


def read_on(running: Any, client: httpx.Client, stop: threading.Event) -> None:
    """Be an auditor who asks for what has most to read."""
    with httpx.Client(base_url=client.base_url, headers=client.headers, timeout=120, trust_env=False) as own:
        for number in count():
            if stop.is_set():
                return
            own.get(f"statistics?by=app,zone&from=2020-01-01T00:00:{number % 60:02d}Z")
            own.get("records?team=team-1&app=app-02")


def main(options: argparse.Namespace) -> int:
    """Build, serve, ask."""
    cloud, onprem = StandIn("cloud"), StandIn("onprem")
    for store in options.store or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder, place_for(store, Path(folder)) as place:
            home = Path(folder)
            build(place, home, options.records)
            given = {"audit_url": place.url} if isinstance(place, Postgres) else {}
            with (
                ringfence(home, upstreams_file(home / "up.yaml", cloud, onprem), **QUICK, **given) as running,
                running.client(running.key("bench", "audit", "admin")) as client,
            ):
                client.base_url = f"{running.url}/audit/v1/"
                ask(client, options.records * 9 // 10, options.rounds)
                beside(running, client, options.seconds)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), action="append", help="one of them alone")
    parser.add_argument("--rounds", type=int, default=20, help="how often each question is asked")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each run beside readers")
    raise SystemExit(main(parser.parse_args()))
