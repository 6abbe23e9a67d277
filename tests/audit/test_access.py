"""Pages for auditors: every filter finds what it names, and pages join without gap or repetition."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import combinations
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import new_database

from audit import access
from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from audit.place import Postgres
from audit.stores.migrate import migrate_postgres


@pytest.fixture(scope="module")
def twin(specimens: Any, postgres_server: str) -> Iterator[Postgres]:
    """Return the same log in PostgreSQL."""
    with new_database(postgres_server) as place:
        migrate_postgres(place)
        with psycopg.connect(place.url) as to, closing(sqlite3.connect(specimens[0].path)) as file:
            for table in ("head", "record", "record_label", "bundle_text"):
                rows = file.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                marks = ", ".join(["%s"] * len(rows[0]))
                to.cursor().executemany(f"INSERT INTO ringfence_audit.{table} VALUES ({marks})", rows)  # noqa: S608
        yield place


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, specimens: Any) -> Records:
    return Records(specimens[0].path if request.param == "sqlite" else request.getfixturevalue("twin"))


def test_pages_join_to_the_whole_log(records: Records) -> None:
    whole = records.page(Filters(), limit=1000)
    assert whole.next is None
    assert [record.seq for record in whole.records] == list(range(len(whole.records)))
    for size in (1, 4, 17):
        joined, after = [], -1
        while True:
            page = records.page(Filters(), after=after, limit=size)
            joined += page.records
            if page.next is None:
                break
            after = page.next
        assert tuple(joined) == whole.records


FILTERS = [
    ({"team": "sales"}, 6),
    ({"app": "crm"}, 6),
    ({"decision": "allow"}, 4),
    ({"zone": "cloud-eu"}, 2),
    ({"class_": "pii"}, 6),
    ({"rule": "baseline/keep-home"}, 6),
    ({"kind": "route.outcome"}, 6),
    ({"class_": "pii", "rule": "baseline/keep-home", "decision": "pin", "team": "sales"}, 2),
    ({"class_": "phi"}, 0),
    ({"since": "2020-01-01T00:00:00.000000Z", "until": "2999-01-01T00:00:00.000000Z"}, 17),
    ({"since": "2999-01-01T00:00:00.000000Z"}, 0),
    ({"until": "2020-01-01T00:00:00.000000Z"}, 0),
]


@pytest.mark.parametrize(("filters", "count"), FILTERS)
def test_a_filter_finds_what_it_names(filters: dict[str, str], count: int, records: Records) -> None:
    page = records.page(Filters(**filters), limit=1000)
    assert len(page.records) == count
    assert [record.seq for record in page.records] == sorted(record.seq for record in page.records)


@pytest.mark.parametrize("near", [0, 3, 1000])
def test_a_time_range_is_half_open(near: int, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "AT_AN_END", near)
    stamps = [record.body["ts"] for record in records.page(Filters()).records]
    for since, until in (*combinations(stamps[::3], 2), (stamps[0], "3000"), ("", stamps[-1]), (stamps[3], stamps[3])):
        found = records.page(Filters(since=since, until=until)).records
        assert [record.body["ts"] for record in found] == [ts for ts in stamps if since <= ts < until]


def test_one_record_is_found_by_its_id(records: Records, specimens: Any) -> None:
    kept = specimens[0].receipts[0]
    found = records.one(kept.id)
    assert found is not None
    assert (found.seq, found.link, found.body["id"]) == (kept.seq, kept.link, kept.id)
    assert records.one("01a1fe6d-0185-7595-b576-122b77425aaa") is None


def test_the_last_records_come_oldest_first(records: Records) -> None:
    assert [record.seq for record in records.last(3)] == [14, 15, 16]


def test_an_archived_text_is_found_by_its_digest(records: Records) -> None:
    assert records.text(hashlib.sha256(b"test").hexdigest()) == b"test"
    assert records.text("0" * 64) is None


def test_a_log_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(AuditUnavailable):
        Records(tmp_path / "none.db").last(1)
    with pytest.raises(AuditUnavailable):
        Records(Postgres("postgresql://jane:hunter2@127.0.0.1:1/logs", "shown")).last(1)


def test_readers_of_a_database_cannot_write(twin: Postgres) -> None:
    with (
        closing(Records(twin)._engine.raw_connection()) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.cursor().execute("INSERT INTO ringfence_audit.bundle_text VALUES (repeat('0', 64), '')")
