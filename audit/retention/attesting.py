"""How much of a log others vouch for: which anchors have which heads of it, and whether it is still what they have.

A prune takes evidence away for good. So the log is hashed anew, from its first record to the newest head that an anchor
has, before anything goes; whatever does not fit, even once, refuses it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from audit.anchors.anchored import Keeper
from audit.errors import AuditMismatch
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import Frontier
from audit.proofs.note import Note
from audit.records.chain import body_hash, link
from audit.records.tombstone import Tombstone
from audit.sources.source import Raw, Source
from audit.stores.asking import Run

PAGE = 1000
RECEIPTS = "SELECT body FROM {s}record WHERE kind = 'anchor.receipt' ORDER BY seq DESC LIMIT 64"
STORED = "SELECT note FROM {s}checkpoint WHERE size = ?"
LARGEST = "SELECT size, note FROM {s}checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1"

Reading = Callable[[int, int], None]
"""Told how many records were read, of how many."""


@dataclass(frozen=True, slots=True)
class Attested:
    """The newest head that an anchor is known to have."""

    anchor: str
    size: int
    root: bytes


def anchored(run: Run, keepers: Mapping[str, Keeper]) -> tuple[list[Attested], list[str]]:
    """Return the newest head of each anchor, as it says itself or by its receipt, and those that do not answer.

    Raises AuditMismatch where one has a head that is not in the log: then nothing may be taken away from it.
    """
    found: dict[str, Attested] = {}
    silent = []
    for body in (orjson.loads(row[0]) for row in run(RECEIPTS)):
        found.setdefault(body["anchor"], Attested(body["anchor"], body["size"], bytes.fromhex(body["root"])))
    for name, keeper in keepers.items():
        try:
            note = keeper.newest()
            stated = None if note is None else Checkpoint.of(Note.decode(note))
        except (OSError, ValueError):
            silent.append(name)
            continue
        if stated is not None:
            head = Attested(name, stated.size, stated.root)
            found[name] = max(head, found.get(name, head), key=lambda one: one.size)
    for head in found.values():
        if root_at(run, head.size) != head.root:
            raise AuditMismatch(f"the anchor {head.anchor} has a head of {head.size} records that is not in this log")
    return sorted(found.values(), key=lambda head: head.anchor), silent


def root_at(run: Run, size: int) -> bytes | None:
    """Return the root of the stored checkpoint of so many records."""
    rows = run(STORED, size)
    return Checkpoint.of(Note.decode(bytes(rows[0][0]))).root if rows else None


def largest(run: Run, limit: int) -> Checkpoint | None:
    """Return the largest stored checkpoint of no more records than that."""
    rows = run(LARGEST, limit)
    return Checkpoint.of(Note.decode(bytes(rows[0][1]))) if rows and rows[0][0] > 0 else None


def require_whole(source: Source, roots: Mapping[int, bytes], reading: Reading | None = None) -> None:
    """Hash every record up to the largest of these sizes; raises AuditMismatch where one does not have its root."""
    claim, tree, end = source.claim(), Frontier.empty(), max(roots)
    prev: bytes | None = None
    for raw in _rows(source, end):
        own = not raw.body or body_hash(raw.body) == raw.bh or _is_erased(raw)
        follows = raw.seq == tree.size and prev in (None, raw.prev)
        if not own or not follows or link(claim.log_id, raw.seq, raw.prev, raw.bh) != raw.link:
            raise AuditMismatch(f"record {raw.seq} is not what was written; look with: ringfence audit verify")
        tree.append(raw.link)
        prev = raw.link
        if tree.size in roots and tree.root() != roots[tree.size]:
            raise AuditMismatch(f"the first {tree.size} records are not those of their checkpoint")
        if reading is not None and tree.size % PAGE == 0:
            reading(tree.size, end)
    if tree.size < end:
        raise AuditMismatch("records are missing; look with: ringfence audit verify")


def covering(heads: Sequence[Attested], seq: int) -> tuple[str, ...]:
    """Name the anchors that have a head over a record."""
    return tuple(head.anchor for head in heads if head.size > seq)


def _rows(source: Source, end: int) -> Iterator[Raw]:
    start = 0
    while start < end:
        page = source.rows(start, min(PAGE, end - start))
        if not page:
            return
        yield from (raw for raw in page if raw.seq < end)
        start = page[-1].seq + 1


def _is_erased(raw: Raw) -> bool:
    stone = Tombstone.decode(raw.body)
    return stone is not None and (stone.seq, stone.bh) == (raw.seq, raw.bh.hex())
