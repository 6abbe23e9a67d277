import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from evidenced import ACTIVATION, DECISION, OUTCOME, UP
from typer.testing import CliRunner

from audit.cli import app
from audit.log import AuditLog
from audit.sources.source import SqliteSource

OPENAI = {**UP, "id": "openai", "zone": "cloud-us", "model": "gpt-4o-mini"}
TO_VENDOR = {"decision": "allow", "zones_left": ["cloud-us"], "zone": "cloud-us", "up": OPENAI, "classes": []}
Reconcile = Callable[..., Result]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with two answers of a vendor, one attempt that may be one, and one of an own server."""
    home = tmp_path_factory.mktemp("reconciled")
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=5)
    log.append_sync("policy.activated", ACTIVATION)
    for status in ("ok", "ok", "timeout"):
        decided = log.append_sync("route.decision", {**DECISION, **TO_VENDOR})
        usage = {"usage": {"in": 100, "out": 20}} if status == "ok" else {}
        log.append_sync("route.outcome", {**OUTCOME, "dec": decided.id, "status": status, **usage})
    own = log.append_sync("route.decision", DECISION)
    log.append_sync("route.outcome", {**OUTCOME, "dec": own.id})
    log.close()
    return home / "audit.db"


@pytest.fixture
def reconcile(kept: Path, tmp_path: Path) -> Reconcile:
    day = json.loads(_first(kept))["ts"][:10]

    def run(requests: int = 2, given: int = 200, out: int = 40, *more: str, model: str = "gpt-4o-mini") -> Result:
        file = tmp_path / "usage.csv"
        header = "date,model,requests,input_tokens,output_tokens"
        file.write_text(f"{header}\n{day},{model},{requests},{given},{out}\n")
        return CliRunner().invoke(app, ["reconcile", "--usage", str(file), str(kept), *more])

    return run


def _first(path: Path) -> bytes:
    source = SqliteSource(path)
    try:
        return source.rows(0, 1)[0].body
    finally:
        source.close()


def test_a_vendor_that_reports_what_the_log_knows_agrees(reconcile: Reconcile) -> None:
    told = reconcile()
    assert told.exit_code == 0, told.output
    assert "2 / 2+1?" in told.output
    assert "the vendor reports what the log knows" in told.output
    assert reconcile(3, 300, 60).exit_code == 0


def test_what_the_vendor_has_and_the_log_has_not_is_the_alarm(reconcile: Reconcile) -> None:
    told = reconcile(4, 200, 40)
    assert told.exit_code == 1
    assert "MORE: requests that the log does not know" in told.output
    assert "THE VENDOR REPORTS MORE" in told.output
    assert reconcile(2, 200, 40, model="gpt-5").exit_code == 1


def test_the_other_direction_is_to_be_looked_at(reconcile: Reconcile) -> None:
    assert reconcile(1, 100, 20).exit_code == 3
    assert reconcile(1, 100, 20, "--tolerance", "50").exit_code == 0


def test_another_upstream_or_day_has_other_figures_and_json_says_the_same(reconcile: Reconcile) -> None:
    told = reconcile(2, 200, 40, "--upstream", "local", "--json")
    assert told.exit_code == 1
    said: dict[str, Any] = json.loads(told.output)
    assert (said["verdict"], said["absent"]) == ("more", 0)
    assert reconcile(2, 200, 40, "--from", "2030-01-01", "--to", "2030-02-01").exit_code == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--tolerance", "NaN"), "percent"),
        (("--tolerance", "101"), "percent"),
        (("--from", "2026-3-1"), "are days"),
        (("--to", "yesterday"), "are days"),
        (("--upstream", "a b"), "--upstream is"),
    ],
)
def test_options_that_cannot_be_used_are_refused(reconcile: Reconcile, more: tuple[str, str], says: str) -> None:
    told = reconcile(2, 200, 40, *more)
    assert told.exit_code == 2
    assert says in told.output


def test_a_broken_file_or_log_is_said_with_its_place_and_without_a_traceback(kept: Path, tmp_path: Path) -> None:
    bad = tmp_path / "usage.csv"
    for content, says in ((b"a,b\n", "line 1"), (b"", "empty"), (b"{", "line 1: it is not JSON")):
        bad.write_bytes(content)
        told = CliRunner().invoke(app, ["reconcile", "--usage", str(bad), str(kept)])
        assert (told.exit_code, says in told.output) == (2, True), told.output
    told = CliRunner().invoke(app, ["reconcile", "--usage", str(tmp_path), str(kept)])
    assert "is not a file" in told.output
    bad.write_text("date,model,input_tokens,output_tokens\n")
    assert "--from and --to" in CliRunner().invoke(app, ["reconcile", "--usage", str(bad), str(kept)]).output
    pack = tmp_path / "pack.tar"
    pack.write_bytes(b"no pack")
    days = ("--from", "2026-03-01", "--to", "2026-04-01")
    told = CliRunner().invoke(app, ["reconcile", "--usage", str(bad), str(pack), *days])
    assert told.exit_code == 2
    assert told.exception is None or isinstance(told.exception, SystemExit)
