"""The description of the auditors' API (OpenAPI 3.1), with an example of every answer."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from audit.access import MAX_LIMIT
from audit.api.described import ERRORS, EXAMPLES, SCHEMAS
from audit.api.query import TIME
from audit.api.roles import PREFIX, ROLES
from audit.records.fields import NAME, SHA256, UUID7
from audit.records.record import LATEST
from audit.records.schema import MAX_INT, Text
from audit.statistics import DIMENSIONS

VERSION = "1.0.0"
INTRODUCTION = """Read access to the audit log for auditors and the security team. Every read is itself a record of
the log (`audit.read`), committed before the answer is given. The log only grows, so pages by `after` neither repeat nor
miss a record while it does. Answers are not proofs: an export is, and so is a proof under a head that you kept."""

COUNT = {"type": "integer", "minimum": 0, "maximum": MAX_INT}


def _text(kind: Text) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{kind.pattern})$", "maxLength": kind.longest}


def _parameter(name: str, schema: Mapping[str, Any], description: str, example: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example, **more}


def _path(name: str, schema: Mapping[str, Any], description: str, example: Any) -> dict[str, Any]:
    return _parameter(name, schema, description, example) | {"in": "path", "required": True}


TIMES = [
    _parameter("from", {"$ref": "#/components/schemas/Time"}, "The earliest time of a record.", "2026-10-01T00:00:00Z"),
    _parameter("to", {"$ref": "#/components/schemas/Time"}, "Records before this time.", "2026-11-01T00:00:00Z"),
]
PAGES = [
    _parameter("after", COUNT | {"minimum": -1, "default": -1}, "The `next` of the page before.", 99),
    _parameter("limit", COUNT | {"minimum": 1, "maximum": MAX_LIMIT, "default": 100}, "How many at most.", 100),
]
FILTERS = [
    _parameter("app", _text(NAME), "Of this application.", "helpdesk"),
    _parameter("team", _text(NAME), "Of this team.", "support"),
    _parameter("decision", _text(NAME), "Decisions: allow, pin or block.", "pin"),
    _parameter("zone", _text(NAME), "Decisions and attempts that lead to this zone.", "onprem"),
    _parameter("class", _text(NAME), "Decisions in which this class of data was found.", "pii"),
    _parameter("rule", _text(NAME), "Decisions to which this rule applied.", "personal-data-stays-home"),
    _parameter("kind", {"type": "string", "enum": list(LATEST)}, "Records of this kind.", "route.decision"),
]
SIZE = _parameter("size", COUNT | {"minimum": 1}, "Of the tree; default: the newest checkpoint's.", 54)
BY = _parameter(
    "by",
    {"type": "array", "items": {"type": "string", "enum": list(DIMENSIONS)}, "maxItems": 2, "uniqueItems": True}
    | {"minItems": 1},
    "What to count by.",
    ["class", "day"],
    style="form",
    explode=False,
)
RECORD = _path("record_id", _text(UUID7), "The id of a record.", "01a200d4-ddd1-795f-b909-7bf3d9321a9b")
DIGEST = _path("sha256", _text(SHA256), "The digest of a text.", "5" * 64)
JOB = _path("job", _text(UUID7), "The id of an export.", "01a200d4-ddd1-795f-b909-7bf3d9321a9c")


def _answer(name: str, what: str, **more: Any) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": EXAMPLES[name]}
    return {"description": what, "content": {"application/json": content}, **more}


def _operation(
    name: str,
    summary: str,
    answers: Mapping[str, Any],
    given: Sequence[Any] = (),
    errors: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    refused = {status: {"$ref": f"#/components/responses/{status}"} for status in sorted({*errors, *COMMON})}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(given),
        "responses": {**answers, **refused},
        **more,
    }


COMMON = ("400", "401", "403", "503")
LOCATION = {
    "location": {"description": "Where the job is.", "schema": {"type": "string"}},
    "retry-after": {"description": "Seconds until it is worth asking.", "schema": {"type": "integer"}},
}
PACK = {
    "description": "The pack, which `ringfence audit verify` and the verifiers inside it judge.",
    "content": {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}},
}
TEXT = {
    "description": "The bytes that have this digest.",
    "content": {"text/plain": {"schema": {"type": "string"}, "example": "upstreams: []\n"}},
}


def _body(name: str) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": EXAMPLES[name]}
    return {"required": True, "content": {"application/json": content}}


def _paths() -> dict[str, dict[str, Any]]:
    op, ok = _operation, _answer
    return {
        "/records": {
            "get": op("listRecords", "Records by page", {"200": ok("Page", "A page.")}, FILTERS + TIMES + PAGES)
        },
        "/records/{record_id}": {
            "get": op("readRecord", "One record, with its proof", {"200": ok("WholeRecord", "It.")}, [RECORD], ["404"])
        },
        "/texts/{sha256}": {"get": op("readText", "An archived text", {"200": TEXT}, [DIGEST], ["404"])},
        "/checkpoints": {"get": op("listCheckpoints", "Signed heads", {"200": ok("Checkpoints", "A page.")}, PAGES)},
        "/checkpoints/latest": {
            "get": op("latestCheckpoint", "The newest signed head", {"200": ok("Checkpoint", "It.")}, (), ["404"])
        },
        "/checkpoints/{size}": {
            "get": op(
                "readCheckpoint",
                "The signed head of a size",
                {"200": ok("Checkpoint", "It.")},
                [_path("size", COUNT, "How many records it covers.", 54)],
                ["404"],
            )
        },
        "/proofs/inclusion": {
            "get": op(
                "proveInclusion",
                "That a record is in the log (RFC 6962, 2.1.1)",
                {"200": ok("Inclusion", "The proof.")},
                [_parameter("seq", COUNT, "The number of the record.", 9, required=True), SIZE],
                ["404"],
            )
        },
        "/proofs/consistency": {
            "get": op(
                "proveConsistency",
                "That the log was only added to (RFC 6962, 2.1.2)",
                {"200": ok("Consistency", "The proof.")},
                [_parameter("old_size", COUNT, "Of the smaller tree.", 42, required=True), SIZE],
                ["404"],
            )
        },
        "/statistics": {"get": op("count", "Decisions, counted", {"200": ok("Figures", "The counts.")}, [*TIMES, BY])},
        "/exports": {
            "get": op("listExports", "Exports that are kept", {"200": ok("Exports", "All of them.")}),
            "post": op(
                "beginExport",
                "Make a pack",
                {"202": ok("Export", "It is queued.", headers=LOCATION)},
                (),
                ["404", "409", "413", "415", "429"],
                requestBody=_body("ExportRequest"),
            ),
        },
        "/exports/{job}": {"get": op("readExport", "How far one is", {"200": ok("Export", "It.")}, [JOB], ["404"])},
        "/exports/{job}/pack": {"get": op("takePack", "Its pack", {"200": PACK}, [JOB], ["404", "409"])},
        "/fingerprints": {
            "post": op(
                "lookUp",
                "Whether a value occurs",
                {"200": ok("Occurrence", "In how many records.")},
                (),
                ["413", "415", "429"],
                requestBody=_body("LookUp"),
            )
        },
        "/openapi.json": {
            "get": op("describe", "This document", {"200": ok("Document", "It.")}),
        },
    }


@cache
def document() -> dict[str, Any]:
    """Return the whole document."""
    paths = _paths()
    for path, methods in ROLES.items():
        for method, roles in methods.items():
            described = paths[path][method.lower()]
            described["description"] = f"For keys with the role {', '.join(sorted(roles))}."
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ringfence: the auditors' API", "version": VERSION, "description": INTRODUCTION},
        "servers": [{"url": PREFIX}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of Ringfence."}},
            "schemas": {**SCHEMAS, "Time": {"type": "string", "pattern": f"^(?:{TIME})$", "maxLength": 27}},
            "responses": ERRORS,
        },
    }
