"""A pack is read where it lies: nothing is extracted, and what is no pack says why."""

import os
from pathlib import Path

import pytest
from packs import Workshop, members

from audit.errors import AuditMismatch
from audit.pack.reading import MAX_NOTE_BYTES, Packed, opened
from audit.pack.tar import MalformedTar
from audit.sources.exported import ExportSource


@pytest.fixture
def pack(workshop: Workshop, tmp_path: Path) -> Path:
    path = tmp_path / "a.tar"
    path.write_bytes(workshop.whole)
    return path


def test_every_member_is_read_and_nothing_is_written(pack: Path) -> None:
    files = members(pack.read_bytes())
    with opened(pack) as packed:
        assert {name: packed.read(name, 10**9) for name in files} == files
        assert packed.manifest() == files["manifest.json"]
        assert packed.note() == files["manifest.note"]
        assert {f"log/texts/{name}" for name in packed.texts()} == {name for name in files if "texts" in name}
        assert {name for name, _ in packed.digests()} == set(files) - {"manifest.json", "manifest.note"}
        assert packed.size("env.bin") == len(files["log/env.bin"])
        assert packed.read("none", 1) is packed.read("README.md", 1) is None
        assert str(packed) == str(pack)
    assert [path.name for path in pack.parent.iterdir()] == ["a.tar"]


def test_the_log_in_it_is_a_source(pack: Path) -> None:
    source = ExportSource(Packed(pack))
    claim = source.claim()
    assert (claim.first, claim.last, claim.size) == (0, claim.size - 1, claim.newest)
    assert [raw.seq for raw in source.rows(None, 1000)] == list(range(claim.size))
    source.close()
    source.close()


def test_a_note_that_is_too_long_is_there_and_empty(workshop: Workshop, tmp_path: Path) -> None:
    files = members(workshop.whole)
    path = tmp_path / "b.tar"
    path.write_bytes(workshop.build({**files, "manifest.note": b"x" * (MAX_NOTE_BYTES + 1)}))
    with opened(path) as packed:
        assert packed.note() == b""
    path.write_bytes(workshop.build({name: content for name, content in files.items() if name != "manifest.note"}))
    with opened(path) as packed:
        assert packed.note() is None


def test_what_is_not_in_it_and_what_is_no_file_is_said(pack: Path, tmp_path: Path) -> None:
    with opened(pack) as packed, pytest.raises(AuditMismatch, match="none is not in it"):
        packed.open_text("none")
    with pytest.raises(AuditMismatch, match="cannot be read"):
        Packed(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AuditMismatch, match="not a plain file"):
        Packed(tmp_path / "pipe")


def test_what_is_refused_is_closed(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"no pack")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(MalformedTar):
            Packed(tmp_path / "a.tar")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
