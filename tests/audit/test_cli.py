"""The commands as a person runs them."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from audit import cli, cli_export
from audit.keys import read_signers
from audit.log import AuditLog
from audit.place import Postgres
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import root_of
from audit.proofs.note import Note


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, list(arguments))


def test_verify_gives_the_grade_and_what_it_does_not_prove(specimens: Any) -> None:
    result = run("verify", "--db", str(specimens[0].path))
    assert result.exit_code == 0
    assert "grade      self-consistent" in result.output
    assert "does not prove" in result.output
    assert "cut off" in result.output
    assert "valid" not in result.output


def test_verify_names_the_record_and_fails(forger: Any) -> None:
    forger.salt(4)
    forger.save()
    result = run("verify", "--db", f"sqlite:///{forger.path}")
    assert result.exit_code == 1
    assert "grade      failed" in result.output
    assert "BODY_HASH        4: " in result.output
    assert "does not prove" not in result.output


def test_on_a_terminal_a_bar_grows_and_is_gone_at_the_end(specimens: Any) -> None:
    program = "from audit.verification import verifier; from audit.cli import app; verifier.PAGE = 6; app()"
    command = [sys.executable, "-c", program, "verify", str(specimens[0].path)]
    ours, theirs = os.openpty()
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, cwd=Path(__file__).parents[2], check=True)
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert shown.split("\r") == [
        "",
        f"[{'#' * 14}{'-' * 26}]  35%  6 of 17 records",
        f"[{'#' * 28}{'-' * 12}]  71%  12 of 17 records",
        "\x1b[K",
    ]
    assert ran.stdout.startswith(b"log ")


def test_verify_finds_a_cut_off_end_by_a_receipt(forger: Any, specimens: Any) -> None:
    last = specimens[0].receipts[-1]
    receipt = ("--receipt", f"{last.seq}:{last.link}")
    assert run("verify", "--db", str(forger.path), *receipt).exit_code == 0
    del forger.rows[last.seq :]
    forger.relink()
    forger.save()
    result = run("verify", "--db", str(forger.path), "--json", *receipt)
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert (report["ok"], report["grade"]) == (False, "failed")
    assert [(finding["code"], finding["seq"]) for finding in report["findings"]] == [("TRUNCATED", last.seq)]


def test_verify_lets_the_program_record_that_its_own_log_was_verified(
    specimens: Any, sampler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(cli, "record_hook", lambda kind, body: told.append((kind, body)))
    run("verify", str(specimens[0].path))
    assert told == []
    monkeypatch.setattr(cli, "own_place", lambda: specimens[0].path)
    run("verify")
    kind, body = told[0]
    assert kind == "audit.verified"
    assert (body["grade"], body["size"], body["findings"]) == ("self-consistent", 17, 0)


@pytest.fixture
def signed(forger: Any, specimens: Any) -> Path:
    """Sign all but the last record of a copy of a log."""
    path: Path = forger.path
    size = len(forger.rows) - 1
    root = root_of(row["link"] for row in forger.rows[:size])
    note = Note(Checkpoint("log.example/audit", size, root).encode())
    note = note.signed(read_signers(specimens[0].path.parent / "keys")[0])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (size, note.encode()))
    return path


def test_an_export_says_what_is_in_it_and_what_is_not_and_is_verified_by_its_directory(
    signed: Path, tmp_path: Path
) -> None:
    made = run("export", "--db", str(signed), "--out", str(tmp_path / "out"))
    assert made.exit_code == 0
    digest = hashlib.sha256((tmp_path / "out" / "records.jsonl").read_bytes()).hexdigest()
    assert made.output.splitlines() == [
        f"{tmp_path / 'out'}: 16 records, 1 checkpoints, 1 texts",
        f"{digest}  records.jsonl",
        "left out: 1 records behind the newest checkpoint",
        "the log has no record of this export: the log was named with --db",
    ]
    verified = run("verify", str(tmp_path / "out"))
    assert verified.exit_code == 0
    assert "grade      signed" in verified.output
    assert "Every record and link agrees with every other." in verified.output
    (tmp_path / "out" / "records.jsonl").write_bytes(b"")
    assert "LEFT_OUT         0: " in run("verify", str(tmp_path / "out")).output
    (tmp_path / "out" / "head.json").unlink()
    broken = run("verify", str(tmp_path / "out"))
    assert (broken.exit_code, "not a whole export: head.json" in broken.output) == (2, True)


def test_an_export_of_its_own_log_waits_for_the_signer_and_is_recorded_first(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    waited: list[Any] = []
    monkeypatch.setattr(cli, "own_place", lambda: signed)
    monkeypatch.setattr(cli, "sign_hook", lambda: True)
    monkeypatch.setattr(cli_export.time, "sleep", waited.append)
    monkeypatch.setattr(cli_export, "SIGNED_WITHIN_S", 0.2)
    out = tmp_path / "out"
    monkeypatch.setattr(cli, "record_hook", lambda kind, body: told.append((kind, body, out.exists())))
    made = json.loads(run("export", "--out", str(out), "--json").output)
    assert waited
    assert told == [("audit.exported", {"from_seq": 0, "to_seq": 15, "rows": 16, "sha256": made["sha256"]}, False)]
    assert (made["size"], made["recorded"], made["behind"]) == (16, True, 1)
    monkeypatch.setattr(cli, "sign_hook", lambda: False)
    waited.clear()
    monkeypatch.setattr(cli, "record_hook", lambda *_: "the keys cannot be read")
    unrecorded = run("export", "--out", str(tmp_path / "second"))
    assert "the log has no record of this export: the keys cannot be read" in unrecorded.output
    assert waited == []


@pytest.mark.parametrize("out", ["there", "no/where"])
def test_an_export_that_cannot_be_written_says_why(out: str, signed: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    result = run("export", "--db", str(signed), "--out", str(tmp_path / out))
    assert result.exit_code == 2
    assert ("exists already" if out == "there" else "No such file") in result.output


@pytest.mark.parametrize("arguments", [["--db", "none.db"], ["--db", "postgresql://x/y"], ["--receipt", "nonsense"]])
def test_verify_says_when_it_cannot_read(arguments: list[str]) -> None:
    assert run("verify", *arguments).exit_code == 2


def test_a_log_that_is_not_there_is_said_to_be_missing() -> None:
    assert "there is no log at none.db" in run("verify", "none.db").output


def test_the_default_is_the_log_of_the_home(specimens: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(specimens[0].path.parent))
    assert run("verify").exit_code == 0


def test_tail_shows_the_last_records(specimens: Any) -> None:
    result = run("tail", "--db", str(specimens[0].path), "-n", "3")
    lines = result.output.splitlines()
    assert len(lines) == 3
    assert "route.decision sales/crm allow cloud-eu baseline/keep-home pii:1" in lines[0]
    assert "route.outcome ok" in lines[1]
    as_json = run("tail", "--db", str(specimens[0].path), "-n", "1", "--json")
    assert json.loads(as_json.output)["body"]["kind"] == "writer.stop"
    assert run("tail", "--db", "none.db").exit_code == 2


def test_tail_sends_nothing_to_a_terminal_that_would_steer_it(forger: Any) -> None:
    forger.edit(-1, lambda raw: raw.replace(b'"kind":"writer.stop"', b'"kind":"\\u001b[2J\xc2\x9b2J"'))
    forger.save()
    result = run("tail", "--db", str(forger.path), "-n", "1")
    assert result.output.rstrip("\n").endswith(" ?[2J?2J")
    assert "\x1b" in json.loads(run("tail", "--db", str(forger.path), "-n", "1", "--json").output)["body"]["kind"]


def test_tail_follows_a_live_log(open_log: Any, decision: Any) -> None:
    log = open_log()
    log.append_sync("route.decision", decision())
    program = "from audit.cli import app; app()"
    command = [sys.executable, "-u", "-c", program, "tail", "--follow", "-n", "1", "--db", str(log.place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        later = log.append_sync("route.decision", decision())
        second = child.stdout.readline()
        child.terminate()
    assert "route.decision" in first
    assert second.startswith(f"{later.seq} ")


def test_a_log_in_postgresql_is_created_followed_and_verified_by_its_url(
    empty_database: Postgres, tmp_path: Path, decision: Any
) -> None:
    assert "holds no audit log" in run("verify", "--db", empty_database.url).output
    for _ in range(2):
        result = run("migrate", "--db", empty_database.url)
        assert (result.exit_code, result.output) == (0, f"{empty_database} has the schema of this version\n")
    log = AuditLog.open(empty_database, keys=tmp_path / "keys", origin="log.example/audit", deadline_s=5)
    log.append_sync("route.decision", decision())
    log.close()
    verified = run("verify", "--db", empty_database.url)
    assert verified.exit_code == 0
    assert f"of log.example/audit, {empty_database}" in verified.output
    assert "records    4 checked; the head names 4" in verified.output
    assert run("tail", "--db", empty_database.url, "-n", "2").output.splitlines()[1].endswith("writer.stop")
    with psycopg.connect(empty_database.url, autocommit=True) as owner:
        owner.execute("ALTER TABLE ringfence_audit.record DISABLE TRIGGER erases")
        owner.execute("UPDATE ringfence_audit.record SET decision = 'allow' WHERE seq = 2")
        owner.execute("ALTER TABLE ringfence_audit.record ENABLE ALWAYS TRIGGER erases")
    verified = run("verify", "--db", empty_database.url)
    assert verified.exit_code == 1
    assert "COLUMN_MISMATCH  2: columns differ from the body: decision" in verified.output


def test_a_command_says_no_password_when_it_cannot_reach_the_database() -> None:
    for command in ("verify", "tail", "migrate"):
        result = run(command, "--db", "postgresql://jane:hunter2@127.0.0.1:1/logs")
        assert result.exit_code == 2
        assert "postgresql://127.0.0.1:1/logs: the audit log cannot" in result.output
        assert "hunter2" not in result.output


def test_a_file_is_migrated_under_its_lock_and_a_log_may_begin_in_it(tmp_path: Path, open_log: Any) -> None:
    file = tmp_path / "home" / "audit.db"
    file.parent.mkdir()
    assert run("migrate", "--db", str(file)).exit_code == 0
    open_log()
    result = run("migrate", "--db", str(file))
    assert result.exit_code == 2
    assert "another process holds" in result.output


def test_the_default_is_where_the_environment_says(empty_database: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_AUDIT_URL", empty_database.url)
    assert run("migrate").exit_code == 0
    monkeypatch.setenv("RINGFENCE_AUDIT_URL", "mysql://jane:hunter2@db/logs")
    assert "hunter2" not in run("migrate").output


def test_status_of_any_log_is_told_by_its_database_and_of_the_own_by_its_server_too(
    specimens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = specimens[0].path
    monkeypatch.setattr(cli, "own_place", lambda: path)
    monkeypatch.setattr(cli, "own_state", lambda: (None, "The server closed the admin socket."))
    own = run("status")
    assert (own.exit_code, "LOOK AT    The server closed the admin socket." in own.output) == (1, True)
    other = run("status", "--db", str(path), "--json")
    found = json.loads(other.output)
    assert (other.exit_code, found["ok"], found["records"], found["server"]) == (0, True, 17, None)
    assert run("status", "--db", "none.db").exit_code == 2


def test_status_says_when_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"nothing of the kind" * 100)
    result = run("status", "--db", str(tmp_path / "audit.db"))
    assert (result.exit_code, "Traceback" in result.output) == (2, False)
    assert "corrupt" in result.output


@pytest.mark.parametrize(
    ("number", "codes"),
    [("'text'", (2, 2, 2)), ("x'00ff'", (2, 2, 2)), ("NULL", (2, 0, 1))],
    ids=["text", "blob", "null"],
)
def test_a_log_whose_numbers_are_none_is_told_in_words(number: str, codes: tuple[int, ...], tmp_path: Path) -> None:
    db = tmp_path / "audit.db"
    AuditLog.open(db, keys=tmp_path / "keys", origin="log.example/audit", deadline_s=5).close()
    with closing(sqlite3.connect(db)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("ALTER TABLE record RENAME TO old")
        connection.execute("CREATE TABLE record AS SELECT * FROM old")
        connection.execute(f"UPDATE record SET seq = {number} WHERE rowid = 2")  # noqa: S608 - a constant
    results = [run(command, "--db", str(db)) for command in ("tail", "status", "verify")]
    assert tuple(result.exit_code for result in results) == codes
    assert all(isinstance(result.exception, SystemExit | None) for result in results)
