import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flown import FEW
from harness import QUICK, ROOT, Ringfence, StandIn, command, eventually, ringfence, start, upstreams_file

from audit.access import Filters, Records
from audit.verification.verifier import verify
from proxy.canary import cli
from proxy.errors import ConfigurationError
from proxy.settings import Settings

PATIENCE_S = 120.0
"""On a busy machine a test takes its time."""
REPORT: dict[str, Any] = {
    "passed": True,
    "zones": ["cloud-us"],
    "teams": ["canary"],
    "harmless": {"sent": 4, "arrived": 4},
    "leaked": 0,
    "sent": 5,
    "closed": [],
    "unproven": [],
    "why": [],
    "rows": [{"of": "class", "name": "pii", "sent": 1, "found": 1, "home": 1, "recall_bp": 10_000}],
}


def test_a_pass_says_what_was_sent_found_and_stayed() -> None:
    said = cli.lines(REPORT)
    assert said[0] == "zones      cloud-us; as team canary"
    assert "planted    1 values, of which 0 reached a vendor's sink" in said
    assert any(line.split() == ["class", "pii", "1", "1", "1", "100.0", "%"] for line in said)
    assert said[-1].startswith("passed")
    assert cli.code(REPORT) == 0


def test_a_pass_does_not_hide_what_left_of_kinds_of_which_some_are_missed() -> None:
    said = cli.lines({**REPORT, "leaked": 2})
    assert said[-1] == "passed     2 left of kinds that only a model finds: no more than it is measured to miss"


def test_a_failed_test_says_why() -> None:
    report = {**REPORT, "passed": False, "why": ["leak", "vacuous"], "unproven": ["cloud-us chat"], "leaked": 1}
    said = "\n".join(cli.lines(report))
    assert "FAILED     planted values reached a vendor's sink" in said
    assert "nothing harmless arrived: cloud-us chat" in said
    assert cli.code(report) == 1


def test_what_was_not_tested_is_said() -> None:
    closed = [{"zone": "cloud-eu", "why": "policy"}, {"zone": "cloud-us", "why": "no model"}]
    report = {**REPORT, "sent": 0, "closed": closed, "passed": False}
    assert cli.lines(report) == [
        "closed     cloud-eu: the policy lets no harmless request go there; nothing to test",
        "closed     cloud-us: no model leads there; nothing to test",
        "nothing was tested: no harmless request may reach a vendor's zone",
    ]
    assert cli.code(report) == 2


@pytest.mark.parametrize("error", sorted(cli.ERRORS))
def test_a_test_that_came_to_no_end_is_no_pass(error: str) -> None:
    assert cli.lines({"error": error}) == [cli.ERRORS[error]]
    assert cli.code({"error": error}) == 2


