"""Signed logs under attack: what each step finds, and what only somebody outside can know."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from audit.keys import read_signers
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.keyring import key_id
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.record import new_id
from audit.verification import verifier
from audit.verification.marks import HEAD_CHECKS, MARK_CHECKS
from audit.verification.report import Report
from audit.verification.trust import Trust
from audit.verification.verifier import LOG_CHECKS, Steps, verify

ORIGIN = "log.example/audit"
SECOND = Signer(ORIGIN, b"2" * 32)
THIEF = Signer(ORIGIN, b"t" * 32)
WITNESS = Cosigner(Signer("witness.example/w", b"w" * 32))
POLICY = f"witness W {WITNESS.vkey.encode()}\nquorum W\n"


def sign(origin: str, size: int, root: bytes, signers: Iterable[Signer]) -> Note:
    note = Note(Checkpoint(origin, size, root).encode())
    for signer in signers:
        note = note.signed(signer)
    return note


@dataclass
class Signed:
    """A log with checkpoints of 4, 6, 8 and 11 records, whose first key was retired at 6; and whoever attacks it."""

    path: Path
    forger: Any
    first: Signer
    notes: dict[int, Note] = field(default_factory=dict)

    def root(self, size: int) -> bytes:
        return root_of(row["link"] for row in self.forger.rows[:size])

    def note(self, size: int, *signers: Signer, root: bytes | None = None) -> Note:
        return sign(ORIGIN, size, self.root(size) if root is None else root, signers or (SECOND,))

    def save(self) -> None:
        """Write everything back, as whoever can write the database does."""
        self.forger.save("DELETE FROM checkpoint")
        with closing(sqlite3.connect(self.path)) as connection, connection:
            rows = [(size, note.encode() if isinstance(note, Note) else note) for size, note in self.notes.items()]
            connection.executemany("INSERT INTO checkpoint (size, note) VALUES (?, ?)", rows)

    def cut(self, size: int) -> None:
        del self.forger.rows[size:]
        self.forger.relink()
        self.notes = {at: note for at, note in self.notes.items() if at <= size}
        self.save()

    def rewrite(self, start: int, *signers: Signer) -> None:
        """Change a record and hash all after it anew; with keys, sign everything anew as well."""
        self.forger.salt(start)
        self.forger.relink(start)
        for size in self.notes if signers else ():
            if size > start:
                self.notes[size] = self.note(size, *signers)
        self.save()

    def codes(self, **options: Any) -> set[tuple[str, int | None]]:
        return {(finding.code, finding.seq) for finding in verify(self.path, **options).findings}


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signed") / "audit.db"
    log = AuditLog.open(path, keys=path.parent / "keys", origin=ORIGIN, deadline_s=30)
    first = read_signers(path.parent / "keys")[0]
    record = {"usage": "checkpoint", "key_id": key_id(SECOND.vkey), "vkey": SECOND.vkey.encode()}
    for kind, body in (
        ("control.tested", {"control": "a", "passed": True}),
        ("control.tested", {"control": "b", "passed": True}),
        ("key.introduced", record),
        ("control.tested", {"control": "c", "passed": True}),
        ("key.retired", {"usage": "checkpoint", "key_id": key_id(first.vkey), "size": 6}),
        ("control.tested", {"control": "d", "passed": True}),
        ("control.tested", {"control": "e", "passed": True}),
        ("control.tested", {"control": "f", "passed": True}),
    ):
        log.append_sync(kind, body)
    log.close()
    return path


@pytest.fixture
def signed(original: Path, tmp_path: Path, forge: Callable[[Path], Any]) -> Signed:
    path = tmp_path / "signed.db"
    path.write_bytes(original.read_bytes())
    made = Signed(path, forge(path), read_signers(original.parent / "keys")[0])
    for size, signers in ((4, [made.first]), (6, [made.first, SECOND]), (8, [SECOND]), (11, [SECOND])):
        made.notes[size] = made.note(size, *signers)
    made.save()
    return made


def heads(*notes: Note) -> Trust:
    return Trust(heads=notes)


def test_a_signed_log_is_signed_by_its_own_key_and_says_so(signed: Signed) -> None:
    report = verify(signed.path)
    assert (report.ok, report.grade, report.signed, report.size, report.checkpoints) == (True, "signed", 11, 11, 4)
    assert any("taken from the log itself" in what for what in report.unproven)
    assert any("whoever holds the signing key" in what for what in report.unproven)
    outside = verify(signed.path, trust=Trust(logs=(signed.first.vkey,)))
    assert (outside.grade, outside.signed) == ("signed", 11)
    assert not any("taken from the log itself" in what for what in outside.unproven)


def test_a_log_that_is_signed_to_its_end_has_nothing_that_is_not(signed: Signed) -> None:
    assert not any("not signed" in what for what in verify(signed.path).unproven)


def test_only_a_whole_log_that_has_checkpoints_can_lack_a_newer_one(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "FRESH_RECORDS", 2)
    del signed.notes[11]
    signed.save()
    assert signed.codes() == {("STALE", 8)}
    last = signed.forger.rows.pop()
    signed.save()
    assert signed.codes() == {("TRUNCATED", 10)}
    signed.forger.rows.append(last)
    signed.notes = {}
    signed.save()
    assert signed.codes() == set()


def test_records_that_lie_for_a_day_without_a_checkpoint_lack_one(signed: Signed) -> None:
    for row in signed.forger.rows[9:]:
        stamp = b"2999-01-01T00:00:00.000000Z"
        row["body"], row["ts"] = row["body"].replace(row["ts"].encode(), stamp), stamp.decode()
    signed.forger.relink()
    signed.notes[11] = signed.note(11)
    signed.save()
    assert signed.codes() == set()
    del signed.notes[11]
    signed.save()
    assert signed.codes() == {("STALE", 8)}


def test_a_head_by_a_key_that_was_not_in_use_for_it_or_that_the_log_does_not_know_anchors_nothing(
    signed: Signed,
) -> None:
    assert signed.codes(trust=heads(signed.note(8, signed.first))) == {("TRUST", 8)}
    thief = Trust(logs=(THIEF.vkey, signed.first.vkey), heads=(signed.note(8, THIEF),))
    assert signed.codes(trust=thief) == {("TRUST", 8)}


def test_what_is_behind_the_newest_checkpoint_is_said(signed: Signed) -> None:
    del signed.notes[11]
    signed.save()
    report = verify(signed.path)
    assert (report.grade, report.signed) == ("signed", 8)
    assert any("records 8 to 10" in what for what in report.unproven)


def test_a_head_that_is_smaller_than_the_first_checkpoint_needs_no_key_from_outside(signed: Signed) -> None:
    small = signed.note(2, signed.first)
    for trust in (heads(small), Trust(heads=(small,), logs=(signed.first.vkey,))):
        report = verify(signed.path, trust=trust)
        assert (report.ok, report.grade, report.anchored) == (True, "anchored", 2)
    assert signed.codes(trust=heads(signed.note(2, THIEF))) == {("TRUST", 2)}


def test_a_head_that_was_kept_anchors_the_log_up_to_it(signed: Signed) -> None:
    report = verify(signed.path, trust=heads(signed.notes[4], signed.notes[8]))
    assert (report.grade, report.anchored, report.witnessed) == ("anchored", 8, 0)
    assert any("behind record 7" in what for what in report.unproven)


def test_a_head_cosigned_by_a_quorum_of_the_persons_witnesses_is_witnessed(signed: Signed) -> None:
    note = Note(
        signed.notes[8].text, (*signed.notes[8].signatures, WITNESS.cosign(signed.notes[8].text, 1_800_000_000))
    )
    report = verify(signed.path, trust=Trust.read([POLICY.encode(), note.encode()]))
    assert (report.grade, report.anchored, report.witnessed) == ("witnessed", 8, 8)
    without = verify(signed.path, trust=Trust.read([POLICY.encode(), signed.notes[8].encode()]))
    assert (without.grade, without.witnessed) == ("anchored", 0)
    unknown = verify(signed.path, trust=Trust.read([note.encode()]))
    assert (unknown.grade, unknown.witnessed) == ("anchored", 0)


def test_a_log_without_checkpoints_is_self_consistent(signed: Signed) -> None:
    signed.notes = {}
    signed.save()
    report = verify(signed.path, trust=Trust(logs=(signed.first.vkey,)))
    assert (report.ok, report.grade, report.signed) == (True, "self-consistent", 0)


def a_note_that_is_none(signed: Signed) -> None:
    signed.notes[8] = b"not a note"  # type: ignore[assignment]
    signed.save()


def a_key_that_the_log_does_not_name(signed: Signed) -> None:
    signed.notes[11] = signed.note(11, THIEF)
    signed.save()


def the_key_that_was_retired(signed: Signed) -> None:
    signed.notes[11] = signed.note(11, signed.first, SECOND)
    signed.save()


def a_rewrite_without_the_key(signed: Signed) -> None:
    signed.rewrite(9)


def a_cut_that_left_the_checkpoint(signed: Signed) -> None:
    del signed.forger.rows[10:]
    signed.forger.relink()
    signed.save()


def an_old_checkpoint_as_the_newest(signed: Signed) -> None:
    signed.notes = {4: signed.notes[4]}
    signed.save()


def a_key_that_none_vouched_for(signed: Signed) -> None:
    signed.notes[6] = signed.note(6, signed.first)
    signed.save()


def nothing(_: Signed) -> None:
    pass


def a_cut_of_records_and_checkpoint(signed: Signed) -> None:
    signed.cut(8)


def a_removed_checkpoint(signed: Signed) -> None:
    del signed.notes[11]
    signed.save()


@dataclass(frozen=True)
class Case:
    finding: tuple[str, int | None]
    attack: Callable[[Signed], None]
    trust: Callable[[Signed], Trust] = lambda _: Trust()


CASES = {
    "form": Case(("CHECKPOINT", 8), a_note_that_is_none),
    "signature": Case(("CHECKPOINT_SIG", 11), a_key_that_the_log_does_not_name),
    "range": Case(("KEY_RANGE", 11), the_key_that_was_retired),
    "root": Case(("ROOT", 11), a_rewrite_without_the_key),
    "beyond": Case(("TRUNCATED", 11), a_cut_that_left_the_checkpoint),
    "fresh": Case(("STALE", 4), an_old_checkpoint_as_the_newest),
    "vouched": Case(("CHECKPOINT_SIG", 8), a_key_that_none_vouched_for),
    "head_origin": Case(("TRUST", 8), nothing, lambda it: heads(sign("other.example/a", 8, it.root(8), [SECOND]))),
    "head_signature": Case(("TRUST", 8), nothing, lambda it: heads(it.note(8, THIEF))),
    "head_fork": Case(("FORK", 8), nothing, lambda it: heads(it.note(8, root=bytes(32)))),
    "head_beyond": Case(("TRUNCATED", 11), a_cut_of_records_and_checkpoint, lambda it: heads(it.notes[11])),
    "head_newer": Case(("STALE", 11), a_removed_checkpoint, lambda it: heads(it.notes[11])),
}


def test_every_step_has_its_attack() -> None:
    of_records = [check.name for check in LOG_CHECKS if check.name not in {"fresh", "vouched"}]
    assert {*CASES, *of_records} == {check.name for check in (*MARK_CHECKS, *HEAD_CHECKS, *LOG_CHECKS)}


NOT_EXPORTED = {"fresh", "head_newer"}
"""Attacks on what is behind the newest checkpoint, where an export ends."""


@pytest.mark.parametrize(
    "named",
    [*((name, "database") for name in CASES), *((name, "export") for name in CASES if name not in NOT_EXPORTED)],
    ids="-".join,
)
def test_an_attack_is_found_by_its_step_and_by_no_other(
    named: tuple[str, str], signed: Signed, exported: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, kept = named
    case = CASES[name]
    monkeypatch.setattr(verifier, "FRESH_RECORDS", 6)

    def judged(**options: Any) -> Report:
        return verify(signed.path if kept == "database" else exported(signed.path), **options)

    assert judged().ok
    trust = case.trust(signed)
    case.attack(signed)
    report = judged(trust=trust)
    assert report.grade == "failed"
    code, seq = case.finding
    if (name, kept) == ("form", "export"):
        seq = 7  # what is no checkpoint has no size of its own there
    assert [(finding.code, finding.seq) for finding in report.findings] == [(code, seq)]
    steps = Steps(
        log=[check for check in LOG_CHECKS if check.name != name],
        marks=[check for check in MARK_CHECKS if check.name != name],
        heads=[check for check in HEAD_CHECKS if check.name != name],
    )
    unnoticed = judged(trust=trust, steps=steps)
    assert unnoticed.ok, unnoticed.findings


def test_t5_a_record_inserted_with_all_hashes_made_anew_is_found_by_the_next_root(signed: Signed) -> None:
    row = signed.forger.rows[8]
    body = json.loads(row["body"])
    more = {**body, "id": new_id(), "w": {**body["w"], "n": body["w"]["n"] + 1}}
    signed.forger.rows.insert(9, {**row, "labels": []})
    signed.forger.replace(9, more)
    for later in range(10, len(signed.forger.rows)):
        moved = json.loads(signed.forger.rows[later]["body"])
        signed.forger.replace(later, {**moved, "w": {**moved["w"], "n": moved["w"]["n"] + 1}})
    signed.forger.relink()
    signed.save()
    assert signed.codes() == {("ROOT", 11)}
    signed.notes = {}
    signed.save()
    assert verify(signed.path).grade == "self-consistent"  # the control: nothing else could have known


def test_t35_a_whole_life_of_a_writer_that_is_taken_out_is_found_by_its_gap_or_by_the_root(
    tmp_path: Path, forge: Callable[[Path], Any]
) -> None:
    path = tmp_path / "lives" / "audit.db"
    lives = []
    for _ in range(3):
        log = AuditLog.open(path, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=30)
        log.append_sync("control.tested", {"control": "a", "passed": True})
        log.close()
        lives.append(len(forge(path).rows))
    made = Signed(path, forge(path), read_signers(tmp_path / "keys")[0])
    made.notes[lives[2]] = made.note(lives[2], made.first)
    del made.forger.rows[lives[0] : lives[1]]
    made.save()
    assert made.codes() >= {("GAP", lives[1]), ("LINK", lives[1]), ("ROOT", lives[2])}
    made.forger.relink()
    made.save()
    assert made.codes() == {("TRUNCATED", lives[2])}
    made.notes = {}
    made.save()
    assert verify(path).grade == "self-consistent"  # the control


@pytest.mark.parametrize("size", [9, 8])
def test_t7_t8_a_cut_off_end_is_found_by_a_head_from_outside_even_at_a_checkpoint(signed: Signed, size: int) -> None:
    kept = signed.notes[11]
    signed.cut(size)
    alone = verify(signed.path)
    assert (alone.ok, alone.grade, alone.signed) == (True, "signed", 8)
    assert any("cut off the end" in what for what in alone.unproven)
    assert signed.codes(trust=heads(kept)) == {("TRUNCATED", 11)}


def test_t9_a_whole_rewrite_without_the_key_is_found(signed: Signed) -> None:
    signed.rewrite(1)
    assert signed.codes() == {("ROOT", 4)}
    for size, note in signed.notes.items():  # the roots put right, under the old signatures
        signed.notes[size] = Note(signed.note(size).text, note.signatures)
    signed.save()
    assert signed.codes() == {("CHECKPOINT_SIG", size) for size in signed.notes}


def test_t9_a_rewrite_under_a_key_of_the_attackers_own_passes_alone_but_not_under_the_key_from_outside(
    signed: Signed, tmp_path: Path, forge: Callable[[Path], Any]
) -> None:
    log = AuditLog.open(tmp_path / "forged" / "audit.db", keys=tmp_path / "keys", origin=ORIGIN, deadline_s=30)
    log.append_sync("control.tested", {"control": "forged", "passed": True})
    log.close()
    forger = forge(tmp_path / "forged" / "audit.db")
    thief = read_signers(tmp_path / "keys")[0]
    forged = Signed(forger.path, forger, thief)
    size = len(forger.rows)
    forged.notes[size] = forged.note(size, thief)
    forged.save()
    assert verify(forged.path).grade == "signed"
    assert forged.codes(trust=Trust(logs=(signed.first.vkey,))) == {("CHECKPOINT_SIG", size)}


def test_who_brings_only_the_newest_key_finds_the_records_before_it_covered(signed: Signed) -> None:
    signed.notes[6] = signed.note(6, signed.first)
    signed.save()
    report = verify(signed.path, trust=Trust(logs=(SECOND.vkey,)))
    assert (report.ok, report.grade, report.signed) == (True, "signed", 11)
    signed.notes = {size: note for size, note in signed.notes.items() if size <= 6}
    signed.save()
    report = verify(signed.path, trust=Trust(logs=(SECOND.vkey,)))
    assert [(finding.code, finding.seq) for finding in report.findings] == [("CHECKPOINT_SIG", 4)]
    assert report.signed == 0


def test_t10_a_rewrite_with_the_stolen_key_passes_alone_and_is_a_fork_to_whoever_kept_a_head(signed: Signed) -> None:
    kept, witnessed = signed.notes[8], signed.notes[11]
    cosigned = Note(witnessed.text, (*witnessed.signatures, WITNESS.cosign(witnessed.text, 1_800_000_000)))
    signed.rewrite(7, SECOND)
    assert verify(signed.path).grade == "signed"
    report = verify(signed.path, trust=Trust.read([POLICY.encode(), kept.encode() + cosigned.encode()]))
    assert (report.grade, report.anchored, report.witnessed) == ("failed", 0, 0)
    assert {(finding.code, finding.seq) for finding in report.findings} == {("FORK", 8), ("FORK", 11)}


def test_t13_a_fork_is_shown_with_both_signed_heads(signed: Signed) -> None:
    other = signed.note(8, root=b"o" * 32)
    report = verify(signed.path, trust=heads(other))
    assert [finding.code for finding in report.findings] == ["FORK"]
    (fork,) = report.forks
    for text, of in ((fork.outside, other), (fork.own or "", signed.notes[8])):
        note = Note.decode(text.encode())
        assert note == of
        assert note.verified([SECOND.vkey]) == (SECOND.vkey,)
    assert Checkpoint.decode(other.text).root != Checkpoint.decode(signed.notes[8].text).root


def test_what_lies_where_a_checkpoint_ought_to_and_is_none_is_not_shown_as_one(signed: Signed) -> None:
    other = signed.note(8, root=b"o" * 32)
    with closing(sqlite3.connect(signed.path)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (8, ?)", (b"\n\x1b[2J\ngrade      witnessed\n",))
    report = verify(signed.path, trust=heads(other))
    assert [fork.own for fork in report.forks] == [None]


def test_t16_an_old_checkpoint_replayed_as_the_newest_is_found_by_a_newer_one_from_outside(signed: Signed) -> None:
    newest = signed.notes[11]
    signed.notes = {4: signed.notes[4]}
    signed.save()
    assert verify(signed.path).signed == 4
    assert signed.codes(trust=heads(newest)) >= {("STALE", 11)}
    said = [finding.what for finding in verify(signed.path, trust=heads(newest)).findings]
    assert "a head of 11 records was signed, the newest that is stored has 4" in said


def test_t17_a_key_signs_nothing_that_covers_its_end_and_vouches_for_no_other(signed: Signed) -> None:
    signed.notes[8] = signed.note(8, signed.first)
    signed.save()
    assert signed.codes() == {("KEY_RANGE", 8)}
    signed.notes[6] = signed.note(6, signed.first)  # never beside the second key: nothing says that the log meant it
    signed.notes[8] = signed.note(8, SECOND)
    signed.save()
    assert signed.codes() == {("CHECKPOINT_SIG", 8)}
    assert signed.codes(trust=Trust(logs=(signed.first.vkey, SECOND.vkey))) == set()


def test_t17_what_a_key_signed_from_the_size_on_at_which_it_was_stolen_counts_for_nothing(
    tmp_path: Path, forge: Callable[[Path], Any]
) -> None:
    path = tmp_path / "revoked" / "audit.db"
    log = AuditLog.open(path, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=30)
    thief = read_signers(tmp_path / "keys")[0]
    log.append_sync("key.revoked", {"usage": "checkpoint", "key_id": key_id(thief.vkey), "size": 1})
    log.close()
    forger = forge(path)
    revoked = Signed(path, forger, thief)
    revoked.notes[2] = revoked.note(2, thief)
    revoked.save()
    report = verify(path)
    assert (report.ok, report.grade, report.signed) == (True, "self-consistent", 0)
    assert verify(path, trust=heads(revoked.notes[2])).grade == "anchored"  # it was kept before anybody could forge it
    revoked.notes[3] = revoked.note(3, thief)
    revoked.save()
    assert revoked.codes() == {("KEY_RANGE", 3)}


def test_t18_unknown_signatures_are_passed_over_and_a_malformed_known_one_spoils_the_checkpoint(signed: Signed) -> None:
    strangers = [Signer(f"stranger.example/{n}", bytes([n]) * 32) for n in range(15)]
    signed.notes[11] = signed.note(11, *strangers, SECOND)
    signed.save()
    assert verify(signed.path).signed == 11
    signatures = signed.note(11, SECOND, signed.first).signatures
    wrong = sign(ORIGIN, 10, bytes(32), [signed.first]).signatures[0]
    signed.notes[11] = Note(signed.notes[11].text, (signatures[0], wrong))
    signed.save()
    assert signed.codes() == {("CHECKPOINT_SIG", 11)}


def test_a_wrong_cosignature_of_a_witness_of_ones_own_spoils_the_head(signed: Signed) -> None:
    note = signed.notes[8]
    wrong = Note(note.text, (*note.signatures, WITNESS.cosign(signed.notes[6].text, 1)))
    assert signed.codes(trust=Trust.read([POLICY.encode(), wrong.encode()])) == {("TRUST", 8)}


def test_t36_a_time_without_any_record_is_reported_as_dark(signed: Signed) -> None:
    for row in signed.forger.rows[9:]:
        stamp = b"2999-01-01T00:00:00.000000Z"
        row["body"], row["ts"] = row["body"].replace(row["ts"].encode(), stamp), stamp.decode()
    before = signed.forger.rows[8]["ts"]
    signed.forger.relink()
    signed.notes[11] = signed.note(11, SECOND)
    signed.save()
    report = verify(signed.path)
    assert report.ok
    assert [(dark.seq, dark.since, dark.until) for dark in report.dark] == [(9, before, "2999-01-01T00:00:00.000000Z")]
    assert verify(signed.path, trust=heads(signed.notes[4])).dark_total == 1


def test_a_deleted_record_is_no_reason_to_compare_every_later_root(signed: Signed) -> None:
    del signed.forger.rows[5]
    signed.save()
    assert signed.codes() >= {("GAP", 6), ("ROOT", 6)}
    assert len([code for code, _ in signed.codes() if code == "ROOT"]) == 1
