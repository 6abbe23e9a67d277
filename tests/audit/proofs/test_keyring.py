"""Ranges of keys, as the records of a log state them."""

from typing import Any

import pytest

from audit.proofs.keyring import Keyring, Span, key_id
from audit.proofs.vkey import Signer

ORIGIN = "log.example/audit"
FIRST, SECOND, FOREIGN = (
    Signer(name, bytes([n]) * 32).vkey for n, name in enumerate((ORIGIN, ORIGIN, "other.example"))
)
GENESIS = {"kind": "genesis", "origin": ORIGIN, "vkeys": [FIRST.encode()]}
SECOND_INTRODUCED = {
    "kind": "key.introduced",
    "usage": "checkpoint",
    "key_id": key_id(SECOND),
    "vkey": SECOND.encode(),
}


def ended(how: str, size: int) -> dict[str, Any]:
    return {"kind": f"key.{how}", "usage": "checkpoint", "key_id": key_id(FIRST), "size": size}


@pytest.fixture
def ring() -> Keyring:
    made = Keyring()
    assert made.take(0, GENESIS) is None
    return made


def test_a_key_may_sign_from_the_record_that_names_it_to_the_one_that_ends_it(ring: Keyring) -> None:
    assert ring.take(5, SECOND_INTRODUCED) is None
    assert ring.take(9, ended("retired", 8)) is None
    assert ring.spans() == (Span(FIRST, 1, 10, 8, "retired"), Span(SECOND, 6))
    first, second = ring.spans()
    assert [size for size in range(12) if first.covers(size)] == list(range(1, 10))
    assert [size for size in range(12) if first.counts(size)] == list(range(1, 8))
    assert [size for size in range(12) if second.counts(size)] == list(range(6, 12))
    assert ring.find(SECOND) == second
    assert ring.find(FOREIGN) is None


def test_a_revocation_disowns_what_was_signed_before_it_was_known(ring: Keyring) -> None:
    ring.take(100, ended("revoked", 3))
    span = ring.find(FIRST)
    assert span is not None
    assert (span.covers(50), span.counts(50), span.counts(2)) == (True, False, True)


@pytest.mark.parametrize(
    "body",
    [
        {**SECOND_INTRODUCED, "key_id": "00000000"},
        {name: value for name, value in SECOND_INTRODUCED.items() if name != "vkey"},
        {**SECOND_INTRODUCED, "key_id": key_id(FOREIGN), "vkey": FOREIGN.encode()},
        {**SECOND_INTRODUCED, "key_id": key_id(FIRST), "vkey": FIRST.encode()},
        {**SECOND_INTRODUCED, "vkey": SECOND.encode()[:-4] + "AAA="},
        {**ended("retired", 4), "key_id": key_id(SECOND)},
        ended("retired", 6),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(ring: Keyring, body: dict[str, Any]) -> None:
    before = ring.spans()
    assert ring.take(5, body) is not None
    assert ring.spans() == before


def test_a_second_genesis_names_no_keys(ring: Keyring) -> None:
    before = ring.spans()
    ring.take(4, {**GENESIS, "vkeys": [SECOND.encode()]})
    assert ring.spans() == before


def test_a_key_ends_once_and_may_be_revoked_after_that(ring: Keyring) -> None:
    assert ring.take(5, ended("retired", 5)) is None
    assert ring.take(7, ended("retired", 6)) is None
    assert ring.spans() == (Span(FIRST, 1, 6, 5, "retired"),)
    assert ring.take(8, ended("revoked", 3)) is None
    assert ring.spans() == (Span(FIRST, 1, 6, 3, "revoked"),)
    assert ring.take(9, ended("revoked", 4)) is None
    assert ring.spans() == (Span(FIRST, 1, 6, 3, "revoked"),)


def test_keys_for_other_uses_and_other_records_are_passed_over(ring: Keyring) -> None:
    before = ring.spans()
    assert ring.take(5, {**SECOND_INTRODUCED, "usage": "fingerprint"}) is None
    assert ring.take(6, {"kind": "writer.stop"}) is None
    assert ring.spans() == before
