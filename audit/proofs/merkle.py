"""The Merkle tree over the log: roots, inclusion and consistency proofs (RFC 6962, section 2.1; RFC 9162, 2.1.3-2.1.4).

The leaf hash of record n is its link H_n, already SHA-256(0x00 || ENV_n); a node is SHA-256(0x01 || left || right), so
no node can be offered as a leaf. Hashes of complete subtrees, named by level and index, are all that a proof is made
from: whoever keeps them somewhere hands over a function. The empty tree has the root SHA-256("").
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

NODE = b"\x01"
EMPTY = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""(level, index) -> hash of the complete subtree over the leaves [index << level, (index + 1) << level)."""


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node from those of its children."""
    return hashlib.sha256(NODE + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """A tree that grows: its size, and the hashes of the complete subtrees that it splits into, the largest first."""

    size: int
    peaks: list[bytes]

    @classmethod
    def empty(cls) -> Self:
        """Return the tree without leaves."""
        return cls(0, [])

    def append(self, leaf: bytes) -> None:
        """Add a leaf by its hash."""
        made, size = leaf, self.size
        while size & 1:
            made = node(self.peaks.pop(), made)
            size >>= 1
        self.peaks.append(made)
        self.size += 1

    def root(self) -> bytes:
        """Return the root hash."""
        if not self.peaks:
            return EMPTY
        made = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            made = node(peak, made)
        return made


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    tree = Frontier.empty()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def root(size: int, subtree: Subtree) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    return _range(0, size, subtree) if size else EMPTY


def inclusion(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Prove that a leaf is in the tree of this size: PATH(m, D[n]) of RFC 6962, the lowest sibling first."""
    if not 0 <= index < size:
        raise ValueError("the tree of this size has no such leaf")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range(middle, high, subtree))
            high = middle
        else:
            path.append(_range(low, middle, subtree))
            low = middle
    return path[::-1]


def consistency(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Prove that the tree of size `new` extends that of size `old`: PROOF(m, D[n]) of RFC 6962; empty for old = 0."""
    if not 0 <= old <= new:
        raise ValueError("a tree extends only trees that are not larger")
    if old in (0, new):
        return []
    path: list[bytes] = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range(middle, high, subtree))
            high = middle
        else:
            path.append(_range(low, middle, subtree))
            low, whole = middle, False
    if not whole:
        path.append(_range(low, high, subtree))
    return path[::-1]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, made = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            made = node(sibling, made)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            made = node(made, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and made == root_hash


def is_consistent(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof leads from one root to both (RFC 9162, 2.1.4.2). Every tree extends the empty one."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY and (new > 0 or new_root == EMPTY)
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    made_old = made_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            made_old, made_new = node(sibling, made_old), node(sibling, made_new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            made_new = node(made_new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and made_old == old_root and made_new == new_root


def _split(width: int) -> int:
    """Return the largest power of two smaller than the width."""
    return 1 << (width - 1).bit_length() - 1


def _range(low: int, high: int, subtree: Subtree) -> bytes:
    """Return MTH(D[low:high]) where `low` is a multiple of a power of two that is not smaller than the width."""
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return subtree(level, low >> level)
    middle = low + _split(width)
    return node(_range(low, middle, subtree), _range(middle, high, subtree))
