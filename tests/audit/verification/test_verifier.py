"""Attacks on a finished log, as an auditor would meet them: each is named with its code and its place."""

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import AuditUnavailable
from audit.pack.verifying import CODES
from audit.records.record import MAX_BODY_BYTES
from audit.sources.source import SqliteSource
from audit.verification import verifier
from audit.verification.verifier import ALL, LOG_CHECKS, KeptReceipt, Steps, verify

ROOT = Path(__file__).parents[3]
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def found(path: Path, **options: Any) -> set[tuple[str, int | None]]:
    return {(finding.code, finding.seq) for finding in verify(path, **options).findings}


def test_the_verifier_needs_nothing_but_the_standard_library_and_cryptography() -> None:
    own = "[name for name in sys.modules if name.partition('.')[0] == 'audit']"
    program = "import cryptography.hazmat.primitives.asymmetric.ed25519, sys; before = set(sys.modules); "
    program += f"import audit.verification.verifier; print(*set(sys.modules) - before - set({own}))"
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={}, check=True)
    assert {name.partition(".")[0] for name in ran.stdout.split()} <= sys.stdlib_module_names | {"cryptography"}


def test_every_code_is_explained_in_the_guide() -> None:
    guide = (ROOT / "deploy" / "docs" / "audit.md").read_text(encoding="utf-8")
    table = guide.partition("## What a verification finds")[2].partition("\n## ")[0]
    shown = set(re.findall(r"`([A-Z_]+)`", table))
    steps = (*ALL.records, *ALL.log, *ALL.marks, *ALL.heads)
    assert shown == {"UNREADABLE", *CODES, *(step.code for step in steps)}


def test_an_untouched_log_is_self_consistent_and_says_what_that_does_not_prove(specimens: Any) -> None:
    report = verify(specimens[0].path)
    assert report.ok
    assert report.grade == "self-consistent"
    assert report.checked == report.size
    assert len(report.unproven) == 3
    assert "cut off" in report.unproven[0]


@FEW
@given(data=st.data())
def test_t1_any_flipped_bit_of_any_body_is_found_at_its_record(data: st.DataObject, forger: Any) -> None:
    index = data.draw(st.integers(0, len(forger.rows) - 1))
    body = forger.rows[index]["body"]
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        _set(forger.path, "body", index, bytes(flipped))
        codes = found(forger.path)
    finally:
        _set(forger.path, "body", index, body)
    assert ("BODY_HASH", index) in codes
    assert {seq for _, seq in codes} <= {index, index + 1, None}
    assert [seq for code, seq in codes if code == "BODY_HASH"] == [index]


def test_t32_a_stamp_that_is_no_time_is_told_as_a_dark_one(forger: Any) -> None:
    for row in forger.rows[5:]:
        row["body"] = row["body"].replace(row["ts"].encode(), stamp := b"2026-13-32T25:61:61.000000Z")
        row["ts"] = stamp.decode()
    forger.relink()
    forger.save()
    report = verify(forger.path)
    assert report.ok
    assert [(dark.seq, dark.until) for dark in report.dark] == [(5, stamp.decode())]


@FEW
@given(data=st.data())
def test_any_flipped_bit_of_any_hash_is_found_next_to_its_record(data: st.DataObject, forger: Any) -> None:
    index = data.draw(st.integers(0, len(forger.rows) - 1))
    column = data.draw(st.sampled_from(["prev", "bh", "link"]))
    bit = data.draw(st.integers(0, 255))
    flipped = bytearray(forger.rows[index][column])
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        _set(forger.path, column, index, bytes(flipped))
        codes = found(forger.path)
    finally:
        _set(forger.path, column, index, forger.rows[index][column])
    assert codes
    assert {seq for _, seq in codes} <= {index, index + 1}


