"""A manifest is read as it was written, byte for byte, or not at all; and a backup is what it says, or is refused."""

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties.effort import effort

from audit.backup import manifest as module
from audit.backup.manifest import DATA, FORMAT, MANIFEST, Listed, Manifest, listed, require_whole
from audit.errors import AuditMismatch
from audit.records.schema import MAX_INT

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
SIZES = st.integers(0, MAX_INT)
NUMBERS = st.tuples(*[st.integers(0, 999999)] * 3).map(lambda parts: ".".join(map(str, parts)))
KEY_NAMES = st.sampled_from(
    ["audit-fingerprint.key", "audit-signing.key", "audit-signing.vkey", "audit-signing-0123abcd.key"]
)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    kind: module.Kind = draw(st.sampled_from(["data", "keys"]))
    names = {"audit.db", *draw(st.sets(st.sampled_from(DATA)))} if kind == "data" else draw(st.sets(KEY_NAMES))
    files = tuple(Listed(name, draw(SIZES), draw(HEX)) for name in sorted(names))
    stamp = draw(st.datetimes()).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    return Manifest(kind, draw(HEX)[:32], draw(st.integers(1, MAX_INT)), draw(HEX), stamp, draw(NUMBERS), files)


@effort(200)
@given(manifests())
def test_what_was_written_is_read_back_and_takes_less_than_the_limit(one: Manifest) -> None:
    data = one.encode()
    assert Manifest.decode(data) == one
    assert len(data) < module.MAX_BYTES


@effort(300)
@given(manifests(), st.data())
def test_no_other_bytes_are_read_as_the_same_manifest(one: Manifest, data: st.DataObject) -> None:
    text = bytearray(one.encode())
    text[data.draw(st.integers(0, len(text) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = Manifest.decode(bytes(text))
    except ValueError:
        return
    assert found != one


@effort(300)
@given(st.binary(max_size=300))
def test_anything_else_is_refused_in_one_way(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"canonical|not a manifest"):
        Manifest.decode(data)


ONE = Manifest(
    "data", "6" * 32, 7, "5" * 64, "2026-11-22T01:02:03.000004Z", "0.1.0", (Listed("audit.db", 4, "4" * 64),)
)
FILE = {"name": "audit.db", "sha256": "4" * 64, "size": 4}
HOSTILE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a path": lambda m: m["files"][0].update(name="../audit.db"),
    "an absolute path": lambda m: m["files"][0].update(name="/etc/passwd"),
    "a dot": lambda m: m["files"][0].update(name=".."),
    "a name of something else": lambda m: m["files"][0].update(name="audit-signing.key"),
    "no log": lambda m: m.update(files=[]),
    "its own name": lambda m: m["files"][0].update(name=MANIFEST),
    "a name twice": lambda m: m["files"].append(FILE),
    "another order": lambda m: m["files"].insert(0, {**FILE, "name": "state.db"}),
    "a negative size": lambda m: m["files"][0].update(size=-1),
    "a size beyond every number": lambda m: m["files"][0].update(size=2**63),
    "a size that is true": lambda m: m["files"][0].update(size=True),
    "no size": lambda m: m["files"][0].pop("size"),
    "an unknown field": lambda m: m.update(run="rm"),
    "no records": lambda m: m.update(size=0),
    "another format": lambda m: m.update(format="ringfence.backup/v2"),
    "an unknown kind": lambda m: m.update(kind="all"),
    "a version that is none": lambda m: m.update(version="1.0.0; rm"),
    "a version without end": lambda m: m.update(version="9" * 5000),
    "a time that is none": lambda m: m.update(time="yesterday"),
    "a list of anything": lambda m: m.update(files=[[]]),
    "thousands of files": lambda m: m.update(files=[FILE] * 5000),
    "null": lambda m: m.update(log_id=None),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_manifest_with_hostile_values_is_refused_and_the_value_is_not_repeated(how: str, tmp_path: Path) -> None:
    made = json.loads(ONE.encode())
    HOSTILE[how](made)
    data = json.dumps(made, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert data != ONE.encode()
    (tmp_path / MANIFEST).write_bytes(data)
    with pytest.raises(AuditMismatch, match="of another format, or damaged") as caught:
        require_whole(tmp_path, "data")
    assert "passwd" not in str(caught.value)


def test_only_the_one_form_is_read() -> None:
    found = json.loads(ONE.encode())
    assert found["format"] == FORMAT
    for text in (json.dumps(found).encode() + b"\n", ONE.encode()[:-1], ONE.encode() + b"\n", b"{" + ONE.encode()):
        with pytest.raises(ValueError, match=r"canonical|not a manifest"):
            Manifest.decode(text)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return a folder with a backup in it."""
    (tmp_path / "audit.db").write_bytes(b"the log")
    (tmp_path / "state.db").write_bytes(b"")
    files = tuple(listed(tmp_path / name) for name in ("audit.db", "state.db"))
    dataclasses.replace(ONE, files=files).write(tmp_path)
    return tmp_path


def test_a_whole_backup_is_read_and_its_manifest_is_private(whole: Path) -> None:
    assert [one.size for one in require_whole(whole, "data").files] == [7, 0]
    assert (whole / MANIFEST).stat().st_mode & 0o777 == 0o600


def newer(folder: Path) -> None:
    made = Manifest.decode((folder / MANIFEST).read_bytes())
    dataclasses.replace(made, version="0.10.0").write(folder)


def linked(folder: Path) -> None:
    (folder / "audit.db").rename(folder.parent / "elsewhere.db")
    (folder / "audit.db").symlink_to(folder.parent / "elsewhere.db")


def piped(folder: Path) -> None:
    (folder / "audit.db").unlink()
    os.mkfifo(folder / "audit.db")


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off": (lambda folder: (folder / MANIFEST).unlink(), "it has no manifest.json, which is written last"),
    "newer": (newer, r"made by the newer version 0\.10\.0: restore it with that"),
    "without a file": (lambda folder: (folder / "audit.db").unlink(), "audit.db cannot be read"),
    "truncated": (lambda folder: (folder / "audit.db").write_bytes(b"the lo"), "audit.db is damaged"),
    "longer": (lambda folder: (folder / "audit.db").write_bytes(b"the log!"), "audit.db is damaged"),
    "changed": (lambda folder: (folder / "audit.db").write_bytes(b"the lof"), "audit.db is damaged"),
    "with a journal beside": (lambda folder: (folder / "audit.db-wal").touch(), "audit.db-wal does not belong"),
    "with a link in it": (linked, "audit.db cannot be read"),
    "with a pipe in it": (piped, "audit.db is not a plain file"),
    "gone": (lambda folder: folder.rename(folder.with_name("moved")), "is not a folder"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_backup_that_is_not_what_its_manifest_says_is_refused_and_why_is_said(whole: Path, how: str) -> None:
    spoil, why = SPOILT[how]
    spoil(whole)
    with pytest.raises(AuditMismatch, match=why):
        require_whole(whole, "data")


def test_a_backup_of_data_is_not_taken_for_one_of_keys(whole: Path) -> None:
    with pytest.raises(AuditMismatch, match="holds the data of a backup, and not the keys"):
        require_whole(whole, "keys")
