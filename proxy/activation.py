"""Which policies and upstreams are in force: loaded together, checked together, swapped together.

A bundle that fails in any part is not used. At start that ends the process; on a reload the old bundle stays in force
and readiness says that the files on disk were refused. A request takes one snapshot and keeps it to its end.

A bundle is several files, and no file system hands out several at once. What is read counts only if no file changed
meanwhile, so it did lie on disk like that. Whether it was meant to, only people know: a change that nobody announces is
taken up when the files have come to rest.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from audit.records.record import new_id
from proxy.approvals import approval, commits
from proxy.approvals.approval import Approval, Remembered
from proxy.approvals.statement import FILE as APPROVALS
from proxy.detection.findings import DetectorSet
from proxy.errors import ConfigurationError
from proxy.files import source
from proxy.files.diagnostics import Diagnostic, FileRefused
from proxy.limits.limits import NO_LIMITS, Limits, load_limits
from proxy.memo import Memo
from proxy.notify.channels import NO_CHANNELS, Channels, load_channels
from proxy.policy.decide import decide
from proxy.policy.lint import Surroundings
from proxy.policy.load import load_policy
from proxy.policy.model import Budget, Call, Decision, Identity, Trust
from proxy.policy.policy import Policy
from proxy.routing import Route, routes
from proxy.settings import Settings
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.reading import check_zones, read_registry
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

log = logging.getLogger(__name__)
POLL_S = 1.0
RESTLESS_POLLS = 10
"""Files that still change after so many are read nevertheless: somebody may have tightened a rule."""
TICK_S = 0.02
"""Longer than a tick of any file system's clock: two changes within one can leave the same signature."""
READS = 25
Signature = tuple[tuple[str, int, int, int, int], ...]


@dataclass(frozen=True)
class Active:
    """One consistent snapshot of what is in force, with what follows from it alone and many requests ask for."""

    policy: Policy
    registry: Registry
    sha256: str
    """Digest of policies and upstreams together."""
    upstreams_text: bytes = b""
    """The upstream file as it was read, which an approval names by its digest."""
    approval: Approval | None = None
    warnings: tuple[Diagnostic, ...] = ()
    channels: Channels = field(default_factory=lambda: NO_CHANNELS)
    """Whom rules can tell. Taken up with the bundle, and no part of it: no decision depends on them."""
    limits: Limits = field(default_factory=lambda: NO_LIMITS)
    """What each key and team may have in a minute. The same."""

    @cached_property
    def harmless(self) -> Memo[tuple[Identity, Call, date], Decision]:
        """By caller, call and day, the decision where nothing was found and no budget is used up."""
        return Memo(lambda at: decide(self.policy, at[0], at[1], {}, at[2]))

    @cached_property
    def routes(self) -> Memo[tuple[tuple[str, ...], str, str], list[Route]]:
        """By zones left, endpoint and requested model, the routes of a request that refers to nothing kept.

        Not for a model that splits share: what a request draws is its own.
        """
        return Memo(lambda at: routes(*at, self.registry))

    def record(self) -> Mapping[str, Any]:
        """Return the `bundle` object of an audit record."""
        return self._record

    @cached_property
    def _record(self) -> Mapping[str, Any]:
        return {
            "sha256": self.sha256,
            "policies": [{"id": name, "version": version} for name, version in self.policy.policies],
            "upstreams_sha256": self.registry.sha256,
        }

    def budgets_of(self, op: str) -> tuple[Budget, ...]:
        """Return the budgets for what is asked: none for what no model works on, such as fetching what is kept."""
        return () if op else self.policy.bundle.budgets

    @property
    def identity(self) -> tuple[str, Approval | None]:
        """What its activation is recorded for: the same bundle under another approval is recorded again."""
        return self.sha256, self.approval


