"""The shapes of the auditors' API, for its description: each with an example, and every error that there is.

A test holds the examples, and what a real server answers, against the shapes; nothing beyond them is ever answered.
"""

from collections.abc import Mapping
from typing import Any

from audit.proofs.checkpoint import MAX_PROOF
from audit.records.fields import NAME, SHA256, STAMP, UUID7
from audit.records.schema import MAX_INT, Text
from audit.statistics import DIMENSIONS, MODES

Schema = dict[str, Any]
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_INT}


def text(kind: Text) -> Schema:
    """Describe a text."""
    return {"type": "string", "pattern": f"^(?:{kind.pattern})$", "maxLength": kind.longest}


def ref(name: str) -> Schema:
    """Point to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    """Allow null as well."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema, **more: int) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": schema, **more}


def shape(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, **more: Any) -> Schema:
    """Describe an object of which nothing is left open."""
    properties = {**required, **(optional or {})}
    closed = {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}
    return {**closed, **more}


HASH: Schema = text(SHA256) | {"description": "32 bytes in hexadecimal."}
NOTE: Schema = {"type": "string", "description": "A signed note (C2SP tlog-checkpoint)."}
PROOF = listed(HASH, maxItems=MAX_PROOF)
BODY: Schema = {
    "type": "object",
    "required": ["kind", "v", "id", "ts", "salt", "clock", "w"],
    "properties": {"kind": {"type": "string"}, "v": COUNT, "id": text(UUID7), "ts": text(STAMP)},
    "description": "The record, in the schema of its kind and version. Its canonical bytes (RFC 8785) have body_hash.",
}
ERASED = shape(
    {
        "bh": HASH,
        "epoch": text(UUID7),
        "id": text(UUID7),
        "kind": {"type": "string"},
        "n": COUNT,
        "seq": COUNT,
        "ts": text(STAMP),
        "v": COUNT,
        "erasure": maybe(shape({"id": text(UUID7), "ts": text(STAMP), "reason": {"type": "string"}})),
    },
    description="What is left of a record whose body was erased, and the record of its erasure.",
)
PLACED = {"seq": COUNT, "id": text(UUID7), "prev": HASH, "body_hash": HASH, "link": HASH, "body": maybe(BODY)}
WHOLE = {
    "entry": {"type": "string", "description": "The log's entry (base64): SHA-256(0x00 || entry) is the link."},
    "proof": maybe({"type": "string", "description": "C2SP tlog-proof; null until a checkpoint covers the record."}),
}
ARCHIVED = maybe(shape({"sha256": HASH, "href": {"type": "string"}}))
POLICY = shape({"bundle": HASH, "activated": maybe(text(UUID7)), "files": ARCHIVED, "upstreams": ARCHIVED})
JOB_NUMBERS = {name: maybe(COUNT) for name in ("bytes", "size", "rows", "first", "last")}
JOB = {
    "id": text(UUID7),
    "state": {"type": "string", "enum": ["queued", "running", "done", "failed", "interrupted"]},
    "reason": maybe({"type": "string", "enum": ["full", "io", "no_records", "failed"]}),
    "created": text(STAMP),
    "finished": maybe(text(STAMP)),
    "from": maybe(text(STAMP)),
    "to": maybe(text(STAMP)),
    "as_of": maybe(COUNT),
    "progress": maybe(shape({"phase": {"type": "string"}, "done": COUNT, "total": COUNT})),
    "sha256": maybe(HASH),
    **JOB_NUMBERS,
    "pack": maybe({"type": "string"}),
}
VALUE: Schema = {"type": "string", "minLength": 1}
ADDRESS: Schema = {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
ERROR = shape(
    {
        "message": {"type": "string"},
        "type": {"type": "string"},
        "param": maybe({"type": "string"}),
        "code": {"type": "string"},
    }
)
SCHEMAS: Mapping[str, Schema] = {
    "Record": shape(PLACED, {"erased": ERASED}),
    "WholeRecord": shape({**PLACED, **WHOLE}, {"erased": ERASED, "policy": POLICY, "explanation": {"type": "object"}}),
    "Page": shape({"records": listed(ref("Record")), "next": maybe(COUNT)}),
    "Checkpoint": shape({"size": COUNT, "root": HASH, "note": NOTE}),
    "Checkpoints": shape({"checkpoints": listed(ref("Checkpoint")), "next": maybe(COUNT)}),
    "Inclusion": shape(
        {"seq": COUNT, "size": COUNT, "leaf": HASH, "proof": PROOF, "root": HASH, "checkpoint": maybe(NOTE)}
    ),
    "Consistency": shape(
        {
            "old_size": COUNT,
            "size": COUNT,
            "old_root": HASH,
            "proof": PROOF,
            "root": HASH,
            "old_checkpoint": maybe(NOTE),
            "checkpoint": maybe(NOTE),
        }
    ),
    "Figures": shape(
        {
            "size": COUNT,
            "from": maybe(text(STAMP)),
            "to": maybe(text(STAMP)),
            "by": listed({"type": "string", "enum": list(DIMENSIONS)}, maxItems=2),
            "rows": listed(
                shape(dict.fromkeys(MODES, COUNT), dict.fromkeys(DIMENSIONS, maybe({"type": "string"}))),
                maxItems=10_000,
            ),
        }
    ),
    "ExportRequest": shape(
        {}, {"from": maybe(ref("Time")), "to": maybe(ref("Time")), "as_of": maybe(COUNT | {"minimum": 1})}
    ),
    "Export": shape(JOB),
    "Exports": shape({"exports": listed(ref("Export"))}),
    "LookUp": {
        "anyOf": [
            shape({"team": text(NAME), "purpose": {"enum": ["body", "idem"]}, "value": VALUE}),
            shape({"team": text(NAME), "purpose": {"const": "ip"}, "value": ADDRESS}),
        ],
        "description": "The value is not kept, and in no record.",
    },
    "Occurrence": shape(
        {
            "team": text(NAME),
            "purpose": {"type": "string"},
            "occurs": {"type": "boolean"},
            "records": COUNT,
            "size": COUNT,
        }
    ),
    "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
    "Error": shape({"error": ERROR}),
}

ID, JOB_ID, AT = "01a200d4-ddd1-795f-b909-7bf3d9321a9b", "01a200d4-ddd1-795f-b909-7bf3d9321a9c", "2026-10-01T12:00:00"
HEX = {letter: letter * 64 for letter in "123456789abcdef"}
SIGNED = "ringfence.local/audit\n54\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n— ringfence.local/audit Wm9vbQ==\n"
EXAMPLE_BODY = {
    "v": 1,
    "kind": "writer.start",
    "id": ID,
    "salt": "A" * 22,
    "ts": f"{AT}.000001Z",
    "version": "0.1.0",
    "clock": {"src": "adjtimex", "sync": True, "err_us": 120},
    "w": {"inst": "proxy-1", "epoch": ID, "n": 1, "mono_us": 52},
}
EXAMPLE_RECORD = {
    "seq": 9,
    "id": ID,
    "prev": HEX["1"],
    "body_hash": HEX["2"],
    "link": HEX["3"],
    "body": EXAMPLE_BODY,
}
EXAMPLE_JOB = {
    "id": JOB_ID,
    "state": "running",
    "reason": None,
    "created": f"{AT}.000002Z",
    "finished": None,
    "from": "2026-09-01T00:00:00.000000Z",
    "to": "2026-10-01T00:00:00.000000Z",
    "as_of": None,
    "progress": {"phase": "records", "done": 20_000, "total": 54_000},
    **dict.fromkeys(("sha256", *JOB_NUMBERS, "pack")),
}
EXAMPLES: Mapping[str, Any] = {
    "Page": {"records": [EXAMPLE_RECORD], "next": 9},
    "WholeRecord": {
        **EXAMPLE_RECORD,
        "entry": "cmluZ2ZlbmNlLmF1ZGl0L3YxL2VudgA=",
        "proof": f"c2sp.org/tlog-proof@v1\nindex 9\n{'q6ur' * 10}q6s=\n\n{SIGNED}",
    },
    "Checkpoint": {"size": 54, "root": "ab" * 32, "note": SIGNED},
    "Checkpoints": {"checkpoints": [{"size": 54, "root": "ab" * 32, "note": SIGNED}], "next": None},
    "Inclusion": {
        "seq": 9,
        "size": 54,
        "leaf": HEX["3"],
        "proof": [HEX["4"], HEX["5"]],
        "root": "ab" * 32,
        "checkpoint": SIGNED,
    },
    "Consistency": {
        "old_size": 42,
        "size": 54,
        "old_root": HEX["6"],
        "proof": [HEX["7"]],
        "root": "ab" * 32,
        "old_checkpoint": None,
        "checkpoint": SIGNED,
    },
    "Figures": {
        "size": 54_000,
        "from": None,
        "to": None,
        "by": ["class", "day"],
        "rows": [
            {"class": "pii", "day": "2026-10-01", "requests": 812, "dry_runs": 9, "canary": 24, "erased": 0},
        ],
    },
    "ExportRequest": {"from": "2026-09-01T00:00:00Z", "to": "2026-10-01T00:00:00Z"},
    "Export": EXAMPLE_JOB,
    "Exports": {"exports": [EXAMPLE_JOB]},
    "LookUp": {"team": "support", "purpose": "ip", "value": "192.0.2.7"},
    "Occurrence": {"team": "support", "purpose": "ip", "occurs": True, "records": 17, "size": 54_000},
    "Document": {
        "openapi": "3.1.0",
        "info": {"title": "Ringfence: the auditors' API", "version": "1.0.0"},
        "paths": {},
    },
}


def _refusal(what: str, kind: str, code: str, message: str) -> Schema:
    error = {"message": message, "type": kind, "param": None, "code": code}
    content = {"schema": ref("Error"), "example": {"error": error}}
    return {"description": what, "content": {"application/json": content}}


BAD, BUSY, PERSON = "invalid_request_error", "service_unavailable", "authentication_error"
ERRORS: Mapping[str, Schema] = {
    "400": _refusal("It cannot be understood.", BAD, "invalid_request", "limit must be between 1 and 1000"),
    "401": _refusal("No valid key.", PERSON, "invalid_api_key", "A valid Ringfence API key is needed."),
    "403": _refusal("The key has another role.", BAD, "wrong_role", "This needs a key with the role admin or auditor."),
    "404": _refusal("There is none.", BAD, "not_found", "there is no such record"),
    "409": _refusal("Not yet, or never.", BAD, "export_unfinished", "the export is not done"),
    "413": _refusal("The body is too large.", BAD, "body_too_large", "the body is larger than 16384 bytes"),
    "415": _refusal("The body is not JSON.", BAD, "unsupported_media_type", "the body must be 'application/json'"),
    "429": _refusal("Later.", "rate_limit_error", "rate_limit_exceeded", "not more than 5 look-ups a minute"),
    "503": _refusal("Not now.", BUSY, "audit_unavailable", "the audit log cannot take a record now: locked"),
}
"""By status."""
