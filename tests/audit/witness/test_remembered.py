"""A tree that is kept over a restart, and that nothing depends on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from witnessing import History, Leaves

from audit.proofs.merkle import Frontier
from audit.proofs.proving import grow
from audit.witness.remembered import Remembered


@given(st.integers(0, 500))
def test_a_tree_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    tree, _ = grow(Leaves(History(), size), Frontier.empty(), size)
    file = Remembered(tmp_path_factory.getbasetemp() / "seen.json")
    file.save(tree)
    assert file.load() == tree


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"7",
        b"{}",
        b'{"size": 1}',
        b'{"size": "x", "peaks": []}',
        b'{"size": -1, "peaks": ["00"]}',
        b'{"size": 1, "peaks": []}',
        b'{"size": 1, "peaks": ["00"]}',
        b'{"size": 1, "peaks": [7]}',
        b'{"size": 3, "peaks": ["' + b"00" * 32 + b'"]}',
    ],
)
def test_anything_else_is_the_empty_tree(tmp_path: Path, content: bytes) -> None:
    assert Remembered(tmp_path / "none.json").load() == Frontier.empty()
    (tmp_path / "seen.json").write_bytes(content)
    assert Remembered(tmp_path / "seen.json").load() == Frontier.empty()
