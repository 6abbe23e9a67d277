"""The ages of anchors over a restart."""

from pathlib import Path

import pytest

from audit.anchors.lagging import Lagging


def test_what_was_noted_last_is_there_after_a_restart(tmp_path: Path) -> None:
    lagging = Lagging(tmp_path / "lagging.json")
    assert lagging.age("git") == 0
    lagging.note({"file": 0, "git": 7, "s3": 3600})
    again = Lagging(tmp_path / "lagging.json")
    assert [again.age(name) for name in ("file", "git", "s3")] == [0, 7, 3600]
    again.note({"file": 0, "git": 0, "s3": 0})
    assert Lagging(tmp_path / "lagging.json").age("s3") == 0


def test_where_nothing_is_behind_nothing_is_written(tmp_path: Path) -> None:
    Lagging(tmp_path / "lagging.json").note({"file": 0})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"git": "x"}', b'{"git": [1]}', b"\xff"], ids=range(5))
def test_a_damaged_file_is_a_beginning(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lagging.json").write_bytes(content)
    lagging = Lagging(tmp_path / "lagging.json")
    assert lagging.age("git") == 0
    lagging.note({"git": 5})
    assert Lagging(tmp_path / "lagging.json").age("git") == 5


def test_a_file_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    lagging = Lagging(tmp_path / "none" / "lagging.json")
    lagging.note({"git": 5})
    assert lagging.age("git") == 5
