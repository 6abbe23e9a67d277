"""Records for folds: any that are valid, drawn from few names so that they meet, and plain ones written by hand."""

import copy
import json
import random
from collections.abc import Iterable
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.folding import Folding
from audit.records import fields
from audit.records.kinds import DECLARATIONS, ENVELOPE
from audit.records.schema import MAX_INT, Array, Bool, Enum, Int, Object, Table, Text, Type

CANARY = {"kind": "system", "id": "canary", "app": "ringfence-canary", "team": "sales", "auth_strength": "in_memory"}
ACTOR = {"kind": "api_key", "id": "ak_9", "app": "audit", "team": "audit"}
REACH = {
    "zones": [{"zone": "onprem", "trust": "own"}, {"zone": "cloud-us", "trust": "vendor", "region": "us"}],
    "classes": [{"c": "pii", "zones": ["onprem"]}, {"c": "health", "zones": ["onprem", "cloud-us"]}],
}
SHA = "5" * 64
OUTCOME = {"attempt": 1, "status": "ok", "http": 200, "bytes_sent": 10, "bytes_recv": 20}
UP = {
    "id": "local",
    "zone": "onprem",
    "provider": "vllm",
    "model": "m",
    "endpoint_sha256": SHA,
    "body_fp": "fp1.2026q4." + "A" * 22,
}
ACTIVATION: dict[str, Any] = {
    "bundle": {"sha256": SHA, "policies": [{"id": "baseline", "version": 1}], "upstreams_sha256": SHA},
    "source": "start",
    "files_sha256": SHA,
    "reach": REACH,
}
DECISION: dict[str, Any] = {
    "req": {
        "id": "req",
        "endpoint": "chat",
        "model_req": "gpt-4o-mini",
        "model_resolved": "m",
        "stream": False,
        "bytes_in": 1234,
        "n_messages": 4,
        "n_tools": 0,
        "n_opaque": 0,
        "body_fp": UP["body_fp"],
    },
    "actor": {"kind": "api_key", "id": "ak_1", "app": "crm", "team": "sales", "auth_strength": "bearer"},
    "net": {"ingress": "http"},
    "bundle": ACTIVATION["bundle"],
    "detect": {
        "set_sha256": SHA,
        "complete": True,
        "us": 8123,
        "segments": 12,
        "views": 14,
        "cached": 2,
        "types": [{"t": "PERSON", "det": ["spacy"], "hist": {"17": 1}}],
    },
    "classes": [{"c": "pii", "count": 1, "score_bp": 8500}],
    "decision": "pin",
    "zones_left": ["onprem"],
    "zone": "onprem",
    "rules": [{"id": "keep-home", "effect": "pin"}],
    "ceilings": ["pii"],
    "obligations": [],
    "exceptions": [],
    "shadow": [],
    "up": UP,
    "dry_run": False,
}
"""The body of a decision that pins a request."""

IDS = tuple(f"01a1fe6d-0185-7595-b576-12200000000{number}" for number in range(6))
POOL: dict[Type, tuple[str, ...]] = {
    fields.NAME: ("crm", "local", "onprem", "cloud-us"),
    fields.CODE: ("low_space", "time_anomaly"),
    fields.KIND: ("route.decision", "audit.read"),
    fields.ENTITY: ("PERSON",),
    fields.UUID7: IDS,
    fields.HEX32: ("6" * 32,),
    fields.SHA256: ("5" * 64, "6" * 64),
    fields.FINGERPRINT: ("fp1.2026q4." + "A" * 22,),
    fields.TIME: ("2026-01-31T12:00:00Z", "2026-02-01T00:00:00.000001Z", "0000-00-00T99:99:99Z"),
    fields.STAMP: (
        *("2026-01-31T12:00:00.000001Z", "2026-02-01T13:30:00.000000Z", "2026-02-01T13:29:00.000000Z"),
        *("9999-99-99T99:99:99.999999Z", "0000-00-00T00:00:00.000000Z"),
    ),
    fields.ORIGIN: ("log.example/audit",),
    fields.VKEY: ("log.example/audit+0123abcd+" + "A" * 44,),
    fields.PERSON: ("dana@acme.example", "Dana@acme.example"),
    fields.SIGNER: ("ciso@acme.example+0123abcd+" + "A" * 44,),
    fields.COMMIT: ("7" * 40,),
    fields.JSON_PATH: ("messages[0].content",),
}
ROUTES = tuple(each for each in DECLARATIONS if each[0].startswith("route."))
COUNTS = (0, 1, 2, 3, 401, MAX_INT)


