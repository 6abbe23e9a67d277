"""Results of units that were scanned before. Never shared between tenants, never holding text.

A key is a BLAKE2b under a secret of this process, so that nothing can be learnt from it; the values are types, scores
and keyed ids. Tenants have shelves of their own: one that fills the cache pushes its own entries out, not another's.
"""

import hashlib
from collections import OrderedDict

from proxy.detection.tasks import Result, Task

ENTRY_BYTES = 400
HIT_BYTES = 240
"""Rough sizes in memory, measured with sys.getsizeof over slotted objects, for the bound."""


class Cache:
    """Least recently used first out, bounded in bytes over all tenants; the largest shelf pays."""

    def __init__(self, limit: int, secret: bytes) -> None:
        self._limit = limit
        self._secret = secret
        self._shelves: dict[str, OrderedDict[bytes, Result]] = {}
        self._used: dict[str, int] = {}

    def key(self, tenant: str, detectors: str, task: Task) -> bytes:
        """Return the key of a task; every part goes in with its length, so that parts cannot run together."""
        state = hashlib.blake2b(key=self._secret, digest_size=32)
        parts = [tenant, detectors, task.kind]
        for text in task.texts:
            parts += [text.shape, text.key, text.text]
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            state.update(len(data).to_bytes(8, "big"))
            state.update(data)
        return state.digest()

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


def _size(result: Result) -> int:
    return ENTRY_BYTES + HIT_BYTES * len(result.hits)
