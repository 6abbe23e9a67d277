"""Checkpoints and proofs, as they leave the log, read and judged by the client of another transparency log.

sigstore-python is of other authors. It knows Rekor's checkpoints, which are signed notes, too, and proofs of entries
whose leaf is SHA-256(0x00 || entry); here an entry is the envelope of a record.
"""

import base64
import hashlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore.errors import VerificationError
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails

from audit.keys import read_signers
from audit.proofs.checkpoint import Checkpoint, Proof
from audit.proofs.merkle import inclusion, root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.chain import LEAF, envelope
from audit.sources.source import SqliteSource

STRANGER = Signer("log.example/audit", b"s" * 32)


@dataclass
class Log:
    """Entries, and what a key signs of them."""

    entries: list[bytes]
    signer: Signer

    @classmethod
    def read(cls, path: Path) -> Self:
        with closing(SqliteSource(path)) as source:
            log_id = source.claim().log_id
            entries = [envelope(log_id, row.seq, row.prev, row.bh) for row in source.rows(None, 1000)]
        return cls(entries, read_signers(path.parent / "keys")[0])

    def root(self, low: int, high: int) -> bytes:
        return root_of(hashlib.sha256(LEAF + entry).digest() for entry in self.entries[low:high])

    def proof(self, index: int, size: int) -> str:
        """Return the file of a proof."""
        stated = Checkpoint(self.signer.name, size, self.root(0, size))
        path = inclusion(index, size, lambda level, at: self.root(at << level, at + 1 << level))
        return Proof(index, tuple(path), Note(stated.encode()).signed(self.signer)).encode().decode()


@pytest.fixture(scope="module")
def log(specimens: Any) -> Log:
    return Log.read(specimens[0].path)


def accepts(proof: str, entry: bytes, signer: Signer) -> bool:
    """Whether the other side takes a proof, by nothing but its lines, for one of this entry under this key."""
    head, _, note = proof.partition("\n\n")
    index, *path = head.removeprefix("c2sp.org/tlog-proof@v1\nindex ").split("\n")
    stated = SignedCheckpoint.from_text(note).checkpoint
    claimed = SimpleNamespace(
        log_index=int(index),
        tree_size=stated.log_size,
        hashes=[base64.b64decode(line) for line in path],
        root_hash=bytes.fromhex(stated.log_hash),
        checkpoint=SimpleNamespace(envelope=note),
    )
    named = SimpleNamespace(key_id=signer.vkey.key_hash().to_bytes(4, "big"))
    whole: Any = SimpleNamespace(
        _inner=SimpleNamespace(inclusion_proof=claimed, canonicalized_body=entry, log_id=named)
    )
    try:
        verify_merkle_inclusion(whole)
        verify_checkpoint(keyring(signer), whole)
    except VerificationError:
        return False
    return True


def keyring(signer: Signer) -> Any:
    key = Ed25519PublicKey.from_public_bytes(signer.vkey.key)
    der = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return Keyring([PublicKey(raw_bytes=der, key_details=PublicKeyDetails.PKIX_ED25519)])


def test_a_checkpoint_says_to_others_what_it_says(log: Log) -> None:
    size = len(log.entries)
    read = SignedCheckpoint.from_text(log.proof(0, size).partition("\n\n")[2])
    said = read.checkpoint
    assert (said.origin, said.log_size, said.other_content) == (log.signer.name, size, [])
    assert bytes.fromhex(said.log_hash) == log.root(0, size)
    (signature,) = read.signed_note.signatures
    assert signature.sig_hash.hex() == log.signer.vkey.encode().split("+")[1]


def test_every_proof_of_a_log_is_accepted_by_others_and_of_no_other_entry_index_size_or_key(log: Log) -> None:
    for size in range(1, len(log.entries) + 1):
        for index in range(size):
            proof = log.proof(index, size)
            assert accepts(proof, log.entries[index], log.signer)
            if size > 1:
                other = (index + 1) % size
                assert not accepts(proof, log.entries[other], log.signer)
                assert not accepts(proof.replace(f"index {index}", f"index {other}"), log.entries[index], log.signer)
    last = len(log.entries)
    good, entry = log.proof(5, last), log.entries[5]
    assert not accepts(good.replace(f"\n{last}\n", f"\n{last - 1}\n"), entry, log.signer)
    root, wrong = (base64.b64encode(value).decode() for value in (log.root(0, last), bytes(32)))
    assert not accepts(good.replace(root, wrong), entry, log.signer)
    assert not accepts(good, entry, STRANGER)


@pytest.mark.parametrize("size", [127, 128, 129, 200, 255, 256, 257, 300])
def test_proofs_of_larger_trees_are_accepted_by_others(size: int) -> None:
    log = Log([b"%d" % number for number in range(300)], STRANGER)
    for index in {0, 1, size // 3, size // 2, size - 2, size - 1}:
        assert accepts(log.proof(index, size), log.entries[index], STRANGER)
        assert not accepts(log.proof(index, size), log.entries[index - 1], STRANGER)
