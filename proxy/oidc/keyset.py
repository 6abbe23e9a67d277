"""Keeps the provider's keys. No request waits for the provider: the set is fetched beside them, now and then.

It is fetched again every REFRESH_S, and when a token names an unknown key, but then at most every AGAIN_S. While the
provider is away, the last set counts for STALE_S; after that nobody gets in with a token until there is a set again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from proxy.oidc.fetching import Unfetched
from proxy.oidc.jwks import Usable, is_set, usable

log = logging.getLogger(__name__)
REFRESH_S, AGAIN_S, SOON_S, STALE_S = 600.0, 60.0, 10.0, 3600.0
"""SOON_S: between tries while there is no set that counts."""


class KeySet:
    """The keys of one provider. Of one event loop."""

    def __init__(self, fetch: Callable[[], Awaitable[Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._keys: Mapping[str, Usable] = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._wanted = asyncio.Event()
        self._fetching = False
        self.failing = ""
        """Why the last try failed, in a word."""

    def current(self) -> Mapping[str, Usable] | None:
        """Return the keys, or None where there are none, or too old ones."""
        fresh = self._fetched is not None and self._clock() - self._fetched < STALE_S
        return self._keys if fresh else None

    def unknown(self) -> bool:
        """Take note that a token names a key that is not in the set. Whether the set may be old; if so, try again."""
        if self._tried is None or self._clock() - self._tried >= AGAIN_S:
            self._wanted.set()
        return self._wanted.is_set() or self._fetching or bool(self.failing)

    async def refresh(self) -> None:
        """Fetch the set. Where the answer is none, the last goes on as long as it may; a set without keys ends it."""
        self._tried, self._fetching = self._clock(), True
        self._wanted.clear()
        try:
            document = await self._fetch()
            found, why = usable(document), "no_usable_key" if is_set(document) else "no_set"
        except Unfetched as error:
            found, why = {}, str(error)
        finally:
            self._fetching = False
        if found:
            if self.failing or self._fetched is None:
                log.info("the identity provider's keys were fetched: %d usable", len(found))
            self._keys, self._fetched, self.failing = found, self._clock(), ""
            return
        if why == "no_usable_key":
            self._fetched = None
        if why != self.failing:
            log.warning("the identity provider's keys cannot be fetched: %s; it is tried again", why)
        self.failing = why

    async def run(self) -> None:
        """Fetch it whenever that is due, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.due_s()):
                    await self._wanted.wait()
            await self.refresh()

    def due_s(self) -> float:
        """Return in how many seconds it is fetched again by itself."""
        if self.current() is None:
            return SOON_S
        return AGAIN_S if self.failing else REFRESH_S
