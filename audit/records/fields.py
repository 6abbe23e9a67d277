"""What the fields of records may hold: closed types, of which no one admits free text."""

from audit.records.schema import Array, Enum, Int, Object, Text

NAME = Text(r"[A-Za-z0-9][A-Za-z0-9._:/*@-]{0,127}", 128)
"""A name that a configuration or registry gave: never a caller's text."""
CODE = Text(r"[a-z][a-z0-9_]{0,47}", 48)
"""A constant of our own code."""
KIND = Text(r"[a-z]{1,24}(\.[a-z]{1,24})?", 49)
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
READ = Enum(
    (
        *("records", "record", "checkpoints", "checkpoint", "inclusion", "consistency", "statistics", "text"),
        *("export", "job", "pack", "fingerprint"),
    ),
)
"""What was read; `export` begins one, `job` asks how it is going, `pack` takes it."""
EMERGENCY = Enum(("danger_to_life", "critical_operation", "disaster_recovery", "exercise"))
"""Why two persons let requests go on, to own servers, while the log takes no records."""
BUCKETS = tuple(str(bucket) for bucket in range(21))
"""Score buckets of 0.05."""

COUNT = Int()
ATTEMPT = Int(1, 1000)
BASIS_POINTS = Int(0, 10_000)
UNSURE = Enum(("unsure", "short", "refused", "cut", "empty"))
"""Why an own server's answer does not stand."""

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
