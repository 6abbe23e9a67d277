"""The dashboard asks for figures that a server has, by labels that they have, and says of each panel what it means."""

import asyncio
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from figured import FIGURES, promtool
from harness import ROOT, StandIn, chat_body
from inside import inside

from proxy.metrics.exposition import text, told

BOARD = json.loads((ROOT / "deploy" / "grafana" / "ringfence.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
TARGETS = [(panel["title"], target) for panel in PANELS for target in panel["targets"]]
VARIABLES = {"$instance": "a|b", "$__rate_interval": "5m"}
"""What Grafana puts in the place of each."""
UNITS = {"bool_yes_no", "bool_on_off", "none", "short", "reqps", "cps", "percentunit", "s", "bytes"}
"""Of Grafana's, those that are used (grafana/packages/grafana-data/src/valueFormats/categories.ts)."""


def wrong(expr: str) -> set[str]:
    """Return every name in an expression that no server has: of a figure, or of a label of the figures in it."""
    names = set(re.findall(r"ringfence_\w+", expr))
    plain = {name: name.removesuffix("_bucket") if name not in FIGURES else name for name in names}
    unknown = {name for name, figure in plain.items() if figure not in FIGURES}
    known = set[str]().union(*(FIGURES[figure] for figure in plain.values() if figure in FIGURES))
    known |= {"le"} if any(name != figure for name, figure in plain.items()) else set()
    by = ",".join(re.findall(r"by \(([^)]*)\)", expr))
    labels = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expr)) | set(re.findall(r"\w+", by))
    return unknown | (labels - known)


def filled(expr: str) -> str:
    for variable, value in VARIABLES.items():
        expr = expr.replace(variable, value)
    return expr


@pytest.mark.parametrize(("title", "target"), TARGETS, ids=[title for title, _ in TARGETS])
def test_a_panel_asks_for_figures_and_labels_that_there_are(title: str, target: dict[str, Any]) -> None:
    expr = target["expr"]
    assert re.search(r"ringfence_\w+", expr), title
    assert wrong(expr) == set()
    assert set(re.findall(r"ringfence_\w+\{instance=~\"\$instance\"", expr)), "of the servers that are chosen"
    assert expr.count("ringfence_") == expr.count('{instance=~"$instance"')
    assert set(re.findall(r"\$\w+", expr)) <= VARIABLES.keys()
    grouped = set(re.findall(r"\w+", ",".join(re.findall(r"by \(([^)]*)\)", expr)))) - {"le"}
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) == grouped


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ("sum(rate(ringfence_decision_total[5m]))", {"ringfence_decision_total"}),
        ("sum by (zones) (rate(ringfence_decisions_total[5m]))", {"zones"}),
        ('rate(ringfence_decisions_total{zome!="x"}[5m])', {"zome"}),
        ("sum by (le) (ringfence_ready)", {"le"}),
        ("ringfence_ready_bucket_bucket", {"ringfence_ready_bucket_bucket"}),
    ],
)
def test_a_name_that_no_server_has_is_found(broken: str, found: set[str]) -> None:
    assert wrong(broken) == found


def test_a_real_server_exposes_all_that_is_asked_for(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> str:
        async with inside(tmp_path, vendor) as ring:
            await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())
            await ring.settled()
            return text({0: told(ring.runtime.metrics.families())}).decode()

    shown = asyncio.run(run())
    exposed = set(re.findall(r"^# TYPE (\w+) ", shown, re.MULTILINE)) | set(
        re.findall(r"^(\w+)[{ ]", shown, re.MULTILINE)
    )
    asked = {name for _, target in TARGETS for name in re.findall(r"ringfence_\w+", target["expr"])}
    assert asked <= exposed
    pairs = {pair for _, target in TARGETS for pair in re.findall(r"(\w+=\"[a-z]+\")", target["expr"])}
    assert pairs == {'decision="block"', 'complete="no"', 'state="open"', 'state="down"'}
    assert all(pair in shown for pair in pairs if pair.startswith("state"))


def test_prometheus_takes_every_expression(tmp_path: Path) -> None:
    def judged(exprs: list[str]) -> subprocess.CompletedProcess[str]:
        rules = [{"record": f"panel:{number}", "expr": filled(expr)} for number, expr in enumerate(exprs)]
        file = tmp_path / "rules.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
        return subprocess.run(
            [promtool(), "check", "rules", str(file)], capture_output=True, text=True, check=False, timeout=60
        )

    exprs = [target["expr"] for _, target in TARGETS]
    ran = judged(exprs)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(exprs)} rules found" in ran.stdout
    assert judged([*exprs, "sum by (zone) rate(ringfence_decisions_total[5m])"]).returncode != 0


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_means_and_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert len(panel["description"].split()) > 2
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])


def test_nothing_is_there_twice_and_nothing_lies_on_something_else() -> None:
    for of in (
        [panel["id"] for panel in BOARD["panels"]],
        [panel["title"] for panel in BOARD["panels"]],
        *([target["refId"] for target in panel["targets"]] for panel in PANELS),
    ):
        assert len(set(of)) == len(of)
    taken = [
        (column, line)
        for at in (panel["gridPos"] for panel in BOARD["panels"])
        for column in range(at["x"], at["x"] + at["w"])
        for line in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(column for column, _ in taken) < 24


def test_it_can_be_imported_for_any_source_of_figures_and_for_some_servers() -> None:
    source, servers = BOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert (servers["name"], servers["type"], servers["multi"], servers["includeAll"]) == (
        "instance", "query", True, True,
    )  # fmt: skip
    assert wrong(servers["definition"].partition("(")[2].partition(",")[0]) == set()
    assert "id" not in BOARD, "Grafana gives it one"
    assert (BOARD["uid"], BOARD["schemaVersion"]) == ("ringfence", 41)