@pytest.mark.parametrize("column", ["id", "kind", "v", "ts", "dec", "attempt", "app", "team", "decision", "zone"])
def test_t2_an_edited_column_is_found_at_its_record(column: str, forger: Any) -> None:
    index = next(row["seq"] for row in forger.rows if row["kind"] == "route.decision")
    _set(forger.path, column, index, 7 if column in ("v", "attempt") else "other")
    assert found(forger.path) == {("COLUMN_MISMATCH", index)}


def test_t3_a_body_edited_with_its_own_hashes_is_found_at_the_next_record(forger: Any) -> None:
    following, head = [dict(row) for row in forger.rows[5:]], dict(forger.head)
    forger.salt(4)
    forger.relink(4)
    forger.rows[5:], forger.head = following, head
    forger.save()
    assert found(forger.path) == {("LINK", 5)}


def test_t4_a_deleted_record_is_found(forger: Any) -> None:
    del forger.rows[6]
    forger.save()
    assert found(forger.path) == {("GAP", 7), ("LINK", 7), ("WRITER_GAP", 7)}


def test_t5_an_inserted_record_is_found(forger: Any) -> None:
    head = dict(forger.head)
    row = dict(forger.rows[5], id="01a1fe6d-0185-7595-b576-122b77425aab", prev=bytes(32))
    forger.rows.insert(5, row)
    for index, moved in enumerate(forger.rows):
        moved["seq"] = index
    forger.head = {**head, "size": len(forger.rows)}
    forger.save()
    codes = found(forger.path)
    assert ("LINK", 5) in codes
    assert ("LINK", 6) in codes


def test_t6_two_swapped_records_are_found(forger: Any) -> None:
    one, two = forger.rows[5], forger.rows[7]
    one["seq"], two["seq"] = two["seq"], one["seq"]
    forger.rows[5], forger.rows[7] = two, one
    forger.save()
    assert {("LINK", 5), ("LINK", 7)} <= found(forger.path)


def test_t15_a_record_of_another_log_is_found(forger: Any, forge: Any, specimens: Any) -> None:
    forger.rows[5] = forge(specimens[1].path).rows[5]
    forger.save()
    assert {("LOG_ID", 5), ("LINK", 5), ("LINK", 6)} <= found(forger.path)


def test_the_times_of_its_first_and_last_record_are_told_and_so_is_what_a_receipt_proves(
    specimens: Any, forger: Any
) -> None:
    report = verify(forger.path)
    assert (report.first_ts, report.last_ts) == (forger.rows[0]["ts"], forger.rows[-1]["ts"])
    kept = specimens[0].receipts[3]
    receipt = KeptReceipt.parse(f"{kept.seq}:{kept.link}")
    assert receipt == KeptReceipt(kept.seq, bytes.fromhex(kept.link))
    proven = verify(forger.path, receipts=[receipt]).unproven
    assert f"that no record was cut off the end, behind record {kept.seq}" in proven
    assert any(f"behind record {kept.seq}, the newest one" in what for what in proven)


def test_a_log_of_many_pages_is_read_to_its_end(forger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "PAGE", 4)
    ticks: list[tuple[int, int]] = []
    report = verify(forger.path, progress=lambda done, of: ticks.append((done, of)))
    assert (report.ok, report.checked) == (True, len(forger.rows))
    assert ticks == [(done, len(forger.rows)) for done in range(4, len(forger.rows) + 1, 4)]
    edited = len(forger.rows) - 2
    forger.salt(edited)
    forger.save()
    assert found(forger.path) == {("BODY_HASH", edited)}


def test_a_second_head_is_found_and_one_under_a_name_that_is_none_is_no_log(forger: Any) -> None:
    forger.save("INSERT INTO head SELECT zeroblob(16), size, hash, generation FROM head")
    assert ("HEAD", None) in found(forger.path)
    forger.save("PRAGMA ignore_check_constraints = ON", "UPDATE head SET log_id = substr(log_id, 1, 15)")
    with pytest.raises(AuditUnavailable, match="corrupt"):
        verify(forger.path)


