"""Who may do what under `/audit/v1`: every route, its methods, the roles for each. What is not here is not served."""

from collections.abc import Mapping

PREFIX = "/audit/v1"
AUDITOR, SECURITY, ADMIN = "auditor", "security", "admin"
READERS = frozenset({AUDITOR, SECURITY, ADMIN})
EXPORTERS = frozenset({AUDITOR, ADMIN})
LOOKERS_UP = frozenset({SECURITY, ADMIN})
"""Who may ask whether a value occurs. An auditor does not need to, and whoever can ask can guess."""

ROLES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "/records": {"GET": READERS},
    "/records/{record_id}": {"GET": READERS},
    "/texts/{sha256}": {"GET": READERS},
    "/checkpoints": {"GET": READERS},
    "/checkpoints/latest": {"GET": READERS},
    "/checkpoints/{size}": {"GET": READERS},
    "/proofs/inclusion": {"GET": READERS},
    "/proofs/consistency": {"GET": READERS},
    "/statistics": {"GET": READERS},
    "/exports": {"GET": EXPORTERS, "POST": EXPORTERS},
    "/exports/{job}": {"GET": EXPORTERS},
    "/exports/{job}/pack": {"GET": EXPORTERS},
    "/fingerprints": {"POST": LOOKERS_UP},
    "/openapi.json": {"GET": READERS},
}
