"""The log's tree for whoever asks for a proof: hashes of complete subtrees are kept, so that a proof reads a few tiles.

A tile is 256 leaves. The hash of each complete tile, and of all that is above them, stays in memory: 64 bytes for 256
records, 256 KiB for a million. They are made once, from the links as they are stored, a few tiles at a time and with
pauses, so that neither a transaction nor Python's lock is held for long. What came out is compared with the signed
checkpoints by whoever hands out a proof: a log that was changed is found there, and nothing here is kept then.

The hashes of tiles are also kept in a file, 32 bytes each, so that a restart does not read the whole log again. The
file is believed as far as the newest checkpoint covers it, and only if the root that follows is the one that it signs.
"""

import logging
import os
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from audit.access import Ask, Records
from audit.errors import AuditUnavailable
from audit.place import Place
from audit.proofs.merkle import consistency, inclusion, node, root, root_of
from audit.records.chain import HASH_BYTES
from audit.sources.postgres import open_source

log = logging.getLogger(__name__)
LEVEL = 8
TILE = 1 << LEVEL
AT_ONCE = 8
"""Tiles that are read and hashed in one go: about four milliseconds."""
PAUSE_S = 0.002
LINKS = "SELECT seq, link FROM @record WHERE seq >= :start AND seq < :end ORDER BY seq"


class Tree:
    """The tree of one log. Safe to share between threads; whoever is first makes what is missing."""

    def __init__(self, records: Records, place: Place, file: Path | None = None) -> None:
        self._records, self._place, self._file = records, place, file
        self._levels: list[list[bytes]] = [[]]
        """Of complete subtrees: of one tile, of two, of four ..."""
        self._growing = threading.Lock()

    def root(self, size: int) -> bytes:
        """Return the root over the first records; raises AuditUnavailable, "behind" where there are not so many."""
        with self._records.asking() as ask:
            return root(size, self._subtrees(ask, size))

    def inclusion(self, index: int, size: int) -> tuple[bytes, list[bytes], bytes]:
        """Return a record's link, the proof that it is in the tree of a size, and the root; raises the same."""
        with self._records.asking() as ask:
            subtrees = self._subtrees(ask, size)
            return subtrees(0, index), inclusion(index, size, subtrees), root(size, subtrees)

    def consistency(self, old: int, size: int) -> tuple[bytes, list[bytes], bytes]:
        """Return the root at the old size, the proof that the new tree extends it, and its root; raises the same."""
        with self._records.asking() as ask:
            subtrees = self._subtrees(ask, size)
            return root(old, subtrees), consistency(old, size, subtrees), root(size, subtrees)

    def take_up(self, size: int, signed: bytes) -> None:
        """Believe the file as far as a checkpoint covers it, if the root is the one that it signs; else begin anew."""
        if self._file is None or not self._file.is_file():
            return
        try:
            data = self._file.read_bytes()[: size // TILE * HASH_BYTES]
        except OSError:
            return
        with self._growing:
            self._levels = [[]]
            for start in range(0, len(data) - HASH_BYTES + 1, HASH_BYTES):
                self._add(data[start : start + HASH_BYTES])
            self._cut()
        if self.root(size) != signed:
            log.warning("the kept hashes of the log's tree are not those of its checkpoint, and are made anew")
            self.forget()

    def forget(self) -> None:
        """Make everything anew when it is asked for."""
        with self._growing:
            self._levels = [[]]
            self._cut()

    def _subtrees(self, ask: Ask, size: int) -> "_Subtrees":
        while len(self._levels[0]) < size // TILE:
            with self._growing:
                self._grow(ask, size // TILE)
            time.sleep(PAUSE_S)
        return _Subtrees(self, ask, size, self._levels)

    def _grow(self, ask: Ask, tiles: int) -> None:
        """Add the next few tiles; several threads may be at it by turns."""
        done = len(self._levels[0])
        end = min(tiles, done + AT_ONCE)
        links = self.links(ask, done * TILE, end * TILE)
        for start in range(0, len(links), TILE):
            self._add(root_of(links[start : start + TILE]))
        self._keep(done)

    def _add(self, tile: bytes) -> None:
        level = 0
        self._levels[0].append(tile)
        while len(self._levels[level]) % 2 == 0:
            if level + 1 == len(self._levels):
                self._levels.append([])
            made = node(*self._levels[level][-2:])
            level += 1
            self._levels[level].append(made)

    def _keep(self, done: int) -> None:
        """Write what was added behind the first tiles to the file; without one, or on a full disk, nothing is kept."""
        if self._file is None:
            return
        with suppress(OSError):
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(descriptor, b"".join(self._levels[0][done:]), done * HASH_BYTES)
            finally:
                os.close(descriptor)

    def _cut(self) -> None:
        """Leave nothing in the file behind what is believed."""
        if self._file is not None:
            with suppress(OSError):
                os.truncate(self._file, len(self._levels[0]) * HASH_BYTES)

    def links(self, ask: Ask, start: int, end: int) -> list[bytes]:
        """Read the links of a range; those of records that were pruned follow from what is kept of them."""
        rows = ask(LINKS, start=start, end=end)
        if len(rows) == end - start and rows and rows[0][0] == start:
            return [bytes(link) for _, link in rows]
        with closing(open_source(self._place)) as source:
            found = {raw.seq: raw.link for raw in source.rows(start, end - start)}
        try:
            return [found[seq] for seq in range(start, end)]
        except KeyError:
            raise AuditUnavailable("behind") from None


class _Subtrees:
    """The hashes of complete subtrees, for one proof: each tile is read once."""

    def __init__(self, tree: Tree, ask: Ask, size: int, levels: list[list[bytes]]) -> None:
        self._tree, self._ask, self._size, self._levels = tree, ask, size, levels
        self._read: dict[int, list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        if level >= LEVEL:
            return self._levels[level - LEVEL][index]
        tile = index >> (LEVEL - level)
        if tile not in self._read:
            start = tile * TILE
            self._read[tile] = self._tree.links(self._ask, start, min(start + TILE, self._size))
        first = (index << level) - tile * TILE
        return root_of(self._read[tile][first : first + (1 << level)])