@pytest.mark.parametrize("then", [None, {"ended": 0, "last": {}}], ids=["gone", "begun anew"])
def test_a_server_that_ends_while_its_report_is_waited_for_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: dict[str, Any] | None
) -> None:
    said: list[dict[str, Any] | None] = [{"ended": 3, "last": {}}, then]
    monkeypatch.setattr(cli, "tell_server", lambda *_: said.pop(0))
    monkeypatch.setattr(cli, "POLL_S", 0.0)
    with pytest.raises(ConfigurationError, match="ended during the test"):
        cli._waited(Settings(home=tmp_path), 3)


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The taxonomy and the baseline, to be changed."""
    folder = tmp_path_factory.mktemp("canary") / "policies"
    folder.mkdir()
    for name in ("taxonomy.yaml", "soc2.yaml"):
        shutil.copy(ROOT / "policies" / name, folder / name)
    baseline = folder / "soc2.yaml"
    baseline.write_text(baseline.read_text().partition("claims:")[0])
    return folder


@pytest.fixture(scope="module")
def guarded(policies: Path) -> Iterator[Ringfence]:
    """A server with quick detectors, one value of each of three kinds, and model servers that nobody may ask."""
    home = policies.parent
    vendor, own = StandIn("vendor"), StandIn("own")
    upstreams = upstreams_file(home / "upstreams.yaml", vendor, own)
    rows = yaml.safe_load(upstreams.read_text())["upstreams"]
    upstreams.write_text(yaml.safe_dump({"upstreams": [{**row, "endpoints": ["chat", "messages"]} for row in rows]}))
    given = {"policies": policies, "canary_values": 1, **FEW}
    with ringfence(
        home / "home",
        upstreams,
        **given,
        **QUICK,
    ) as running:
        yield running
    assert vendor.connections == own.connections == 0
    vendor.stop()
    own.stop()


def canary(server: Ringfence, *flags: str) -> subprocess.CompletedProcess[str]:
    return command("canary", *flags, env=server.environ)


def recorded(server: Ringfence, *kinds: str) -> list[dict[str, Any]]:
    page = Records(server.home / "audit.db").page(Filters(), after=-1, limit=1000)
    return [record.body for record in page.records if record.body["kind"] in kinds]


def test_a_running_server_sends_its_canary_when_it_is_told_to(guarded: Ringfence) -> None:
    ran = canary(guarded)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "passed     nothing that was planted left" in ran.stdout
    (tested,) = recorded(guarded, "control.tested")
    assert (tested["passed"], tested["leaked"], tested["zones"]) == (True, 0, ["cloud-us"])


def test_a_policy_that_is_broken_on_purpose_fails_the_test_until_it_is_mended(
    guarded: Ringfence, policies: Path
) -> None:
    taxonomy, before = policies / "taxonomy.yaml", len(recorded(guarded, "control.tested"))
    whole = taxonomy.read_text()
    cards = "CARD_SECURITY_CODE], floor: 0.30, ceiling: [onprem"
    assert cards in whole
    taxonomy.write_text(whole.replace(cards, f"{cards}, cloud-us"))
    guarded.admin("policy.reload")
    failed = canary(guarded, "--json")
    assert failed.returncode == 1
    report = json.loads(failed.stdout)
    assert (report["why"], report["leaked"]) == (["leak"], 1)
    assert next(row for row in report["rows"] if row["name"] == "cardholder")["recall_bp"] == 10_000
    taxonomy.write_text(whole)
    guarded.admin("policy.reload")
    assert canary(guarded).returncode == 0
    assert [each["passed"] for each in recorded(guarded, "control.tested")][before:] == [False, True]
    changes = recorded(guarded, "incident.opened", "incident.closed")
    assert [each.get("what") or each["how"] for each in changes] == ["canary_failed", "passed"]


def test_a_detector_that_is_killed_meanwhile_lets_nothing_out(guarded: Ringfence) -> None:
    before = len(recorded(guarded, "route.decision"))
    ended = guarded.admin("canary.run")["ended"]
    eventually(lambda: len(recorded(guarded, "route.decision")) > before + 1, PATIENCE_S)
    for pid in guarded.worker_pids():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: guarded.admin("canary.state")["ended"] > ended, PATIENCE_S)
    report = guarded.admin("canary.state")["last"]
    assert report["leaked"] == 0
    assert "leak" not in report["why"]


def test_a_server_that_is_killed_meanwhile_leaves_no_half_record_and_a_log_that_verifies(
    guarded: Ringfence, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    given = {"policies": guarded.settings.policies, "canary_values": 3, **QUICK}
    server = start(home, guarded.settings.upstreams, **given)
    server.admin("canary.run")
    eventually(lambda: len(recorded(server, "route.decision")) > 2, PATIENCE_S)
    server.stop(signal.SIGKILL)
    assert recorded(server, "control.tested", "incident.opened") == []
    assert verify(home / "audit.db").ok


def test_without_a_server_there_is_nothing_to_send(tmp_path: Path, guarded: Ringfence) -> None:
    ran = command("canary", env={**guarded.environ, "RINGFENCE_HOME": str(tmp_path)})
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "No server runs" in ran.stderr
