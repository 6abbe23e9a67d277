import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.activation import Active, load
from proxy.canary.courses import ENDPOINTS, NEUTRAL, NO_GRANT, NO_MODEL, Courses, courses, judged
from proxy.settings import ROOT, Settings

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
AT = {"kind": "openai", "base_url": "http://127.0.0.1:9/v1"}
VENDOR = {**AT, "name": "vendor", "zone": "cloud-us", "models": ["gpt-4*"]}
EUROPE = {**VENDOR, "name": "europe", "zone": "cloud-eu", "models": ["gpt-4o", "mini"]}
OWN = {**AT, "name": "own", "zone": "onprem", "default_model": "llama"}


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Every shipped policy, to be changed."""
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def granted(policies: Path, before: str, after: str) -> None:
    """Change the grants, without the claims and tests that were written for them."""
    for each in policies.glob("*.yaml"):
        if each.name not in {"taxonomy.yaml", "soc2.yaml"}:
            each.unlink()
    baseline = policies / "soc2.yaml"
    text = baseline.read_text()
    assert before in text
    baseline.write_text(text.partition("claims:")[0].replace(before, after))


def active(policies: Path, *rows: dict[str, Any], **more: Any) -> Active:
    file = policies.parent / "upstreams.yaml"
    file.write_text(yaml.safe_dump({"upstreams": [*rows, OWN], **more}))
    return load(Settings(home=policies.parent, policies=policies, upstreams=file), None)


def found(policies: Path, *rows: dict[str, Any], team: str = "", **more: Any) -> Courses:
    return courses(active(policies, *rows, **more), "ringfence-canary", "canary", NOW, team)


def test_a_neutral_team_reaches_what_everybody_may_reach_at_each_endpoint_that_is_served(policies: Path) -> None:
    made = found(policies, VENDOR)
    assert {(each.zone, each.team) for each in made.open} == {("cloud-us", NEUTRAL)}
    assert [each.endpoint for each in made.open] == [name for name in ENDPOINTS if name != "messages"]
    assert made.closed == ()


def test_each_vendors_zone_has_courses_of_its_own_whichever_is_preferred(policies: Path) -> None:
    made = found(policies, VENDOR, EUROPE)
    assert made.zones == ("cloud-eu", "cloud-us")
    assert {each.model for each in made.open if each.zone == "cloud-eu"} == {"gpt-4o"}


def test_a_zone_that_only_some_teams_may_reach_is_tried_as_one_of_them(policies: Path) -> None:
    granted(policies, 'teams: ["*"]', 'teams: ["lab-*", research]')
    assert {each.team for each in found(policies, VENDOR).open} == {"lab-canary"}
    granted_to_one = found(policies, VENDOR, team="research")
    assert {each.team for each in granted_to_one.open} == {"research"}


def test_a_zone_that_no_harmless_request_may_reach_is_closed(policies: Path) -> None:
    granted(policies, "zones: [cloud-us, cloud-eu, onprem]", "zones: [cloud-eu, onprem]")
    made = found(policies, VENDOR, EUROPE)
    assert made.zones == ("cloud-eu",)
    assert made.closed == (("cloud-us", NO_GRANT),)
    assert found(policies, VENDOR).open == ()


def test_a_zone_to_which_no_model_leads_is_closed_for_that(policies: Path) -> None:
    assert found(policies, {**VENDOR, "models": ["*"]}).closed == (("cloud-us", NO_MODEL),)


def test_a_model_is_not_asked_for_what_it_cannot_do(policies: Path) -> None:
    made = found(policies, {**VENDOR, "models": ["a-chat", "z-embed"]}, profiles={"a-chat": {"embeddings": False}})
    assert {each.endpoint: each.model for each in made.open} == {
        "chat": "a-chat",
        "responses": "a-chat",
        "completions": "a-chat",
        "embeddings": "z-embed",
    }


def test_a_policy_without_a_vendors_server_has_no_courses(policies: Path) -> None:
    assert found(policies) == Courses((), ())


def test_what_a_value_would_mean_is_what_the_policy_says(policies: Path) -> None:
    now = active(policies, VENDOR)
    course = courses(now, "ringfence-canary", "canary", NOW).open[0]
    decided = judged(now, course, "ringfence-canary", "canary", ("MEDICAL_CONDITION", "PERSON"), NOW)
    assert {name for name, _, _ in decided.classes} >= {"phi", "pii", "health", "special-category"}
    assert decided.zones == ("onprem",)
    assert judged(now, course, "ringfence-canary", "canary", (), NOW).zones == ("cloud-us", "onprem")
