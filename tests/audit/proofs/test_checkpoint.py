"""Checkpoints and proofs: one form each, and nothing that is nearly one."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.proofs.checkpoint import Checkpoint, MalformedCheckpoint, Proof, split_notes
from audit.proofs.cosignature import Cosigner
from audit.proofs.merkle import Frontier, inclusion, root_of
from audit.proofs.note import MalformedNote, Note
from audit.proofs.vkey import Signer

GOLDEN = Path(__file__).parents[1] / "golden" / "record.tlog-proof"
SIGNER = Signer("log.example/audit", bytes(range(32)))
ORIGINS = st.from_regex(r"[a-z0-9][a-z0-9./_-]{0,40}", fullmatch=True)
HASHES = st.binary(min_size=32, max_size=32)
CHECKPOINTS = st.builds(Checkpoint, ORIGINS, st.integers(0, 2**63 - 1), HASHES)
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""From the specification."""


@given(CHECKPOINTS)
def test_a_checkpoint_reads_as_it_was_written(made: Checkpoint) -> None:
    assert Checkpoint.decode(made.encode()) == made


@given(CHECKPOINTS, st.data())
def test_no_other_text_reads_as_the_same_checkpoint(made: Checkpoint, data: st.DataObject) -> None:
    text = made.encode()
    at = data.draw(st.integers(0, len(text) - 1))
    mark = data.draw(st.sampled_from("\n =+0Aa/\u00a0\u0660\r"))
    for changed in (text[:at] + mark + text[at:], text[:at] + mark + text[at + 1 :], text[:at] + text[at + 1 :]):
        if changed != text:
            with contextlib.suppress(MalformedCheckpoint):
                assert Checkpoint.decode(changed) != made


def test_the_example_of_the_specification_is_read() -> None:
    made = Checkpoint.decode(EXAMPLE)
    assert (made.origin, made.size, made.root.hex()[:8]) == ("example.com/behind-the-sofa", 20852163, "0ac5186a")


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE.removesuffix("\n"),
        EXAMPLE + "extension\n",
        EXAMPLE + "\n",
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "+20852163"),
        EXAMPLE.replace("20852163", "20_852_163"),
        EXAMPLE.replace("20852163", "-1"),
        EXAMPLE.replace("20852163", str(2**63)),
        EXAMPLE.replace("2I=", "2J="),  # bits that do not belong to the hash
        EXAMPLE.replace("2I=", "2I"),
        EXAMPLE.replace("CsUY", ""),
        EXAMPLE.replace("example.com", "exam ple.com"),
        EXAMPLE.replace("\n", "\r\n"),
    ],
)
def test_what_is_nearly_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.decode(text)


@pytest.mark.parametrize(
    "made", [Checkpoint("", 1, bytes(32)), Checkpoint("a", -1, bytes(32)), Checkpoint("a", 1, bytes(31))]
)
def test_what_no_checkpoint_can_say_is_not_written(made: Checkpoint) -> None:
    with pytest.raises(MalformedCheckpoint):
        made.encode()


def leaf(index: int) -> bytes:
    return index.to_bytes(32, "big")


def subtree(level: int, index: int) -> bytes:
    return root_of(leaf(n) for n in range(index << level, (index + 1) << level))


def proof(index: int, size: int) -> Proof:
    tree = Frontier.empty()
    for n in range(size):
        tree.append(leaf(n))
    note = Note(Checkpoint(SIGNER.name, size, tree.root()).encode()).signed(SIGNER)
    return Proof(index, tuple(inclusion(index, size, subtree)), note)


@given(st.data())
def test_a_proof_reads_as_it_was_written_and_proves_one_record(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    index = data.draw(st.integers(0, size - 1))
    made = proof(index, size)
    read = Proof.decode(made.encode())
    assert read == made
    assert read.note.verified([SIGNER.vkey]) == (SIGNER.vkey,)
    assert [n for n in range(size) if read.includes(leaf(n))] == [index]


def test_a_proof_keeps_its_bytes_for_ever() -> None:
    """The file was read, and its signatures and path were verified, by sigstore-python 4.5.1 (its Rekor client)."""
    made = proof(5, 13)
    cosigner = Cosigner(Signer("witness.example/w1", bytes(range(1, 33))))
    note = Note(made.note.text, (*made.note.signatures, cosigner.cosign(made.note.text, 1679315147)))
    assert replace(made, note=note).encode() == GOLDEN.read_bytes()
    assert Proof.decode(GOLDEN.read_bytes()).note.verified([SIGNER.vkey, cosigner.vkey]) == (SIGNER.vkey, cosigner.vkey)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"tlog-proof@v1", b"tlog-proof@v2"),
        lambda data: data.replace(b"index 2", b"index 02"),
        lambda data: data.replace(b"index 2\n", b""),
        lambda data: data.replace(b"\n\n", b"\n", 1),
        lambda data: data.replace(b"index 2\n", b"index 2\n" + b"A" * 44 + b"\n"),
        lambda data: data.replace(b"index 2\n", b"index 2\n" + (b"A" * 43 + b"=\n") * 64),
        lambda data: b"\xff" + data,
    ],
)
def test_what_is_nearly_a_proof_is_refused(change: Any) -> None:
    with pytest.raises((MalformedCheckpoint, MalformedNote)):
        Proof.decode(change(proof(2, 5).encode()))


def test_a_proof_of_the_longest_way_is_read() -> None:
    longest = replace(proof(2, 5), path=(bytes(32),) * 63)
    assert Proof.decode(longest.encode()) == longest


def test_a_file_of_checkpoints_is_split_into_its_notes() -> None:
    other = Signer("log.example/audit", bytes(32))
    notes = [Note(Checkpoint(SIGNER.name, n, bytes(32)).encode()).signed(SIGNER) for n in range(3)]
    notes[1] = notes[1].signed(other)
    data = b"".join(note.encode() for note in notes)
    assert [Note.decode(piece) for piece in split_notes(data)] == notes
    assert list(split_notes(b"")) == []
    assert list(split_notes(data[:-5]))[:2] == [note.encode() for note in notes[:2]]
