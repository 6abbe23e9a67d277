"""A record from its kind and body, with everything but what only its writer can add."""

import base64
import os
from collections.abc import Mapping
from typing import Any

from audit.clock import Clock
from audit.errors import RecordRefused
from audit.records.record import MAX_BODY_BYTES, new_id, validate, validate_id

W_BYTES = 320
"""Room that the writer's own field may take in a body."""


def draft(kind: str, body: Mapping[str, Any], chosen: str | None, clock: Clock) -> dict[str, Any]:
    """Check a body, and return the record without its `w`; raises RecordRefused."""
    schema = validate(kind, body)
    return {
        **body,
        "v": schema.v,
        "kind": kind,
        "id": new_id() if chosen is None else validate_id(kind, chosen),
        "salt": base64.urlsafe_b64encode(os.urandom(16))[:22].decode(),
        "ts": clock.stamp(),
        "clock": clock.sync(),
    }


def require_short(kind: str, size: int) -> None:
    """Raise RecordRefused for a record whose bytes, without its `w`, are too many."""
    if size + W_BYTES > MAX_BODY_BYTES:
        raise RecordRefused(kind, "", "too long")
