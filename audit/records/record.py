"""Records: the registry of their schemas, what the log adds to a body, and the columns derived from it.

Only the standard library is used: the writer and the offline verifier share this module.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.errors import RecordRefused
from audit.records.fields import NAME, UUID7
from audit.records.form import Form
from audit.records.kinds import DECLARATIONS, ENVELOPE
from audit.records.schema import Check, Object

MAX_BODY_BYTES = 16 * 1024
GENESIS = "genesis"
DECISION = "route.decision"
ATTEMPT = "route.attempt"
OUTCOME = "route.outcome"


@dataclass(frozen=True, slots=True)
class Schema:
    """One (kind, v): the check of a caller's body, that of a stored record, and the digest that introduces it.

    `form` is of the canonical bytes of stored records: what it matches is canonical, and `whole` finds nothing in it.
    """

    kind: str
    v: int
    own: Check
    whole: Check
    form: Form
    sha256: str


def _schema(kind: str, v: int, fields: Object) -> Schema:
    text = json.dumps({"kind": kind, "v": v, "fields": fields.describe()}, sort_keys=True, separators=(",", ":"))
    whole = Object({**ENVELOPE, **fields.required}, fields.optional)
    return Schema(kind, v, fields.compile(), whole.compile(), Form(whole), hashlib.sha256(text.encode()).hexdigest())


REGISTRY: Mapping[tuple[str, int], Schema] = {(kind, v): _schema(kind, v, fields) for kind, v, fields in DECLARATIONS}
LATEST: Mapping[str, Schema] = {schema.kind: schema for schema in REGISTRY.values()}


def registry_sha256(count: int = len(DECLARATIONS)) -> str:
    """Digest of the first `count` schemas in their order: what a genesis record commits to."""
    digests = [schema.sha256 for schema in list(REGISTRY.values())[:count]]
    return hashlib.sha256(json.dumps(digests, separators=(",", ":")).encode()).hexdigest()


def known_at(schema_sha256: str) -> frozenset[tuple[str, int]] | None:
    """Return the schemas that a log with this genesis was born with; None when this code never had such a registry."""
    for count in range(len(REGISTRY), 0, -1):
        if registry_sha256(count) == schema_sha256:
            return frozenset(list(REGISTRY)[:count])
    return None


def validate(kind: str, body: Mapping[str, Any]) -> Schema:
    """Check a caller's body against the newest schema of its kind; raises RecordRefused, which names no value."""
    schema = LATEST.get(kind)
    if schema is None:
        raise RecordRefused("?", "", "unknown kind")
    fault = schema.own(body)
    if fault is not None:
        raise RecordRefused(kind, *fault)
    return schema


_check_id = UUID7.compile()
_check_name = NAME.compile()


def is_name(text: str) -> bool:
    """Whether a record may hold this text as a name."""
    return _check_name(text) is None


def validate_id(kind: str, record_id: str) -> str:
    """Check an id that the caller chose."""
    fault = _check_id(record_id)
    if fault is not None:
        raise RecordRefused(kind, ".id", fault[1])
    return record_id


def new_id() -> str:
    """Make a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits. Never used for ordering."""
    value = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) & ~(0x3 << 62) | (0x7 << 76) | (0x2 << 62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(frozen=True, slots=True)
class Derived:
    """What stands beside a body so that it can be found: a copy, recomputed and compared by every verification.

    `dec` and `attempt` tie decisions, attempts and outcomes together; a dry run has none, for no outcome is expected.
    """

    id: str
    kind: str
    v: int
    ts: str
    dec: str | None
    attempt: int | None
    app: str | None
    team: str | None
    decision: str | None
    zone: str | None
    labels: tuple[tuple[str, str], ...]

    @property
    def permits(self) -> bool:
        """Whether something may be sent under it."""
        return self.zone is not None and self.dec is not None and self.kind != OUTCOME


def derive(body: Mapping[str, Any]) -> Derived:
    """Derive the columns of a valid record."""
    kind = body["kind"]
    actor = body.get("actor", {})
    dec, attempt = None, None
    labels: set[tuple[str, str]] = set()
    if kind == DECISION:
        if not body["dry_run"]:
            dec, attempt = body["id"], 1
        labels.update(("class", entry["c"]) for entry in body["classes"])
        labels.update(("rule", entry["id"]) for entry in body["rules"])
    elif kind in (ATTEMPT, OUTCOME):
        dec, attempt = body["dec"], body["attempt"]
    return Derived(
        id=body["id"],
        kind=kind,
        v=body["v"],
        ts=body["ts"],
        dec=dec,
        attempt=attempt,
        app=actor.get("app"),
        team=actor.get("team"),
        decision=body.get("decision"),
        zone=body.get("zone"),
        labels=tuple(sorted(labels)),
    )
