"""A log is hashed anew before anything goes, and an anchor counts only with a head that is in it."""

from contextlib import closing

import pytest
from retained import Retained, strike

from audit.errors import AuditMismatch
from audit.retention import attesting
from audit.retention.attesting import Attested
from audit.sources.postgres import open_source
from audit.stores.asking import asking

DAMAGE = {
    "a body": "UPDATE record SET body = x'00' WHERE seq = 4",
    "a hash": "UPDATE record SET bh = prev WHERE seq = 4",
    "a record that is gone": "DELETE FROM record WHERE seq = 4",
    "a link": "UPDATE record SET link = bh WHERE seq = 4",
}


def roots(kept: Retained) -> dict[int, bytes]:
    with asking(kept.log.place) as run:
        heads, silent = attesting.anchored(run, {"file": kept.keeper})
    assert silent == []
    return {head.size: head.root for head in heads}


def require(kept: Retained, wanted: dict[int, bytes]) -> list[tuple[int, int]]:
    read: list[tuple[int, int]] = []
    with closing(open_source(kept.log.place)) as source:
        attesting.require_whole(source, wanted, lambda done, of: read.append((done, of)))
    return read


@pytest.fixture
def signed(retained: Retained) -> Retained:
    for _ in range(4):
        retained.request()
    retained.sign()
    return retained


def test_a_log_that_was_pruned_and_erased_is_whole(signed: Retained) -> None:
    assert require(signed, roots(signed)) == []
    signed.prune()
    signed.erase(signed.request())
    signed.sign()
    assert require(signed, roots(signed)) == []


@pytest.mark.parametrize("name", DAMAGE)
def test_a_log_that_was_changed_is_not(name: str, signed: Retained) -> None:
    wanted = roots(signed)
    strike(signed.home / "audit.db", DAMAGE[name])
    with pytest.raises(AuditMismatch, match=r"record [45] is not what was written"):
        require(signed, wanted)


def test_a_root_that_is_not_that_of_its_records_is_refused(signed: Retained) -> None:
    with pytest.raises(AuditMismatch, match="the first 5 records are not those of their checkpoint"):
        require(signed, {5: b"\x00" * 32, **roots(signed)})
    with pytest.raises(AuditMismatch, match="records are missing"):
        require(signed, {99: b"\x00" * 32})


def test_those_that_have_a_head_over_a_record_are_named() -> None:
    heads = [Attested("a", 9, b""), Attested("b", 10, b"")]
    assert [attesting.covering(heads, seq) for seq in (8, 9, 10)] == [("a", "b"), ("b",), ()]


def test_the_largest_checkpoint_below_a_number_is_found(signed: Retained) -> None:
    with asking(signed.log.place) as run:
        found = [attesting.largest(run, limit) for limit in (0, 9, 10, 99)]
    assert [stated and stated.size for stated in found] == [None, None, 10, 10]


def test_an_anchor_whose_newest_is_no_checkpoint_counts_as_one_that_does_not_answer(signed: Retained) -> None:
    class Scrawled(type(signed.keeper)):  # type: ignore[misc]
        """A branch or a bucket in which somebody put something else."""

        def newest(self) -> bytes:
            return b"not a head\n"

    with asking(signed.log.place) as run:
        heads, silent = attesting.anchored(run, {"file": signed.keeper, "git": Scrawled(signed.home / "other")})
    assert ([head.anchor for head in heads], silent) == (["file"], ["git"])
