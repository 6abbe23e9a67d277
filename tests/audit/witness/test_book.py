"""What a witness remembers, and that it is on the disk before anybody hears of it."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from witnessing import ORIGIN, History

from audit.witness.book import Book, BookUnusable, Forked, NotProved, Stale
from audit.witness.request import digest_of

A, B = History("a", 3), History("b", 3)


def advance(book: Book, history: History, old: int, new: int) -> None:
    asked = history.request(old, new)
    book.advance(history.checkpoint(new), asked.old, asked.proof, asked.note)


def test_a_log_is_followed_from_nothing_and_one_that_stands_still_is_seen_again(tmp_path: Path) -> None:
    with closing(Book(tmp_path / "w.db")) as book:
        assert book.newest(digest_of(ORIGIN)) is None
        for old, new in ((0, 2), (2, 2), (2, 7), (7, 8)):
            advance(book, A, old, new)
    with closing(Book(tmp_path / "w.db")) as book:
        assert book.newest(digest_of(ORIGIN)) == A.note(8)
        with pytest.raises(Stale) as stale:
            advance(book, A, 7, 9)
        assert stale.value.size == 8


def test_every_fork_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with closing(Book(tmp_path / "w.db")) as book:
        advance(book, A, 0, 5)
        with pytest.raises(Forked):
            advance(book, B, 5, 5)
        for new in range(6, 20):
            with pytest.raises(NotProved):
                advance(book, B, 5, new)
        assert book.newest(digest_of(ORIGIN)) == A.note(5)
        advance(book, A, 5, 6)


def test_of_many_that_advance_at_once_one_wins_each_step(tmp_path: Path) -> None:
    path, won = tmp_path / "w.db", list[tuple[str, int]]()
    Book(path).close()
    start = threading.Barrier(6)

    def work(history: History) -> None:
        with closing(Book(path)) as book:  # each as a process of its own would
            start.wait()
            for size in range(3, 13):
                try:
                    advance(book, history, 0 if size == 3 else size - 1, size)
                except (Stale, Forked, NotProved, BookUnusable):
                    continue
                won.append((history.name, size))

    threads = [threading.Thread(target=work, args=[history]) for history in (A, B) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({name for name, size in won if size > 3}) == 1
    assert len({size for _, size in won}) == len(won)


def test_what_is_read_back_is_synced_in_every_way_that_sqlite_knows(tmp_path: Path) -> None:
    with closing(Book(tmp_path / "w.db")) as book:
        assert book._connection.execute("PRAGMA synchronous").fetchone() == (3,)
        assert book._connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_file_that_is_no_book_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(BookUnusable):
        Book(tmp_path / "w.db")
    with pytest.raises(BookUnusable):
        Book(tmp_path / "none" / "w.db")


def test_a_book_that_another_process_holds_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.witness.book.BUSY_S", 0.01)
    with closing(Book(tmp_path / "w.db")) as book, closing(sqlite3.connect(tmp_path / "w.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BookUnusable):
            advance(book, A, 0, 1)
        other.execute("ROLLBACK")
        advance(book, A, 0, 1)
