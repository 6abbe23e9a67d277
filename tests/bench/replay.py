"""Time of `policy replay` over a log of random decisions: `python tests/bench/replay.py [RECORDS]`, 20,000 by default.

The records are made by the real `decide` and the real audit log, each with up to six types at random scores; half are
of a model that is registered by a pattern. The candidate is the bundle that decided, so each is decided twice.
"""

import asyncio
import datetime as dt
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.log import AuditLog
from audit.records.record import new_id
from proxy import activation, evidence
from proxy.content.walk import Content
from proxy.detection.findings import Scan
from proxy.endpoints.chat import CHAT
from proxy.evidence import Ask, Clock, Judged
from proxy.identity import Caller, Role
from proxy.policy.decide import decide
from proxy.policy.model import Call, Identity
from proxy.policy.replay import Report, replay
from proxy.recorded import Database
from proxy.settings import Settings

TYPES = ("PERSON", "EMAIL_ADDRESS", "US_SSN", "MEDICATION", "CREDIT_CARD", "PASSWORD", "UNSCANNED", "UNCOVERED")
BATCH = 500
FINGERPRINT = "fp1.2026q4." + "A" * 22
UPSTREAMS = """upstreams:
  - {name: local, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1", default_model: local-model}
  - {name: vendor, kind: openai, zone: cloud-us, base_url: "https://vendor.example/v1", models: ["gpt-4*"]}
"""


def write(log: AuditLog, active: activation.Active, count: int) -> None:
    """Fill a log: the bundle's activation, then random decisions."""
    log.store_bundle(active.policy.files_sha256, active.policy.text())
    log.store_bundle(active.registry.sha256, active.registry.text())
    activated = {"bundle": active.record(), "source": "start", "files_sha256": active.policy.files_sha256}
    log.append_sync("policy.activated", activated)
    made = decisions(active, count)
    while bodies := list(itertools.islice(made, BATCH)):
        asyncio.run(append(log, bodies))


async def append(log: AuditLog, bodies: Sequence[dict[str, Any]]) -> None:
    """Append decisions together, as a busy server does."""
    await asyncio.gather(*(log.append("route.decision", body) for body in bodies))


def decisions(active: activation.Active, count: int) -> Iterator[dict[str, Any]]:
    """Yield bodies of random decisions."""
    seeded = random.Random(7)
    for _ in range(count):
        chosen = seeded.sample(TYPES, seeded.randint(0, 6))
        scores = {name: tuple(sorted(seeded.choices(range(21), k=seeded.randint(1, 12)))) for name in chosen}
        requested = seeded.choice(["local-model", "gpt-4o-mini"])
        model = active.registry.resolve(requested)
        caller = Caller(
            "ak_1", seeded.choice(["crm", "bot"]), seeded.choice(["sales", "support", "research"]), Role.APP
        )
        who = Identity(caller.team, caller.app, caller.key_id)
        made = decide(active.policy, who, Call(CHAT.name, requested, model), scores, dt.datetime.now(dt.UTC))
        ask = Ask(new_id(), CHAT, caller, "127.0.0.1", {}, b"{}", Clock())
        scan = Scan((), frozenset(), 1, 1, 1, 0)
        judged = Judged(active, Content((), (), 1, 0), model, "0" * 64, scan, (), scores, made)
        fingerprints = {"body": FINGERPRINT, "ip": FINGERPRINT}
        yield evidence.decision(ask, judged, fingerprints, zone=made.zone, up=None)


@dataclass(frozen=True, slots=True)
class Measured:
    """How many records were read and decided again, what came of it, and the seconds of both."""

    items: int
    read: float
    took: float
    report: Report


def measure(count: int) -> Measured:
    """Write a log, read it once, replay it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "upstreams.yaml").write_text(UPSTREAMS)
        active = activation.load(Settings(home=home, upstreams=home / "upstreams.yaml"), None)
        log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="bench.example/audit", deadline_s=10)
        write(log, active, count)
        log.close()
        started = time.perf_counter()
        items = sum(1 for _ in Database(home / "audit.db").decisions(None))
        read = time.perf_counter() - started
        started = time.perf_counter()
        report = replay(active.policy, Database(home / "audit.db"))
        return Measured(items, read, time.perf_counter() - started, report)


def main() -> None:
    """Measure and print."""
    measured = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
    print(measured.report.text())
    print(f"{measured.items:,} records read in {measured.read:.1f} s; read and decided twice in {measured.took:.1f} s")


if __name__ == "__main__":
    main()
