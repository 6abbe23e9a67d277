"""Which policies and upstreams are in force: loaded together, checked together, swapped together.

A bundle that fails in any part is not used. At start that ends the process; on a reload the old bundle stays in force
and readiness says that the files on disk were refused. A request takes one snapshot and keeps it to its end.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from audit.record import new_id
from proxy.detection.findings import DetectorSet
from proxy.files.diagnostics import Diagnostic, FileRefused
from proxy.policy.load import load_policy
from proxy.policy.model import Trust
from proxy.policy.policy import Policy
from proxy.settings import Settings
from proxy.upstreams.registry import Registry, check_zones, load_registry

log = logging.getLogger(__name__)
POLL_S = 1.0
Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Active:
    """One consistent snapshot of what is in force."""

    policy: Policy
    registry: Registry
    sha256: str
    """Digest of policies and upstreams together."""
    warnings: tuple[Diagnostic, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the `bundle` object of an audit record."""
        return {
            "sha256": self.sha256,
            "policies": [{"id": name, "version": version} for name, version in self.policy.policies],
            "upstreams_sha256": self.registry.sha256,
        }


def load(settings: Settings, detectors: DetectorSet | None) -> Active:
    """Load and check both; raises FileRefused. Without detectors, entity types are not checked against them."""
    registry = load_registry(settings.upstreams)
    policy, warnings = load_policy(
        settings.policies,
        entity_types=detectors.entity_types if detectors else None,
        thresholds=dict(detectors.thresholds) if detectors else {},
        zones_with_upstreams=registry.zones,
        today=datetime.now(UTC).date(),
    )
    check_zones(registry, policy.zones)
    bound = registry.bind({name: (zone.trust is Trust.VENDOR, zone.networks) for name, zone in policy.zones.items()})
    return Active(policy, bound, bundle_sha256(policy.sha256, registry.sha256), warnings)


def bundle_sha256(policy: str, upstreams: str) -> str:
    """Return the digest of a bundle from those of its two parts."""
    return hashlib.sha256(f"ringfence.bundle/v1\0{policy}\0{upstreams}".encode()).hexdigest()


Announce = Callable[[Active, str | None, str], Awaitable[None]]


class Activation:
    """Holds the snapshot in force. `announce` makes a new one durable in the audit log before it is used.

    `announce` gets the snapshot, the digest of the one before, and the id for its record: with the same id, a record
    that was not acknowledged in time is offered again and not written twice.
    """

    def __init__(self, settings: Settings, detectors: DetectorSet, announce: Announce) -> None:
        self._settings = settings
        self._detectors = detectors
        self._announce = announce
        self._active: Active | None = None
        self._refused: str | None = None
        self._again = False
        self._announced = ("", "")
        self._seen: Signature = ()
        self._changing = asyncio.Lock()

    @property
    def active(self) -> Active:
        """The snapshot in force."""
        if self._active is None:
            raise FileRefused(())
        return self._active

    def not_ready(self) -> str | None:
        """Why the files on disk are not what is in force; None when they are."""
        return "no policy is loaded" if self._active is None else self._refused

    async def start(self) -> None:
        """Load for the first time; raises FileRefused."""
        self._seen = signature(self._settings)
        await self._activate(load(self._settings, self._detectors))

    async def reload(self) -> None:
        """Try what is on disk now. If it is refused, or cannot be recorded, the old snapshot stays in force."""
        async with self._changing:
            self._again = False
            try:
                self._seen = await asyncio.to_thread(signature, self._settings)
                loaded = await asyncio.to_thread(load, self._settings, self._detectors)
                if loaded.sha256 != self.active.sha256:
                    await self._activate(loaded)
                self._refused = None
            except FileRefused as error:
                self._refused = f"the policy files on disk are refused, the last good ones stay in force: {error}"
                log.error("reload refused: %s", error)  # noqa: TRY400 - diagnostics, not a traceback
            except Exception as error:  # noqa: BLE001 - whatever it is, the old bundle stays
                self._again = True
                self._refused = f"the reload failed ({type(error).__name__}), the last good policy stays in force"
                log.error("reload failed: %s", type(error).__name__)  # noqa: TRY400 - its text may quote a file

    async def watch(self) -> None:
        """Reload whenever a file of the bundle is another one than was read; runs until cancelled.

        Asks instead of being told: notifications are lost when a folder is replaced, as a ConfigMap's is.
        """
        while True:
            await asyncio.sleep(POLL_S)
            if self._again or await asyncio.to_thread(signature, self._settings) != self._seen:
                await self.reload()

    def relist(self, upstream_id: str, models: list[str]) -> None:
        """Take over what an upstream's `/v1/models` listed."""
        active = self.active
        self._active = replace(active, registry=active.registry.with_listed(upstream_id, models))

    async def _activate(self, loaded: Active) -> None:
        before = self._active
        if self._announced[0] != loaded.sha256:
            self._announced = (loaded.sha256, new_id())
        await self._announce(loaded, before.sha256 if before else None, self._announced[1])
        self._announced = ("", "")
        for warning in loaded.warnings:
            log.warning("%s", warning)
        if before is not None:
            loaded = replace(loaded, registry=loaded.registry.with_listed_of(before.registry))
        self._active = loaded


def signature(settings: Settings) -> Signature:
    """Say which files make up the bundle now, well enough to notice any change; a missing one is noticed too."""
    found = []
    for path in (*sorted(settings.policies.glob("*.y*ml")), settings.upstreams):
        with contextlib.suppress(OSError):
            state = path.stat()
            found.append((path.name, state.st_ino, state.st_size, state.st_mtime_ns))
    return tuple(found)
