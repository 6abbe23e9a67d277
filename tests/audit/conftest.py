"""Logs to write to, sample records, and a forger who may write the database file as an attacker can."""

import copy
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from audit.log import AuditLog, Receipt
from audit.records import fields
from audit.records.canonical import encode
from audit.records.chain import body_hash, link
from audit.records.record import derive
from audit.records.schema import Array, Bool, Enum, Int, Object, Table, Text, Type
from audit.sources.export import export
from audit.sources.source import SqliteSource

ORIGIN = "log.example/audit"
SHA = "5" * 64
TEXT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
"""The digest of what is archived in a specimen."""
FP = "fp1.2026q4." + "A" * 22
UUID = "01a1fe6d-0185-7595-b576-122b77425aaa"
SAMPLES: dict[Type, Any] = {
    fields.NAME: "name",
    fields.CODE: "code",
    fields.KIND: "route.decision",
    fields.ENTITY: "PERSON",
    fields.UUID7: UUID,
    fields.HEX32: "6" * 32,
    fields.SHA256: SHA,
    fields.FINGERPRINT: FP,
    fields.TIME: "2026-01-31T12:00:00Z",
    fields.STAMP: "2026-01-31T12:00:00.000001Z",
    fields.ORIGIN: ORIGIN,
    fields.VKEY: f"{ORIGIN}+0123abcd+" + "A" * 44,
    fields.PERSON: "dana+policies@acme.example",
    fields.SIGNER: "ciso@acme.example+0123abcd+" + "A" * 44,
    fields.COMMIT: "7" * 40,
    fields.JSON_PATH: "messages[0].content",
}


def sample(kind: Type) -> Any:  # noqa: PLR0911
    """Build a value with every optional field and one item in each list."""
    match kind:
        case Object():
            return {name: sample(part) for name, part in (*kind.required.items(), *kind.optional.items())}
        case Array():
            return [sample(kind.item)]
        case Table():
            return {kind.keys[0]: sample(kind.value)}
        case Enum():
            return kind.values[0]
        case Int():
            return max(kind.low, 0)
        case Bool():
            return True
        case Text():
            return SAMPLES[kind]


DECISION: dict[str, Any] = {
    "req": {
        "id": "req_1",
        "endpoint": "chat",
        "model_req": "gpt-4o-mini",
        "model_resolved": "gpt-4o-mini",
        "stream": True,
        "bytes_in": 1234,
        "n_messages": 4,
        "n_tools": 0,
        "n_opaque": 0,
        "body_fp": FP,
    },
    "actor": {"kind": "api_key", "id": "ak_1", "app": "crm", "team": "sales", "auth_strength": "bearer"},
    "net": {"ingress": "http", "ip_fp": FP},
    "bundle": {"sha256": SHA, "policies": [{"id": "baseline", "version": 1}], "upstreams_sha256": SHA},
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
    "rules": [{"id": "baseline/keep-home", "effect": "pin"}],
    "ceilings": ["pii"],
    "obligations": [{"kind": "log", "value": "types"}],
    "exceptions": [],
    "shadow": [],
    "up": {"id": "local", "zone": "onprem", "provider": "vllm", "model": "m", "endpoint_sha256": SHA, "body_fp": FP},
    "dry_run": False,
}


def make_decision(**changes: Any) -> dict[str, Any]:
    """Build the body of a decision."""
    return {**copy.deepcopy(DECISION), **changes}


def make_outcome(dec: str, attempt: int = 1, **changes: Any) -> dict[str, Any]:
    """Build the body of an outcome."""
    return {"dec": dec, "attempt": attempt, "status": "ok", "http": 200, "bytes_sent": 10, "bytes_recv": 20, **changes}


@pytest.fixture
def decision() -> Callable[..., dict[str, Any]]:
    return make_decision


@pytest.fixture
def outcome() -> Callable[..., dict[str, Any]]:
    return make_outcome


@pytest.fixture
def sampler() -> Callable[[Type], Any]:
    return sample


OpenLog = Callable[..., AuditLog]


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    """Open logs below one directory; what a test leaves open is closed."""
    opened: list[AuditLog] = []

    def make(name: str = "home", *, deadline_s: float = 5.0, origin: str = ORIGIN) -> AuditLog:
        home = tmp_path / name
        log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=origin, deadline_s=deadline_s)
        opened.append(log)
        return log

    yield make
    for log in opened:
        log.close()


