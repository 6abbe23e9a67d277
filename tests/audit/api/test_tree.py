"""The cached tree gives what a tree without a cache gives, for every size around the edges of tiles."""

import hashlib
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from audit.api import tree
from audit.api.tree import TILE, Tree
from audit.errors import AuditUnavailable
from audit.proofs.merkle import is_consistent, is_included, root_of

LEAVES = [hashlib.sha256(str(number).encode()).digest() for number in range(5 * TILE + 3)]
EDGES = (1, 2, TILE - 1, TILE, TILE + 1, 2 * TILE, 3 * TILE + 7, 4 * TILE, 4 * TILE + 1, len(LEAVES))


class Rows:
    """Stands in for the records of a log, and counts what is read."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.read = 0

    @contextmanager
    def asking(self) -> Any:
        def ask(_: str, *, start: int, end: int) -> list[tuple[int, bytes]]:
            found = list(enumerate(self.leaves))[start:end]
            self.read += len(found)
            return found

        yield ask


@pytest.fixture
def rows() -> Rows:
    return Rows(list(LEAVES))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "PAUSE_S", 0)


def test_proofs_and_roots_are_those_of_the_whole_tree(rows: Any) -> None:
    made = Tree(rows, None)  # type: ignore[arg-type]
    for size in EDGES:
        root = root_of(LEAVES[:size])
        assert made.root(size) == root
        for index in {0, size // 3, size // 2, size - 1}:
            leaf, path, found = made.inclusion(index, size)
            assert (leaf, found) == (LEAVES[index], root)
            assert is_included(leaf, index, size, path, root)
        for old in [old for old in (0, *EDGES) if old <= size]:
            before, path, found = made.consistency(old, size)
            assert (before, found) == (root_of(LEAVES[:old]), root)
            assert is_consistent(old, size, path, before, root)


def test_a_second_proof_reads_a_few_tiles_and_no_more(rows: Any) -> None:
    made = Tree(rows, None)  # type: ignore[arg-type]
    made.inclusion(5, len(LEAVES))
    assert rows.read >= len(LEAVES)
    rows.read = 0
    made.inclusion(700, len(LEAVES))
    made.consistency(300, len(LEAVES))
    assert rows.read <= 4 * TILE
    made.forget()
    made.inclusion(5, len(LEAVES))
    assert rows.read > len(LEAVES)


def test_what_the_log_does_not_have_is_not_proved(service: Any) -> None:
    from audit.access import Records

    made = Tree(Records(service.log.place), service.log.place)
    assert len(made.inclusion(1, 5)[1]) == 3
    with pytest.raises(AuditUnavailable, match="behind"):
        made.inclusion(1, 500)


def test_a_restart_takes_up_what_was_kept_and_reads_little(rows: Any, tmp_path: Path) -> None:
    file, size = tmp_path / "tree", len(LEAVES)
    Tree(rows, None, file).root(size)  # type: ignore[arg-type]
    assert file.stat().st_size == 5 * 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows.read = 0
    later = Tree(rows, None, file)  # type: ignore[arg-type]
    later.take_up(size, root_of(LEAVES))
    assert later.root(size) == root_of(LEAVES)
    assert rows.read <= 2 * TILE
    behind = Tree(rows, None, file)  # type: ignore[arg-type]
    behind.take_up(2 * TILE + 5, root_of(LEAVES[: 2 * TILE + 5]))
    assert file.stat().st_size == 2 * 32
    assert behind.root(size) == root_of(LEAVES)


@pytest.mark.parametrize("damage", [b"x" * 160, b"x" * 31, b"", b"x" * 1000])
def test_a_kept_file_that_leads_elsewhere_is_not_believed(damage: bytes, rows: Any, tmp_path: Path) -> None:
    file = tmp_path / "tree"
    file.write_bytes(damage)
    made = Tree(rows, None, file)  # type: ignore[arg-type]
    made.take_up(len(LEAVES), root_of(LEAVES))
    assert made.root(len(LEAVES)) == root_of(LEAVES)
    assert file.stat().st_size == 5 * 32
    again = Tree(rows, None, file)  # type: ignore[arg-type]
    rows.read = 0
    again.take_up(len(LEAVES), root_of(LEAVES))
    assert rows.read <= TILE


def test_without_room_for_the_file_proofs_go_on(rows: Any, tmp_path: Path) -> None:
    assert Tree(rows, None, tmp_path / "no" / "tree").root(600) == root_of(LEAVES[:600])  # type: ignore[arg-type]