def load(settings: Settings, detectors: DetectorSet | None, remembered: Remembered | None = None) -> Active:
    """Load and check both, and who approved them; raises FileRefused.

    Without detectors, entity types are not checked against them; without a memory of what was in force, an approval's
    age is not judged.
    """
    upstreams = source.read(settings.upstreams)
    registry = read_registry(upstreams, settings.upstreams.name, settings.upstreams.parent)
    channels, limits = load_channels(settings.channels, os.environ), load_limits(settings.limits)
    types, cuts = (detectors.entity_types, dict(detectors.thresholds)) if detectors else (None, {})
    priced = registry.estate.prices.zones()
    around = Surroundings(datetime.now(UTC).date(), types, cuts, registry.zones, frozenset(channels), priced)
    policy, warnings = load_policy(settings.policies, around)
    check_zones(registry, policy.zones)
    bound = registry.bind({name: (zone.trust is Trust.VENDOR, zone.networks) for name, zone in policy.zones.items()})
    approved, said = approval.find(settings, policy, upstreams, remembered)
    sha256, warnings = bundle_sha256(policy.sha256, registry.sha256), (*warnings, *said)
    return Active(policy, bound, sha256, upstreams, approved, warnings, channels, limits)


def bundle_sha256(policy: str, upstreams: str) -> str:
    """Return the digest of a bundle from those of its two parts."""
    return hashlib.sha256(f"ringfence.bundle/v1\0{policy}\0{upstreams}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """What made the server read the files, as the record says it, and who did, where somebody is known."""

    source: str
    actor: Mapping[str, str] | None = None


START, CHANGED, SIGNAL = Asked("start"), Asked("reload"), Asked("signal")
ASKED = "api"


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload came to: what is in force now, and the digest of what was before, if that is something else."""

    active: Active
    previous: str | None
    error: Exception | None
    """Why what lies on disk is not in force: a ConfigurationError if it is refused."""


Announce = Callable[[Active, str | None, str, Asked], Awaitable[None]]


class Activation:
    """Holds the snapshot in force. `announce` makes a new one durable in the audit log before it is used.

    `announce` gets the snapshot, the digest of the one before, the id for its record, and who asked: with the same id,
    a record that was not acknowledged in time is offered again and not written twice.
    """

    def __init__(
        self,
        settings: Settings,
        detectors: DetectorSet,
        announce: Announce,
        remembered: Remembered | None = None,
        spread: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._detectors = detectors
        self._announce = announce
        self._remembered = remembered
        self._spread = spread
        """Has other processes of this server take up the files, too: somebody asked one of them to."""
        self._active: Active | None = None
        self._since = datetime.now(UTC)
        self._error: Exception | None = None
        self._again = False
        self._announced: tuple[tuple[str, Approval | None] | None, str, Asked] = (None, "", START)
        self._seen: Signature = ()
        self._changing = asyncio.Lock()
        self._begun = 0
        """How many reloads began to read."""
        self._last: Reloaded | None = None
        """What the last one came to, if it came to its end."""

    @property
    def active(self) -> Active:
        """The snapshot in force."""
        if self._active is None:
            raise FileRefused(())
        return self._active

    @property
    def since(self) -> datetime:
        """When the snapshot came into force."""
        return self._since

    @property
    def error(self) -> Exception | None:
        """Why what lies on disk is not in force; None when it is."""
        return self._error

    def not_ready(self) -> str | None:
        """Why the files on disk are not what is in force; None when they are."""
        if self._active is None:
            return "no policy is loaded"
        if self._error is None:
            return None
        if isinstance(self._error, ConfigurationError):
            return f"the policy files on disk are refused, the last good ones stay in force: {self._error}"
        return f"the reload failed ({type(self._error).__name__}), the last good policy stays in force"

    async def start(self) -> None:
        """Load for the first time; raises ConfigurationError."""
        await self._activate(await asyncio.to_thread(self._load), START)

    async def reload(self, asked: Asked = CHANGED) -> Reloaded:
        """Try what is on disk now. If it is refused, or cannot be recorded, the old snapshot stays in force.

        Whoever asks while files are read waits for the next reading, which all share who wait for it.
        """
        if asked.source == ASKED:
            self._spread()
        begun = self._begun
        async with self._changing:
            if self._last is not None and self._begun > begun:
                return self._last
            self._begun, self._last = self._begun + 1, None
            before = self.active
            self._again = False
            try:
                loaded = await asyncio.to_thread(self._load)
                if loaded.identity != before.identity:
                    await self._activate(loaded, asked)
                if loaded.channels != self.active.channels:
                    log.info("other channels are told from now on: %s", ", ".join(loaded.channels) or "none")
                if loaded.limits != self.active.limits:
                    log.info("other limits apply from now on")
                self._active = replace(self.active, channels=loaded.channels, limits=loaded.limits)
                self._error = None
            except ConfigurationError as error:
                self._error = error
                log.error("reload refused: %s", error)  # noqa: TRY400 - diagnostics, not a traceback
            except Exception as error:  # noqa: BLE001 - whatever it is, the old bundle stays
                self._again = True
                self._error = error
                log.error("reload failed: %s", type(error).__name__)  # noqa: TRY400 - its text may quote a file
            now = self.active
            self._last = Reloaded(now, before.sha256 if now.identity != before.identity else None, self._error)
            return self._last

    async def watch(self) -> None:
        """Reload when files of the bundle are others than were read and have come to rest; runs until cancelled.

        Asks instead of being told: notifications are lost when a folder is replaced, as a ConfigMap's is.
        """
        before, polls = self._seen, 0
        while True:
            await asyncio.sleep(POLL_S)
            now = await asyncio.to_thread(signature, self._settings)
            polls = polls + 1 if now != self._seen else 0
            if self._again or (polls and (now == before or polls >= RESTLESS_POLLS)):
                await self.reload()
                polls = 0
            before = now

    def observed(self, upstream: Upstream, said: Observation) -> None:
        """Take over what an upstream said of itself, unless its name is another one's by now."""
        active = self.active
        if upstream in active.registry.upstreams:
            self._active = replace(active, registry=active.registry.with_observed(upstream, said))

    def _load(self) -> Active:
        """Load files of which none changed meanwhile; raises ConfigurationError. Blocks."""
        for _ in range(READS):
            self._seen = signature(self._settings)
            if not _just_changed(self._seen):
                try:
                    loaded = load(self._settings, self._detectors, self._remembered)
                except ConfigurationError:
                    if signature(self._settings) == self._seen:
                        raise
                else:
                    if signature(self._settings) == self._seen:
                        return loaded
            time.sleep(TICK_S)
        raise ConfigurationError("The files of policies and upstreams change again and again while they are read.")

    async def _activate(self, loaded: Active, asked: Asked) -> None:
        if self._announced[0] != loaded.identity:
            self._announced = (loaded.identity, new_id(), asked)
        _, record_id, first_asked = self._announced
        await self._announce(loaded, self._active.sha256 if self._active else None, record_id, first_asked)
        self._announced = (None, "", START)
        for warning in loaded.warnings:
            log.warning("%s", warning)
        if self._active is not None:
            loaded = replace(loaded, registry=loaded.registry.with_observed_of(self._active.registry))
        self._active, self._since = loaded, datetime.now(UTC)


def signature(settings: Settings) -> Signature:
    """Say which files make up the bundle now, well enough to notice any change; a missing one is noticed too."""
    found = []
    extra = [path for path in (settings.channels, settings.limits, settings.policy_signers) if path]
    files: list[Path] = []
    with contextlib.suppress(OSError):
        files = sorted(settings.policies.glob("*.y*ml"))
    for path in (*files, settings.policies / APPROVALS, settings.upstreams, *extra):
        with contextlib.suppress(OSError):
            state = path.stat()
            found.append((path.name, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    if settings.policy_approvals == "git":
        found.append((commits.head(settings.policies), 0, 0, 0, 0))
    return tuple(found)


def _just_changed(files: Signature) -> bool:
    """Whether some file changed so lately that one more change may not show in it."""
    now = time.time_ns()
    return any(0 <= now - changed < TICK_S * 1e9 for *_, changed in files)
