"""Outcome records, written behind the answer and retried until the log takes them, or the spool where it is open.

What a killed process leaves open is closed at the next start by the log itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from audit.errors import AuditUnavailable, RecordRefused
from audit.jobs import Receipt, Spooled
from audit.log import AuditLog, new_id
from proxy.metrics.metrics import Metrics

log = logging.getLogger(__name__)
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
POLL_S = 0.005
Then = Callable[[Receipt | Spooled], None]
Answer = Callable[[], Awaitable[dict[str, Any] | None]]
UNKNOWN: dict[str, Any] = {"complete": False, "us": 0, "types": [], "fail": ["error"]}


class Outcomes:
    """Everything that still has to be written.

    Each belongs to a record that is durable, so a log that takes no records lets no more gather here than there were
    attempts open when it ceased to.
    """

    def __init__(self, audit: AuditLog, metrics: Metrics) -> None:
        self._audit = audit
        self._metrics = metrics
        self._open: set[asyncio.Task[None]] = set()

    def write(self, body: dict[str, Any], answer: Answer | None = None, then: Then = lambda _: None) -> None:
        """Write the outcome of a durable record as soon as the log takes it, and `answer` says what was in the answer.

        One that fails to say so does not keep the outcome from being written. `then` is told when it is durable.
        """
        self._metrics.ended(body)
        task = asyncio.get_running_loop().create_task(self._write(body, answer, then))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def drain(self, timeout_s: float) -> None:
        """Wait for what is open, or may be soon; what is left after the time-out is closed at the next start."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    idle = not self._audit.progress()[0]
                    await asyncio.sleep(0)  # what the log has told this loop by then is heard first
                    if idle and not self._open:
                        return
                    await asyncio.sleep(POLL_S)

    async def _write(self, body: dict[str, Any], answer: Answer | None, then: Then) -> None:
        found: dict[str, Any] | None = None
        try:
            found = await answer() if answer is not None else None
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome is written
            log.error("what was found in an answer is not known: %s", type(error).__name__)  # noqa: TRY400 - may quote it
            found = UNKNOWN
        receipt = await self._append(body if found is None else {**body, "answer": found})
        if receipt is not None:
            then(receipt)

    async def _append(self, body: dict[str, Any]) -> Receipt | Spooled | None:
        """Offer a record under one id until it is taken: one that was taken after its deadline is not written twice."""
        wait, record_id, first, cut_down = FIRST_WAIT_S, new_id(), True, False
        while True:
            try:
                return await self._audit.append_or_spool("route.outcome", body, id=record_id, first=first)
            except AuditUnavailable:
                first = False
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
            except RecordRefused as refused:
                log.error("an outcome was refused by its schema: %s", refused)  # noqa: TRY400 - names no value
                if cut_down:
                    return None
                body = {name: body[name] for name in ("dec", "attempt", "status")}
                record_id, first, cut_down = new_id(), True, True
