"""The formulas, written out a second time."""

import hashlib

import pytest
import rfc8785

from audit.records.chain import body_hash, envelope, genesis_prev, link

LOG, PREV, BH = b"L" * 16, b"P" * 32, b"B" * 32


def test_the_hashes_are_those_of_the_design() -> None:
    assert body_hash(b"{}") == hashlib.sha256(b"ringfence.audit/v1/body\x00{}").digest()
    expected = b"ringfence.audit/v1/env\x00" + LOG + (7).to_bytes(8, "big") + PREV + BH
    assert envelope(LOG, 7, PREV, BH) == expected
    assert len(expected) == 111
    assert link(LOG, 7, PREV, BH) == hashlib.sha256(b"\x00" + expected).digest()


def test_the_genesis_hash_commits_to_the_parameters_alone() -> None:
    params = {"origin": "o", "schema_sha256": "s", "vkeys": ["k"]}
    expected = hashlib.sha256(b"ringfence.audit/v1/genesis\x00" + LOG + rfc8785.dumps(params)).digest()
    assert genesis_prev(LOG, {**params, "ts": "later", "salt": "x"}) == expected


def test_a_change_of_any_part_changes_the_link() -> None:
    links = {link(LOG, 7, PREV, BH), link(LOG, 8, PREV, BH), link(b"M" * 16, 7, PREV, BH)}
    assert len(links | {link(LOG, 7, BH, PREV)}) == 4


@pytest.mark.parametrize(("log", "prev", "bh"), [(b"", PREV, BH), (LOG, PREV + b"x", BH), (LOG, PREV, b"")])
def test_parts_of_another_length_are_refused(log: bytes, prev: bytes, bh: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        link(log, 7, prev, bh)
