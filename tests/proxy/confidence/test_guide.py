"""`deploy/docs/local-first.md` shows what commands print and answers hold."""

import datetime as dt
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from harness import ROOT
from typer.testing import CliRunner
from unsure import Asking

from proxy.confidence.gauge import REFUSALS
from proxy.confidence.measured import MAX_HELD_BYTES
from proxy.confidence.report import WHY, Line, Standings
from proxy.files.money import NANOS
from proxy.policy import cli
from proxy.policy.commands import common

GUIDE = (ROOT / "deploy" / "docs" / "local-first.md").read_text(encoding="utf-8")
GRANTS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The policies of the guide, and as `next` those that it compares them with."""
    monkeypatch.setattr(cli.injected, "detector_types", None)
    monkeypatch.setattr(cli.injected, "upstream_zones", lambda: frozenset({"onprem", "cloud-us"}))
    monkeypatch.setattr(common, "today", lambda: dt.date(2026, 11, 22))
    for name, text in (("policies", GRANTS), ("next", GRANTS.replace("0.45", "0.55"))):
        (tmp_path / name).mkdir()
        shutil.copy(ROOT / "policies" / "taxonomy.yaml", tmp_path / name)
        (tmp_path / name / "grants.yaml").write_text(f"policy: grants\nversion: 1\nowner: ann\n{text}")
    return tmp_path


def test_commands_print_what_it_shows(folder: Path) -> None:
    caller = ["--team", "support", "--model", "gpt-4o-mini"]
    policies = str(folder / "policies")
    for arguments in (["explain", policies, *caller], ["diff", policies, str(folder / "next")]):
        printed = CliRunner().invoke(cli.app, arguments).output
        assert printed
        assert all(line in GUIDE or "cloud-eu" in line for line in printed.splitlines()), printed


def test_the_report_has_the_form_that_it_shows() -> None:
    nanos = NANOS // 10_000
    sales = Line(4, 3, Counter(unsure=1), 4, 0, 10 * nanos)
    support = Line(11, 9, Counter(unsure=2), 11, 1 * nanos, 40 * nanos)
    assert Standings({("sales", "crm"): sales, ("support", "helpdesk"): support}, "USD").text() in GUIDE


def test_an_answer_has_the_headers_that_it_shows(ask: Asking) -> None:
    shown = re.findall(r"^(x-ringfence-[a-z]+(?:-[a-z]+)?): ", GUIDE, re.MULTILINE)
    assert shown == [name for name in ask().answer.headers if name.startswith("x-ringfence-")]


def test_every_reason_is_explained_with_its_words_and_its_bound() -> None:
    assert sorted(re.findall(r"^\| `([a-z]+)` \|", GUIDE, re.MULTILINE)) == sorted(WHY)
    quoted = re.search(r"gives up \((.*?);", GUIDE)
    assert quoted
    assert all(words.strip('" ').casefold() in REFUSALS for words in quoted[1].split('", "'))
    assert f"more than {MAX_HELD_BYTES // 2**20} MiB" in GUIDE
