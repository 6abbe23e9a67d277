"""What an operator reads who makes a backup, and who restores one."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from databases import migrate, new_database

from proxy import cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ringfence", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    made = tmp_path / "home"
    monkeypatch.setenv("RINGFENCE_HOME", str(made))
    assert run("key", "create", "--app", "crm", "--team", "sales")[0] == 0
    return made


def test_a_backup_without_keys_says_what_that_means(run: Run, home: Path, tmp_path: Path) -> None:
    status, out, err = run("backup", str(tmp_path / "copy"))
    assert (status, err) == (0, "the log does not say that there is this backup: no server runs in this home\n")
    assert "the log's keys are not in it: without them no server goes on with this log" in out
    assert "audit.db" in out
    (home / "spool").mkdir()
    (home / "spool" / "spool-1").write_bytes(b"a line")
    status, out, err = run("backup", str(tmp_path / "second"), "--keys-to", str(tmp_path / "keys"))
    assert f"{tmp_path / 'keys'}: the log's keys; keep them apart" in out
    assert "the spool holds records that the log does not have yet" in err


def test_a_restore_says_what_is_lost_and_what_to_do_next(run: Run, home: Path, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "copy"), "--keys-to", str(tmp_path / "keys"))
    new = ("--home", str(tmp_path / "new"))
    status, out, _ = run("restore", str(tmp_path / "copy"), "--keys-from", str(tmp_path / "keys"), *new)
    assert status == 0
    assert "works again: revoke it now, with `ringfence key revoke`" in out
    assert "nothing is sent until that is on record: `ringfence audit acknowledge`" in out
    status, out, err = run("restore", str(tmp_path / "copy"), *new)
    assert (status, out) == (1, "")
    assert err.endswith("audit.db is there: a restore replaces no log and adds to none; move it away.\n")
    for path in home.glob("audit.db*"):
        path.unlink()
    assert f"{home / 'state.db'} stays as it is: it is this home's own" in run("restore", str(tmp_path / "copy"))[1]


def test_servers_of_one_log_are_said_to_need_its_keys(
    run: Run, home: Path, tmp_path: Path, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", str(tmp_path / "copy"))
    with new_database(postgres_server) as place:
        migrate(place)
        monkeypatch.setenv("RINGFENCE_AUDIT_URL", place.url)
        status, out, err = run("restore", str(tmp_path / "copy"))
        assert status == 0, err
        assert f"every server of this log needs its keys: copy {home / 'keys'} to its home" in out
        assert "postgres@" not in out
