"""Every place outside the database where the heads of a log are kept, as its settings name them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audit.anchors import FileKeeper, Keeper
from audit.keys import read_signers
from audit.place import Place
from audit.source_postgres import open_source
from audit.vkey import VerifierKey
from audit.witness.client import Address, WitnessKeeper

FILE = "file"

Receipt = Callable[[str, bytes], bool]
"""Takes the name of an anchor and what it cosigned; False where nobody could record it now."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What was configured: a file, and witnesses as their name, URL and verifier key."""

    file: Path | None = None
    witnesses: Sequence[Sequence[str]] = ()

    def keepers(self, place: Place, keys: Path, receipt: Receipt) -> Mapping[str, Keeper]:
        """Return them by their names; nothing is reached for yet."""
        found: dict[str, Keeper] = {} if self.file is None else {FILE: FileKeeper(self.file)}
        for name, url, vkey in self.witnesses:
            address, origin = Address(url, VerifierKey.decode(vkey)), partial(_origin, keys)
            found[name] = WitnessKeeper(address, origin, partial(open_source, place), partial(receipt, name))
        return found


NOWHERE = Outside()


def _origin(keys: Path) -> str:
    return read_signers(keys)[0].name
