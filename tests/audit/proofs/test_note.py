"""Signed notes, held against the published example of the Go implementation and against every way to bend one."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.proofs.note import MAX_BYTES, MAX_SIGNATURES, MalformedNote, Note, Signature, WrongSignature
from audit.proofs.vkey import Signer, VerifierKey

# The example of the Go module golang.org/x/mod/sumdb/note.
PETER = VerifierKey.decode("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
SIGNER = Signer.decode("PRIVATE+KEY+" + "PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PUBLISHED = f"{TEXT}\n{LINE}".encode()
ENOCH = Signer.generate("EnochRoot")
TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]) | st.just("\n")).map(
    lambda text: text + "\n"
)
NAMES = st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Z"], exclude_characters="+\x85"), min_size=1)


def test_the_published_note_is_verified_by_the_published_key() -> None:
    note = Note.decode(PUBLISHED)
    assert note.text == TEXT
    assert note.verified([PETER]) == (PETER,)
    assert note.encode() == PUBLISHED


def test_the_published_key_makes_the_published_note() -> None:
    assert Note(TEXT).signed(SIGNER).encode() == PUBLISHED


@given(TEXTS, st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_what_was_signed_is_read_back_and_verified_by_every_signer(text: str, names: list[str]) -> None:
    note = Note(text)
    signers = [Signer.generate(name) for name in names]
    for signer in signers:
        note = note.signed(signer)
    read = Note.decode(note.encode())
    assert read == note
    assert read.verified(signer.vkey for signer in signers) == tuple(signer.vkey for signer in signers)


@given(st.integers(0, len(PUBLISHED) - 1), st.integers(1, 255))
def test_no_other_byte_anywhere_leaves_a_verified_note(at: int, flip: int) -> None:
    changed = bytearray(PUBLISHED)
    changed[at] ^= flip
    try:
        verified = Note.decode(bytes(changed)).verified([PETER])
    except (MalformedNote, WrongSignature):
        verified = ()
    assert verified == ()


@given(st.binary(max_size=300) | TEXTS.map(str.encode))
def test_any_bytes_are_a_note_in_one_form_or_malformed(data: bytes) -> None:
    line = 1
    try:
        assert Note.decode(data).encode() == data
    except MalformedNote as refused:
        line = refused.line
    assert 1 <= line <= data.count(b"\n") + 1


def test_an_unknown_key_says_nothing() -> None:
    note = Note(TEXT).signed(ENOCH).signed(SIGNER)
    assert note.verified([]) == ()
    assert note.verified([PETER]) == (PETER,)
    assert note.verified([Signer.generate("PeterNeumann").vkey]) == ()
    assert note.verified([replace(PETER, name="SomebodyElse")]) == ()


def test_a_wrong_signature_of_a_known_key_spoils_the_note_though_another_one_is_right() -> None:
    bent = Signature(PETER.name, PETER.key_hash(), SIGNER.sign(b"another text"))
    note = Note(TEXT, (*Note(TEXT).signed(ENOCH).signatures, bent))
    with pytest.raises(WrongSignature) as refused:
        note.verified([ENOCH.vkey, PETER])
    assert refused.value.line == 5
    assert str(refused.value).startswith("line 5: ")
    assert note.verified([ENOCH.vkey]) == (ENOCH.vkey,)


def test_the_right_signature_does_not_excuse_a_wrong_one_of_the_same_key() -> None:
    right = Note(TEXT).signed(SIGNER).signatures[0]
    wrong = replace(right, value=bytes(64))
    for signatures in ((right, wrong), (wrong, right)):
        with pytest.raises(WrongSignature):
            Note(TEXT, signatures).verified([PETER])
    assert Note(TEXT, (right, right)).verified([PETER]) == (PETER,)


def test_signing_again_replaces_the_signature() -> None:
    assert Note(TEXT).signed(SIGNER).signed(ENOCH).signed(SIGNER) == Note(TEXT).signed(ENOCH).signed(SIGNER)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"text\n", 1),
        (b"text\n\n", 2),
        (LINE.encode(), 1),
        (b"\n" + LINE.encode(), 2),
        (PUBLISHED[:-1], 4),
        (PUBLISHED + b"\n", 5),
        (PUBLISHED + b"text\n", 5),
        (PUBLISHED.replace(b"know", b"kn\tow"), 2),
        (PUBLISHED.replace(b"\n", b"\r\n"), 1),
        (PUBLISHED.replace(b"know", b"kn\xffow"), 2),
        (PUBLISHED.replace(b"PeterNeumann ", b"Peter+Neumann "), 4),
        (PUBLISHED.replace(b"PeterNeumann ", b"Peter Neumann "), 4),
        (PUBLISHED.replace(b"PeterNeumann ", b""), 4),
        (PUBLISHED.replace("\u2014".encode(), b"-"), 4),
        (PUBLISHED.replace(b"JnAM=", b"JnAN="), 4),
        (PUBLISHED.replace(b"JnAM=", b"JnAM"), 4),
        (f"{TEXT}\n\u2014 name AAAAAA==\n".encode(), 4),
    ],
)
def test_what_is_malformed_is_refused_where_it_is(data: bytes, line: int) -> None:
    with pytest.raises(MalformedNote) as refused:
        Note.decode(data)
    assert refused.value.line == line


def test_size_and_number_of_signatures_are_bounded() -> None:
    most = f"{TEXT}\n{LINE * MAX_SIGNATURES}".encode()
    assert Note.decode(most).verified([PETER]) == (PETER,)
    for data in (most + LINE.encode(), b"x" * MAX_BYTES + b"\n\n" + LINE.encode()):
        with pytest.raises(MalformedNote, match=r"^line [0-9]+: more than"):
            Note.decode(data)
    beyond = f"{TEXT}\n{LINE * MAX_SIGNATURES}nobody reads this\n".encode()
    with pytest.raises(MalformedNote, match=r"^line [0-9]+: more than"):
        Note.decode(beyond)


@pytest.mark.parametrize("text", ["", "no newline at the end", "a\x00\n"])
def test_a_text_that_no_note_can_have_is_not_written(text: str) -> None:
    with pytest.raises(MalformedNote):
        Note(text).signed(SIGNER).encode()


def test_a_note_without_a_signature_is_not_written() -> None:
    with pytest.raises(MalformedNote, match="no signature"):
        Note(TEXT).encode()


def test_it_needs_only_the_standard_library_and_cryptography() -> None:
    program = "import sys; before = set(sys.modules); import audit.proofs.note; print(*(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    tops = {name.partition(".")[0] for name in ran.stdout.split()}
    foreign = tops - sys.stdlib_module_names - {"audit", "cryptography", "_cffi_backend", "_openssl", "cffi"}
    assert {name for name in foreign if not name.startswith("__")} == set()
