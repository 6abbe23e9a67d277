"""Verifier keys in the form of C2SP signed notes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.vkey import ED25519, VerifierKey

# The example of the Go module golang.org/x/mod/sumdb/note, an implementation of the same format.
PUBLISHED = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_published_key_is_read_and_written() -> None:
    vkey = VerifierKey.decode(PUBLISHED)
    assert (vkey.name, vkey.type_byte, f"{vkey.key_hash():08x}") == ("PeterNeumann", ED25519, "c74f20a3")
    assert vkey.encode() == PUBLISHED


@given(st.from_regex(r"[a-z0-9][a-z0-9./_-]{0,30}", fullmatch=True), st.integers(0, 255), st.binary(max_size=64))
def test_what_was_written_is_read_back(name: str, type_byte: int, key: bytes) -> None:
    vkey = VerifierKey(name, type_byte, key)
    assert VerifierKey.decode(vkey.encode()) == vkey


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+",
        "+c74f20a3+AA==",
        PUBLISHED.replace("c74f", "c74e"),
        PUBLISHED + "=",
        PUBLISHED[:-2],
    ],
)
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a verifier key"):
        VerifierKey.decode(text)
