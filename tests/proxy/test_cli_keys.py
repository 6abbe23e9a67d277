import datetime as dt
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from audit.access import Filters, Records
from proxy import admin, cli, review
from proxy.errors import RingfenceError
from proxy.settings import Settings


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


def test_a_review_shows_the_usable_keys_and_records_who_looked_at_which_list(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    run("create", "--app", "crm", "--team", "sales")
    run("create", "--app", "old", "--team", "sales")
    gone = run("list").out.splitlines()[-1].split()[0]
    run("revoke", gone)
    told = run("review", "--reviewer", "dana@acme.example", "--ticket", "SEC-9", "--yes")
    assert told.status == 0, told.err
    assert gone not in told.out
    assert "age=0d" in told.out
    assert "1 of 2 keys can be used" in told.out
    [record] = Records(tmp_path / "ringfence" / "audit.db").page(Filters(kind="access.reviewed")).records
    assert (record.body["reviewer"], record.body["ticket"]) == ("dana@acme.example", "SEC-9")
    assert (record.body["keys"], record.body["active"]) == (2, 1)
    assert record.body["sha256"] in told.out


def test_a_review_that_is_not_confirmed_is_not_recorded(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("create", "--app", "crm", "--team", "sales")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert run("review", "--reviewer", "dana@acme.example").status == 1
    assert "without spaces" in run("review", "--reviewer", "Dana Ross", "--yes").err
    assert Records(tmp_path / "ringfence" / "audit.db").page(Filters(kind="access.reviewed")).records == ()


def test_a_list_that_changed_meanwhile_is_not_what_was_reviewed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "ringfence")
    with pytest.raises(RingfenceError, match="have changed"):
        admin.call(settings, "key.review", reviewer="dana", sha256="5" * 64)
    with pytest.raises(RingfenceError, match="a form that no record holds"):
        admin.call(settings, "key.review", reviewer="Dana Ross", sha256=review.digest([]))
