import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from proxy import cli


class Ran(NamedTuple):
    status: object
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run `ringfence key` as a shell does, beside no server."""
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "ringfence"))

    def call(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["ringfence", "key", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Ran(ended.value.code or 0, *capsys.readouterr())

    return call


def test_a_key_is_created_listed_and_revoked_without_a_server(run: Callable[..., Ran]) -> None:
    made = run("create", "--app", "crm", "--team", "sales", "--role", "auditor")
    assert made.status == 0, made.err
    secret = made.out.strip()
    assert secret.startswith("rf-")
    assert secret not in made.err
    listed = run("list")
    assert secret not in listed.out
    key_id, *facts = listed.out.split()
    assert facts[:3] == ["app=crm", "team=sales", "role=auditor"]
    assert facts[-1] == "active"
    assert "revoked" in run("revoke", key_id).out
    assert "revoked" in run("list").out


def test_a_key_can_expire(run: Callable[..., Ran]) -> None:
    day = (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).date().isoformat()
    made = run("create", "--app", "crm", "--team", "sales", "--expires", day)
    assert f"until {day}T00:00:00Z" in made.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["create", "--app", "A B", "--team", "sales"], "--app must be"),
        (["create", "--app", "crm", "--team", "sales", "--expires", "2020-01-01"], "in the past"),
        (["revoke", "ak_none"], "no key with this id"),
    ],
)
def test_what_can_be_explained_is_one_line_and_status_1(
    run: Callable[..., Ran], arguments: list[str], says: str
) -> None:
    refused = run(*arguments)
    assert refused.status == 1
    assert says in refused.err
    assert len(refused.err.splitlines()) == 1


def test_a_log_without_its_keys_is_explained(run: Callable[..., Ran], tmp_path: Path) -> None:
    run("list")
    (tmp_path / "ringfence" / "keys").rename(tmp_path / "away")
    refused = run("list")
    assert refused.status == 1
    assert "cannot be opened" in refused.err
    assert "Traceback" not in refused.err


def test_a_flag_comes_before_the_environment(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert run("list", "--home", str(tmp_path / "flag")).status == 0
    assert (tmp_path / "flag" / "audit.db").exists()
    assert not (tmp_path / "ringfence").exists()
