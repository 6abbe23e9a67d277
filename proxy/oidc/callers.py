"""Who calls, by an API key or by a token of the identity provider: both become the same `Caller`."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Self

from audit.access import MAX_LIMIT, Filters, Records
from audit.errors import AuditUnavailable
from audit.log import AuditLog
from proxy.errors import Unavailable
from proxy.identity import Caller, KeyStore
from proxy.oidc.configuration import Configuration

if TYPE_CHECKING:
    from proxy.oidc.bearers import Bearers

CHANGED, SETTING = "config.changed", "oidc"
ACTOR = {"kind": "system", "id": "server", "app": "ringfence", "team": "ringfence", "auth_strength": "in_memory"}
OFF = "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"
"""SHA-256 of `null`, the canonical text of no configuration."""


class Callers:
    """API keys, and tokens where a provider is configured."""

    def __init__(
        self, store: KeyStore, bearers: "Bearers | None" = None, task: asyncio.Task[None] | None = None
    ) -> None:
        self._store, self._bearers, self._task = store, bearers, task

    @classmethod
    async def start(cls, configuration: Configuration | None, store: KeyStore, audit: AuditLog) -> Self:
        """Record what is configured, if it is something else than before, and begin. The provider may be away."""
        await _record(configuration, audit)
        store.watch()
        if configuration is None:
            return cls(store)
        from proxy.oidc.bearers import Bearers  # noqa: PLC0415 - a library that no server without a provider needs
        from proxy.oidc.fetching import fetch  # noqa: PLC0415 - the same
        from proxy.oidc.keyset import KeySet  # noqa: PLC0415 - the same

        keys = KeySet(partial(fetch, configuration))
        await keys.refresh()
        bearers = Bearers(configuration, keys, audit.fingerprinter.secret("oidc"))
        return cls(store, bearers, asyncio.create_task(keys.run()))

    def authenticate(self, secret: str) -> Caller | None:
        """Return the caller that a key or a token belongs to, or None; raises what Bearers.caller raises."""
        bearer = self._bearers.caller(secret) if self._bearers is not None else None
        return bearer or self._store.authenticate(secret)

    def not_ready(self) -> str | None:
        """Say why nobody with a key is let in; None while callers are."""
        return self._store.not_ready()

    def close(self) -> None:
        """Ask the provider no more, and release the keys."""
        if self._task is not None:
            self._task.cancel()
        self._store.close()


async def _record(configuration: Configuration | None, audit: AuditLog) -> None:
    """Record the configuration in force; raises Unavailable where the log takes no record."""
    sha256 = OFF if configuration is None else configuration.sha256()
    try:
        if sha256 != await asyncio.to_thread(_recorded, Records(audit.place)):
            await audit.append(CHANGED, {"actor": ACTOR, "settings": [SETTING], "sha256": sha256})
    except AuditUnavailable as error:
        text = f"The audit log cannot take a record now ({error.reason})."
        raise Unavailable(text, code="audit_unavailable") from None


def _recorded(records: Records) -> str:
    """Return the digest that was recorded last."""
    last, place = OFF, -1
    while True:
        page = records.page(Filters(kind=CHANGED), after=place, limit=MAX_LIMIT)
        said = [each.body["sha256"] for each in page.records if each.body.get("settings") == [SETTING]]
        last = said[-1] if said else last
        if page.next is None:
            return last
        place = page.next
