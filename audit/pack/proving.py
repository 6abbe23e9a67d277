"""Inclusion proofs of some records of a log, from one pass over it: only the hashes that the proofs need are kept."""

from collections.abc import Collection, Mapping, Sequence

from audit.proofs.merkle import inclusion, node
from audit.sources.source import Source

ROWS = 1000
Place = tuple[int, int]
"""A complete subtree: its level and index."""


def inclusions(source: Source, seqs: Collection[int], size: int) -> Mapping[int, Sequence[bytes]]:
    """Prove that each of these records is in the tree of this size (RFC 6962, section 2.1.1)."""
    wanted: set[Place] = set()

    def note(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return b""

    for seq in seqs:
        inclusion(seq, size, note)
    known = _subtrees(source, wanted, size)
    return {seq: inclusion(seq, size, lambda level, index: known[level, index]) for seq in seqs}


def _subtrees(source: Source, wanted: Collection[Place], size: int) -> Mapping[Place, bytes]:
    """Return the hashes of some complete subtrees."""
    known: dict[Place, bytes] = {}
    open_: list[bytes] = []
    start = 0
    while start < size and (page := source.rows(start, min(ROWS, size - start))):
        for raw in page:
            made, level, index = raw.link, 0, raw.seq
            if (0, index) in wanted:
                known[0, index] = made
            while index & 1:
                made, level, index = node(open_.pop(), made), level + 1, index >> 1
                if (level, index) in wanted:
                    known[level, index] = made
            open_.append(made)
        start = page[-1].seq + 1
    return known
