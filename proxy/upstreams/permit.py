"""The capability without which nothing is sent.

A permit is issued only for a durable audit record, and binds one attempt: the record, one upstream in one zone, and
the SHA-256 of the final bytes. It serves once and for a few seconds. `client` checks it again, against the record as
read back from the database.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

LIFETIME_S = 5.0
"""A permit is issued after any queueing, so a few seconds are plenty."""

Confirm = Callable[[str], Mapping[str, Any] | None]
"""Reads the body of a durable record back from the audit database by its id; None when there is none."""
Fingerprint = Callable[[str, bytes], str]
"""Keyed fingerprint of final bytes for a tenant, as it stands in the record (`up.body_fp`)."""


class PermitError(Exception):
    """An attempt to send without a valid permit. Never caught on the way of a request except to answer 503."""


class EgressPermit:
    """Single-use leave to send exactly these bytes to exactly this upstream."""

    __slots__ = ("_spent", "digest", "expires", "record_id", "tenant", "upstream_id", "written", "zone")

    def __init__(self, record_id: str, tenant: str, upstream_id: str, zone: str, body: bytes) -> None:
        self.record_id = record_id
        self.tenant = tenant
        self.upstream_id = upstream_id
        self.zone = zone
        self.digest = hashlib.sha256(body).digest()
        self.expires = time.monotonic() + LIFETIME_S
        self._spent = False
        self.written = False
        """Whether a byte of the body may have gone out in an attempt that failed, however it did."""

    def redeem(self, upstream_id: str, zone: str, body: bytes, confirm: Confirm, fingerprint: Fingerprint) -> None:
        """Use the permit up; raises PermitError unless everything it binds, and the durable record, agree."""
        if self._spent:
            raise PermitError("the permit was used before")
        self._spent = True
        if time.monotonic() > self.expires:
            raise PermitError("the permit has expired")
        if (upstream_id, zone) != (self.upstream_id, self.zone):
            raise PermitError("the permit is for another upstream or zone")
        if not hmac.compare_digest(hashlib.sha256(body).digest(), self.digest):
            raise PermitError("the permit is for other bytes")
        record = confirm(self.record_id)
        decision = confirm(record["dec"]) if record and record["kind"] == "route.attempt" else record
        if not record or not decision or decision["kind"] != "route.decision" or decision["dry_run"]:
            raise PermitError("no durable decision stands behind the permit")
        up = record.get("up", {})
        if record.get("zone") != zone or (up.get("id"), up.get("zone")) != (upstream_id, zone):
            raise PermitError("the durable record names another upstream or zone")
        if decision.get("zone") != zone or zone not in decision["zones_left"]:
            raise PermitError("the durable decision does not allow this zone")
        if not hmac.compare_digest(up.get("body_fp", ""), fingerprint(self.tenant, body)):
            raise PermitError("the durable record is of other bytes")
