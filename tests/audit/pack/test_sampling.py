"""A sample follows from the nonce and the root alone, and each record in it is proved by what stands beside it."""

import hashlib
import json
from contextlib import closing
from pathlib import Path

import pytest
from packs import DAYS, POLICY, Workshop

from audit.pack.command import draw
from audit.pack.reading import Packed
from audit.pack.sampling import Asked, BadSample, rank
from audit.pack.verifying import verify_pack
from audit.proofs.checkpoint import Checkpoint, Proof
from audit.records.chain import body_hash, link
from audit.sources.exported import ExportSource


def sampled(pack: Path, nonce: str, count: int, *where: str) -> object:
    return draw(pack, verify_pack(pack), Asked.parse(nonce, count, where))


@pytest.fixture(scope="module")
def whole(workshop: Workshop) -> Path:
    return workshop.home / "whole.tar"


def test_the_ranks_are_what_the_specification_says() -> None:
    root = bytes(range(32))
    seed = hashlib.sha256(b"ringfence.sample/v1\0" + (6).to_bytes(8, "big") + "häppy".encode() + root).digest()
    assert Asked.parse("häppy", 1, ()).seed(root) == seed
    assert rank(seed, 258) == hashlib.sha256(seed + bytes(6) + b"\1\2").digest()


def test_it_has_the_smallest_ranks_of_the_population(whole: Path) -> None:
    drawn = sampled(whole, "three words here", 4)
    seed = bytes.fromhex(drawn.seed)  # type: ignore[attr-defined]
    with closing(ExportSource(Packed(whole))) as source:
        seqs = sorted((raw.seq for raw in source.rows(0, 1000)), key=lambda seq: rank(seed, seq))
    assert [one.seq for one in drawn.records] == seqs[:4]  # type: ignore[attr-defined]
    assert drawn.population == len(seqs)  # type: ignore[attr-defined]


def test_another_nonce_draws_another_sample_and_the_same_one_the_same(whole: Path) -> None:
    def seqs(nonce: str) -> list[int]:
        return [one.seq for one in sampled(whole, nonce, 5).records]  # type: ignore[attr-defined]

    assert seqs("a") == seqs("a")
    assert len({tuple(seqs(f"nonce {number}")) for number in range(5)}) > 1


def test_each_record_comes_with_a_proof_that_leads_to_the_checkpoint(whole: Path) -> None:
    drawn = sampled(whole, "x", 100)
    with closing(ExportSource(Packed(whole))) as source:
        claim, newest = source.claim(), source.newest_checkpoint()
        rows = {raw.seq: raw for raw in source.rows(0, 1000)}
    assert newest is not None
    for one in drawn.records:  # type: ignore[attr-defined]
        proof = Proof.decode(one.proof)
        made = link(claim.log_id, one.seq, rows[one.seq].prev, body_hash(one.body))
        assert proof.index == one.seq
        assert proof.includes(made)
        assert not proof.includes(bytes(32))
        assert (proof.note.encode(), Checkpoint.of(proof.note).size) == (newest.note, claim.size)


def test_a_decision_comes_with_its_rules_as_they_were_and_with_what_came_of_it(whole: Path) -> None:
    drawn = sampled(whole, "x", 100, "decision=pin")
    assert drawn.population == DAYS // 3  # type: ignore[attr-defined]
    for one in drawn.records:  # type: ignore[attr-defined]
        first, second = one.in_force.rules
        assert (first.id, first.file, first.line) == ("keep-home", "house.yaml", 6)
        assert POLICY.split("\n")[first.line - 1 : first.line + 4] == first.text.split("\n")
        assert second.text.strip().startswith("- {id: flat-rule")
        (outcome,) = one.related
        assert json.loads(outcome)["dec"] == json.loads(one.body)["id"]


def test_conditions_are_met_together(whole: Path) -> None:
    def population(*where: str) -> int:
        return int(sampled(whole, "x", 1, *where).population)  # type: ignore[attr-defined]

    assert population("kind=route.decision") == DAYS
    assert population("kind=route.decision", "zone=onprem") == DAYS // 3
    assert population("class=pii") == population("rule=keep-home") == DAYS // 3
    assert population("app=crm", "team=sales") == DAYS
    assert population("team=other") == 0
    assert population("class=pii", "zone=cloud-us") == 0


def test_of_a_period_only_its_records_are_drawn(workshop: Workshop) -> None:
    pack = workshop.home / "month.tar"
    judged = verify_pack(pack)
    assert judged.manifest is not None
    drawn = draw(pack, judged, Asked.parse("x", 100, ()))
    assert sorted(one.seq for one in drawn.records) == list(range(judged.manifest.first, judged.manifest.last + 1))


@pytest.mark.parametrize(
    ("nonce", "count", "where"),
    [
        ("", 1, ()),
        ("\udcff", 1, ()),
        ("x", 0, ()),
        ("x", 10_001, ()),
        ("x", 1, ("decision",)),
        ("x", 1, ("id=1",)),
        ("x", 1, ("=allow",)),
    ],
)
def test_what_cannot_be_sampled_is_refused(nonce: str, count: int, where: tuple[str, ...]) -> None:
    with pytest.raises(BadSample):
        Asked.parse(nonce, count, where)
