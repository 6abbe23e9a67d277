"""The command prints what the log and the counters say, and corrects the counters by the log."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from harness import StandIn, chat_body, upstreams_file
from inside import inside
from typer.testing import CliRunner

from audit.cli import app as audit_app
from proxy import cli
from proxy.settings import ROOT

PRICES = {
    "currency": "USD",
    "models": {
        "gpt-4o": {"cloud-us": {"input": 2000, "output": 10000}},
        "*": {"onprem": {"input": 100, "output": 100}},
    },
}
"""Of the stand-in's 12 and 5 tokens: 0.074 at the vendor's, 0.0017 at home."""
BUDGETS = """\
policy: money
version: 1
owner: finance@company.example
budgets:
  - {id: vendors, per: team, zones: [cloud-us], monthly: 0.07, then: pin, because: the vendors are paid}
"""
Run = Callable[..., str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a log of four answers: three at the vendor's, one of them without a price, and one at home."""
    folder = tmp_path_factory.mktemp("costs")
    vendor, own = StandIn(), StandIn()
    shutil.copytree(ROOT / "policies", folder / "policies")
    (folder / "policies" / "money.yaml").write_text(BUDGETS)
    upstreams = upstreams_file(folder / "upstreams.yaml", vendor, own, prices=PRICES)

    async def story() -> None:
        async with inside(folder / "home", upstreams=upstreams, policies=folder / "policies") as ring:
            for team, model in (
                ("support", "gpt-4o"),
                ("sales", "gpt-4o"),
                ("sales", "gpt-4o"),
                ("code", "gpt-4o-mini"),
            ):
                await ring.client.post(
                    "/v1/chat/completions", json=chat_body("hello", model=model), headers=ring.key("bot", team)
                )
                await ring.runtime.outcomes.drain(5)

    asyncio.run(story())
    yield folder
    for each in (vendor, own):
        each.stop()


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, path in (("HOME", "home"), ("UPSTREAMS", "upstreams.yaml"), ("POLICIES", "policies")):
        monkeypatch.setenv(f"RINGFENCE_{name}", str(home / path))

    def call(*arguments: object, code: int = 0) -> str:
        ran = CliRunner().invoke(cli.app, ["costs", *map(str, arguments)])
        assert ran.exit_code == code, ran.output
        return ran.output

    return call


def test_the_log_is_added_up_beside_all_vendor(run: Run) -> None:
    assert run().splitlines() == [
        "team     app  zone      answers  in  out  cached     USD  all-vendor",
        "code     bot  cloud-us        1  12    5       0       -           -",
        "sales    bot  cloud-us        1  12    5       0  0.0740      0.0740",
        "sales    bot  onprem          1  12    5       0  0.0017      0.0740",
        "support  bot  cloud-us        1  12    5       0  0.0740      0.0740",
        "total                         4  48   20       0  0.1497      0.2220",
        "own zones     25.0 % of 4 answers",
        "saved         0.0723: what cost 0.1497 would have cost 0.2220 at the preferred vendor's prices",
        "not compared  1: no price here, or none there",
        "unpriced      1: the model has no price in that zone",
    ]


def test_lines_a_zone_and_a_time_can_be_chosen(run: Run) -> None:
    assert run("--by", "model", "--what-if", "onprem").splitlines()[0].split() == [
        "model", "answers", "in", "out", "cached", "USD", "onprem",
    ]  # fmt: skip
    plain = json.loads(run("--by", "zone", "--json"))
    assert plain["total"]["cost"] == "0.149700000"
    assert [line["zone"] for line in plain["lines"]] == ["cloud-us", "onprem"]
    assert json.loads(run("--until", "2020-01-01", "--json"))["total"]["answers"] == 0
    assert json.loads(run("--since", "1d", "--json"))["total"]["answers"] == 4


def test_an_export_has_the_same_costs(run: Run, home: Path, tmp_path: Path) -> None:
    database = home / "home" / "audit.db"
    tail = CliRunner().invoke(audit_app, ["tail", "--db", str(database), "-n", "1000", "--json"])
    (tmp_path / "records.jsonl").write_text(tail.stdout)
    without = json.loads(run("--export", tmp_path / "records.jsonl", "--json"))
    assert without["unpriced"] == {"text": 4}
    assert without["total"]["tokens"]["in"] == 48
    (tmp_path / "texts").mkdir()
    with closing(sqlite3.connect(database)) as connection:
        for digest, text in connection.execute("SELECT sha256, text FROM bundle_text"):
            (tmp_path / "texts" / digest).write_bytes(text)
    assert run("--export", tmp_path) == run()


def test_budgets_say_what_is_left_and_are_corrected_by_the_log(run: Run, home: Path) -> None:
    def budgets() -> dict[str, tuple[str, bool]]:
        plain = json.loads(run("--budgets", "--json"))
        return {row["whose"]: (row["spent"], row["used_up"]) for row in plain["budgets"]}

    counted = {"support": ("0.074000000", True), "sales": ("0.074000000", True), "code": ("0.000000000", False)}
    assert budgets() == counted
    assert "used up: pin" in run("--budgets")
    lose(home / "home" / "shared.db", "sales")
    assert budgets() == {name: row for name, row in counted.items() if name != "sales"}
    assert "2 answers for 0.0757 had not been counted" in run("--budgets", "--recount")
    assert budgets() == counted
    assert "2 answers" in run("--budgets", "--recount"), "which stays so, as nobody else counts it"
    assert budgets() == counted


def lose(database: Path, team: str) -> None:
    """Forget what was counted of a team, as a server does that is killed before it is written."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DELETE FROM spending WHERE team = ?", (team,))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--by", "colour"],
        ["--since", "yesterday"],
        ["--until", "tomorrow"],
        ["--recount"],
        ["--budgets", "--since", "1d"],
        ["--db", "x", "--export", "y"],
        ["--db", "/nowhere/audit.db"],
        ["--what-if", "moon"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_answered_is_wrong_usage(run: Run, arguments: list[str]) -> None:
    assert "Traceback" not in run(*arguments, code=2)
