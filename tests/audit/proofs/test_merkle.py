import functools
import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.proofs import merkle
from audit.proofs.merkle import (
    Frontier,
    Subtree,
    consistency,
    inclusion,
    is_consistent,
    is_included,
    node,
    root,
    root_of,
)

LARGEST = 300
VECTORS = (  # of the Certificate Transparency reference implementation: data of eight leaves, and the root after each
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
)


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"\0" + number.to_bytes(4, "big")).digest()


@functools.cache
def subtree(level: int, index: int) -> bytes:
    if level == 0:
        return leaf(index)
    return node(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))


@functools.cache
def mth(low: int, high: int) -> bytes:
    """Follow the definition of RFC 6962, 2.1, word for word."""
    if high == low:
        return hashlib.sha256(b"").digest()
    if high == low + 1:
        return leaf(low)
    k = 1
    while 2 * k < high - low:
        k *= 2
    return hashlib.sha256(b"\1" + mth(low, low + k) + mth(low + k, high)).digest()


def test_the_reference_roots_are_met() -> None:
    tree = Frontier.empty()
    for data, expected in VECTORS:
        tree.append(hashlib.sha256(b"\0" + bytes.fromhex(data)).digest())
        assert tree.root().hex() == expected


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert Frontier.empty().root() == root(0, subtree) == root_of([]) == hashlib.sha256(b"").digest()


def test_every_root_up_to_300_is_that_of_the_definition_however_it_is_made() -> None:
    tree = Frontier.empty()
    for size in range(LARGEST + 1):
        assert tree.root() == root(size, subtree) == mth(0, size)
        assert tree.size == size
        assert len(tree.peaks) == size.bit_count()
        tree.append(leaf(size))


def test_every_leaf_of_every_tree_up_to_300_has_a_proof_that_holds() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            assert is_included(leaf(index), index, size, inclusion(index, size, subtree), mth(0, size))


def test_every_tree_up_to_300_is_proved_to_extend_every_smaller_one() -> None:
    for old, new in itertools.combinations_with_replacement(range(LARGEST + 1), 2):
        assert is_consistent(old, new, consistency(old, new, subtree), mth(0, old), mth(0, new))


def test_t21_an_inclusion_proof_of_any_other_leaf_index_size_root_or_length_is_refused() -> None:
    for size in range(1, 34):
        for index in range(size):
            proof = inclusion(index, size, subtree)
            assert not is_included(leaf(index + 1), index, size, proof, mth(0, size))
            assert not is_included(leaf(index), index, size, proof, mth(0, size + 1))
            assert not is_included(leaf(index), index, size, [*proof, leaf(0)], mth(0, size))
            assert not is_included(leaf(index), index, size, [leaf(0), *proof], mth(0, size))
            assert not (proof and is_included(leaf(index), index, size, proof[:-1], mth(0, size)))
            for other in range(size):
                held = is_included(leaf(index), other, size, proof, mth(0, size))
                assert held is (other == index)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4), (0, -1)])
def test_a_leaf_outside_the_tree_is_never_included_nor_provable(index: int, size: int) -> None:
    assert not is_included(leaf(0), index, size, [], leaf(0))
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion(index, size, subtree)


def test_t20_a_node_cannot_be_offered_as_a_leaf() -> None:
    size = 8
    pair = node(leaf(2), leaf(3))
    assert is_included(leaf(2), 2, size, inclusion(2, size, subtree), mth(0, size))
    shorter = inclusion(2, size, subtree)[1:]
    assert not is_included(hashlib.sha256(b"\0" + leaf(2) + leaf(3)).digest(), 1, size // 2, shorter, mth(0, size))
    assert pair != hashlib.sha256(b"\0" + leaf(2) + leaf(3)).digest()


def test_t21_a_consistency_proof_with_any_part_changed_is_refused() -> None:
    for old, new in itertools.combinations_with_replacement(range(1, 34), 2):
        proof = consistency(old, new, subtree)
        if old == new:
            assert not is_consistent(old, new, [leaf(0)], mth(0, old), mth(0, new))
            continue
        assert not is_consistent(old, new, proof, mth(0, old - 1), mth(0, new))
        assert not is_consistent(old, new, proof, mth(0, old), mth(0, new + 1))
        assert not is_consistent(old, new, [], mth(0, old), mth(0, new))
        assert not is_consistent(old, new, proof[:-1], mth(0, old), mth(0, new))
        assert not is_consistent(old, new, [*proof, leaf(0)], mth(0, old), mth(0, new))
        assert not is_consistent(new, old, proof, mth(0, new), mth(0, old))
        for place in range(len(proof)):
            forged = [*proof[:place], leaf(99), *proof[place + 1 :]]
            assert not is_consistent(old, new, forged, mth(0, old), mth(0, new))


def test_no_tree_of_one_size_is_consistent_with_another_root_of_the_same_size() -> None:
    assert is_consistent(7, 7, [], mth(0, 7), mth(0, 7))
    assert not is_consistent(7, 7, [], mth(0, 7), mth(0, 6))
    assert not is_consistent(0, 0, [], mth(0, 0), leaf(0))
    assert not is_consistent(0, 5, [], leaf(0), mth(0, 5))
    with pytest.raises(ValueError, match="not larger"):
        consistency(5, 4, subtree)


@given(st.data())
def test_a_log_that_was_rewritten_anywhere_has_no_proof_from_its_old_root(data: st.DataObject) -> None:
    old = data.draw(st.integers(1, 64))
    new = data.draw(st.integers(old, 96))
    forged_at = data.draw(st.integers(0, old - 1))

    def rewritten(level: int, index: int) -> bytes:
        if level == 0:
            return leaf(1000 + index) if index == forged_at else leaf(index)
        return merkle.node(rewritten(level - 1, 2 * index), rewritten(level - 1, 2 * index + 1))

    forged: Subtree = rewritten
    assert not is_consistent(old, new, consistency(old, new, forged), mth(0, old), root(new, forged))
    assert is_consistent(old, new, consistency(old, new, forged), root(old, forged), root(new, forged))
