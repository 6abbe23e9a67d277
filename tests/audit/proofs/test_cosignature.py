"""Cosignatures in their published format."""

import base64
from dataclasses import replace

import pytest

from audit.proofs.cosignature import Cosigner, time_of
from audit.proofs.note import Note, WrongSignature
from audit.proofs.vkey import Signer, VerifierKey

TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
WITNESS = Cosigner(Signer("witness.example/w1", bytes(range(32))))


def test_a_cosignature_is_verified_with_its_time() -> None:
    signature = WITNESS.cosign(TEXT, 1679315147)
    note = Note(TEXT, (signature,))
    assert Note.decode(note.encode()).verified([WITNESS.vkey]) == (WITNESS.vkey,)
    assert time_of(signature) == 1679315147


def test_what_is_signed_is_the_published_message() -> None:
    value = WITNESS.cosign(TEXT, 1679315147).value
    assert value[:8] == (1679315147).to_bytes(8, "big")
    message = b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    assert WITNESS.signer.vkey.verifies(message, value[8:])


def test_its_key_has_a_type_of_its_own() -> None:
    _, hash_, encoded = WITNESS.vkey.encode().split("+", 2)
    assert base64.b64decode(encoded)[0] == 4
    assert int(hash_, 16) == WITNESS.vkey.key_hash() != WITNESS.signer.vkey.key_hash()
    assert VerifierKey.decode(WITNESS.vkey.encode()) == WITNESS.vkey


@pytest.mark.parametrize("at", [0, 7, 8, 71])
def test_a_changed_time_or_signature_spoils_the_note(at: int) -> None:
    signature = WITNESS.cosign(TEXT, 1679315147)
    value = bytearray(signature.value)
    value[at] ^= 1
    with pytest.raises(WrongSignature):
        Note(TEXT, (replace(signature, value=bytes(value)),)).verified([WITNESS.vkey])
    with pytest.raises(WrongSignature):
        Note(TEXT.replace("63\n", "64\n"), (signature,)).verified([WITNESS.vkey])


def test_a_cosignature_is_no_signature_of_the_log_and_the_other_way_round() -> None:
    signature = WITNESS.cosign(TEXT, 1)
    assert not WITNESS.signer.vkey.verifies(TEXT.encode(), signature.value)
    assert not WITNESS.vkey.verifies(TEXT.encode(), WITNESS.signer.sign(TEXT.encode()))
