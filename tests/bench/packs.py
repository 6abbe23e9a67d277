"""How long a pack takes: to make, to verify with its own Python file, and to verify in a browser.

The log is a month of invented traffic, signed in one go; the pack holds all of it. Twenty thousand records by default,
`--records 1000000` for what a large company writes in a month: about ten minutes and 3 GB of disk.
"""

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "bench"), str(ROOT / "tests"), str(ROOT)]

from audit_api import build  # noqa: E402
from chromium import Chromium, installed  # noqa: E402

from audit.cli_export import constants  # noqa: E402
from audit.keys import read_signers  # noqa: E402
from audit.pack.making import Wish, make  # noqa: E402
from audit.signing.signer import CheckpointSigner, StateFile  # noqa: E402
from audit.sources.source import SqliteSource  # noqa: E402
from audit.stores.store_sqlite import SqliteStore  # noqa: E402

WITHIN_S = 3600.0


@contextmanager
def timed(what: str, records: int) -> Iterator[None]:
    """Print how long something took, and how many records that is a second."""
    began = time.perf_counter()
    yield
    took = time.perf_counter() - began
    print(f"{what:34}{took:9.1f} s{records / took:12,.0f} records/s", flush=True)


def sign(home: Path) -> int:
    """Sign all that is there; return how many records that is."""
    with closing(SqliteSource(home / "audit.db")) as source, closing(StateFile(home / "signer")) as state:
        note = CheckpointSigner(state, lambda: read_signers(home / "keys")).sign(source)
        size = source.claim().size
    assert note is not None
    with closing(SqliteStore(home / "audit.db", 5000)) as store:
        store.put_checkpoint(size, note)
    return size


def in_browser(page_file: Path, pack: Path, records: int) -> None:
    """Drop the pack on the page as an auditor does, and wait for the verdict."""
    program = installed()
    if program is None:
        print("in a browser                      no Chromium on the PATH")
        return
    (pack.parent / "chromium").mkdir()
    with closing(Chromium(program, pack.parent / "chromium")) as browser, browser.page() as page:
        page.go(page_file.as_uri())
        page.choose("#pack", pack)
        with timed("verified in Chromium", records):
            page.click("#verify")
            page.wait(
                "!document.querySelector('#results').hidden && !!document.querySelector('#verdict').textContent",
                WITHIN_S,
            )
        print(f"                                  grade {page.text('#verdict code')}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        build(home / "audit.db", home, given.records)
        with timed("signed", given.records):
            size = sign(home)
        pack = home / "pack.tar"
        with timed("pack made", size), closing(SqliteSource(home / "audit.db")) as source:
            make(source, pack, Wish(), constants(), sign=lambda _: None, recorded=lambda _: None)
        print(f"                                  {pack.stat().st_size / 2**20:,.0f} MiB", flush=True)
        with tarfile.open(pack) as members:
            for name in ("verify.py", "verify.html"):
                file = members.extractfile(name)
                assert file is not None
                (home / name).write_bytes(file.read())
        with timed("verified by verify.py", size):
            command = [sys.executable, "-I", str(home / "verify.py"), str(pack), "--json"]
            ran = subprocess.run(command, capture_output=True, check=True)
        print(f"                                  grade {json.loads(ran.stdout)['grade']}")
        in_browser(home / "verify.html", pack, size)


if __name__ == "__main__":
    main()
