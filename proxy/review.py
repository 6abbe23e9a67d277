"""The review of access: a person looks at the keys that can be used, and a record says who looked at which list."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from audit.errors import RecordRefused
from audit.log import AuditLog
from audit.records.canonical import encode
from audit.records.fields import PERSON
from proxy.errors import RequestRefused
from proxy.identity import KeyStore

SHOWN = ("id", "app", "team", "role", "created", "expires")

_fault = PERSON.compile()


def usable(keys: Iterable[Mapping[str, str]], now: datetime) -> list[dict[str, str]]:
    """Return the keys that can be used at a moment, by their ids, as the digest of a review has them."""
    shown = [{name: key[name] for name in SHOWN if name in key} for key in keys if _is_usable(key, now)]
    return sorted(shown, key=lambda key: key["id"])


def digest(keys: list[dict[str, str]]) -> str:
    """Return the SHA-256 of a list, as canonical JSON: who keeps the list can show later that it was this one."""
    return hashlib.sha256(encode(keys)).hexdigest()


def operations(audit: AuditLog, keys: KeyStore, actor: Mapping[str, str]) -> dict[str, Callable[..., dict[str, Any]]]:
    """Return what the admin socket offers of it."""

    def review(reviewer: str, sha256: str, ticket: str = "") -> dict[str, Any]:
        rows = [row.public() for row in keys.rows()]
        active = usable(rows, datetime.now(UTC))
        if digest(active) != sha256:
            raise RequestRefused("The keys have changed since they were listed; review them again.")
        body = {"actor": actor, "reviewer": reviewer, "keys": len(rows), "active": len(active), "sha256": sha256}
        try:
            receipt = audit.append_sync("access.reviewed", {**body, **({"ticket": ticket} if ticket else {})})
        except RecordRefused:
            raise RequestRefused("The reviewer or the ticket has a form that no record holds.") from None
        return {"seq": receipt.seq, "id": receipt.id}

    return {"key.review": review}


def require_person(name: str, what: str) -> str:
    """Return a name that a record can hold; raises RequestRefused."""
    if _fault(name) is not None:
        raise RequestRefused(f"{what} must be up to 128 of letters, digits and . _ : / @ + - in ASCII, without spaces.")
    return name


def _is_usable(key: Mapping[str, str], now: datetime) -> bool:
    return "revoked" not in key and ("expires" not in key or datetime.fromisoformat(key["expires"]) > now)
