"""The schemas of what happens to requests: decisions, further attempts and outcomes, in all their versions."""

from audit.records.fields import (
    ATTEMPT,
    BASIS_POINTS,
    BUCKETS,
    BUNDLE,
    CALLER,
    CODE,
    COUNT,
    DECISION,
    ENDING,
    ENDPOINTS,
    ENTITY,
    FINGERPRINT,
    FINISH,
    JSON_PATH,
    NAME,
    PROVIDER,
    SERVED,
    SHA256,
    STATUS,
    UNSURE,
    UUID7,
)
from audit.records.schema import (
    Array,
    Bool,
    Enum,
    Int,
    Object,
    Table,
)

UPSTREAM = Object(
    {"id": NAME, "zone": NAME, "provider": PROVIDER, "model": NAME, "endpoint_sha256": SHA256, "body_fp": FINGERPRINT},
    {"region": NAME},
)
WITHOUT = Object({"decision": DECISION}, {"zone": NAME})

TYPES = Array(Object({"t": ENTITY, "det": Array(NAME, 16), "hist": Table(BUCKETS, COUNT)}), 64)
CLASSES = Array(Object({"c": NAME, "count": COUNT, "score_bp": Int(0, 10_000)}), 64)
REQUEST = Object(
    {
        "id": NAME,
        "endpoint": ENDPOINTS,
        "model_req": NAME,
        "model_resolved": NAME,
        "stream": Bool(),
        "bytes_in": COUNT,
        "n_messages": COUNT,
        "n_tools": COUNT,
        "n_opaque": COUNT,
    },
    {"body_fp": FINGERPRINT, "idem_fp": FINGERPRINT},
)
DECISION_RECORD = Object(
    {
        "req": REQUEST,
        "actor": CALLER,
        "net": Object({"ingress": Enum(("http", "https", "unix", "cli"))}, {"ip_fp": FINGERPRINT}),
        "bundle": BUNDLE,
        "detect": Object(
            {
                "set_sha256": SHA256,
                "complete": Bool(),
                "us": COUNT,
                "segments": COUNT,
                "views": COUNT,
                "cached": COUNT,
                "types": TYPES,
            },
            {"fail": Array(CODE, 16), "paths": Array(Object({"t": ENTITY, "path": JSON_PATH}), 64)},
        ),
        "classes": CLASSES,
        "decision": DECISION,
        "zones_left": Array(NAME, 32),
        "rules": Array(Object({"id": NAME, "effect": NAME}), 64),
        "ceilings": Array(NAME, 64),
        "obligations": Array(Object({"kind": Enum(("log", "notify")), "value": NAME}), 16),
        "exceptions": Array(Object({"id": NAME, "without": WITHOUT}), 32),
        "shadow": Array(Object({"rule": NAME, "would": WITHOUT}), 32),
        "dry_run": Bool(),
    },
    {"zone": NAME, "up": UPSTREAM},
)
ATTEMPT_RECORD = Object(
    {
        "dec": UUID7,
        "attempt": Int(2, 1000),
        "zone": NAME,
        "up": UPSTREAM,
        "why": Enum(("not_sent", "upstream_error", "timeout", "refused_by_upstream", "unhealthy", "unknown")),
    },
)
OUTCOME_RECORD = Object(
    {"dec": UUID7, "attempt": ATTEMPT, "status": STATUS},
    {
        "http": Int(100, 599),
        "up_actual": Object({"id": NAME, "model_reported": NAME}, {"req_id_fp": FINGERPRINT}),
        "bytes_sent": COUNT,
        "bytes_recv": COUNT,
        "usage": Object({}, {"in": COUNT, "out": COUNT, "cached": COUNT}),
        "lat_us": Object({}, {"queue": COUNT, "detect": COUNT, "audit": COUNT, "ttfb": COUNT, "total": COUNT}),
        "finish": FINISH,
    },
)
UPSTREAM_2 = Object(UPSTREAM.required, {**UPSTREAM.optional, "arm": NAME, "dropped": Array(CODE, 32)})
"""`arm` is the model that a split drew; `dropped` names parameters that this kind of server does not obey."""
ATTEMPT_RECORD_2 = Object({**ATTEMPT_RECORD.required, "up": UPSTREAM_2})
DECISION_RECORD_2 = Object(
    {
        **DECISION_RECORD.required,
        "req": Object({**REQUEST.required, "endpoint": SERVED}, {**REQUEST.optional, "op": CODE}),
    },
    {
        **DECISION_RECORD.optional,
        "up": UPSTREAM_2,
        "state": Array(Object({"kind": CODE, "zone": NAME, "up": NAME}), 16),
        "budgets": Array(NAME, 32),
        "missing": Array(CODE, 16),
        "local_first": Object({"confidence_bp": BASIS_POINTS, "min_characters": COUNT}),
        "escalates": Object({"dec": UUID7, "why": UNSURE}, {"confidence_bp": BASIS_POINTS}),
    },
)
"""`op` is what is asked of an endpoint beside a new answer, as in `retrieve`; `state` what a request refers to, and
where that is kept; `budgets` those that were used up and struck a zone; `missing` what no model in reach can do.
`local_first` says when an own server's answer stands, `escalates` which decision led to one that does not, and why. A
dry run names the endpoint that it stands for."""
OUTCOME_RECORD_2 = Object(
    {**OUTCOME_RECORD.required, "status": ENDING},
    {
        **OUTCOME_RECORD.optional,
        "confidence_bp": BASIS_POINTS,
        "answer": Object(
            {"complete": Bool(), "us": COUNT, "types": TYPES},
            {
                "fail": Array(CODE, 16),
                "classes": CLASSES,
                "rules": Array(NAME, 64),
                "shadow": Array(NAME, 32),
                "exceptions": Array(NAME, 32),
            },
        ),
    },
)
"""`answer` is what was found in the answer, up to where it was blocked, and the rules that blocked it or would have."""
