"""A log in PostgreSQL is judged by the same steps as one in a file: each attack is found under the same code."""

from contextlib import closing
from typing import Any

import psycopg
import pytest

from audit.errors import AuditUnavailable
from audit.place import Postgres
from audit.sources import postgres as source_postgres
from audit.sources.postgres import PostgresSource, open_source
from audit.verification.verifier import KeptReceipt, Report, verify_source


def verify(place: Postgres, *receipts: KeptReceipt) -> Report:
    with closing(open_source(place)) as source:
        return verify_source(source, receipts=receipts)


@pytest.fixture
def written(open_shared: Any, decision: Any, outcome: Any) -> tuple[Postgres, list[KeptReceipt]]:
    """Return a log of two replicas, and the receipts of its records."""
    logs = [open_shared(), open_shared("second")]
    receipts = []
    for log in logs * 3:
        made = log.append_sync("route.decision", decision())
        receipts += [made, log.append_sync("route.outcome", outcome(made.id))]
    logs[0].store_bundle("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", b"test")
    for log in logs:
        log.close()
    return logs[0].place, [KeptReceipt(one.seq, bytes.fromhex(one.link)) for one in receipts]


def test_an_untouched_log_of_several_writers_verifies(written: tuple[Postgres, list[KeptReceipt]]) -> None:
    report = verify(written[0], *written[1])
    assert report.findings == ()
    assert (report.size, report.checked, report.receipts) == (17, 17, 12)
    assert report.origin == "log.example/audit"


def forge(place: Postgres, *statements: str) -> None:
    """Do as the owner can: take the triggers away, change, and put them back."""
    tables = ("record", "record_label", "head", "bundle_text")
    with psycopg.connect(place.url) as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE ringfence_audit.{table} DISABLE TRIGGER USER")
        owner.execute("SET search_path = ringfence_audit")
        for statement in statements:
            owner.execute(statement)
        for table in tables:
            owner.execute(f"ALTER TABLE ringfence_audit.{table} ENABLE TRIGGER USER")


ATTACKS = [
    ("T1", "UPDATE record SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE seq = 5", "BODY_HASH", 5),
    ("T2", "UPDATE record SET decision = 'allow' WHERE seq = 3", "COLUMN_MISMATCH", 3),
    ("T3", "UPDATE record SET bh = sha256('') WHERE seq = 5", "LINK", 5),
    ("T4", "DELETE FROM record WHERE seq = 5", "GAP", 6),
    ("T5", "UPDATE record SET prev = sha256('x') WHERE seq = 5", "LINK", 5),
    ("T6", "UPDATE record SET seq = CASE seq WHEN 5 THEN 106 ELSE 105 END WHERE seq IN (5, 6)", "GAP", 7),
    ("T7", "DELETE FROM record WHERE seq > 14", "TRUNCATED", 15),
    ("labels", "DELETE FROM record_label WHERE seq = 3", "COLUMN_MISMATCH", 3),
    ("labels", "INSERT INTO record_label VALUES ('rule', 'invented', 3)", "COLUMN_MISMATCH", 3),
    ("texts", "UPDATE bundle_text SET text = 'other'", "BUNDLE_TEXT", None),
    ("head", "UPDATE head SET hash = sha256('')", "HEAD", 16),
]


@pytest.mark.parametrize(("name", "statement", "code", "seq"), ATTACKS)
def test_t34_what_the_owner_edits_between_disabling_and_enabling_the_triggers_is_found(
    name: str, statement: str, code: str, seq: int | None, written: tuple[Postgres, list[KeptReceipt]]
) -> None:
    forge(written[0], statement)
    report = verify(written[0])
    assert (code, seq) in [(finding.code, finding.seq) for finding in report.findings], name


@pytest.mark.parametrize("column", ["record.seq", "checkpoint.size"])
def test_t34_what_the_owner_makes_of_a_column_of_numbers_is_no_log(
    column: str, written: tuple[Postgres, list[KeptReceipt]]
) -> None:
    table, _, name = column.partition(".")
    forge(written[0], "INSERT INTO checkpoint VALUES (3, '')")
    forge(written[0], f"ALTER TABLE {table} ALTER COLUMN {name} TYPE numeric")
    with pytest.raises(AuditUnavailable, match="corrupt"):
        verify(written[0])


def test_t7_an_end_that_was_cut_off_whole_is_found_by_a_receipt(written: tuple[Postgres, list[KeptReceipt]]) -> None:
    place, receipts = written
    last = receipts[5]
    cut = f"DELETE FROM record WHERE seq > {last.seq}; DELETE FROM record_label WHERE seq > {last.seq}"  # noqa: S608
    back = f"UPDATE head SET size = {last.seq + 1}, hash = decode('{last.link.hex()}', 'hex')"  # noqa: S608
    forge(place, cut, back)
    assert verify(place, last).ok
    found = verify(place, *receipts).findings
    assert [(finding.code, finding.seq) for finding in found] == [("TRUNCATED", kept.seq) for kept in receipts[6:]]


def test_long_answers_come_in_pages(
    written: tuple[Postgres, list[KeptReceipt]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_postgres, "PAGE", 2)
    with closing(PostgresSource(written[0])) as source:
        labels = list(source.labels(1000))
        assert len(labels) == len(set(labels)) == source.label_count(1000) == 12
        kept = {seq for what, name, seq in labels if (what, name) == ("class", "pii")}
        assert source.labelled("class", "pii", range(1000)) == kept
        assert source.labelled("class", "pii", [max(kept), 1000]) == {max(kept)}
        assert not source.labelled("rule", "invented", [3])
        assert [row.seq for row in source.rows(None, 3)] == [0, 1, 2]
        assert [row.seq for row in source.rows(15, 9)] == [15, 16]


def test_checkpoints_are_read_in_their_order(open_shared: Any) -> None:
    store = open_shared()._store
    for size in (1, 2):
        store.put_checkpoint(size, b"note %d" % size)
        store.put_checkpoint(size, b"note %d" % size)
    with closing(PostgresSource(store._place)) as source:
        assert [note.size for note in source.checkpoints(-1, 10)] == [1, 2]
        assert [note.note for note in source.checkpoints(1, 10)] == [b"note 2"]
        newest = source.newest_checkpoint()
        assert newest is not None
        assert (newest.size, source.claim().newest) == (2, 2)


def test_nothing_can_be_written_through_a_source(written: tuple[Postgres, list[KeptReceipt]]) -> None:
    with closing(PostgresSource(written[0])) as source, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        source._connection.execute("DELETE FROM ringfence_audit.writer_lease")


def test_a_log_that_never_began_has_no_head_to_judge(database: Postgres) -> None:
    with pytest.raises(AuditUnavailable, match="corrupt"):
        verify(database)
