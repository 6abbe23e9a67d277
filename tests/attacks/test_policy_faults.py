"""A bundle that fails in any part is not used: not at start, and not on a reload."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attacks.fortress import CARD, TEAM, Fortress
from harness import QUICK, ROOT, eventually, start


def misspell_a_class(folder: Path) -> str:
    file = folder / "pci.yaml"
    file.write_text(file.read_text().replace("if: {class: cardholder}", "if: {class: cardholders}", 1))
    return "pci.yaml:10:"


def leave_a_bracket_open(folder: Path) -> str:
    (folder / "hipaa.yaml").write_text("policy: hipaa\nrules: [\n")
    return "hipaa.yaml:3:1"


def open_a_ceiling_against_a_claim(folder: Path) -> str:
    file = folder / "taxonomy.yaml"
    text = file.read_text()
    line = "  cardholder: {entities: [CREDIT_CARD, CARD_SECURITY_CODE], floor: 0.30, ceiling: [onprem]}"
    assert line in text
    file.write_text(text.replace(line, line.replace("[onprem]", "[onprem, cloud-us]")))
    pci = folder / "pci.yaml"
    pci.write_text(
        pci.read_text().replace(
            "  - id: card-data-stays-home\n    if: {class: cardholder}\n    then: pin",
            "  - id: card-data-stays-home\n    if: {class: cardholder, min_count: 2}\n    then: pin",
        )
    )
    return "pci.yaml:"


FREEZE = f"""\
policy: freeze
version: 1
owner: security@company.example

rules:
  - id: everything-stays-home
    who: {{teams: [{TEAM}]}}
    then: pin
    because: "The vendors' servers are not to be used today."
"""
BREAKS = (misspell_a_class, leave_a_bracket_open, open_a_ceiling_against_a_claim)


def test_a_server_with_a_broken_policy_does_not_start_and_says_where(tmp_path: Path, fortress: Fortress) -> None:
    home = tmp_path / "home"
    policies = shutil.copytree(ROOT / "policies", tmp_path / "policies")
    where = misspell_a_class(policies)
    server = start(home, fortress.upstreams, wait=False, policies=policies, **QUICK)
    said, _ = server.process.communicate(timeout=60)
    assert server.process.returncode == 78
    assert said == b"", "it never listened"
    assert where in server.log_path.read_text()
    assert not (home / "audit.db").exists(), "nothing was begun"
    fortress.assert_nothing_reached_a_vendor()
    fortress.assert_harmless_reaches_the_cloud()


@pytest.mark.parametrize("damage", BREAKS)
def test_a_reload_that_fails_leaves_the_old_policy_in_force_and_readiness_says_so(
    fortress: Fortress, damage: Callable[[Path], str]
) -> None:
    before = fortress.record(fortress.ask())["bundle"]
    fortress.cloud.clear()
    where = damage(fortress.policies)
    fortress.reload()
    assert "stay in force" in fortress.not_ready()["policy"]
    assert where in fortress.server.log_path.read_text()
    pinned = fortress.ask(f"Is {CARD} a valid number?")
    assert pinned.headers["x-ringfence-zone"] == "onprem"
    fortress.assert_nothing_reached_a_vendor()
    fortress.assert_harmless_reaches_the_cloud()
    assert fortress.record(pinned)["bundle"] == before
    fortress.prepare()
    fortress.reload()
    eventually(fortress.ready)
    fortress.assert_harmless_reaches_the_cloud()


def test_a_broken_upstream_file_on_reload_leaves_the_old_upstreams_in_force(fortress: Fortress) -> None:
    fortress.upstreams.write_text(fortress.upstreams.read_text().replace("zone: cloud-eu", "zone: cloud-mars"))
    assert "stay in force" in fortress.not_ready()["policy"]
    assert "upstreams.yaml:" in fortress.server.log_path.read_text()
    fortress.assert_harmless_reaches_the_cloud()
    fortress.prepare()
    eventually(fortress.ready)


def test_a_reload_that_succeeds_is_in_force_at_once(fortress: Fortress) -> None:
    """Control: the reloads above were refused, not overlooked."""
    fortress.assert_harmless_reaches_the_cloud()
    fortress.cloud.clear()
    (fortress.policies / "freeze.yaml").write_text(FREEZE)
    eventually(lambda: fortress.ask().headers.get("x-ringfence-zone") == "onprem")
    fortress.cloud.clear()
    assert fortress.ask().headers["x-ringfence-zone"] == "onprem"
    fortress.assert_nothing_reached_a_vendor()


def test_a_start_without_policies_ends_with_the_status_of_settings_that_cannot_be_used(
    tmp_path: Path, fortress: Fortress
) -> None:
    changed = {"POLICIES": str(tmp_path / "none"), "HOME": str(tmp_path), "PORT": "0"}
    missing = fortress.server.environ | {f"RINGFENCE_{name}": value for name, value in changed.items()}
    done = subprocess.run(
        [sys.executable, "-m", "proxy", "serve"], env=missing, cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 78
    assert b"none:1:1: error[unreadable]" in done.stderr
    assert b"Traceback" not in done.stderr
