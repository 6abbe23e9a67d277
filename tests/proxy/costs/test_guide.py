"""The guide to costs shows what the commands really print, after a day of a small company."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import ROOT, StandIn, upstreams_file
from inside import Scripted, inside
from typer.testing import CliRunner

from proxy import cli
from proxy.costs.ledger import AWAY_S, READ_S, WRITE_S

GUIDE = (ROOT / "deploy" / "docs" / "costs.md").read_text(encoding="utf-8")
POLICIES = (ROOT / "deploy" / "docs" / "policy.md").read_text(encoding="utf-8")
CARD = "4929718203645103"
DAY = [
    ("support", "helpdesk", "gpt-4o-mini", 31, 42_000, 6_100, ""),
    ("support", "helpdesk", "gpt-4o-mini", 12, 38_000, 5_200, CARD),
    ("support", "triage", "gpt-4o", 9, 96_000, 18_000, ""),
    ("sales", "crm", "gpt-4o", 4, 51_000, 9_400, ""),
    ("sales", "crm", "smollm2", 3, 20_000, 2_000, ""),
    ("research", "coder", "gpt-4-turbo", 2, 12_000, 1_000, ""),
]
"""Team, app, model, how often, tokens sent and answered, and what is found in it."""
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|\[[a-z0-9.]+:[0-9]+\]")


class Counting(StandIn):
    """A model server that reports as many tokens as it is told."""

    def _completion(self, asked: dict[str, Any]) -> dict[str, Any]:
        sent, answered = map(int, asked["messages"][0]["content"].split()[:2])
        usage = {"prompt_tokens": sent, "completion_tokens": answered, "total_tokens": sent + answered}
        return {**super()._completion(asked), "usage": usage}


def block(text: str, first: str) -> str:
    """Return the YAML of a guide that begins with a key."""
    found = re.search(rf"```yaml\n({first}:.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home, policies and upstreams of a company at the end of that day."""
    folder = tmp_path_factory.mktemp("company")
    vendor, own = Counting(), Counting()
    shutil.copytree(ROOT / "policies", folder / "policies")
    (folder / "policies" / "finance.yaml").write_text(block(GUIDE, "policy"))
    prices = yaml.safe_load(block(GUIDE, "prices"))
    stand_ins = {"models": {"gpt-4o": {"onprem": "smollm2"}, "gpt-4o-mini": {"onprem": "smollm2"}}}
    upstreams = upstreams_file(folder / "upstreams.yaml", vendor, own, **prices, **stand_ins)
    upstreams.write_text(upstreams.read_text().replace("local-model", "smollm2"))

    async def day() -> None:
        detector = Scripted({CARD: "CREDIT_CARD"})
        async with inside(
            folder / "home", detector=detector, upstreams=upstreams, policies=folder / "policies"
        ) as ring:
            for team, app, model, times, sent, answered, found in DAY:
                key = ring.key(app, team)
                for _ in range(times):
                    message = {"role": "user", "content": f"{sent} {answered} {found}"}
                    body = {"model": model, "messages": [message]}
                    answer = await ring.client.post("/v1/chat/completions", json=body, headers=key)
                    assert answer.status_code == 200
                    await ring.runtime.outcomes.drain(5)

    asyncio.run(day())
    yield folder
    for each in (vendor, own):
        each.stop()


@pytest.fixture
def printed(company: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, path in (("HOME", "home"), ("UPSTREAMS", "upstreams.yaml"), ("POLICIES", "policies")):
        monkeypatch.setenv(f"RINGFENCE_{name}", str(company / path))

    def run(*arguments: str) -> str:
        ran = CliRunner().invoke(cli.app, arguments)
        assert "Traceback" not in ran.output
        return ran.output

    return run


COMMANDS = [
    "costs",
    "costs --by zone,model --what-if onprem",
    "costs --budgets",
    "policy explain --team support --model gpt-4o --budget vendors-a-month",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_guide_shows_what_a_command_prints(command: str, printed: Any) -> None:
    assert f"$ ringfence {command}\n" in GUIDE
    told = printed(*command.split())
    assert DATE.sub("", told) in DATE.sub("", GUIDE), told


def test_a_raised_budget_is_shown_to_be_looser(company: Path, printed: Any, tmp_path: Path) -> None:
    shutil.copytree(company / "policies", tmp_path / "next")
    budgets = tmp_path / "next" / "finance.yaml"
    budgets.write_text(budgets.read_text().replace("monthly: 2.00", "monthly: 9.00"))
    told = printed("policy", "diff", str(company / "policies"), str(tmp_path / "next"))
    assert "LOOSER" in told
    assert DATE.sub("", told) in DATE.sub("", POLICIES), told


def test_the_times_in_the_guide_are_those_of_the_ledger() -> None:
    assert f"in the {WRITE_S + READ_S} seconds until" in GUIDE
    assert f"after {AWAY_S:.0f} seconds without" in GUIDE
    assert f"not written, {WRITE_S} seconds' worth" in GUIDE
