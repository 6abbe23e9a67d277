"""The schemas of all record kinds, in the order in which they were introduced. Append only.

A released schema is never changed: a changed kind gets the next version at the end of `DECLARATIONS`, and logs born
before it introduce it with a `schema.introduced` record. What a record may say is decided here and nowhere else.
"""

from collections.abc import Mapping

from audit.records.fields import (
    ACTOR,
    BASIS_POINTS,
    BUNDLE,
    CODE,
    COMMIT,
    COUNT,
    EMERGENCY,
    ENTITY,
    FILTER,
    HEX32,
    KIND,
    NAME,
    ORIGIN,
    PERSON,
    READ,
    ROLE,
    SHA256,
    SIGNER,
    STAMP,
    TIME,
    UUID7,
    VKEY,
)
from audit.records.routes import (
    ATTEMPT_RECORD,
    ATTEMPT_RECORD_2,
    DECISION_RECORD,
    DECISION_RECORD_2,
    OUTCOME_RECORD,
    OUTCOME_RECORD_2,
)
from audit.records.schema import (
    Array,
    Bool,
    Enum,
    Int,
    Object,
    Text,
    Type,
)

ENVELOPE: Mapping[str, Type] = {
    "v": Int(1, 1_000_000),
    "kind": KIND,
    "id": UUID7,
    "salt": Text(r"[A-Za-z0-9_-]{22}", 22),
    "ts": STAMP,
    "clock": Object({"src": Enum(("adjtimex", "unknown")), "sync": Bool()}, {"err_us": COUNT}),
    "w": Object({"inst": NAME, "epoch": UUID7, "n": COUNT, "mono_us": COUNT}),
}
"""What the log itself adds to every record."""

GRANT_RECORD = Object(
    {"actor": ACTOR, "key": Object({"id": NAME, "app": NAME, "team": NAME, "role": ROLE}, {"expires": TIME})},
)
APPROVAL = Object(
    {"standing": Enum(("verified", "claimed")), "author": PERSON, "approver": PERSON},
    {"serial": COUNT, "ticket": PERSON, "note_sha256": SHA256, "key": SIGNER, "commit": COMMIT},
)
"""Who wrote and who approved a bundle. `claimed`: nobody's signature says so. The note lies in the archive of texts."""

REACH = Object(
    {
        "zones": Array(Object({"zone": NAME, "trust": Enum(("own", "vendor"))}, {"region": NAME}), 32),
        "classes": Array(Object({"c": NAME, "zones": Array(NAME, 32)}), 64),
    },
)
"""Who runs each zone, and where data of each class may go at most, whatever else a bundle says."""

ERASED = Object(
    {"seq": COUNT, "id": UUID7, "kind": KIND, "v": COUNT, "ts": STAMP, "bh": SHA256, "epoch": UUID7, "n": COUNT}
)
"""What is left of a record whose body is gone: its place, its hash, and where it stood among its writer's."""
CONTROL_RECORD_2 = Object(
    {"control": NAME, "passed": Bool()},
    {
        "report_sha256": SHA256,
        "set_sha256": SHA256,
        "bundle": SHA256,
        "zones": Array(NAME, 32),
        "harmless": Object({"sent": COUNT, "arrived": COUNT}),
        "leaked": COUNT,
        "classes": Array(Object({"c": NAME, "sent": COUNT, "found": COUNT, "recall_bp": BASIS_POINTS}), 64),
        "types": Array(Object({"t": ENTITY, "sent": COUNT, "found": COUNT}), 64),
    },
)
"""`zones` are those of vendors whose sinks were watched, `leaked` how many planted values arrived at one, `harmless`
how many requests without any were sent to each and arrived: a test of a sink that nothing reaches would prove
nothing."""

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
    (
        "audit.read",
        2,
        Object(
            {"actor": ACTOR, "what": READ, "filters": Array(FILTER, 16), "rows": COUNT},
            {
                "from": TIME,
                "to": TIME,
                "after": Int(-1),
                "limit": COUNT,
                "record": UUID7,
                "job": UUID7,
                "seq": COUNT,
                "size": COUNT,
                "old_size": COUNT,
                "sha256": SHA256,
                "by": Array(CODE, 8),
            },
        ),
    ),
    (
        "audit.exported",
        2,
        Object(
            {"actor": ACTOR, "from_seq": COUNT, "to_seq": COUNT, "rows": COUNT, "sha256": SHA256},
            {"form": Enum(("files", "pack")), "size": COUNT, "from": TIME, "to": TIME, "request": UUID7},
        ),
    ),
    ("control.tested", 2, CONTROL_RECORD_2),
    ("erasure.done", 2, Object({"actor": ACTOR, "records": Array(ERASED, 32), "reason": CODE})),
    (
        "retention.pruned",
        2,
        Object(
            {"actor": ACTOR, "from_seq": COUNT, "to_seq": COUNT, "root": SHA256, "until": TIME, "bodies": COUNT},
            {"anchors": Array(NAME, 8), "kinds": Array(Object({"kind": KIND, "n": COUNT}), 32)},
        ),
    ),
    ("hold.placed", 1, Object({"actor": ACTOR, "hold": NAME}, {"from": TIME, "to": TIME, "team": NAME})),
    ("hold.lifted", 1, Object({"actor": ACTOR, "hold": NAME})),
    (
        "access.reviewed",
        1,
        Object(
            {"actor": ACTOR, "reviewer": PERSON, "keys": COUNT, "active": COUNT, "sha256": SHA256}, {"ticket": PERSON}
        ),
    ),
    (
        "ingress.counted",
        1,
        Object(
            {
                "window_start": TIME,
                "received": COUNT,
                "decided": COUNT,
                "refused": Array(Object({"status": Int(100, 599), "n": COUNT}), 32),
            },
        ),
    ),
    (
        "policy.activated",
        3,
        Object(
            {"bundle": BUNDLE, "source": Enum(("start", "reload", "signal", "api")), "files_sha256": SHA256},
            {"previous": SHA256, "actor": ACTOR, "approval": APPROVAL, "reach": REACH},
        ),
    ),
    ("backup.made", 1, Object({"actor": ACTOR, "size": COUNT, "head": SHA256, "sha256": SHA256, "keys": Bool()})),
)
