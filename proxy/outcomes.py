"""Outcome records, written behind the answer and retried until the log takes them.

What a killed process leaves open is closed at the next start by the log itself.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from audit.errors import AuditUnavailable, RecordRefused
from audit.log import AuditLog, new_id

log = logging.getLogger(__name__)
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
POLL_S = 0.005


class Outcomes:
    """Everything that still has to be written.

    Each belongs to a record that is durable, so a log that takes no records lets no more gather here than there were
    attempts open when it ceased to.
    """

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._open: set[asyncio.Task[None]] = set()

    def write(self, body: dict[str, Any]) -> None:
        """Write the outcome of a durable record as soon as the log takes it."""
        task = asyncio.get_running_loop().create_task(self._append(body))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def drain(self, timeout_s: float) -> None:
        """Wait for what is open, or may be soon; what is left after the time-out is closed at the next start."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._open or not self._audit.idle():  # noqa: ASYNC110 - the log's writer is a thread
                    await asyncio.sleep(POLL_S)

    async def _append(self, body: dict[str, Any]) -> None:
        """Offer a record under one id until it is taken: one that was taken after its deadline is not written twice."""
        wait, record_id, cut_down = FIRST_WAIT_S, new_id(), False
        while True:
            try:
                await self._audit.append("route.outcome", body, id=record_id)
            except AuditUnavailable:
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
            except RecordRefused as refused:
                log.error("an outcome was refused by its schema: %s", refused)  # noqa: TRY400 - names no value
                if cut_down:
                    return
                body = {name: body[name] for name in ("dec", "attempt", "status")}
                record_id, cut_down = new_id(), True
            else:
                return
