"""The capability without which nothing is sent.

A permit is issued only for a durable audit record, and binds one attempt: the record, one upstream in one zone, and
what is sent, method, path and final bytes. It serves once and for a few seconds. `client` checks it again, against the
record as read back from where it is durable. For a vendor that is the log alone: the client of a vendor cannot read the
spool.
"""

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from audit.jobs import Receipt, Spooled
from proxy.upstreams.upstream import Upstream

LIFETIME_S = 5.0
"""A permit is issued after any queueing, so a few seconds are plenty."""

Confirm = Callable[[str], Mapping[str, Any] | None]
"""Reads the body of a durable record back by its id; None when there is none."""
Fingerprint = Callable[[str, str, bytes], str]
"""Keyed fingerprint, for a tenant and an endpoint, of what is sent, as it stands in the record (`up.body_fp`)."""


class PermitError(Exception):
    """An attempt to send without a valid permit. Never caught on the way of a request except to answer 503."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to a model server: the endpoint's name, the method, the path below the base URL, the final bytes."""

    endpoint: str
    method: str
    path: str
    body: bytes

    @property
    def told(self) -> bytes:
        """Return what its record has the fingerprint of: the body, or method and path where there is none."""
        return self.body or f"{self.method} {self.path}".encode()


class EgressPermit:
    """Single-use leave to send exactly this to exactly this upstream."""

    __slots__ = ("_spent", "expires", "outgoing", "record_id", "tenant", "upstream_id", "written", "zone")

    def __init__(self, record_id: str, tenant: str, upstream_id: str, zone: str, outgoing: Outgoing) -> None:
        self.record_id = record_id
        self.tenant = tenant
        self.upstream_id = upstream_id
        self.zone = zone
        self.outgoing = outgoing
        self.expires = time.monotonic() + LIFETIME_S
        self._spent = False
        self.written = False
        """Whether a byte of it may have gone out in an attempt that failed, however it did."""

    @classmethod
    def issue(cls, receipt: Receipt | Spooled, tenant: str, upstream: Upstream, outgoing: Outgoing) -> Self:
        """Issue a permit under a durable record; raises PermitError for a vendor under one that is in the spool."""
        if upstream.vendor and not isinstance(receipt, Receipt):
            raise PermitError("a record in the spool permits no vendor")
        return cls(receipt.id, tenant, upstream.id, upstream.zone, outgoing)

    def stands_on(self, at_hand: Confirm) -> Mapping[str, Mapping[str, Any]] | None:
        """Return every record that it stands on, where all of them are at hand."""
        record = at_hand(self.record_id)
        if record is None or record["kind"] != "route.attempt":
            return None if record is None else {self.record_id: record}
        decision = at_hand(record["dec"])
        return None if decision is None else {self.record_id: record, record["dec"]: decision}

    def redeem(
        self, upstream_id: str, zone: str, outgoing: Outgoing, confirm: Confirm, fingerprint: Fingerprint
    ) -> None:
        """Use the permit up; raises PermitError unless everything it binds, and the durable record, agree."""
        if self._spent:
            raise PermitError("the permit was used before")
        self._spent = True
        if time.monotonic() > self.expires:
            raise PermitError("the permit has expired")
        if (upstream_id, zone) != (self.upstream_id, self.zone):
            raise PermitError("the permit is for another upstream or zone")
        if outgoing != self.outgoing:
            raise PermitError("the permit is for other bytes")
        record = confirm(self.record_id)
        decision = confirm(record["dec"]) if record and record["kind"] == "route.attempt" else record
        if not record or not decision or decision["kind"] != "route.decision" or decision["dry_run"]:
            raise PermitError("no durable decision stands behind the permit")
        if decision["req"]["endpoint"] != outgoing.endpoint:
            raise PermitError("the durable decision is about another endpoint")
        up = record.get("up", {})
        if record.get("zone") != zone or (up.get("id"), up.get("zone")) != (upstream_id, zone):
            raise PermitError("the durable record names another upstream or zone")
        if decision.get("zone") != zone or zone not in decision["zones_left"]:
            raise PermitError("the durable decision does not allow this zone")
        if not hmac.compare_digest(up.get("body_fp", ""), fingerprint(self.tenant, outgoing.endpoint, outgoing.told)):
            raise PermitError("the durable record is of other bytes")
