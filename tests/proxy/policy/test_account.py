import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from kept import DAY, Kept

from proxy.policy.account import NOT_ARCHIVED, Account, account_of
from proxy.policy.decide import decide
from proxy.policy.explain import explain
from proxy.policy.labels import Scanned
from proxy.policy.model import Call, Decision, Identity, Outcome
from proxy.policy.policy import Policy
from proxy.policy.replay import Recorded, Skipped, Why

WHO, CALL = Identity("care", "triage", "ak_1"), Call("chat", "gpt-5", "gpt-5")
FINDINGS = {"RECORD": (9, 14), "PLACE": (12,), "NOTHING": ()}
RULE = "  - {id: stays, if: {class: phi}, then: pin, because: minimum necessary}\n"
Build = Callable[..., Policy]


@pytest.fixture
def recorded(policy: Build) -> tuple[Recorded, Policy]:
    built = policy(RULE)
    return Kept().add(built, FINDINGS, record="r1", who=WHO, model="gpt-5"), built


def test_a_recorded_decision_is_explained_under_the_bundle_that_made_it(recorded: tuple[Recorded, Policy]) -> None:
    item, built = recorded
    found = account_of(Kept({item.bundle: built}), item)
    assert isinstance(found, Account)
    assert found.text() == (
        "record    r1\n"
        f"bundle    {built.sha256}\n"
        "asked     care/triage/ak_1 chat gpt-5\n"
        "type      PLACE x1 at 0.60\n"
        "type      RECORD x2 at 0.70\n"
        "zone      verdict  by\n"
        "home      used\n"
        "eu        struck   stays, ceiling of phi\n"
        "us        struck   stays, ceiling of phi\n"
        "decision  pin -> home\n"
        "found     phi x2 at 0.70\n"
        "found     place x1 at 0.60\n"
        "because   minimum necessary   [rules.yaml:5]\n"
        "because   data of class phi may go to home only (ceiling of the taxonomy)   [taxonomy.yaml:12]"
    )
    plain = json.loads(json.dumps(found.as_json()))
    assert (plain["record"], plain["bundle"], plain["team"], plain["model"]) == ("r1", built.sha256, "care", "gpt-5")
    assert plain["types"][1] == {"type": "RECORD", "count": 2, "score": 0.7}
    assert (plain["decision"], plain["rules"]) == ("pin", [{"rule": "stays", "effect": "pin"}])


def test_the_upstreams_of_that_time_are_part_of_the_reason(policy: Build) -> None:
    then = policy(RULE, live=frozenset({"home"}))
    kept = Kept()
    found = account_of(kept, kept.add(then, {}))
    assert isinstance(found, Account)
    assert "us        struck   no upstream" in found.text()


def test_nothing_is_explained_that_was_not_decided_so(recorded: tuple[Recorded, Policy], policy: Build) -> None:
    item, built = recorded
    forged = replace(item, made=Decision(Outcome.ALLOW, ("us",)))
    assert account_of(Kept({item.bundle: built}), forged) == Why.DIFFERS
    assert account_of(Kept({item.bundle: policy()}), item) == Why.DIFFERS
    assert account_of(Kept(), item) == NOT_ARCHIVED
    assert account_of(Kept(), Skipped("r", Why.HISTOGRAM)) == Why.HISTOGRAM


def test_what_was_not_inspected_is_named_and_a_hypothetical_has_no_record(policy: Build) -> None:
    built = policy()
    made = explain(built, decide(built, WHO, CALL, {"UNSCANNED": (20,)}, DAY))
    found = Account(WHO, CALL, Scanned({"UNSCANNED": (20,)}, ("deadline",)), made)
    assert found.text().startswith("type      UNSCANNED x1 at 1.00\nmissing   deadline\nzone")
    assert found.as_json()["missing"] == ["deadline"]
    assert "record" not in found.as_json()
