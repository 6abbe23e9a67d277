"""Follows a log's tree from one size to a larger one, and proves on the way that the larger extends the smaller.

Only the complete subtrees of the smaller tree and the links behind it are needed for that, so nothing is read twice,
and no more is kept than a proof takes.
"""

from audit.errors import AuditUnavailable
from audit.proofs.merkle import Frontier, consistency
from audit.sources.source import Source

PAGE = 1000
Place = tuple[int, int]
"""A complete subtree: its level and index."""


def grow(source: Source, tree: Frontier, size: int) -> tuple[Frontier, list[bytes]]:
    """Return the tree of a larger size, and the consistency proof (RFC 6962) that leads to it.

    The links are taken as they are stored: whoever compares the root with one that was signed finds a wrong one.
    Raises AuditUnavailable("behind") when the log does not have so many records.
    """
    known = _peaks(tree)
    grown = Frontier(tree.size, list(tree.peaks))
    wanted = [place for place in _asked(tree.size, size) if place not in known]
    open_places = sorted(wanted, key=lambda place: place[1] << place[0], reverse=True)
    part = Frontier.empty()
    while grown.size < size:
        page = source.rows(grown.size, min(PAGE, size - grown.size))
        if not page:
            raise AuditUnavailable("behind")
        for row in page:
            if row.seq != grown.size:
                raise AuditUnavailable("behind")
            grown.append(row.link)
            if not open_places:
                continue
            part.append(row.link)
            if part.size == 1 << open_places[-1][0]:
                known[open_places.pop()] = part.root()
                part = Frontier.empty()
    return grown, consistency(tree.size, size, lambda level, index: known[level, index])


def _peaks(tree: Frontier) -> dict[Place, bytes]:
    """Name the complete subtrees that a tree consists of."""
    found, start = {}, 0
    levels = [level for level in range(tree.size.bit_length()) if tree.size >> level & 1]
    for level, peak in zip(reversed(levels), tree.peaks, strict=True):
        found[level, start >> level] = peak
        start += 1 << level
    return found


def _asked(old: int, new: int) -> list[Place]:
    """Return the complete subtrees that a proof is made from; those behind `old` have no gap between them."""
    asked: list[Place] = []

    def note(level: int, index: int) -> bytes:
        asked.append((level, index))
        return b""

    consistency(old, new, note)
    return asked