def test_a_whole_other_log_in_its_place_is_found_by_a_receipt(specimens: Any) -> None:
    kept = specimens[0].receipts[3]
    receipt = KeptReceipt(kept.seq, bytes.fromhex(kept.link))
    assert found(specimens[1].path, receipts=[receipt]) == {("RECEIPT", kept.seq)}


def test_a_log_rehashed_from_a_record_on_passes_alone_but_not_against_a_later_receipt(
    forger: Any,
    specimens: Any,
) -> None:
    forger.salt(6)
    forger.relink(6)
    forger.save()
    report = verify(forger.path)
    assert report.grade == "self-consistent"
    assert any("rewritten" in what for what in report.unproven)
    early, late = specimens[0].receipts[0], specimens[0].receipts[-1]
    assert found(forger.path, receipts=[KeptReceipt(early.seq, bytes.fromhex(early.link))]) == set()
    assert found(forger.path, receipts=[KeptReceipt(late.seq, bytes.fromhex(late.link))]) == {("RECEIPT", late.seq)}


def test_t7_a_cut_off_end_passes_alone_but_not_against_a_receipt(forger: Any, specimens: Any) -> None:
    last = specimens[0].receipts[-1]
    del forger.rows[last.seq :]
    forger.relink()
    forger.save()
    assert verify(forger.path).grade == "self-consistent"
    report = verify(forger.path, receipts=[KeptReceipt(last.seq, bytes.fromhex(last.link))])
    assert report.grade == "failed"
    assert [(finding.code, finding.seq) for finding in report.findings] == [("TRUNCATED", last.seq)]


def test_contradicting_receipts_are_found(specimens: Any) -> None:
    one, two = (specimen.receipts[0] for specimen in specimens)
    receipts = [KeptReceipt(kept.seq, bytes.fromhex(kept.link)) for kept in (one, two)]
    assert found(specimens[0].path, receipts=receipts) == {("RECEIPT", one.seq)}


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'"v":1', b'"v":1,"v":1'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":9007199254740992'),
        (b'"v":1', b'"v": 1'),
        (b'"kind":"writer.stop"', b'"kind":"writer.st\\u006fp"'),
        (b'"kind":"writer.stop"', b'"kind":"\\ud800"'),
        (b'{"clock":', b'{"v":1,"clock":'),
        (b'{"clock":', b'\xef\xbb\xbf{"clock":'),
        (b"}}", b"}}\n"),
    ],
)
def test_t19_other_bytes_of_the_same_or_of_no_meaning_are_not_canonical(
    forger: Any, was: bytes, becomes: bytes
) -> None:
    assert was in forger.rows[-1]["body"]
    forger.edit(-1, lambda raw: raw.replace(was, becomes))
    forger.relink()
    forger.save()
    assert found(forger.path) == {("NONCANONICAL", len(forger.rows) - 1)}


def test_t34_what_the_owner_edits_between_dropping_and_restoring_the_triggers_is_found(forger: Any) -> None:
    with closing(sqlite3.connect(forger.path)) as connection, connection:
        triggers = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        _drop_triggers(connection)
        connection.execute("UPDATE record SET decision = 'pin', zone = 'onprem' WHERE decision = 'allow'")
        for (sql,) in triggers:
            connection.execute(sql)
    edited = {row["seq"] for row in forger.rows if row["decision"] == "allow"}
    assert edited
    assert found(forger.path) == {("COLUMN_MISMATCH", seq) for seq in edited}


