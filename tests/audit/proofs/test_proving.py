"""Proofs that are made while a log is read, held against those made from the whole tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from witnessing import History, Leaves

from audit.errors import AuditUnavailable
from audit.proofs import proving
from audit.proofs.merkle import Frontier, is_consistent
from audit.proofs.proving import grow
from audit.sources.source import Raw

A = History()


def tree_of(size: int) -> Frontier:
    tree, _ = grow(Leaves(A, size), Frontier.empty(), size)
    return tree


def test_every_proof_up_to_70_is_that_of_the_definition_and_reads_only_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "PAGE", 7)
    for old in range(71):
        before = tree_of(old)
        for new in range(old, 71):
            source = Leaves(A, 100)
            tree, proof = grow(source, before, new)
            assert (tree.size, tree.root(), tuple(proof)) == (new, A.checkpoint(new).root, A.proof(old, new))
            assert is_consistent(old, new, proof, before.root(), tree.root())
            assert source.read == new - old
        assert (before.size, before.root()) == (old, A.checkpoint(old).root)


@given(st.lists(st.integers(0, 2000), min_size=2, max_size=6).map(sorted))
def test_a_tree_that_grows_in_steps_is_the_one_that_grew_at_once(sizes: list[int]) -> None:
    tree = Frontier.empty()
    for size in sizes:
        tree, proof = grow(Leaves(A, 2000), tree, size)
        assert tree.peaks == tree_of(size).peaks
    assert is_consistent(sizes[-2], sizes[-1], proof, A.checkpoint(sizes[-2]).root, tree.root())


def test_a_log_that_lacks_records_has_no_proof() -> None:
    with pytest.raises(AuditUnavailable, match="behind"):
        grow(Leaves(A, 9), tree_of(4), 10)


def test_a_record_that_is_missing_in_between_is_not_passed_over() -> None:
    class Gap(Leaves):
        def rows(self, start: int | None, count: int) -> list[Raw]:
            return [row for row in super().rows(start, count + 1) if row.seq != 6]

    with pytest.raises(AuditUnavailable, match="behind"):
        grow(Gap(A, 20), tree_of(4), 10)
