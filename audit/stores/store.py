"""What the writer needs of a store: SQLite and PostgreSQL stand beside each other, and nothing above them knows which.

The head is read from the database in every transaction and never cached; what is remembered is only the last head that
was seen, so that a store that went backwards is noticed before anything is built on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from audit.pending import Pending
from audit.records.chain import body_hash, link
from audit.records.record import Derived
from audit.records.tombstone import Tombstone
from audit.stores.pruned import Tile, end_of, gone


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


COLUMNS = "seq, id, prev, bh, link, kind, v, ts, dec, attempt, app, team, decision, zone, body"
"""Of the table `record`, in the order of `values_of`."""
Tail = Sequence[tuple[int, bytes, bytes, bytes, bytes]]
"""(seq, prev, bh, link, body) of records that follow each other; the body of one that was pruned is empty."""


class Store(Protocol):
    """One log's durable records. Used by one thread at a time; every failure is an AuditUnavailable."""

    lease_s: float | None
    """How often `open_attempts` must be asked while other processes may write; None where no other may."""
    waiting: bool
    """Whether it is waiting for another writer's transaction."""
    pending: Pending
    """What this process left without an outcome so far."""
    in_doubt: bool
    """Whether a commit failed without an answer since `next_n` was last asked."""

    def begin(self, log_id: bytes, prev: bytes, genesis: Prepared) -> Linked | None:
        """Create the head and the genesis record in one transaction; None when another writer has just done so."""

    def commit(self, rows: Sequence[Prepared]) -> list[Linked]:
        """Link and append all rows in one transaction; durable when it returns, rolled back when it raises.

        After an error of COMMIT itself nothing is known. The store is then asked on a new connection what became of
        the rows. Where that fails too, AuditUnavailable is raised and the rows may exist: `in_doubt` says so.
        """

    def head(self) -> Head | None:
        """Return the stored head; None before genesis."""

    def tail(self, count: int, size: int) -> Tail:
        """Return the last records of the first `size`, oldest first."""

    def of_kind(self, kind: str) -> Iterable[bytes]:
        """Return the bodies of one kind, in order. Meant for kinds of which there are few."""

    def open_attempts(self) -> list[tuple[str, int]]:
        """Return (decision, attempt) of all that lack an outcome and whose writer is gone."""

    def find(self, record_id: str) -> Stored | None:
        """Look a record up by its id."""

    def read_back(self, ids: Sequence[str]) -> Sequence[tuple[str, bytes, bytes]]:
        """Return (id, body, body hash) of records of the last batch, as they were read behind its COMMIT."""

    def next_n(self, epoch: str) -> int:
        """Return the counter of the epoch's next record, from what is stored; after that nothing is in doubt."""

    def put_text(self, sha256: str, text: bytes) -> None:
        """Archive a text under its digest; once is enough."""

    def put_checkpoint(self, size: int, note: bytes) -> None:
        """Store a signed checkpoint; once is enough. RecordRefused where it does not follow those that are stored."""

    def keep(self) -> float:
        """Note outside the database how far it was written, now and then; return when (monotonic) it is to be asked."""

    def close(self) -> None:
        """Release the connection."""


def tail_is_whole(head: Head, rows: Tail) -> bool:
    """Whether the last records hash to the head: a cheap check at start; the verifier looks at all of them."""
    if not rows or rows[-1][0] != head.size - 1 or rows[-1][3] != head.hash:
        return False
    before: bytes | None = None
    for seq, prev, bh, end, body in rows:
        if not _is_body(body, bh) or link(head.log_id, seq, prev, bh) != end or before not in (None, prev):
            return False
        before = end
    return True


def _is_body(body: bytes, bh: bytes) -> bool:
    stone = Tombstone.decode(body)
    return not body or body_hash(body) == bh or (stone is not None and stone.bh == bh.hex())


def with_gone(rows: Tail, log_id: bytes, tiles: Sequence[Tile], count: int, size: int) -> Tail:
    """Return the last `count` of the first `size` records, given the last ones that are there and the last tiles."""
    ends = [row[0] + 1 for row in rows[-1:]] + [end_of(tile) for tile in tiles[-1:]]
    end = min(max(ends, default=0), size)
    found = {seq: (seq, prev, bh, to, b"") for seq, prev, bh, to in gone(log_id, tiles, end - count, end)}
    found.update((row[0], row) for row in rows if row[0] >= end - count)
    return [found[seq] for seq in sorted(found)]


Links = Sequence[tuple[bytes, Linked]]
"""For each row, the link before it and its own place."""


def link_all(head: Head, rows: Sequence[Prepared]) -> tuple[Links, Head]:
    """Link rows to a head; return their links and the head that follows."""
    seq, prev = head.size, head.hash
    linked = []
    for row in rows:
        end = link(head.log_id, seq, prev, row.bh)
        linked.append((prev, Linked(seq, end)))
        seq, prev = seq + 1, end
    return linked, Head(head.log_id, seq, prev)


def values_of(rows: Sequence[Prepared], links: Links) -> Iterable[tuple[Any, ...]]:
    """Return the columns of each row."""
    for row, (prev, to) in zip(rows, links, strict=True):
        made = row.derived
        found = (made.kind, made.v, made.ts, made.dec, made.attempt, made.app, made.team, made.decision, made.zone)
        yield (to.seq, made.id, prev, row.bh, to.link, *found, row.body)


def labels_of(rows: Sequence[Prepared], links: Links) -> Iterable[tuple[str, str, int]]:
    """Return (what, name, seq) of each label."""
    for row, (_, to) in zip(rows, links, strict=True):
        yield from ((what, name, to.seq) for what, name in row.derived.labels)
