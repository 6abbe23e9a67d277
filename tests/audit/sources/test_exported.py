"""What lies in an export is judged as what lies in a database; files that are no export are refused in words."""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from audit.cli import app
from audit.errors import AuditMismatch
from audit.keys import read_signers
from audit.log import MAX_TEXT_BYTES
from audit.records.chain import ENV, ENVELOPE_BYTES
from audit.records.record import MAX_BODY_BYTES
from audit.records.schema import MAX_INT
from audit.signing.signer import CheckpointSigner, StateFile
from audit.sources.export import export
from audit.sources.exported import ExportSource, open_path
from audit.sources.files import Folder
from audit.sources.source import SqliteSource
from audit.verification.verifier import LOG_CHECKS, Steps, verify

SEQ = slice(len(ENV) + 16, len(ENV) + 24)


@pytest.fixture(scope="session")
def original(specimens: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sign a copy of the first specimen twice, and export it."""
    home = tmp_path_factory.mktemp("exported")
    path = specimens[0].copy(home)
    keys = specimens[0].path.parent / "keys"
    with closing(StateFile(home / "signer")) as state, closing(SqliteSource(path)) as source:
        note = CheckpointSigner(state, lambda: read_signers(keys)).sign(source)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO checkpoint (size, note) VALUES (17, ?)", (note,))
    with closing(SqliteSource(path)) as source:
        export(source, home / "out", lambda _: None)
    return home / "out"


@pytest.fixture
def out(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "out"))


def found(out: Path) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.seq) for finding in verify(out).findings]


def change(path: Path, edit: Callable[[bytes], bytes]) -> None:
    path.write_bytes(edit(path.read_bytes()))


def test_an_untouched_export_is_as_good_as_its_log(out: Path) -> None:
    report = verify(out)
    assert (report.findings, report.grade, report.size, report.checked, report.signed) == ((), "signed", 17, 17, 17)


def test_a_file_of_empty_lines_is_no_checkpoint_however_many_there_are(out: Path) -> None:
    """Each was put behind all before it: a megabyte took minutes."""
    (out / "checkpoints").write_bytes(b"\n" * 900_000)
    assert found(out) == [("CHECKPOINT", 0)]


@pytest.mark.parametrize("top", [MAX_INT - 1, 2**64 - 1])
def test_no_number_in_an_envelope_is_so_large_that_the_report_cannot_be_written(out: Path, top: int) -> None:
    numbered = [ENV + bytes(16) + seq.to_bytes(8, "big") + bytes(64) for seq in (top - 1, top)]
    change(out / "env.bin", lambda whole: whole + b"".join(numbered))
    change(out / "records.jsonl", lambda whole: whole + b"{}\n" * 3)
    result = CliRunner().invoke(app, ["verify", str(out), "--json"])
    assert result.exit_code == 1
    assert all(-MAX_INT <= (finding["seq"] or 0) <= MAX_INT for finding in json.loads(result.output)["findings"])


def test_a_pipe_in_place_of_a_log_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "audit.db")
    with pytest.raises(AuditMismatch, match="neither a file nor a directory"):
        open_path(tmp_path / "audit.db")


def test_pages_may_be_asked_for_in_any_order(out: Path) -> None:
    with closing(ExportSource(Folder(out))) as source:
        whole = list(source.rows(None, 100))
        assert [row.seq for row in whole] == list(range(17))
        assert [*source.rows(None, 3), *source.rows(3, 4), *source.rows(9, 2)] == [*whole[:7], *whole[9:11]]
        assert list(source.rows(2, 2)) == whole[2:4]
        assert list(source.rows(17, 2)) == []
        assert source.checkpoints(-1, 5) == source.checkpoints(16, 5) == [source.newest_checkpoint()]
        assert source.checkpoints(17, 5) == []
        assert {row.columns for row in whole} == {()}


def test_t1_any_changed_byte_of_any_file_is_found(out: Path) -> None:
    """At every 101st byte of each, which meets each field of an envelope within a few records."""
    for name in ("records.jsonl", "env.bin"):
        path = out / name
        whole = path.read_bytes()
        for at in range(0, len(whole), 101):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            seq = at // ENVELOPE_BYTES if name == "env.bin" else whole.count(b"\n", 0, at)
            assert seq in {where for _, where in found(out)}, (name, at)
        path.write_bytes(whole)
    assert found(out) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_done_to_a_file_is_found_or_refused_and_never_a_crash(out: Path, data: st.DataObject) -> None:
    path = out / data.draw(st.sampled_from(["head.json", "records.jsonl", "env.bin", "checkpoints"]))
    whole = path.read_bytes()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    put = data.draw(st.binary(max_size=300) | st.sampled_from([b"\n", b"\n\n", whole, whole[start:end] * 2]))
    path.write_bytes(whole[:start] + put + whole[end:])
    try:
        same = path.read_bytes() == whole
        kept = path.name in {"records.jsonl", "env.bin"}
        assert verify(out).ok is same or not kept
    except AuditMismatch:
        assert path.name == "head.json"
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("field", ["hash", "log_id"])
def test_a_changed_head_is_found(out: Path, field: str) -> None:
    head = json.loads((out / "head.json").read_bytes())
    head[field] = "0" * len(head[field])
    change(out / "head.json", lambda _: json.dumps(head, separators=(",", ":"), sort_keys=True).encode())
    assert {code for code, _ in found(out)} == ({"HEAD"} if field == "hash" else {"LINK", "LOG_ID"})


def test_t4_a_record_that_is_taken_out_is_a_gap(out: Path) -> None:
    change(out / "env.bin", lambda raw: raw[: 6 * ENVELOPE_BYTES] + raw[7 * ENVELOPE_BYTES :])
    change(out / "records.jsonl", lambda raw: b"".join([*(lines := raw.splitlines(keepends=True))[:6], *lines[7:]]))
    codes = found(out)
    assert {("GAP", 7), ("LINK", 7), ("WRITER_GAP", 7)} <= set(codes)
    assert [code for code, _ in codes].count("GAP") == 1


@pytest.mark.parametrize("number", [0, 3, 2**63, 2**64 - 1])
def test_a_forged_number_puts_no_other_record_out_of_its_place(out: Path, number: int) -> None:
    def forge(raw: bytes) -> bytes:
        at = 5 * ENVELOPE_BYTES
        return raw[: at + SEQ.start] + number.to_bytes(8, "big") + raw[at + SEQ.stop :]

    change(out / "env.bin", forge)
    assert found(out) == [("LINK", 5), ("LINK", 6), ("ROOT", 17)]


def test_t7_a_cut_off_end_is_found_by_head_and_checkpoint(out: Path) -> None:
    change(out / "env.bin", lambda raw: raw[: -2 * ENVELOPE_BYTES])
    change(out / "records.jsonl", lambda raw: b"".join(raw.splitlines(keepends=True)[:-2]))
    assert found(out) == [("TRUNCATED", 17), ("TRUNCATED", 15)]


def test_t40_a_line_that_is_missing_or_more_is_found_where_it_is(out: Path) -> None:
    lines = (out / "records.jsonl").read_bytes().splitlines(keepends=True)
    (out / "records.jsonl").write_bytes(b"".join([*lines[:5], *lines[6:]]))
    assert found(out)[0] == ("BODY_HASH", 5)
    (out / "records.jsonl").write_bytes(b"".join([*lines, lines[-1]]))
    assert found(out) == [("EXPORT", 17)]


def test_lines_that_are_all_missing_are_said_once(out: Path) -> None:
    (out / "records.jsonl").write_bytes(b"")
    codes = found(out)
    assert codes.count(("EXPORT", None)) == 1
    assert {seq for code, seq in codes if code == "LEFT_OUT"} == set(range(17))


def test_files_that_end_in_the_middle_are_found(out: Path) -> None:
    change(out / "records.jsonl", lambda raw: raw[:-1])
    assert found(out) == [("EXPORT", 16)]
    change(out / "env.bin", lambda raw: raw[:-1])
    assert {("LINK", 16), ("BODY_HASH", 16), ("EXPORT", 16)} <= set(found(out))


def test_the_step_that_looks_at_the_files_is_needed(out: Path) -> None:
    change(out / "records.jsonl", lambda raw: raw[:-1])
    assert verify(out, steps=Steps(log=[check for check in LOG_CHECKS if check.name != "files"])).ok


def test_a_line_as_long_as_one_likes_is_passed_over(out: Path) -> None:
    lines = (out / "records.jsonl").read_bytes().splitlines(keepends=True)
    for longest, more in ((MAX_BODY_BYTES, set()), (2**20, {("EXPORT", 5)})):
        (out / "records.jsonl").write_bytes(b"".join([*lines[:5], b"x" * longest + b"\n", *lines[6:]]))
        assert set(found(out)) == {("BODY_HASH", 5), ("NONCANONICAL", 5), ("WRITER_GAP", 6), *more}
        with closing(ExportSource(Folder(out))) as source:
            assert max(len(row.body) for row in source.rows(None, 100)) <= MAX_BODY_BYTES


def test_a_text_with_another_content_than_its_name_says_is_found(out: Path) -> None:
    (text,) = (out / "texts").iterdir()
    text.write_bytes(b"other")
    assert found(out) == [("BUNDLE_TEXT", None)]
    longer = bytes(MAX_TEXT_BYTES + 2)
    text.write_bytes(longer)
    text.rename(text.with_name(hashlib.sha256(longer).hexdigest()))
    assert found(out) == [("BUNDLE_TEXT", None)]


def test_what_does_not_belong_among_the_texts_is_found_and_not_followed(out: Path) -> None:
    (text,) = (out / "texts").iterdir()
    (out / "texts" / "..evil").write_bytes(b"")
    os.mkfifo(out / "texts" / ("0" * 64))
    outside = Path(shutil.copy(text, out.parent / "outside"))
    text.unlink()
    text.symlink_to(outside)
    assert set(found(out)) == {("BUNDLE_TEXT", None), ("EXPORT", None)}


@pytest.mark.parametrize("name", ["head.json", "records.jsonl", "env.bin", "checkpoints", "texts"])
@pytest.mark.parametrize("how", ["missing", "link", "pipe", "folder or file"])
def test_what_is_not_a_whole_export_of_plain_files_is_refused(out: Path, name: str, how: str) -> None:
    path = out / name
    kept = path.rename(out.parent / name)
    if how == "link":
        path.symlink_to(kept)
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "folder or file":
        path.mkdir() if kept.is_file() else path.touch()
    with pytest.raises(AuditMismatch, match=name):
        open_path(out)


@pytest.mark.parametrize(
    "head",
    [b"", b"{}", b"null", b"[" * 5000, b'{"format":"ringfence.export/v2"}', b"\xff", b'{"size":1.0}', b"x" * 10**6],
    ids=["empty", "object", "null", "nested", "other version", "no text", "float", "long"],
)
def test_a_head_that_is_none_is_refused(out: Path, head: bytes) -> None:
    (out / "head.json").write_bytes(head)
    with pytest.raises(AuditMismatch, match=r"not the head of an export"):
        open_path(out)


@pytest.mark.parametrize(
    ("notes", "codes"),
    [
        (lambda raw: raw + raw, {("CHECKPOINT", 18), ("TRUNCATED", 18)}),
        (lambda raw: raw[:-1], {("CHECKPOINT", 0)}),
        (lambda _: b"\n" * 10, {("CHECKPOINT", 0)}),
        (lambda _: b"x" * 3_000_000, {("CHECKPOINT", n) for n in range(3)}),
        (lambda _: b"", set()),
    ],
    ids=["twice", "cut", "blank", "long", "none"],
)
def test_checkpoints_that_are_none_are_found(out: Path, notes: Callable[[bytes], bytes], codes: set[Any]) -> None:
    change(out / "checkpoints", notes)
    assert set(found(out)) == codes