@dataclass
class Forger:
    """Holds a whole log in memory and writes it back, triggers or not. Rows carry their labels."""

    path: Path
    rows: list[dict[str, Any]] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Forger":
        forger = cls(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            forger.rows = [dict(row) for row in connection.execute("SELECT * FROM record ORDER BY seq")]
            forger.head = dict(connection.execute("SELECT * FROM head").fetchone())
            for row in forger.rows:
                query = "SELECT what, name FROM record_label WHERE seq = ?"
                row["labels"] = [tuple(label) for label in connection.execute(query, (row["seq"],))]
        return forger

    def edit(self, index: int, change: Callable[[bytes], bytes]) -> None:
        """Change a body's bytes and nothing else."""
        self.rows[index]["body"] = change(self.rows[index]["body"])

    def salt(self, index: int) -> None:
        """Change a body in a way that no schema, column or label can notice."""
        body = self.rows[index]["body"]
        at = body.index(b'"salt":"') + 8
        self.edit(index, lambda raw: raw[:at] + (b"B" if raw[at : at + 1] == b"A" else b"A") + raw[at + 1 :])

    def replace(self, index: int, body: dict[str, Any], *, derived: bool = True) -> None:
        """Put in another body, with the columns that follow from it."""
        row = self.rows[index]
        row["body"] = encode(body)
        if derived:
            made = derive(body)
            row["labels"] = list(made.labels)
            names = ("id", "kind", "v", "ts", "dec", "attempt", "app", "team", "decision", "zone")
            row.update({name: getattr(made, name) for name in names})

    def relink(self, start: int = 0, *, renumber: bool = True) -> None:
        """Hash everything anew from a record on, as an attacker who can write can do."""
        prev = self.rows[start - 1]["link"] if start else self.rows[0]["prev"]
        for index, row in enumerate(self.rows[start:], start):
            row["seq"] = index if renumber else row["seq"]
            row["prev"], row["bh"] = prev, body_hash(row["body"])
            row["link"] = prev = link(self.head["log_id"], row["seq"], prev, row["bh"])
        self.head["size"], self.head["hash"] = self.rows[-1]["seq"] + 1, prev

    def save(self, *extra: str) -> None:
        """Write it all back; `extra` are further statements."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for table in ("record_label", "record", "head"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
            for row in self.rows:
                names = [name for name in row if name != "labels"]
                marks = ", ".join("?" * len(names))
                values = [row[name] for name in names]
                insert = f"INSERT INTO record ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
                connection.execute(insert, values)
                labels = [(*label, row["seq"]) for label in row["labels"]]
                connection.executemany("INSERT INTO record_label (what, name, seq) VALUES (?, ?, ?)", labels)
            marks = ", ".join("?" * len(self.head))
            insert = f"INSERT INTO head ({', '.join(self.head)}) VALUES ({marks})"  # noqa: S608
            connection.execute(insert, list(self.head.values()))
            for statement in extra:
                connection.execute(statement)


@dataclass(frozen=True)
class Specimen:
    """A finished log of two processes' life times, and the receipts that callers kept."""

    path: Path
    receipts: tuple[Receipt, ...]

    def copy(self, to: Path) -> Path:
        return Path(shutil.copy(self.path, to / "copy.db"))


@pytest.fixture(scope="session")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> tuple[Specimen, Specimen]:
    """Write two logs that differ in nothing but themselves."""
    made = []
    for name in ("a", "b"):
        home = tmp_path_factory.mktemp(name)
        receipts = []
        for _ in range(2):
            log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=30)
            for zone in ("onprem", "cloud-us", "cloud-eu"):
                decided = "pin" if zone == "onprem" else "allow"
                body = make_decision(zone=zone, decision=decided)
                body["bundle"]["upstreams_sha256"] = TEXT
                receipts.append(log.append_sync("route.decision", body))
                receipts.append(log.append_sync("route.outcome", make_outcome(receipts[-1].id)))
            log.store_bundle(TEXT, b"test")
            log.close()
        made.append(Specimen(home / "audit.db", tuple(receipts)))
    return made[0], made[1]


@pytest.fixture
def forger(specimens: tuple[Specimen, Specimen], tmp_path: Path) -> Forger:
    """Return a forger of a copy of the first specimen."""
    return Forger.read(specimens[0].copy(tmp_path))


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[Path], Path]:
    """Export a log as it stands, to a new directory."""

    def make(path: Path) -> Path:
        out = tmp_path / f"export-{len(list(tmp_path.iterdir()))}"
        with closing(SqliteSource(path)) as source:
            export(source, out, lambda _: None)
        return out

    return make


@pytest.fixture
def forge() -> Callable[[Path], Forger]:
    return Forger.read
