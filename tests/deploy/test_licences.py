"""Everything that ships is under a licence that somebody decided about, and the list of it is what is installed."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "licences.py"
LOCK = ROOT / "deploy" / "requirements.lock"
LIST = ROOT / "deploy" / "licences.csv"
GPL = re.compile(r"^\s*GNU (AFFERO |LESSER |LIBRARY )?GENERAL PUBLIC LICENSE\s*$", re.MULTILINE)
COPYLEFT = {"numpy", "psycopg", "psycopg-binary", "python-stdnum", "setuptools"}
"""Whose wheels hold the text of such a licence; the list says what is under it."""


def ran(lock: Path, *, script: Path = SCRIPT, beside: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script; packages of a folder `beside` count as installed."""
    environ = {"PYTHONPATH": str(beside)} if beside else {}
    return subprocess.run([sys.executable, script, lock], env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    made = tmp_path / "requirements.lock"
    made.write_text("invented==1.0 \\\n    --hash=sha256:" + 64 * "a" + "\n", encoding="utf-8")
    return made


def install(folder: Path, *lines: str, files: tuple[str, ...] = ()) -> Path:
    """Put an invented package there, with such lines of metadata."""
    info = folder / "invented-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", "Name: invented", "Version: 1.0", *lines, ""]))
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    return folder


def test_the_list_is_what_is_installed() -> None:
    made = ran(LOCK)
    assert made.returncode == 0, made.stderr
    assert LIST.read_text(encoding="utf-8") == made.stdout, "make licences"


def test_no_text_of_a_copyleft_licence_ships_that_nobody_has_looked_at() -> None:
    """Metadata may say anything; a text of such a licence in a wheel is there for a reason."""
    holders = set()
    for name in re.findall(r"^([a-z0-9.-]+)==", re.sub(r"\[[^\]]*\]", "", LOCK.read_text()), re.MULTILINE):
        files = importlib.metadata.distribution(name).files or ()
        likely = [file for file in files if re.match(r"LICEN|COPYING|NOTICE|THIRD", file.name, re.IGNORECASE)]
        if any(GPL.search(Path(str(file.locate())).read_text(errors="replace")) for file in likely):
            holders.add(name)
    assert holders == COPYLEFT


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("License-Expression: GPL-3.0-or-later", "invented is under GPL-3.0-or-later, which is not allowed"),
        ("License: AGPL-3.0-only", "invented is under AGPL-3.0-only, which is not allowed"),
        ("License-Expression: MIT AND GPL-2.0-only", "MIT AND GPL-2.0-only, which is not allowed"),
        ("License: BSD", "'BSD', which is no SPDX expression: read its text, and write what it is into REVIEWED"),
        ("Classifier: License :: OSI Approved :: MIT License", "says nothing of its licence: read its text"),
    ],
)
def test_what_may_not_ship_or_is_not_known_is_refused(tmp_path: Path, lock: Path, metadata: str, said: str) -> None:
    refused = ran(lock, beside=install(tmp_path, metadata))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "licence", ["MIT", "GPL-2.0-only OR Apache-2.0", "(GPL-2.0-only OR MIT) AND (ISC OR GPL-2.0-only AND MIT)"]
)
def test_one_way_of_meeting_the_terms_is_enough(tmp_path: Path, lock: Path, licence: str) -> None:
    listed = ran(lock, beside=install(tmp_path, f"License-Expression: {licence}"))
    assert listed.stdout.splitlines()[1:] == [f"invented,1.0,{licence},,"], listed.stderr


def test_a_library_in_a_wheel_that_nobody_has_looked_at_is_refused(tmp_path: Path, lock: Path) -> None:
    brings = install(tmp_path, "License: MIT", files=("invented.libs/libnew-0abc.so.1",))
    assert "invented brings libnew, which nobody has looked at" in ran(lock, beside=brings).stderr


def test_a_crate_in_a_wheel_that_may_not_ship_is_refused(tmp_path: Path, lock: Path) -> None:
    listed = "invented-1.0.dist-info/sboms/rust.cdx.json"
    folder = install(tmp_path, "License: MIT", files=(listed,))
    (folder / listed).parent.mkdir()
    crate = '{"name": "x", "purl": "pkg:cargo/x@1", "licenses": [{"expression": "GPL-3.0-only"}]}'
    (folder / listed).write_text(f'{{"components": [{crate}]}}')
    assert "x is under GPL-3.0-only, which is not allowed" in ran(lock, beside=folder).stderr


def test_another_version_than_the_locks_is_not_listed_in_its_place(tmp_path: Path, lock: Path) -> None:
    lock.write_text(lock.read_text().replace("1.0", "1.1"))
    assert (
        "the lock has 1.1, installed is 1.0: run make install"
        in ran(lock, beside=install(tmp_path, "License: MIT")).stderr
    )


def test_what_is_not_installed_is_said_to_be(lock: Path) -> None:
    assert "invented is in the lock and not installed: run make install" in ran(lock).stderr


def test_what_a_person_read_is_of_what_ships() -> None:
    """A package that is gone leaves no word in the tables."""
    tables = re.search(r"^REVIEWED = .*?^HEAD", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert tables is not None
    named = set(re.findall(r'^    "([^"]+)": ', tables[0], re.MULTILINE))
    listed = {part for line in LIST.read_text(encoding="utf-8").splitlines() for part in line.split(",")[0].split(": ")}
    assert named - listed == {"tsp-asn1"}, "tsp-asn1 is a crate"