def draw(kind: Type, luck: random.Random) -> Any:  # noqa: PLR0911
    """Draw a value of a schema."""
    match kind:
        case Object():
            may = {name: part for name, part in kind.optional.items() if luck.random() < 0.5}
            return {name: draw(part, luck) for name, part in {**kind.required, **may}.items()}
        case Array():
            return [draw(kind.item, luck) for _ in range(luck.randint(0, min(3, kind.longest)))]
        case Table():
            return {name: draw(kind.value, luck) for name in luck.sample(kind.keys, 2)}
        case Enum():
            return luck.choice(kind.values)
        case Int():
            return min(max(luck.choice(COUNTS), kind.low), kind.high)
        case Bool():
            return luck.random() < 0.5
        case Text():
            return luck.choice(POOL[kind]) if kind in POOL else "A" * 22


def drawn(luck: random.Random) -> dict[str, Any]:
    """Draw any record that a log could hold."""
    kind, v, own = luck.choice(ROUTES if luck.random() < 0.5 else DECLARATIONS)
    return {**draw(Object(ENVELOPE), luck), **draw(own, luck), "kind": kind, "v": v}


def stamp(minute: int) -> str:
    """Return a time in March 2026."""
    return f"2026-03-{1 + minute // 1440:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:00.000000Z"


class Maker:
    """Makes records one after another, a minute apart."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.minute = 0

    def add(self, kind: str, body: dict[str, Any], **envelope: Any) -> dict[str, Any]:
        n = len(self.records)
        self.minute += 1
        record = {
            "id": f"01a1fe6d-0185-7595-b576-{n:012d}",
            "v": max(v for name, v, _ in DECLARATIONS if name == kind),
            "kind": kind,
            "salt": "A" * 22,
            "ts": stamp(self.minute),
            "clock": {"src": "adjtimex", "sync": True, "err_us": 900},
            "w": {"inst": "one", "epoch": IDS[0], "n": n, "mono_us": n},
            **copy.deepcopy(body),
            **envelope,
        }
        self.records.append(record)
        return record

    def decide(self, **changes: Any) -> dict[str, Any]:
        req = {**DECISION["req"], "id": f"req-{len(self.records)}"}
        body = {**DECISION, "req": req, **changes}
        return self.add("route.decision", body)

    def end(self, decision: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return self.add("route.outcome", {**OUTCOME, "dec": decision["id"], **changes})

    def vendor(self, **changes: Any) -> dict[str, Any]:
        """Decide that a request goes to a vendor."""
        up = {**UP, "id": "openai", "zone": "cloud-us", "region": "us", "model": "gpt-4o-mini"}
        told = {"decision": "allow", "zones_left": ["cloud-us", "onprem"], "zone": "cloud-us", "up": up, "classes": []}
        return self.decide(**{**told, **changes})

    def fold(self, **facts: Any) -> dict[str, Any]:
        return fold(self.records, **facts)


def fold(records: Iterable[dict[str, Any] | None], marks: Iterable[int] = (), **facts: Any) -> dict[str, Any]:
    """Fold records, the first of which has the number 0, and read the documents."""
    records = list(records)
    given = {"log_id": "6" * 32, "origin": "log.example/audit", "size": len(records), "root": "5" * 64}
    folding = Folding(Facts(**{**given, "first": 0, "last": len(records) - 1, **facts}))
    for seq, body in enumerate(records):
        folding.take(seq, body)
    for size in marks:
        folding.mark(size)
    return {name.removesuffix(".json"): json.loads(text) for name, text in folding.documents().items()}
