"""Denied requests, counted and written to the log once a minute: never one record each, or anybody could flood it."""

import asyncio
import logging
from datetime import UTC, datetime

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from proxy.errors import RequestRefused

log = logging.getLogger(__name__)
WINDOW_S = 60.0
DENIED = {
    "invalid_api_key": 401,
    "invalid_token": 401,
    "wrong_role": 403,
    "not_granted": 403,
    "not_found": 404,
    "state_not_found": 404,
}
"""Refusals of a caller by its key, role or path, or by an id that its team does not have; by code. What a policy
refuses or a model server answers has a record of its own."""


class Denials:
    """Counts of refusals by status within the current window."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._counts = dict.fromkeys(DENIED.values(), 0)
        self._since = now()

    def count(self, error: Exception) -> None:
        """Take note of what a request is refused with."""
        if isinstance(error, RequestRefused) and DENIED.get(error.code) == error.status:
            recorded = "x-ringfence-audit-id" in error.receipt
            self._counts[error.status] += not recorded

    async def run(self) -> None:
        """Flush every minute until cancelled."""
        while True:
            await asyncio.sleep(WINDOW_S)
            await self.flush()

    async def flush(self) -> None:
        """Write one record if there was anything to count; what cannot be written stays counted."""
        taken, since = dict(self._counts), self._since
        if not any(taken.values()):
            self._since = now()
            return
        self._counts, self._since = dict.fromkeys(DENIED.values(), 0), now()
        try:
            await self._audit.append(
                "access.denied", {"window_start": since, **{f"n_{status}": count for status, count in taken.items()}}
            )
        except AuditUnavailable:
            self._since = since
            for status, count in taken.items():
                self._counts[status] += count


def now() -> str:
    """Return the time as the start of a window."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
