"""What a witness answers, rule by rule of the published protocol."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from witnessing import COSIGNER, LOG, ORIGIN, OTHER, History, cosignature

from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import time_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.witness.book import Book
from audit.witness.request import SIZE, AddCheckpoint, digest_of
from audit.witness.witness import Witness

A, B = History("a", 3), History("b", 3)
NOW = 1_790_000_000


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with closing(Book(tmp_path / "w.db")) as book:
        yield Witness(COSIGNER, [LOG.vkey, OTHER.vkey], book, lambda: NOW + 0.9)


def status(witness: Witness, asked: AddCheckpoint) -> int:
    return witness.add_checkpoint(asked.encode()).status


def test_what_extends_the_newest_checkpoint_is_cosigned_with_the_time(witness: Witness) -> None:
    for old, new in ((0, 4), (4, 4), (4, 9)):
        answer = witness.add_checkpoint(A.request(old, new).encode())
        signature = cosignature(answer.body)
        assert (answer.status, time_of(signature)) == (200, NOW)
        assert replace(A.note(new), signatures=(signature,)).verified([COSIGNER.vkey]) == (COSIGNER.vkey,)


def test_another_old_size_is_answered_with_the_newest_one(witness: Witness) -> None:
    assert status(witness, A.request(0, 4)) == 200
    for old, new in ((0, 4), (3, 9), (5, 9)):
        answer = witness.add_checkpoint(A.request(old, new).encode())
        assert (answer.status, answer.content_type, answer.body) == (409, SIZE, b"4\n")


def test_t13_the_other_half_of_a_split_brain_is_refused_at_any_size(witness: Witness) -> None:
    assert status(witness, A.request(0, 5)) == 200
    same = witness.add_checkpoint(B.request(5, 5).encode())
    assert (same.status, same.content_type == SIZE) == (409, False)
    assert {status(witness, B.request(5, new)) for new in range(6, 30)} == {422}
    assert {status(witness, AddCheckpoint(5, A.proof(5, new), B.note(new))) for new in range(6, 30)} == {422}
    assert status(witness, A.request(5, 6)) == 200


def test_a_proof_is_needed_and_only_the_right_one_counts(witness: Witness) -> None:
    assert status(witness, A.request(0, 5)) == 200
    right = A.request(5, 9)
    wrong = [(), right.proof[:-1], (*right.proof, bytes(32)), right.proof[::-1], A.proof(4, 9)]
    assert {status(witness, replace(right, proof=proof)) for proof in wrong} == {422}
    assert status(witness, AddCheckpoint(5, (bytes(32),), A.note(5))) == 422
    assert status(witness, right) == 200


def test_the_first_checkpoint_has_no_proof(witness: Witness) -> None:
    assert status(witness, AddCheckpoint(0, (bytes(32),), A.note(5))) == 422


def test_another_log_is_unknown_and_a_signature_that_is_missing_foreign_or_wrong_is_forbidden(witness: Witness) -> None:
    stranger = Signer("other.example/log", bytes(32))
    assert status(witness, History(signer=stranger).request(0, 4)) == 404
    claimed = Note(A.checkpoint(4).encode()).signed(stranger)
    assert status(witness, AddCheckpoint(0, (), claimed)) == 403
    forged = replace(A.note(4), signatures=(replace(A.note(4).signatures[0], value=bytes(64)),))
    assert status(witness, AddCheckpoint(0, (), forged)) == 403
    assert status(witness, AddCheckpoint(0, (), A.note(4).signed(stranger))) == 200


def test_either_key_of_a_log_that_rotates_will_do_and_strangers_signatures_are_not_kept(witness: Witness) -> None:
    stranger = Signer("other.example/log", bytes(32))
    assert status(witness, AddCheckpoint(0, (), A.note(4).signed(OTHER).signed(stranger))) == 200
    kept = Note.decode(witness.checkpoint(digest_of(ORIGIN)).body)
    assert kept.verified([LOG.vkey, OTHER.vkey, COSIGNER.vkey]) == (LOG.vkey, OTHER.vkey, COSIGNER.vkey)
    assert len(kept.signatures) == 3
    assert status(witness, History("a", 3, OTHER).request(4, 5)) == 200


def test_a_log_that_shrinks_or_is_empty_and_yet_has_a_root_is_a_bad_request(witness: Witness) -> None:
    assert status(witness, AddCheckpoint(5, (), A.note(4))) == 400
    nothing = Note(Checkpoint(ORIGIN, 0, bytes(32)).encode()).signed(LOG)
    assert status(witness, AddCheckpoint(0, (), nothing)) == 400
    assert status(witness, A.request(0, 0)) == 200


@given(st.binary(max_size=200), st.integers(0, 500))
def test_bytes_of_any_kind_get_a_status_and_never_a_cosignature(data: bytes, at: int) -> None:
    body = bytearray(A.request(0, 5).encode())
    body[at % len(body) :] = data
    with closing(Book(Path(":memory:"))) as book:
        answer = Witness(COSIGNER, [LOG.vkey], book, lambda: NOW).add_checkpoint(bytes(body))
    assert answer.status in {400, 403, 404}


def test_who_asks_for_the_newest_checkpoint_gets_it_cosigned_as_of_now(tmp_path: Path) -> None:
    times = iter([10.0, 20.0])
    with closing(Book(tmp_path / "w.db")) as book:
        witness = Witness(COSIGNER, [LOG.vkey], book, lambda: next(times))
        assert witness.checkpoint(digest_of(ORIGIN)).status == 404
        assert status(witness, A.request(0, 5)) == 200
        note = Note.decode(witness.checkpoint(digest_of(ORIGIN)).body)
    assert note.text == A.checkpoint(5).encode()
    assert note.verified([COSIGNER.vkey, LOG.vkey]) == (LOG.vkey, COSIGNER.vkey)
    assert time_of(note.signatures[-1]) == 20


def test_a_disk_that_is_full_leaves_no_cosignature_behind(witness: Witness) -> None:
    assert status(witness, A.request(0, 5)) == 200
    connection = witness._book._connection
    connection.execute("PRAGMA query_only = ON")
    assert status(witness, A.request(5, 6)) == 503
    connection.execute("PRAGMA query_only = OFF")
    assert status(witness, B.request(5, 6)) == 422
    assert status(witness, A.request(5, 6)) == 200