def test_t34_an_index_that_the_owner_made_to_leave_records_out_is_found(forger: Any) -> None:
    by_team = "SELECT count(*) FROM record WHERE team = 'sales'"
    with closing(sqlite3.connect(forger.path)) as connection, connection:
        ((before,),) = connection.execute(by_team)
        ((sql,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'record_team'").fetchall()
        connection.execute("DROP INDEX record_team")
        connection.execute(f"{sql} AND seq > 9")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'record_team'", (sql,))
    with closing(sqlite3.connect(forger.path)) as connection:
        assert 0 < connection.execute(by_team).fetchone()[0] < before
    assert found(forger.path) == {("COLUMN_MISMATCH", None)}
    assert verify(forger.path, steps=Steps(log=[step for step in LOG_CHECKS if step.name != "indexes"])).ok


def test_a_body_that_is_longer_than_any_is_found_and_not_read(forger: Any, decision: Any) -> None:
    at = next(row["seq"] for row in forger.rows if row["kind"] == "route.decision")
    longest = decision(obligations=[{"kind": "log", "value": "a" * 128}] * 16, zones_left=["a" * 128] * 32)
    longest["detect"]["types"] = [{"t": "A" * 64, "det": ["a" * 128] * 16, "hist": {}}] * 10
    own = json.loads(forger.rows[at]["body"])
    forger.replace(at, {**own, **longest, "decision": own["decision"], "zone": own["zone"]})
    assert len(forger.rows[at]["body"]) > MAX_BODY_BYTES
    forger.relink()
    _change_table(forger.path, f"CHECK (length(body) <= {MAX_BODY_BYTES})", "")
    forger.save()
    assert found(forger.path) >= {("BODY_HASH", at), ("NONCANONICAL", at)}
    with closing(SqliteSource(forger.path)) as source:
        assert len(source.rows(at, 1)[0].body) == MAX_BODY_BYTES + 1


def test_values_of_a_wrong_type_are_found_not_trusted(forger: Any) -> None:
    _change_table(forger.path, "STRICT", "")
    _set(forger.path, "body", 4, 17)
    _set(forger.path, "bh", 5, "text of thirty-two characters...")
    codes = found(forger.path)
    assert {("LEFT_OUT", 4), ("BODY_HASH", 5), ("LINK", 5)} <= codes


def test_a_damaged_file_is_a_finding_or_an_error_but_never_consistent(forger: Any) -> None:
    content = bytearray(forger.path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    forger.path.write_bytes(content)
    with pytest.raises(AuditUnavailable):
        verify(forger.path)


def test_a_file_that_is_not_there_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(AuditUnavailable):
        verify(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_live_log_is_verified_while_it_is_written(open_log: Any, decision: Any) -> None:
    log = open_log()
    for _ in range(5):
        log.append_sync("route.decision", decision())
    report = verify(log.place)
    assert report.ok
    assert report.size == 7


@pytest.mark.parametrize("text", ["", "1", "1:ab", "-1:" + "0" * 64, "x:" + "0" * 64])
def test_a_malformed_receipt_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a receipt"):
        KeptReceipt.parse(text)


def _change_table(path: Path, was: str, becomes: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'record'").fetchone()[0]
        assert was in sql
        _drop_triggers(connection)
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'record'", (sql.replace(was, becomes),))


def _drop_triggers(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def _set(path: Path, column: str, seq: int, value: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        _drop_triggers(connection)
        connection.execute(f"UPDATE record SET {column} = ? WHERE seq = ?", (value, seq))  # noqa: S608


def test_a_text_that_a_record_names_and_that_is_not_archived_is_told(open_log: Any) -> None:
    log = open_log()
    kept, gone = (hashlib.sha256(text).hexdigest() for text in (b"kept", b"gone"))
    bundle = {"sha256": "5" * 64, "policies": [], "upstreams_sha256": kept}
    log.store_bundle(kept, b"kept")
    log.append_sync("policy.activated", {"bundle": bundle, "source": "start", "files_sha256": gone})
    report = verify(log.place)
    assert (report.findings, report.missing_texts) == ((), (gone,))
    assert "what 1 archived texts said" in " ".join(report.unproven)
    log.store_bundle(gone, b"gone")
    report = verify(log.place)
    assert report.missing_texts == ()
    assert "archived texts" not in " ".join(report.unproven)
