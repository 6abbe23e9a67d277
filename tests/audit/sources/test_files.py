"""The files of an export in a directory: nothing outside of it is opened, and what is no plain file is none."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from audit.errors import AuditMismatch
from audit.sources.files import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "texts").mkdir(parents=True)
    (out / "head.json").write_bytes(b"{}")
    (out / "texts" / "b").write_bytes(b"second")
    (out / "texts" / "a").write_bytes(b"first")
    return out


def test_what_lies_in_the_directory_is_read(folder: Path) -> None:
    with closing(Folder(folder)) as files:
        with files.open("head.json") as file:
            assert file.read() == b"{}"
        assert (files.size("head.json"), files.texts(), str(files)) == (2, ["a", "b"], str(folder))
        with files.open_text("a") as file:
            assert file.read() == b"first"


def test_links_and_pipes_are_not_opened(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"outside")
    (folder / "env.bin").symlink_to(tmp_path / "secret")
    (folder / "texts" / "c").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "records.jsonl")
    with closing(Folder(folder)) as files:
        for name in ("env.bin", "records.jsonl", "missing"):
            with pytest.raises(AuditMismatch, match=f"not a whole export: {name}"):
                files.open(name)
        with pytest.raises(AuditMismatch):
            files.open_text("c")


def test_a_folder_of_texts_that_is_a_link_or_missing_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "texts").rename(tmp_path / "elsewhere")
    with closing(Folder(folder)) as files:
        with pytest.raises(AuditMismatch, match="texts"):
            files.texts()
        (folder / "texts").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(AuditMismatch, match="texts"):
            files.open_text("a")


def test_what_is_no_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuditMismatch, match="cannot be read"):
        Folder(tmp_path / "missing")
