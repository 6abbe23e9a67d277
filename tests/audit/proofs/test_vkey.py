"""Keys in the form of C2SP signed notes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.proofs.vkey import ED25519, Signer, VerifierKey, is_key_name

# The example of the Go module golang.org/x/mod/sumdb/note, an implementation of the same format.
PUBLISHED = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
# Its signer, in two parts: a whole one would look like somebody's secret.
SIGNER = "PRIVATE+KEY+" + "PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"


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


def test_a_published_signer_is_read_and_written_and_belongs_to_the_published_key() -> None:
    signer = Signer.decode(SIGNER)
    assert signer.encode() == SIGNER
    assert signer.vkey == VerifierKey.decode(PUBLISHED)


@pytest.mark.parametrize("name", ["ciso@acme.example", "log.example/audit", "Jürgen"])
def test_a_new_key_is_read_back_and_signs_what_its_verifier_verifies(name: str) -> None:
    made = Signer.generate(name)
    assert Signer.decode(made.encode()) == made
    assert VerifierKey.decode(made.vkey.encode()) == made.vkey
    assert made.vkey.verifies(b"text", made.sign(b"text"))
    assert not made.vkey.verifies(b"other", made.sign(b"text"))
    assert not Signer.generate(name).vkey.verifies(b"text", made.sign(b"text"))
    assert made.seed.hex() not in repr(made)
    assert str(made.seed) not in repr(made)


@given(st.binary(max_size=80), st.integers(0, 255))
def test_only_64_bytes_of_an_ed25519_key_verify(signature: bytes, type_byte: int) -> None:
    signer = Signer.decode(SIGNER)
    assert not signer.vkey.verifies(b"text", signature)
    other = VerifierKey(signer.name, type_byte, signer.vkey.key)
    assert other.verifies(b"text", signer.sign(b"text")) == (type_byte == ED25519)


def test_a_key_of_the_wrong_length_verifies_nothing() -> None:
    signer = Signer.decode(SIGNER)
    assert not VerifierKey(signer.name, ED25519, signer.vkey.key[:-1]).verifies(b"text", signer.sign(b"text"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        PUBLISHED,
        SIGNER.removeprefix("PRIVATE+KEY+"),
        SIGNER.replace("c74f", "c74e"),
        SIGNER.replace("Peter", "Pet er"),
        SIGNER[:-4],
        SIGNER + "AAAA",
        SIGNER.replace("+AYEK", "+AoEK"),
        SIGNER + "é",
    ],
)
def test_a_malformed_signer_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a signing key$"):
        Signer.decode(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\x00", "\u3000"])
def test_what_would_break_a_line_is_no_name(name: str) -> None:
    assert not is_key_name(name)
    with pytest.raises(ValueError, match="not the name of a key"):
        Signer.generate(name)
