import json
from collections.abc import Callable

import pytest
from kept import Kept

from proxy.policy.model import Identity
from proxy.policy.policy import Policy
from proxy.policy.shadow import Report, State, summarise

Build = Callable[..., Policy]
TRIED = (
    "  - {id: no-places, mode: shadow, until: 2026-07-01, if: {class: place, min_count: 2}, then: block, because: b}\n"
)
ENDLESS = "  - {id: illness-stays, mode: shadow, if: {class: health}, then: pin, because: b}\n"


@pytest.fixture
def kept(policy: Build) -> Kept:
    """Return a log of four requests of two teams, three of which the rule would have refused."""
    log = Kept()
    for team, places in (("x", 2), ("x", 1), ("y", 3), ("x", 4)):
        log.add(policy(TRIED), {"PLACE": (12,) * places}, who=Identity(team, "a", "k"))
    return log


def report(policy: Policy, kept: Kept) -> Report:
    return summarise(policy.bundle.rules, kept.notes(None))


def test_what_would_have_changed_is_told_with_for_whom_and_when(policy: Build, kept: Kept) -> None:
    assert report(policy(TRIED), kept).text() == (
        "no-places  in shadow until 2026-07-01  [rules.yaml:5]\n"
        "          3 requests matched, 3 would have been decided otherwise; 2026-06-01 12:00:00 UTC\n"
        "                3  allow -> us => block  x/a 2, y/a 1\n"
        "                   r0 r2 r3\n"
        "4 recorded decisions read, 0 dry runs among them left out"
    )


def test_a_rule_that_matched_nothing_is_listed_with_its_end(policy: Build, kept: Kept) -> None:
    lines = report(policy(TRIED + ENDLESS), kept).text().splitlines()
    assert lines[4:6] == ["illness-stays  in shadow, with no end  [rules.yaml:6]", "          no request matched"]


def test_a_match_that_makes_no_difference_is_told_apart(policy: Build) -> None:
    log = Kept()
    log.add(policy(ENDLESS), {"ILLNESS": (12,), "PERSON": (15,)})
    text = report(policy(ENDLESS), log).text()
    assert "1 request matched, 0 would have been decided otherwise" in text
    assert "      1  pin -> home either way  x/a 1" in text


def test_what_became_of_a_rule_that_is_no_longer_in_shadow_is_said(policy: Build, kept: Kept) -> None:
    enforced = policy(TRIED.replace("mode: shadow, until: 2026-07-01, ", ""))
    for present, state in ((enforced, State.ENFORCED), (policy(), State.GONE)):
        (rule,) = report(present, kept).rules
        assert (rule.id, rule.state) == ("no-places", state)
        assert rule.use is not None
        assert rule.use.count == 3
        assert next(rule.lines()).startswith(f"no-places  {state.value}")
        assert "until" not in next(rule.lines())


def test_rules_in_shadow_come_first_and_those_that_change_most_before_the_others(policy: Build, kept: Kept) -> None:
    kept.add(policy(ENDLESS), {"ILLNESS": (12,)})
    now = TRIED.replace("no-places", "a-new-one") + ENDLESS
    assert [rule.id for rule in report(policy(now), kept).rules] == ["illness-stays", "a-new-one", "no-places"]


def test_without_any_rule_in_shadow_that_is_said(policy: Build) -> None:
    assert report(policy(), Kept()).text().startswith("no rule is or was in shadow\n0 recorded decisions read")


def test_the_plain_values_say_the_same(policy: Build, kept: Kept) -> None:
    plain = json.loads(json.dumps(report(policy(TRIED + ENDLESS), kept).as_json()))
    tried, endless = plain["rules"]
    assert (tried["rule"], tried["state"], tried["until"]) == ("no-places", "shadow", "2026-07-01")
    assert (tried["requests"], tried["otherwise"], tried["first"]) == (3, 3, "2026-06-01T12:00:00.000000Z")
    assert tried["turns"][0]["callers"] == [
        {"team": "x", "app": "a", "count": 2},
        {"team": "y", "app": "a", "count": 1},
    ]
    assert (endless["requests"], endless["until"], endless["first"], endless["turns"]) == (0, None, None, [])
    assert (plain["decisions"], plain["dry_runs"], plain["not_read"]) == (4, 0, [])
