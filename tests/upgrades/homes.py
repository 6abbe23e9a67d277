"""Homes that earlier versions of Ringfence wrote, unpacked for a test. `make.py` says how they came to be."""

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from databases import new_database
from harness import QUICK, ROOT, Ringfence, StandIn, command, start, upstreams_file

from audit.place import Place, Postgres
from audit.sources.postgres import open_source
from audit.verification.report import Report
from audit.verification.trust import Trust
from audit.verification.verifier import KeptReceipt, verify_source

HOMES = Path(__file__).parent / "homes"
FILES = sorted(path.name.removesuffix(".tar.xz") for path in HOMES.glob("*-sqlite.tar.xz"))
DATABASES = sorted(path.name.removesuffix(".tar.xz") for path in HOMES.glob("*-postgres.tar.xz"))
BRISK = (str(ROOT / "tests" / "brisk.py"),)


@dataclass(frozen=True)
class Old:
    """One of them: `ended` in order or `killed`. `folder` has what the version exported, and `facts` its secrets."""

    folder: Path
    home: Path
    place: Place
    facts: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """Return what a server needs beside the home."""
        shared = {"audit_url": self.place.url} if isinstance(self.place, Postgres) else {}
        return {**shared, "anchor_file": self.home / "anchor", **QUICK}

    @property
    def heads(self) -> list[bytes]:
        """The heads that an auditor took home, where the version anchored them."""
        anchor = self.folder / "ended" / "home" / "anchor"
        return [anchor.read_bytes()] if anchor.exists() else []

    def secret(self, name: str) -> str:
        return str(self.facts["keys"][name]["secret"])

    def verify(self, *receipts: str) -> Report:
        """Judge the log under the heads and the receipts that were kept, which reads and no more."""
        kept = [KeptReceipt.parse(one) for one in (*self.facts["receipts"], *receipts)]
        with closing(open_source(self.place)) as source:
            return verify_source(source, receipts=kept, trust=Trust.read(self.heads))

    def bytes(self) -> dict[str, str]:
        """Return a digest of each file in the home, but for what every reader of a database shares."""
        found = (path for path in self.home.rglob("*") if path.is_file() and path.suffix not in {".db-shm", ".log"})
        return {
            str(path.relative_to(self.home)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in found
            if path.stat().st_size
        }

    def migrate(self) -> None:
        """Do what a person does before today's servers start: nothing with a file, one command with a database."""
        if isinstance(self.place, Postgres):
            done = self.ringfence("audit", "migrate")
            assert done.returncode == 0, done.stderr

    def start(self, vendor: StandIn | None = None, own: StandIn | None = None, **settings: Any) -> Ringfence:
        """Start today's server on it, with these model servers or with those that the old one had."""
        upstreams = self.folder / "upstreams.yaml"
        if vendor or own:
            upstreams_file(upstreams, vendor, own)
        return start(self.home, upstreams, **{"launcher": BRISK, **self.settings, **settings})

    def ringfence(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of today."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
        environ["RINGFENCE_HOME"] = str(self.home)
        if isinstance(self.place, Postgres):
            environ["RINGFENCE_AUDIT_URL"] = self.place.url
        return command(*arguments, env=environ)


@contextmanager
def unpacked(name: str, how: str, folder: Path, server: str) -> Iterator[Old]:
    """Unpack one, and put its dump into a database of its own; `server` is the URL of a PostgreSQL with our roles."""
    with tarfile.open(HOMES / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    home = folder / how / "home"
    facts = json.loads((folder / "facts.json").read_text())
    dump = folder / how / "database.sql"
    with new_database(server) if dump.exists() else nullcontext(home / "audit.db") as place:
        if isinstance(place, Postgres):
            with psycopg.connect(place.url) as owner:
                owner.execute(dump.read_bytes())
        yield Old(folder, home, place, facts)
