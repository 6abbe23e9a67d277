"""Fingerprints: equality inside a tenant, a purpose and a quarter; the formula written out a second time."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.records.fingerprint import Fingerprinter, Keyed

MASTER = bytes(range(32))


def at(month: int) -> Fingerprinter:
    return Fingerprinter(MASTER, now=lambda: datetime(2026, month, 1, tzinfo=UTC))


def test_the_fingerprint_is_that_of_the_design() -> None:
    pseudo_random = hmac.digest(bytes(32), MASTER, "sha256")
    key = hmac.digest(pseudo_random, b"ringfence/fp-key/v1\x002026q4\x00sales\x00ip\x01", "sha256")
    text = b"ringfence/fp/v1\x00sales\x00ip\x00addr\x00192.0.2.7"
    digest = hmac.new(key, text, hashlib.sha256).digest()[:16]
    expected = "fp1.2026q4." + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert at(10).fingerprint("sales", "ip", "addr", b"192.0.2.7") == expected


def test_equal_values_are_equal_only_within_their_scope() -> None:
    made = at(1).fingerprint("sales", "ip", "addr", b"v")
    assert made == at(3).fingerprint("sales", "ip", "addr", b"v")
    others = {
        at(4).fingerprint("sales", "ip", "addr", b"v"),
        at(1).fingerprint("legal", "ip", "addr", b"v"),
        at(1).fingerprint("sales", "body", "addr", b"v"),
        at(1).fingerprint("sales", "ip", "name", b"v"),
        at(1).fingerprint("sales", "ip", "addr", b"w"),
        Fingerprinter(bytes(32), now=lambda: datetime(2026, 1, 1, tzinfo=UTC)).fingerprint("sales", "ip", "addr", b"v"),
    }
    assert len(others) == 6
    assert made not in others


@pytest.mark.parametrize("names", [("a\0b", "p", "t"), ("a", "p\0", "t"), ("a", "p", "\0t")])
def test_names_that_would_make_it_ambiguous_are_refused(names: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        at(1).fingerprint(*names, b"v")


def test_a_secret_for_another_purpose_is_always_the_same_and_no_other() -> None:
    assert at(1).secret("one") == at(12).secret("one")
    assert len({at(1).secret("one"), at(1).secret("two"), Fingerprinter(bytes(32)).secret("one"), MASTER}) == 4


def test_a_short_master_is_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        Fingerprinter(b"short")


@given(st.binary(max_size=64), st.lists(st.binary(max_size=200), max_size=3))
def test_codes_of_texts_under_one_key_are_those_of_the_standard_library(key: bytes, texts: list[bytes]) -> None:
    keyed = Keyed(key)
    assert [keyed.digest(text) for text in texts] == [hmac.digest(key, text, "sha256") for text in texts]
