"""What the writer needs of a store. SQLite implements it; another database stands beside it, not above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from audit.record import Derived


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record ready to be linked: its exact bytes, their hash, and the columns derived from them."""

    derived: Derived
    body: bytes
    bh: bytes


@dataclass(frozen=True, slots=True)
class Linked:
    """Where a record stands in the chain."""

    seq: int
    link: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's end: how many records, and the last link (H_{-1} while there is none)."""

    log_id: bytes
    size: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read back."""

    seq: int
    link: bytes
    body: dict[str, Any]


class Store(Protocol):
    """One log's durable records. Used by one thread at a time; every failure is an AuditUnavailable."""

    waiting: bool
    """Whether it is waiting for another writer's transaction."""
    in_doubt: bool
    """Whether a commit failed without an answer since `next_n` was last asked."""

    def begin(self, log_id: bytes, prev: bytes, genesis: Prepared) -> Linked:
        """Create the head and the genesis record in one transaction."""

    def commit(self, rows: Sequence[Prepared]) -> list[Linked]:
        """Link and append all rows in one transaction; durable when it returns."""

    def find(self, record_id: str) -> Stored | None:
        """Look a record up by its id."""

    def next_n(self, epoch: str) -> int:
        """Return the counter of the epoch's next record, from what is stored."""

    def put_text(self, sha256: str, text: bytes) -> None:
        """Archive a text under its digest; once is enough."""

    def put_checkpoint(self, size: int, note: bytes) -> None:
        """Store a signed checkpoint; once is enough. RecordRefused where it does not follow those that are stored."""

    def close(self) -> None:
        """Release the connection."""
