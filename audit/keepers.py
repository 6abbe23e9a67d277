"""Every place outside the database where the heads of a log are kept, as its settings name them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audit.anchor_git import GitKeeper
from audit.anchors import FileKeeper, Keeper
from audit.keys import read_signers
from audit.place import Place
from audit.source_postgres import open_source
from audit.vkey import VerifierKey
from audit.witness.client import Address, WitnessKeeper
from audit.witness.remembered import Remembered

FILE, GIT = "file", "git"

Receipt = Callable[[str, bytes], bool]
"""Takes the name of an anchor and what it cosigned; False where nobody could record it now."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What was configured: a file, a git repository, and witnesses as their name, URL and verifier key."""

    file: Path | None = None
    git: str | None = None
    witnesses: Sequence[Sequence[str]] = ()

    def keepers(self, place: Place, keys: Path, state: Path, receipt: Receipt) -> Mapping[str, Keeper]:
        """Return them by their names; nothing is reached for yet. `state` is the signer's directory."""
        origin = partial(_origin, keys)
        found: dict[str, Keeper] = {} if self.file is None else {FILE: FileKeeper(self.file)}
        if self.git is not None:
            found[GIT] = GitKeeper(self.git, state / GIT, origin)
        for name, url, vkey in self.witnesses:
            address = Address(url, VerifierKey.decode(vkey))
            remembered = Remembered(state / f"seen-by-{vkey.split('+')[1]}.json")
            source = partial(open_source, place)
            found[name] = WitnessKeeper(address, origin, source, partial(receipt, name), remembered)
        return found


NOWHERE = Outside()


def _origin(keys: Path) -> str:
    return read_signers(keys)[0].name
