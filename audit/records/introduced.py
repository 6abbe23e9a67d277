"""Which record schemas a log has: those that its genesis commits to, and those that it introduced since."""

from collections.abc import Iterable
from typing import Any

from audit.errors import AuditMismatch, AuditUnavailable
from audit.records.jcs import NotCanonicalError, parse
from audit.records.record import GENESIS, REGISTRY, known_at

INTRODUCED = "schema.introduced"
KINDS = (GENESIS, INTRODUCED)
"""The records that say so; they never go."""


def missing(genesis: bytes, introductions: Iterable[bytes]) -> list[tuple[str, int]]:
    """Return the schemas that a log with these records has still to introduce, in their order.

    Raises AuditMismatch for a log that has schemas which this version does not, AuditUnavailable for a damaged one.
    """
    try:
        known = known_at(parse(genesis)["schema_sha256"])
        told = [parse(body) for body in introductions]
        digests = {(body["schema_kind"], body["schema_v"]): body["sha256"] for body in told}
    except (NotCanonicalError, KeyError, TypeError):
        raise AuditUnavailable("corrupt") from None
    if known is None:
        raise AuditMismatch(
            "the log was begun with record schemas that this version does not have: a newer version's, or those of one "
            "between two releases; go on with the version that wrote it"
        )
    if digests.keys() - REGISTRY.keys():
        raise AuditMismatch("the log holds record schemas of a newer version; this server must be upgraded")
    if any(REGISTRY[name].sha256 != digest for name, digest in digests.items()):
        raise AuditMismatch(
            "the log introduced record schemas of a version between two releases; go on with the version that wrote it"
        )
    return [name for name in REGISTRY if name not in known and name not in digests]


def introduction(kind: str, v: int) -> dict[str, Any]:
    """Return the body of the record that introduces a schema."""
    return {"schema_kind": kind, "schema_v": v, "sha256": REGISTRY[kind, v].sha256}
