"""Cosigned heads that the log itself keeps: they count under the verifying person's keys, and only under those."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.keys import read_signers
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.merkle import root_of
from audit.proofs.note import Note, Signature
from audit.proofs.vkey import Signer
from audit.sources.source import SqliteSource
from audit.verification import receipts
from audit.verification.receipts import with_receipts
from audit.verification.trust import Trust
from audit.verification.verifier import verify

ORIGIN = "log.example/audit"
FIRST, SECOND = (Cosigner(Signer(f"witness.example/w{n}", bytes([n]) * 32)) for n in (1, 2))
KEYS = [f"witness w{n} {one.vkey.encode()}" for n, one in ((1, FIRST), (2, SECOND))]
EITHER = Trust.read(["\n".join([*KEYS, "group g any w1 w2", "quorum g"]).encode()])
BOTH = Trust.read(["\n".join([*KEYS, "group g all w1 w2", "quorum g"]).encode()])
NEITHER = Trust.read(["\n".join([*KEYS, "quorum none"]).encode()])


class Kept:
    """A finished log with a checkpoint after each record, and receipts that are put into it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        log = AuditLog.open(path, keys=path.parent / "keys", origin=ORIGIN, deadline_s=30)
        while log.append_sync("control.tested", {"control": "a", "passed": True}).seq < 9:
            pass
        log.close()
        self.signer = read_signers(path.parent / "keys")[0]
        with closing(sqlite3.connect(path)) as connection:
            self.links = [link for (link,) in connection.execute("SELECT link FROM record ORDER BY seq")]
        self.size = len(self.links)
        self.sign()

    def execute(self, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    def sign(self) -> None:
        for size in range(2, self.size + 1):
            self.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", size, self.note(size).encode())

    def note(self, size: int) -> Note:
        return Note(Checkpoint(ORIGIN, size, root_of(self.links[:size])).encode()).signed(self.signer)

    def archive(self, size: int, *by: Cosigner, more: Iterable[Signature] = (), note: Note | None = None) -> None:
        made = note or self.note(size)
        signatures = (*made.signatures, *(one.cosign(made.text, 7) for one in by), *more)
        self.keep(replace(made, signatures=signatures).encode())

    def keep(self, text: bytes) -> None:
        self.execute("INSERT INTO bundle_text (sha256, text) VALUES (?, ?)", hashlib.sha256(text).hexdigest(), text)

    def judged(self, trust: Trust) -> tuple[str, int]:
        report = verify(self.path, trust=trust)
        assert report.findings_total == 0
        return report.grade, report.witnessed


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "audit.db")


def test_a_cosigned_head_counts_up_to_its_size_under_the_keys_that_were_brought(kept: Kept) -> None:
    assert kept.judged(EITHER) == ("signed", 0)
    kept.archive(5, FIRST)
    kept.archive(3, SECOND)
    assert kept.judged(EITHER) == ("witnessed", 5)
    assert kept.judged(BOTH) == ("signed", 0)
    assert kept.judged(NEITHER) == kept.judged(Trust()) == ("signed", 0)


def test_cosignatures_that_came_back_one_by_one_are_a_quorum_together(kept: Kept) -> None:
    kept.archive(5, FIRST)
    kept.archive(5, SECOND)
    kept.archive(kept.size, FIRST)
    assert kept.judged(BOTH) == ("witnessed", 5)
    assert kept.judged(EITHER) == ("witnessed", kept.size)


def test_a_cosignature_that_is_none_is_left_out_whoever_put_it_there(kept: Kept) -> None:
    wrong = FIRST.cosign(kept.note(4).text, 7)
    kept.archive(6, more=[wrong])
    assert kept.judged(EITHER) == ("signed", 0)
    kept.archive(6, SECOND, more=[wrong])
    assert kept.judged(EITHER) == ("witnessed", 6)


@pytest.mark.parametrize("text", [b"", b"policies: []", b"a\n\n\xe2\x80\x94 b c\n", b"x" * 2_000_000])
def test_other_texts_of_the_archive_are_passed_over(kept: Kept, text: bytes) -> None:
    kept.keep(text)
    kept.archive(5, FIRST)
    assert kept.judged(EITHER) == ("witnessed", 5)


def test_only_the_largest_heads_are_looked_at(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "NEWEST", 2)
    for size in (2, 3, 4, 5, 6):
        kept.archive(size, *([FIRST] if size < 5 else [SECOND] if size == 5 else []))
    with closing(SqliteSource(kept.path)) as source:
        found = with_receipts(EITHER, source).heads
        monkeypatch.setattr(receipts, "NEWEST", 1)
        assert with_receipts(EITHER, source) == EITHER
    assert [Checkpoint.of(note).size for note in found] == [5]


def test_t10_a_log_that_was_rewritten_with_the_stolen_key_contradicts_what_it_kept(
    kept: Kept, forge: Callable[[Path], Any]
) -> None:
    kept.archive(5, FIRST)
    forger = forge(kept.path)
    forger.salt(3)
    forger.relink(3)
    forger.save("DELETE FROM checkpoint")
    kept.links = [row["link"] for row in forger.rows]
    kept.sign()
    assert verify(kept.path).grade == "signed"  # the key is the log's own
    report = verify(kept.path, trust=EITHER)
    assert (report.ok, [(one.code, one.seq) for one in report.findings]) == (False, [("FORK", 5)])
    forger.save("DELETE FROM bundle_text")
    assert kept.judged(EITHER) == ("signed", 0)  # who hides the head loses the grade


def test_a_damaged_archive_is_for_the_verifier_to_say(kept: Kept) -> None:
    kept.execute("DROP TABLE bundle_text")
    report = verify(kept.path, trust=EITHER)
    assert [one.code for one in report.findings] == ["UNREADABLE"]
