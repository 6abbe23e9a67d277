import datetime as dt
from collections.abc import Callable

import pytest

from proxy.policy import points, render_diff
from proxy.policy.diff import Comparison, compare
from proxy.policy.policy import Policy

Build = Callable[..., Policy]
TODAY = dt.date(2026, 6, 1)
RULE = "  - {id: %s, if: {class: %s, min_count: %d}, then: block, because: b}\n"


def compared(old: Policy, new: Policy) -> Comparison:
    return compare(old.bundle, new.bundle, TODAY)


def test_the_verdicts_come_in_order_and_changes_after_them(policy: Build) -> None:
    comparison = compared(policy(RULE % ("r", "health", 2)), policy(RULE % ("r", "place", 1)))
    lines = render_diff.text(comparison).splitlines()
    assert [line.split()[0] for line in lines] == ["LOOSER", "TIGHTER", "changed", "looser:"]
    assert lines[0] == "LOOSER   health x2 at 0.50  block => allow -> us (+eu +home)"
    assert lines[-1].startswith("looser: 1 looser, 1 tighter, 0 moved, 0 weaker zones; ")


def test_a_weaker_zone_is_loud(policy: Build, taxonomy: str) -> None:
    weaker = policy(taxonomy=taxonomy.replace("region: us, agreements: [dpa]", "region: us"))
    assert "LOOSER   zone us changed: agreements -dpa  [taxonomy.yaml:6]" in render_diff.text(
        compared(policy(), weaker)
    )


def test_no_difference_is_one_line_with_the_caveat(policy: Build) -> None:
    (line,) = render_diff.text(compared(policy(), policy())).splitlines()
    assert line.startswith("not looser: proved for every caller and call (1 kind that the names")
    assert line.endswith("about labels, not about what the detector misses")


def test_what_was_not_tried_is_said_and_nothing_is_proved(policy: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "MOST", 0)
    comparison = compared(policy(), policy(RULE % ("r", "health", 2)))
    assert "open     health x2 at 0.00 can be met in more than" in render_diff.text(comparison)
    assert "nothing looser was found, and nothing is proved" in render_diff.text(comparison)
    assert render_diff.as_json(comparison)["undecided"] == ["health x2 at 0.00"]


ON_ANSWERS = "  - {id: a, direction: answer, %sif: {class: health}, then: block, because: b}\n"


def test_answers_stand_in_the_words_of_answers(policy: Build) -> None:
    from_us = policy(ON_ANSWERS % "from: [us], who: {teams: [x]}, ")
    text = render_diff.text(compared(from_us, policy())).splitlines()
    assert text[0] == "LOOSER   health x1 at 0.50  answers from us  block => allow  team x"
    assert text[-1].startswith("looser: 1 looser, 0 tighter, 0 moved, 0 weaker zones; ")
    moved = render_diff.text(compared(from_us, policy(ON_ANSWERS % "from: [eu], who: {teams: [x]}, ")))
    assert "answers from us  block => allow, answers from eu  allow => block  team x" in moved


def test_a_proof_says_which_answers_it_is_about(policy: Build) -> None:
    comparison = compared(policy(), policy(ON_ANSWERS % ""))
    assert "; and every answer (1 kind) from the zones that both bundles know; " in render_diff.text(comparison)
    value = render_diff.as_json(comparison)
    assert (value["proved"], value["decisions_differ"], value["answers"]["proved"]) == (True, [], True)
    (line,) = value["answers"]["decisions_differ"]
    assert (line["before"]["zones"], line["after"]["zones"]) == (["eu", "home", "us"], [])
    assert render_diff.as_json(compared(policy(), policy()))["answers"] is None


def test_the_plain_values_say_the_same(policy: Build) -> None:
    rules = RULE.replace("if:", "who: {teams: [a]}, if:")
    value = render_diff.as_json(compared(policy(rules % ("r", "health", 1)), policy()))
    (line,) = value["decisions_differ"]
    assert (value["looser"], value["proved"], value["since"]) == (True, False, "2026-06-01")
    assert line["scope"] == {"team": ["a"]}
    assert line["before"] == {"decision": "block", "zones": []}
    assert line["after"] == {"decision": "allow", "zones": ["us", "eu", "home"]}
    assert (line["example"]["team"], line["example"]["findings"]) == ("a", {"ILLNESS": [0.5]})
    assert value["changes"][0]["action"] == "removed"
