"""What a server saw is kept outside the database, and a log that lost it does not go on unnoticed."""

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness import eventually

from audit import durable, seen
from audit.errors import AuditMismatch, AuditUnavailable
from audit.log import AuditLog
from audit.seen import EVERY_S, FILE, Seen, fault
from audit.sources.source import SqliteSource
from audit.stores.store import Head

HEAD = Head(b"i" * 16, 7, b"h" * 32)


@pytest.mark.parametrize(
    ("found", "link", "code"),
    [
        (HEAD, None, None),
        (Head(HEAD.log_id, 9, b"n" * 32), HEAD.hash, None),
        (Head(HEAD.log_id, 6, b"o" * 32), None, "STORE_BEHIND"),
        (Head(HEAD.log_id, 7, b"o" * 32), b"o" * 32, "FORK"),
        (Head(HEAD.log_id, 9, b"o" * 32), b"o" * 32, "FORK"),
        (Head(HEAD.log_id, 9, b"o" * 32), None, "FORK"),
        (Head(b"j" * 16, 9, b"n" * 32), HEAD.hash, "LOG_ID"),
    ],
    ids=["the same", "goes on", "shorter", "another end", "other records", "no such record", "another log"],
)
def test_a_log_goes_on_from_what_was_seen_or_it_is_said_how_it_does_not(
    found: Head, link: bytes | None, code: str | None
) -> None:
    assert fault(HEAD, found, link) == code


def test_a_head_is_kept_now_and_then_and_read_back(tmp_path: Path) -> None:
    time = 100.0
    kept = Seen(tmp_path, lambda: time)
    assert kept.load() is None
    assert kept.keep(None) == float("inf")
    assert kept.keep(HEAD) == time + EVERY_S
    assert Seen(tmp_path).load() == HEAD
    later = replace(HEAD, size=8)
    time += EVERY_S - 1
    assert kept.keep(later) == time + 1
    assert kept.load() == HEAD, "it may lag"
    time += 1
    kept.keep(later)
    assert kept.load() == later
    assert kept.keep(later) == float("inf"), "there is nothing to remember"
    kept.keep(replace(HEAD, size=9), now=True)
    assert kept.load() == replace(HEAD, size=9)


def test_a_head_that_cannot_be_written_stops_nothing_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 100.0
    kept = Seen(tmp_path, lambda: time)

    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(durable, "replace", full)
    assert kept.keep(HEAD) == time + EVERY_S
    monkeypatch.undo()
    time += EVERY_S
    kept.keep(HEAD)
    assert kept.load() == HEAD


@pytest.mark.parametrize("text", ["", "{}", '{"log_id": "00", "size": 1, "hash": "00"}', "[]"])
def test_a_damaged_file_is_no_head(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(AuditMismatch, match=r"audit-head\.json is damaged"):
        Seen(tmp_path)


@pytest.fixture
def restored(open_log: Any, decision: Any) -> AuditLog:
    """Return a log that was closed, and then restored from a copy that lacks its last records."""
    log: AuditLog = open_log()
    log.close()
    shutil.copy(log.place, log.place.with_name("backup.db"))
    log = open_log()
    log.append_sync("route.decision", decision())
    log.close()
    shutil.copy(log.place.with_name("backup.db"), log.place)
    return log


def test_t11_after_a_restore_no_writer_starts_until_a_person_gives_up_what_is_lost(
    restored: AuditLog, open_log: Any
) -> None:
    for _ in range(2):
        with pytest.raises(AuditMismatch, match=r"STORE_BEHIND\): it saw 6, there are 3.*ringfence audit acknowledge"):
            open_log()
    kept = Seen(restored.place.parent)
    with closing(SqliteSource(restored.place)) as source:
        lost = kept.missing_from(source)
    assert lost is not None
    assert lost.size == 6
    with kept.giving_up(lost):
        open_log().close()
    open_log().close()


def test_t11_a_copy_that_went_on_by_itself_is_refused_though_it_is_longer(
    restored: AuditLog, open_log: Any, decision: Any
) -> None:
    head = restored.place.with_name(FILE)
    before = head.read_bytes()
    head.unlink()
    log = open_log()  # somewhere else, by somebody who saw nothing
    for _ in range(3):
        log.append_sync("route.decision", decision())
    log.close()
    head.write_bytes(before)
    with pytest.raises(AuditMismatch, match=r"FORK\): it saw 6, there are 8"):
        open_log()


def test_t11_a_loss_that_could_not_be_recorded_is_not_given_up(restored: AuditLog, open_log: Any) -> None:
    kept = Seen(restored.place.parent)
    with pytest.raises(RuntimeError), kept.giving_up(kept.load()):
        raise RuntimeError
    with pytest.raises(AuditMismatch, match="STORE_BEHIND"):
        open_log()


def test_a_writer_notes_what_it_wrote_though_it_is_idle_afterwards(
    open_log: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "EVERY_S", 0.05)
    log = open_log()
    for _ in range(3):
        receipt = log.append_sync("route.decision", decision())
    kept = eventually(lambda: (head := Seen(log.place.parent).load()) and head.size == receipt.seq + 1 and head)
    assert kept.hash.hex() == receipt.link


def test_a_writer_that_finds_records_gone_notes_at_once_what_it_saw(open_log: Any, decision: Any) -> None:
    log = open_log()
    shutil.copy(log.place, log.place.with_name("backup.db"))
    for _ in range(2):
        receipt = log.append_sync("route.decision", decision())
    before = Seen(log.place.parent).load()
    assert before is None or before.size <= receipt.seq, "it lags"
    log.place.with_name("backup.db").replace(log.place)
    with pytest.raises(AuditUnavailable, match="behind"):
        log.append_sync("route.decision", decision())
    kept = eventually(lambda: (head := Seen(log.place.parent).load()) and head.size == receipt.seq + 1 and head)
    assert kept.hash.hex() == receipt.link
