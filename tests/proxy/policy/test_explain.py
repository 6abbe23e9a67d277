import datetime as dt
import json
from collections.abc import Callable

from proxy.policy.decide import decide
from proxy.policy.explain import explain
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy

RULES = (
    "  - {id: care-only, who: {not_teams: [care]}, if: {class: phi}, then: block, because: 'minimum necessary'}\n"
    "  - {id: would, mode: shadow, if: {class: health}, then: pin, because: b}\n"
)


def test_a_table_of_zones_names_everything_that_struck_each(policy: Callable[..., Policy]) -> None:
    built = policy(RULES)
    call = Call("chat", "gpt-5-mini", "gpt-5-mini")
    got = decide(built, Identity("marketing", "a", "k"), call, {"ILLNESS": [14], "PERSON": [17]}, dt.date(2026, 6, 1))
    explanation = explain(built, got)
    assert explanation.text() == (
        "zone      verdict  by\n"
        "eu        struck   care-only, ceiling of phi, ceiling of pii\n"
        "home      struck   care-only\n"
        "us        struck   care-only, ceiling of phi, ceiling of pii\n"
        "decision  block\n"
        "found     health x1 at 0.70\n"
        "found     phi x1 at 0.70\n"
        "found     pii x1 at 0.85\n"
        "because   minimum necessary   [rules.yaml:5]\n"
        "because   data of class phi may go to home only (ceiling of the taxonomy)   [taxonomy.yaml:12]\n"
        "because   data of class pii may go to home only (ceiling of the taxonomy)   [taxonomy.yaml:10]\n"
        "shadow    would would block"
    )
    plain = json.loads(json.dumps(explanation.as_json()))
    assert plain["decision"] == "block"
    assert plain["zones"][0] == {
        "zone": "eu",
        "verdict": "struck",
        "by": ["care-only", "ceiling of phi", "ceiling of pii"],
    }
    assert plain["rules"] == [{"rule": "care-only", "effect": "block"}]


def test_a_refused_caller_learns_the_policys_side_and_no_count_or_score(policy: Callable[..., Policy]) -> None:
    built = policy(RULES)
    call = Call("chat", "gpt-5-mini", "gpt-5-mini")
    got = decide(built, Identity("x", "a", "k"), call, {"ILLNESS": [14] * 37, "PERSON": [17]}, dt.date(2026, 6, 1))
    told = explain(built, got).for_caller()
    assert told.keys() == {"because", "rules", "zones"}
    assert told["rules"] == [{"rule": "care-only", "effect": "block"}]
    assert [row["verdict"] for row in told["zones"]] == ["struck"] * 3
    assert not {"37", "0.7", "0.85", "ILLNESS", "PERSON"} & set(json.dumps(told).replace('"', " ").split())


def test_zones_that_are_left_come_first_in_order_of_preference(policy: Callable[..., Policy]) -> None:
    built = policy()
    got = decide(built, Identity("x", "a", "k"), Call("chat", "m", "m"), {}, dt.date(2026, 6, 1))
    rows = explain(built, got).rows
    assert [(row.zone, row.verdict) for row in rows] == [("us", "used"), ("eu", "open"), ("home", "open")]


STORING = "policy: base\nversion: 1\nowner: ann\ngrants: [{id: g, zones: [us, eu, home], store: true}]\n"


def test_vendors_that_may_keep_state_are_named(policy: Callable[..., Policy]) -> None:
    built = policy("  - {id: r, if: {class: place}, then: {only: [home, eu]}, because: b}\n", base=STORING)
    got = decide(built, Identity("x", "a", "k"), Call("chat", "m", "m"), {"PLACE": [20]}, dt.date(2026, 6, 1))
    explanation = explain(built, got)
    assert "decision  allow -> eu\nstores    eu\n" in explanation.text()
    assert explanation.as_json()["stores"] == ["eu"]
    assert "stores" not in explanation.for_caller()
