"""Alerts ask for figures that there are, by labels that they have; where promtool is, Prometheus judges them, too."""

import re
import subprocess

import pytest
import yaml
from figured import FIGURES, promtool
from harness import ROOT

from proxy.metrics.exposition import text, told
from proxy.metrics.metrics import Metrics

FILE = ROOT / "deploy" / "prometheus" / "alerts.yaml"
RULES = [rule for group in yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_about_figures_that_there_are(rule: dict[str, object]) -> None:
    asked = str(rule["expr"])
    names = set(re.findall(r"ringfence_\w+", asked))
    assert names
    assert names <= FIGURES.keys()
    known = set.union(*(FIGURES[name] for name in names))
    labels = re.findall(r"(\w+)!?=\"", asked) + re.findall(r"\w+", ",".join(re.findall(r"by \(([^)]*)\)", asked)))
    assert set(labels) <= known
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    said = rule["annotations"]
    assert isinstance(said, dict)
    assert set(re.findall(r"\$labels\.(\w+)", str(said))) <= set(labels)


def test_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("Ringfence") for name in names)


def test_prometheus_takes_the_file() -> None:
    ran = subprocess.run(
        [promtool(), "check", "rules", str(FILE)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(RULES)} rules found" in ran.stdout


def test_prometheus_takes_the_figures() -> None:
    metrics = Metrics()
    metrics.ended({"status": "ok", "lat_us": {"detect": 1, "audit": 2}})
    metrics.gauge("ringfence_ready", "Whether a part is ready.", ("part",), lambda: {("policy",): 1.0})
    shown = text({number: told(metrics.families()) for number in (0, 1)})
    ran = subprocess.run([promtool(), "check", "metrics"], input=shown, capture_output=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
