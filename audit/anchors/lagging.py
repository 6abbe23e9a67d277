"""For how long each anchor has lacked a checkpoint, over a restart: one that begins again and again hides nothing.

Counted is the time in which the signer ran. A file that is missing or damaged is a beginning.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

LAGGING = "lagging.json"


class Lagging:
    """One file, with the ages that were noted last, in seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ages: dict[str, int] = {}
        with suppress(OSError, ValueError, AttributeError, TypeError):
            self._ages = {str(name): max(0, int(age)) for name, age in json.loads(path.read_bytes()).items()}

    def age(self, name: str) -> int:
        """Return for how long an anchor had lacked a checkpoint."""
        return self._ages.get(name, 0)

    def note(self, ages: Mapping[str, int]) -> None:
        """Write down the ages of all anchors, if that is possible; those that lack nothing are left out."""
        behind = {name: age for name, age in ages.items() if age}
        if behind != self._ages:
            self._ages = behind
            with suppress(OSError):
                fresh = self._path.with_name(f".{self._path.name}")
                fresh.write_text(json.dumps(behind))
                fresh.replace(self._path)
