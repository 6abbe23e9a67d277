"""What is wrong below the log: no room on its disk, a wall clock that jumped. Looked at every second; incidents.

Each begins and ends with a record. While the disk is full or the clock is off, no decision is taken; the rest of the
log goes on as well as it can. A log that was restored says so itself, and nothing is sent until an operator has closed
that.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from audit.access import Records
from audit.clock import ANOMALY
from audit.errors import AuditError, AuditUnavailable
from audit.incidents import RESTORED, Incidents, still_open
from audit.log import AuditLog
from audit.space import Room
from proxy.errors import Unavailable

log = logging.getLogger(__name__)
LOOK_S = 1.0
COMPARE_S = 10.0
SETTLE_S = 0.01
LOW = "low_space"
LOOK_AT_IT = "an operator has to look, with `ringfence audit acknowledge`"


class Conditions:
    """The conditions of one open log. Safe to call from any thread but the loop's."""

    def __init__(
        self,
        audit: AuditLog,
        room: Room | None = None,
        deadline_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audit, self.room, self._deadline_s, self._monotonic = audit, room, deadline_s, clock
        self._incidents = Incidents(audit)
        self._looking = threading.Lock()
        self._compared = float("-inf")
        self._told = True
        self.restored = bool(self._incidents.among(RESTORED))
        """Whether the log is a copy, of which nobody has said yet that what came after it is lost."""
        if self._incidents.among(ANOMALY):
            audit.clock.doubt()

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Look once, act, and record what began or ended; what cannot be recorded now is recorded later."""
        with self._looking:
            try:
                if self.room is not None:
                    self._look_at(self.room)
                self._look_at_clock()
                self.restored = self.restored and self._is_restored()
                self._told = True
            except (AuditError, OSError) as error:
                if self._told:
                    log.warning("an incident of the log's disk or clock cannot be recorded yet: %s", _why(error))
                self._told = False

    def not_ready(self) -> str | None:
        """Say why requests should go elsewhere although they are answered."""
        if self.restored:
            return f"the audit log was restored from a copy: {LOOK_AT_IT}"
        return None if self.room is None or self.room.state == "ample" else _low(self.room)

    def stopped(self) -> Unavailable | None:
        """Say why nothing may be sent."""
        if not self.restored:
            return None
        text = f"The audit log was restored from a copy, and may lack records, so nothing is sent: {LOOK_AT_IT}."
        return Unavailable(text, code="audit_behind")

    def look_at_clock(self) -> dict[str, Any]:
        """Return what the wall clock says, and how far it is off; or was, where nobody said how that ended."""
        clock = self._audit.clock
        left = Incidents(self._audit, clocks=True).among(ANOMALY)
        return {"now": clock.stamp(), "off": clock.off() or (left[0][1] if left else None)}

    def accept_clock(self) -> dict[str, Any]:
        """Trust the wall clock as it is, because a person looked: the record first, the state second."""
        with self._looking:
            off = self._audit.clock.off()
            if off is not None:
                self._open_clock(off)
            self._incidents = Incidents(self._audit, clocks=True)
            self._end("acknowledged")
            self._audit.clock.accept()
        return {"off": off}

    def close(self) -> None:
        """Look a last time, and leave nothing behind: no decision comes any more, the room is for how they ended."""
        self.look()
        if self.room is not None:
            self.room.give_up()

    def _is_restored(self) -> bool:
        return any(record.body["what"] == RESTORED for record in still_open(Records(self._audit.place)))

    def _look_at(self, room: Room) -> None:
        state = room.look(full=self._audit.full())
        if state == "spent" and not self._audit.spent:
            log.error("the disk of the audit log is full; nothing is sent until there is room again")
            self._audit.spent = True
            until = self._monotonic() + self._deadline_s
            while self._audit.progress()[0] and self._monotonic() < until:
                time.sleep(SETTLE_S)
            room.give_up()
        if state == "ample":
            self._audit.spent = False
            self._incidents.close(LOW, how="room_again")
        elif self._incidents.open(LOW):
            log.error("%s", _low(room))

    def _look_at_clock(self) -> None:
        clock, now = self._audit.clock, self._monotonic()
        if now - self._compared >= COMPARE_S:
            self._compared = now
            with suppress(AuditUnavailable):  # of which the writer tells
                self._audit.compare_clocks()
        off = clock.off()
        while clock.corrected:
            if not self._incidents.among(ANOMALY):
                self._incidents.open(ANOMALY, clock.corrected[0])
            self._end("synchronised")
            clock.corrected.pop(0)
        if off is not None:
            self._open_clock(off)
        else:
            self._end("in_line")

    def _open_clock(self, off: str) -> None:
        if not self._incidents.among(ANOMALY) and self._incidents.open(ANOMALY, off):
            log.error("the wall clock jumped (%s); nothing is sent until it can be trusted", off)

    def _end(self, how: str) -> None:
        for what, about in self._incidents.among(ANOMALY):
            self._incidents.close(what, about, how=how)


def _low(room: Room) -> str:
    return f"little room on the disk of the audit log: {room.said()}"


def _why(error: AuditError | OSError) -> str:
    return error.reason if isinstance(error, AuditUnavailable) else type(error).__name__
