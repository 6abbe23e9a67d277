"""When the canary is sent, and what its tests leave: a record of each, and an incident while the last one failed.

It is sent a while after the server began, every so often from then on, soon after another bundle came into force, and
when somebody asks. One test at a time. A test that was interrupted leaves nothing, and is repeated soon.
"""

import asyncio
import logging
import time
from typing import Any, Self

from audit.errors import AuditError
from audit.incidents import Incidents
from audit.log import AuditLog
from proxy.activation import Activation
from proxy.canary.asking import At
from proxy.canary.lane import Lane, Passes, Sunk, lane
from proxy.canary.report import Report
from proxy.canary.run import Interrupted, Means, Plan, test
from proxy.canary.sink import Sink
from proxy.canary.values import TYPES
from proxy.errors import ConfigurationError
from proxy.identity import Keys
from proxy.pipeline import Pipeline
from proxy.settings import Settings
from proxy.upstreams.pool import Pool

log = logging.getLogger(__name__)
FAILED = "canary_failed"
"""What the incident is that begins with a failed test and ends with the next one that passes."""
PASSED = "passed"
FIRST_S = 120.0
"""After the server began, as long as the period is not shorter."""
AGAIN_S = 60.0
"""After another bundle came into force, or a test was interrupted."""
POLL_S = 1.0


class Canary:
    """The canary of one server. Its methods for the command line may be called by any thread."""

    def __init__(self, settings: Settings, audit: AuditLog, bundles: Activation, incidents: Incidents) -> None:
        self._audit, self._bundles, self._incidents = audit, bundles, incidents
        self._every_s = settings.canary_every_s
        self._plan = _plan(settings)
        self._sink, self._passes = Sink(), Passes()
        self._sunk = Sunk(bundles, self._sink)
        self._pool: Pool | None = None
        self._at: At | None = None
        self._due = time.monotonic() + min(self._every_s, FIRST_S)
        self._bundle = ""
        self._asked = False
        self._ended = 0
        self._last: dict[str, Any] = {}

    @classmethod
    async def begin(cls, settings: Settings, audit: AuditLog, bundles: Activation) -> Self:
        """Open the sinks, and take over an incident that an earlier process left; raises ConfigurationError."""
        made = cls(settings, audit, bundles, await asyncio.to_thread(Incidents, audit))
        await made._sink.open()
        return made

    def lane(self, usual: Pipeline, keys: Keys) -> Lane:
        """Lay the lane beside the usual pipeline."""
        laid = lane(usual, self._sunk, self._passes, keys)
        self._pool = laid.canarys.pool
        return laid

    def listening(self, host: str, port: int) -> None:
        """Hear where the server listens: before that there is nothing to test."""
        self._at = At(host, port)

    async def run(self) -> None:
        """Test when it is time, until cancelled."""
        try:
            while True:
                await asyncio.sleep(POLL_S)
                if self._at is not None and self._now():
                    await self._test(self._at)
        finally:
            self.close()
            if self._pool is not None:
                await self._pool.close()

    def close(self) -> None:
        """Stop listening, also if `run` was ended before it began."""
        self._passes.revoke()
        self._sink.close()

    def ask(self) -> dict[str, Any]:
        """Ask for a test; `ended` says how many had come to an end before."""
        ended, self._asked = self._ended, True
        return {"ended": ended}

    def state(self) -> dict[str, Any]:
        """Return how many tests have come to an end, and the last one's report."""
        return {"ended": self._ended, "last": self._last}

    def _now(self) -> bool:
        """Whether it is time for a test. Another bundle brings it near."""
        bundle, now = self._bundles.active.sha256, time.monotonic()
        if self._bundle not in {"", bundle}:
            self._due = min(self._due, now + AGAIN_S)
        self._bundle = bundle
        return self._asked or (self._every_s > 0 and now >= self._due)

    async def _test(self, at: At) -> None:
        """Run one test and record it. Raises nothing: whatever goes wrong, the next one comes."""
        self._asked = False
        means = Means(lambda: self._sunk.active, self._audit.committed, self._sink, self._passes, at)
        wait_s = AGAIN_S
        said: dict[str, Any] = {"error": "internal"}
        try:
            report = await test(means, self._plan)
            if report.courses.open:
                await asyncio.to_thread(self._record, report)
            wait_s, said = self._every_s, report.as_json()
        except Interrupted as error:
            said = {"error": str(error)}
            log.warning("a test of the canary's came to no end (%s)", error)
        except AuditError as error:
            said = {"error": "audit_unavailable"}
            log.warning("a test of the canary's could not be recorded: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - its text may quote what was planted
            log.error("a test of the canary's failed: %s", type(error).__name__)  # noqa: TRY400 - the same
        if self._pool is not None:
            await self._pool.keep(())
        self._due = time.monotonic() + wait_s
        self._last, self._ended = said, self._ended + 1

    def _record(self, report: Report) -> None:
        """Record a test, and begin or end the incident; raises AuditError. Blocks."""
        seq = self._audit.append_sync("control.tested", report.record()).seq
        if report.passed:
            self._incidents.close(FAILED, how=PASSED)
        elif self._incidents.open(FAILED, from_seq=seq):
            log.error("the canary's test failed: %s", ", ".join(report.why))


def _plan(settings: Settings) -> Plan:
    spared = frozenset(filter(None, settings.canary_except.split(",")))
    if unknown := sorted(spared - TYPES):
        raise ConfigurationError(f"setting canary_except: the canary plants nothing of the type {unknown[0]}")
    if spared == TYPES:
        raise ConfigurationError("setting canary_except: nothing is left that the canary could plant")
    return Plan(settings.canary_values, settings.canary_team, spared)
