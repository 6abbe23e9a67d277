"""Every place outside the database where the heads of a log are kept, as its settings name them.

Each is a flag of the signer's process, here and nowhere else:

    --anchor-file FILE              --anchor-rfc3161 URL CERTIFICATES
    --anchor-git URL                --anchor-s3 s3://BUCKET/PREFIX DAYS
    --witness NAME URL VKEY, once for each
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from audit.anchors.anchored import FileKeeper, Keeper, Sparing
from audit.anchors.git import GitKeeper
from audit.anchors.rfc3161 import TimestampKeeper
from audit.anchors.s3 import S3Keeper
from audit.keys import read_signers
from audit.place import Place
from audit.proofs.vkey import VerifierKey
from audit.sources.postgres import open_source
from audit.witness.client import Address, WitnessKeeper
from audit.witness.remembered import Remembered

FILE, GIT, RFC3161, S3 = "file", "git", "rfc3161", "s3"

Receipt = Callable[[str, bytes], bool]
"""Takes the name of an anchor and what it cosigned or stamped; False where nobody could record it now."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What was configured: a file, a git repository, and witnesses as their name, URL and verifier key.

    `rfc3161` is an authority's URL and the file of its certificates, `s3` a bucket and for how many days.
    """

    file: Path | None = None
    git: str | None = None
    witnesses: Sequence[Sequence[str]] = ()
    rfc3161: Sequence[str] | None = None
    s3: Sequence[str] | None = None

    @classmethod
    def flags(cls) -> argparse.ArgumentParser:
        """Return a parser of the flags above."""
        parser = argparse.ArgumentParser(add_help=False)
        parser.add_argument("--anchor-file", type=Path)
        parser.add_argument("--anchor-git")
        parser.add_argument("--witness", nargs=3, action="append", default=[])
        parser.add_argument("--anchor-rfc3161", nargs=2)
        parser.add_argument("--anchor-s3", nargs=2)
        return parser

    @classmethod
    def of(cls, given: argparse.Namespace) -> Self:
        """Take what was given by flags."""
        return cls(given.anchor_file, given.anchor_git, given.witness, given.anchor_rfc3161, given.anchor_s3)

    def keepers(self, place: Place, keys: Path, state: Path, receipt: Receipt) -> Mapping[str, Keeper]:
        """Return them by their names; nothing is reached for yet. `state` is the signer's directory.

        Raises AuditMismatch where one of them needs what is not here.
        """
        origin = partial(_origin, keys)
        found: dict[str, Keeper] = {} if self.file is None else {FILE: FileKeeper(self.file)}
        if self.git is not None:
            found[GIT] = Sparing(GitKeeper(self.git, state / GIT, origin))
        for name, url, vkey in self.witnesses:
            address = Address(url, VerifierKey.decode(vkey))
            remembered = Remembered(state / f"seen-by-{vkey.split('+')[1]}.json")
            source = partial(open_source, place)
            found[name] = WitnessKeeper(address, origin, source, partial(receipt, name), remembered)
        if self.rfc3161 is not None:
            url, certificates = self.rfc3161
            found[RFC3161] = Sparing(
                TimestampKeeper(url, Path(certificates), state / RFC3161, partial(receipt, RFC3161))
            )
        if self.s3 is not None:
            url, days = self.s3
            found[S3] = Sparing(S3Keeper(url, int(days)))
        return found


NOWHERE = Outside()


def _origin(keys: Path) -> str:
    return read_signers(keys)[0].name
