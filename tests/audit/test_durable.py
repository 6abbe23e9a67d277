"""A small file is the old one or the new one, never a part of either."""

import os
from pathlib import Path

import pytest

from audit import durable


def test_a_file_is_replaced_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for content in (b"one", b"two"):
        durable.replace(path, content)
        assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_cut_off_leaves_the_old_one_and_does_not_stand_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    durable.replace(path, b"old")

    def fail(_: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=r"^$"):
        durable.replace(path, b"new")
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    durable.replace(path, b"new")
    assert path.read_bytes() == b"new"
