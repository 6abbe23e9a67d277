"""Results of units that were scanned before. Never shared between tenants, never holding text.

A key is a BLAKE2b under a secret of this process, so that nothing can be learnt from it; the values are types, scores
and keyed ids. Tenants have shelves of their own: one that fills the cache pushes its own entries out, not another's.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from proxy.detection.tasks import Result, Task

ENTRY_BYTES = 560
HIT_BYTES = 180
"""Sizes in memory for the bound, a little more than tracemalloc shows."""


class Cache:
    """Least recently used first out, bounded in bytes over all tenants; the largest shelf pays."""

    def __init__(self, limit: int, secret: bytes) -> None:
        self._limit = limit
        self._secret = secret
        self._shelves: dict[str, OrderedDict[bytes, Result]] = {}
        self._used: dict[str, int] = {}

    def keys(self, tenant: str, detectors: str) -> Callable[[Task], bytes]:
        """Return what gives the keys of a tenant's tasks, as long as these detectors are loaded.

        Every part goes in with its length, so that parts cannot run together.
        """
        common = hashlib.blake2b(_parts(tenant, detectors), key=self._secret, digest_size=32)

        def key(task: Task) -> bytes:
            state = common.copy()
            state.update(
                _parts(task.kind, *(part for text in task.texts for part in (text.shape, text.key, text.text)))
            )
            return state.digest()

        return key

    def get(self, tenant: str, key: bytes) -> Result | None:
        """Return a stored result."""
        shelf = self._shelves.get(tenant)
        if shelf is None or key not in shelf:
            return None
        shelf.move_to_end(key)
        return shelf[key]

    def put(self, tenant: str, key: bytes, result: Result) -> None:
        """Keep a complete result; one with failures is never kept."""
        if result.failures or _size(result) > self._limit:
            return
        shelf = self._shelves.setdefault(tenant, OrderedDict())
        if key in shelf:
            self._used[tenant] -= _size(shelf.pop(key))
        shelf[key] = result
        self._used[tenant] = self._used.get(tenant, 0) + _size(result)
        while sum(self._used.values()) > self._limit:
            self._evict(max(self._used, key=lambda name: self._used[name]))

    def clear(self) -> None:
        """Forget everything: the detectors changed."""
        self._shelves.clear()
        self._used.clear()

    @property
    def used(self) -> int:
        """Estimated bytes in use."""
        return sum(self._used.values())

    def _evict(self, tenant: str) -> None:
        _, result = self._shelves[tenant].popitem(last=False)
        self._used[tenant] -= _size(result)
        if not self._shelves[tenant]:
            del self._shelves[tenant], self._used[tenant]


def _parts(*parts: str) -> bytes:
    return "".join([f"{len(part)}:{part}" for part in parts]).encode("utf-8", "surrogatepass")


def _size(result: Result) -> int:
    return ENTRY_BYTES + HIT_BYTES * len(result.hits)
