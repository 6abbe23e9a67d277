"""What the writer thread is given, and how its results reach whoever waits: a thread, or an event loop."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from audit.errors import AuditError
from audit.records.canonical import Halves, Writer
from audit.records.chain import body_hash
from audit.records.record import Derived
from audit.stores.store import Prepared, Store


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof for the caller that a record is durable; `link` is H_n in hex. Kept, it can show a later omission."""

    id: str
    seq: int
    link: str


@dataclass(frozen=True, slots=True)
class Spooled:
    """A record is durable in the spool, and will be in the log under this id. It is no receipt of the log."""

    id: str


Late = Callable[[Receipt | Spooled], None]
"""Told, in the loop of its append, of a record that became durable although the caller was refused or had left."""


class Waiter:
    """Where a result goes: a future of an event loop, or of a thread; to `late`, when the caller does not take it."""

    __slots__ = ("future", "late", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop | None, late: Late | None = None) -> None:
        self.loop = loop
        self.late = late
        self.future: Any = concurrent.futures.Future() if loop is None else loop.create_future()

    def settle(self, result: Receipt | AuditError) -> None:
        """Give the result, unless the caller left. Runs in the loop's thread, or in the writer's for threads."""
        if isinstance(result, AuditError):
            if not self.future.done():
                self.future.set_exception(result)
        elif not self.future.done():
            self.future.set_result(result)
        elif self.late is not None:
            self.late(result)

    def miss(self) -> None:
        """Note that the caller was cancelled: a receipt that lay ready for it is late as well."""
        ready = self.future.done() and not self.future.cancelled() and self.future.exception() is None
        if ready and self.late is not None:
            self.late(self.future.result())


@dataclass(slots=True, eq=False)
class Entry:
    """A record on its way. `due` is monotonic seconds; `dropped` is set by a caller that has given up.

    One with a `chosen_id` may be stored already.
    """

    derived: Derived
    halves: Halves
    chosen_id: bool
    due: float
    waiter: Waiter
    dropped: bool = False

    def prepared(self, writer: Writer, n: int) -> Prepared:
        """Return it as the writer's n-th record."""
        body = self.halves.join(writer, n)
        return Prepared(self.derived, body, body_hash(body))


@dataclass(slots=True, eq=False)
class Text:
    """A text for the archive."""

    sha256: str
    text: bytes
    waiter: Waiter
    dropped: bool = False


@dataclass(slots=True, eq=False)
class Signed:
    """A checkpoint, for the table of checkpoints."""

    size: int
    note: bytes
    waiter: Waiter
    dropped: bool = False


@dataclass(slots=True, eq=False)
class Chore:
    """Something else that the writer has to do with its store, between two batches, and shortly."""

    run: Callable[[Store], None]
    waiter: Waiter
    dropped: bool = False


Job = Entry | Text | Signed | Chore


def settle(results: Iterable[tuple[Waiter, Receipt | AuditError]]) -> None:
    """Hand results over, waking each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Waiter, Receipt | AuditError]]] = {}
    for waiter, result in results:
        if waiter.loop is None:
            with suppress(concurrent.futures.InvalidStateError):
                waiter.settle(result)
        else:
            loops.setdefault(waiter.loop, []).append((waiter, result))
    for loop, mine in loops.items():
        with suppress(RuntimeError):  # the loop was closed; nobody waits any more
            loop.call_soon_threadsafe(_settle_here, mine)


def _settle_here(results: list[tuple[Waiter, Receipt | AuditError]]) -> None:
    for waiter, result in results:
        waiter.settle(result)
