"""The commands as a person runs them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from audit import cli
from audit.log import AuditLog
from audit.place import Postgres


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
        owner.execute("ALTER TABLE ringfence_audit.record DISABLE TRIGGER append_only")
        owner.execute("UPDATE ringfence_audit.record SET decision = 'allow' WHERE seq = 2")
        owner.execute("ALTER TABLE ringfence_audit.record ENABLE ALWAYS TRIGGER append_only")
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
