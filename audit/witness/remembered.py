"""The tree at the size that a witness has seen, kept in a file so that a start need not read the whole log for it.

Nothing trusts it: what follows from a wrong one is not what was signed, or is refused by the witness.
"""

import json
from pathlib import Path

from audit.proofs.merkle import Frontier
from audit.records.chain import HASH_BYTES


class Remembered:
    """One file, which may be missing or damaged at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Frontier:
        """Return the tree, or the empty one."""
        try:
            found = json.loads(self._path.read_bytes())
            size, peaks = int(found["size"]), [bytes.fromhex(peak) for peak in found["peaks"]]
        except (OSError, ValueError, KeyError, TypeError):
            return Frontier.empty()
        whole = size >= 0 and len(peaks) == size.bit_count() and all(len(peak) == HASH_BYTES for peak in peaks)
        return Frontier(size, peaks) if whole else Frontier.empty()

    def save(self, tree: Frontier) -> None:
        """Replace what is there; raises OSError."""
        fresh = self._path.with_name(f".{self._path.name}")
        fresh.write_text(json.dumps({"size": tree.size, "peaks": [peak.hex() for peak in tree.peaks]}))
        fresh.replace(self._path)
