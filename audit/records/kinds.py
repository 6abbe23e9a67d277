"""The schemas of all record kinds, in the order in which they were introduced. Append only.

A released schema is never changed: a changed kind gets the next version at the end of `DECLARATIONS`, and logs born
before it introduce it with a `schema.introduced` record. What a record may say is decided here and nowhere else.
"""

from collections.abc import Mapping

from audit.records.schema import Array, Bool, Enum, Int, Object, Table, Text, Type

NAME = Text(r"[A-Za-z0-9][A-Za-z0-9._:/*@-]{0,127}", 128)
"""A name that a configuration or registry gave: never a caller's text."""
CODE = Text(r"[a-z][a-z0-9_]{0,47}", 48)
"""A constant of our own code."""
ENTITY = Text(r"[A-Z][A-Z0-9_]{0,63}", 64)
UUID7 = Text(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", 36)
HEX32 = Text(r"[0-9a-f]{32}", 32)
SHA256 = Text(r"[0-9a-f]{64}", 64)
FINGERPRINT = Text(r"fp1\.[0-9]{4}q[1-4]\.[A-Za-z0-9_-]{22}", 33)
TIME = Text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z", 27)
STAMP = Text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", 27)
ORIGIN = Text(r"[a-z0-9][a-z0-9./_-]{0,127}", 128)
VKEY = Text(r"[a-z0-9][a-z0-9./_-]{0,127}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,2800}={0,2}", 2944)
"""A C2SP verifier key: name, key hash, and base64 of type byte and key."""
PERSON = Text(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}", 128)
"""Somebody, or a ticket, as a file of policies names them."""
SIGNER = Text(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,2800}={0,2}", 2944)
"""A C2SP verifier key whose name is a person's."""
COMMIT = Text(r"[0-9a-f]{40}([0-9a-f]{24})?", 64)
JSON_PATH = Text(r"[A-Za-z0-9_.*/\[\]$-]{1,200}", 200)
"""Names of an endpoint's schema, array indexes, and `*` for every other key."""

ENDPOINTS = Enum(
    (
        *("chat", "completions", "embeddings", "responses", "models", "moderations", "images", "audio", "files"),
        *("batches", "rerank", "inspect"),
    ),
)
SERVED = Enum((*ENDPOINTS.values, "messages", "conversations"))
DECISION = Enum(("allow", "pin", "block"))
ROLE = Enum(("app", "auditor", "security", "admin"))
PROVIDER = Enum(
    (
        *("openai", "vllm", "ollama", "lmstudio", "llamacpp", "embedded", "azure", "anthropic", "bedrock", "vertex"),
        *("gemini", "mistral", "groq", "together", "openrouter", "other"),
    ),
)
FINISH = Enum(("stop", "length", "tool_calls", "function_call", "content_filter", "error", "other"))
STATUS = Enum(
    (
        *("ok", "client_abort", "upstream_error", "timeout", "refused_by_upstream", "not_sent", "unknown"),
        "unknown_after_crash",
    ),
)
ENDING = Enum((*STATUS.values, "answer_blocked"))
"""How an attempt ended; the last: a rule of the policy kept its answer, or the rest of it, from the caller."""
FILTER = Enum(("from", "to", "app", "team", "decision", "zone", "class", "rule", "kind", "after", "id"))
EMERGENCY = Enum(("danger_to_life", "critical_operation", "disaster_recovery", "exercise"))
"""Why two persons let requests go on, to own servers, while the log takes no records."""
BUCKETS = tuple(str(bucket) for bucket in range(21))
"""Score buckets of 0.05."""

COUNT = Int()
ATTEMPT = Int(1, 1000)
BASIS_POINTS = Int(0, 10_000)
UNSURE = Enum(("unsure", "short", "refused", "cut", "empty"))
"""Why an own server's answer does not stand."""

ENVELOPE: Mapping[str, Type] = {
    "v": Int(1, 1_000_000),
    "kind": Text(r"[a-z]{1,24}(\.[a-z]{1,24})?", 49),
    "id": UUID7,
    "salt": Text(r"[A-Za-z0-9_-]{22}", 22),
    "ts": STAMP,
    "clock": Object({"src": Enum(("adjtimex", "unknown")), "sync": Bool()}, {"err_us": COUNT}),
    "w": Object({"inst": NAME, "epoch": UUID7, "n": COUNT, "mono_us": COUNT}),
}
"""What the log itself adds to every record."""

ACTOR = Object(
    {"kind": Enum(("api_key", "oidc", "mtls", "system")), "id": NAME},
    {"app": NAME, "team": NAME, "auth_strength": CODE, "on_behalf_fp": FINGERPRINT},
)
CALLER = Object(
    {"kind": Enum(("api_key", "oidc", "mtls", "system")), "id": NAME, "app": NAME, "team": NAME, "auth_strength": CODE},
    {"on_behalf_fp": FINGERPRINT},
)
BUNDLE = Object(
    {
        "sha256": SHA256,
        "policies": Array(Object({"id": NAME, "version": Int()}), 64),
        "upstreams_sha256": SHA256,
    },
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
GRANT_RECORD = Object(
    {"actor": ACTOR, "key": Object({"id": NAME, "app": NAME, "team": NAME, "role": ROLE}, {"expires": TIME})},
)
APPROVAL = Object(
    {"standing": Enum(("verified", "claimed")), "author": PERSON, "approver": PERSON},
    {"serial": COUNT, "ticket": PERSON, "note_sha256": SHA256, "key": SIGNER, "commit": COMMIT},
)
"""Who wrote and who approved a bundle. `claimed`: nobody's signature says so. The note lies in the archive of texts."""

DECLARATIONS: tuple[tuple[str, int, Object], ...] = (
    (
        "genesis",
        1,
        Object({"log_id": HEX32, "origin": ORIGIN, "schema_sha256": SHA256, "vkeys": Array(VKEY, 8)}),
    ),
    ("schema.introduced", 1, Object({"schema_kind": NAME, "schema_v": Int(1, 1_000_000), "sha256": SHA256})),
    ("writer.start", 1, Object({"version": NAME}, {"previous_epoch": UUID7})),
    ("writer.stop", 1, Object({"records": COUNT})),
    ("writer.heartbeat", 1, Object({"records": COUNT})),
    ("route.decision", 1, DECISION_RECORD),
    ("route.attempt", 1, ATTEMPT_RECORD),
    ("route.outcome", 1, OUTCOME_RECORD),
    (
        "policy.activated",
        1,
        Object(
            {"bundle": BUNDLE, "source": Enum(("start", "reload")), "files_sha256": SHA256},
            {"previous": SHA256, "actor": ACTOR},
        ),
    ),
    ("config.changed", 1, Object({"actor": ACTOR, "settings": Array(CODE, 64), "sha256": SHA256})),
    ("key.introduced", 1, Object({"usage": Enum(("checkpoint", "fingerprint")), "key_id": NAME}, {"vkey": VKEY})),
    ("key.retired", 1, Object({"usage": Enum(("checkpoint", "fingerprint")), "key_id": NAME, "size": COUNT})),
    ("key.revoked", 1, Object({"usage": Enum(("checkpoint", "fingerprint")), "key_id": NAME, "size": COUNT})),
    ("access.granted", 1, GRANT_RECORD),
    ("access.revoked", 1, GRANT_RECORD),
    ("access.denied", 1, Object({"window_start": TIME, "n_401": COUNT, "n_404": COUNT, "n_403": COUNT})),
    (
        "audit.read",
        1,
        Object(
            {"actor": ACTOR, "filters": Array(FILTER, 16), "rows": COUNT},
            {"from": TIME, "to": TIME, "after": Int(-1), "limit": COUNT, "record": UUID7},
        ),
    ),
    (
        "audit.exported",
        1,
        Object({"actor": ACTOR, "from_seq": COUNT, "to_seq": COUNT, "rows": COUNT, "sha256": SHA256}),
    ),
    (
        "audit.verified",
        1,
        Object(
            {
                "actor": ACTOR,
                "grade": Enum(("failed", "self-consistent", "signed", "anchored", "witnessed")),
                "size": COUNT,
                "findings": COUNT,
            },
            {"head": SHA256, "receipts": COUNT},
        ),
    ),
    ("control.tested", 1, Object({"control": NAME, "passed": Bool()}, {"report_sha256": SHA256})),
    ("anchor.receipt", 1, Object({"anchor": NAME, "size": COUNT, "root": SHA256, "receipt_sha256": SHA256})),
    (
        "incident.opened",
        1,
        Object({"incident": UUID7, "what": CODE}, {"from_seq": COUNT, "to_seq": COUNT, "since": TIME}),
    ),
    ("incident.closed", 1, Object({"incident": UUID7, "how": CODE}, {"actor": ACTOR})),
    ("erasure.done", 1, Object({"actor": ACTOR, "records": Array(UUID7, 256), "reason": CODE})),
    ("retention.pruned", 1, Object({"actor": ACTOR, "from_seq": COUNT, "to_seq": COUNT, "root": SHA256})),
    (
        "notify.failed",
        1,
        Object({"window_start": TIME, "channel": NAME, "n": COUNT, "first": UUID7, "why": CODE}),
    ),
    (
        "policy.activated",
        2,
        Object(
            {"bundle": BUNDLE, "source": Enum(("start", "reload", "signal", "api")), "files_sha256": SHA256},
            {"previous": SHA256, "actor": ACTOR, "approval": APPROVAL},
        ),
    ),
    (
        "incident.opened",
        2,
        Object({"incident": UUID7, "what": CODE}, {"about": NAME, "from_seq": COUNT, "to_seq": COUNT, "since": TIME}),
    ),
    (
        "spool.imported",
        1,
        Object({"count": COUNT, "first": UUID7, "last": UUID7, "head": SHA256, "since": TIME, "whole": Bool()}),
    ),
    (
        "breakglass.granted",
        1,
        Object({"proposer": ACTOR, "confirmer": ACTOR, "until": TIME, "reason": EMERGENCY, "store": CODE}),
    ),
    (
        "breakglass.ended",
        1,
        Object({"grant": UUID7, "how": Enum(("expired", "ended", "store_back", "stopped"))}, {"actor": ACTOR}),
    ),
    ("route.decision", 2, DECISION_RECORD_2),
    ("route.outcome", 2, OUTCOME_RECORD_2),
    ("route.attempt", 2, ATTEMPT_RECORD_2),
)
