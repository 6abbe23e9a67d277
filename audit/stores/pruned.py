"""What is kept of records that were pruned: the hashes of their bodies, in tiles, from which all else follows.

A tile says how the chain stood before its first record, and the body hash of each record from there on, also of those
that were kept. Links, and so the tree, are computed from them; a tile that was changed does not lead to the links of
the records behind it. Only the standard library is used.
"""

from collections.abc import Iterable, Iterator

from audit.records.chain import HASH_BYTES, link

TILE = 256
"""Records of one tile, at most."""
TILE_BYTES = TILE * HASH_BYTES

Tile = tuple[int, bytes, bytes]
"""(first, prev, bhs): the number of the first record, the link before it, and the body hashes one after another."""
Gone = tuple[int, bytes, bytes, bytes]
"""(seq, prev, bh, link) of a record whose body, and row, are gone."""


def end_of(tile: Tile) -> int:
    """Return the number of the first record behind a tile."""
    return tile[0] + len(tile[2]) // HASH_BYTES


def gone(log_id: bytes, tiles: Iterable[Tile], start: int, end: int) -> Iterator[Gone]:
    """Yield what tiles say of the records from `start` on, before `end`, each once; tiles as they are stored.

    A hash or a link of a wrong length gives an empty link, which no verification takes.
    """
    at = start
    for first, before, bhs in tiles:
        prev = before
        for index in range(len(bhs) // HASH_BYTES):
            seq, bh = first + index, bhs[index * HASH_BYTES : (index + 1) * HASH_BYTES]
            made = link(log_id, seq, prev, bh) if len(prev) == HASH_BYTES and seq >= 0 else b""
            if at <= seq < end:
                yield seq, prev, bh, made
                at = seq + 1
            prev = made
