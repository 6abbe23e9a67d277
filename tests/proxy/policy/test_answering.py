import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.policy.answering import Verdict, concerns, decided, judge
from proxy.policy.decide import decide
from proxy.policy.model import Call, Identity, Outcome, Strike
from proxy.policy.policy import Policy

Build = Callable[..., Policy]
ANN = Identity("support", "chatbot", "ak_1")
CHAT = Call("chat", "gpt-5-mini", "gpt-5-mini")
TODAY = dt.date(2026, 6, 1)
RULES = """\
  - {id: lists, direction: answer, if: {class: pii, min_count: 3, min_score: 0.60}, then: block, because: a list}
  - {id: records, direction: answer, from: [us], who: {not_teams: [care]}, if: {class: phi}, then: block, because: phi,
     log: full, notify: [b, a]}
  - {id: unread, direction: answer, from: [eu, us], what: {endpoints: [chat]}, if: {class: unscanned}, then: block,
     because: unread, notify: [c]}
  - {id: places, direction: answer, mode: shadow, if: {class: place}, then: block, because: a place, notify: [d]}
"""
EXCEPTION = """\
exceptions:
  - {id: EX-1, waives: records, for: {apps: [chatbot]}, until: 2026-06-30, owner: ann, approved_by: bob, ticket: T-1,
     because: b}
"""


def ask(policy: Policy, zone: str, findings: dict[str, list[int]], who: Identity = ANN, call: Call = CHAT) -> Verdict:
    return judge(policy, who, call, zone, findings, TODAY)


def test_an_answer_in_which_nothing_is_found_is_let_through(policy: Build) -> None:
    assert ask(policy(RULES), "us", {}) == Verdict(blocked=False)
    assert ask(policy(), "us", {}) == Verdict(blocked=False)
    assert decided(policy(), ANN, CHAT, "us", {}, TODAY).outcome is Outcome.ALLOW


def test_a_ceiling_says_nothing_of_answers(policy: Build) -> None:
    assert ask(policy(), "us", {"PERSON": [20]}) == Verdict(blocked=False, classes=(("pii", 1, 20),))


def test_an_answer_that_carries_so_much_of_a_class_is_blocked_with_the_reason(policy: Build) -> None:
    built = policy(RULES)
    assert not ask(built, "home", {"PERSON": [20, 12, 11]}).blocked
    assert ask(built, "home", {"PERSON": [12, 12], "EMAIL": [20]}) == Verdict(
        blocked=True, rules=("lists",), classes=(("pii", 3, 20),), because=("a list",)
    )


def test_a_rule_is_about_answers_from_the_zones_and_to_the_callers_that_it_names(policy: Build) -> None:
    built = policy(RULES)
    got = ask(built, "us", {"RECORD": [8]})
    assert (got.blocked, got.rules, got.log_full, got.notify) == (True, ("records",), True, ("a", "b"))
    assert not ask(built, "eu", {"RECORD": [8]}).blocked
    assert not ask(built, "us", {"RECORD": [8]}, Identity("care", "chatbot", "ak_1")).blocked
    assert ask(built, "eu", {"UNSCANNED": [20]}).rules == ("unread",)
    assert not ask(built, "eu", {"UNSCANNED": [20]}, call=Call("responses", "m", "m")).blocked


def test_a_type_that_the_taxonomy_does_not_know_counts_as_not_inspected(policy: Build) -> None:
    assert ask(policy(RULES), "us", {"NEWTYPE": [1]}).rules == ("unread",)


def test_several_rules_block_together(policy: Build) -> None:
    got = ask(policy(RULES), "us", {"RECORD": [8], "UNSCANNED": [20]})
    assert (got.rules, got.because, got.notify) == (("records", "unread"), ("phi", "unread"), ("a", "b", "c"))


def test_a_rule_in_shadow_only_says_what_it_would_do(policy: Build) -> None:
    got = ask(policy(RULES), "home", {"PLACE": [8]})
    assert (got.blocked, got.rules, got.shadow, got.notify) == (False, (), ("places",), ())


def test_an_exception_lets_an_answer_through_until_its_last_day(policy: Build) -> None:
    built = policy(RULES, exceptions=EXCEPTION)
    found = {"RECORD": [8]}
    assert ask(built, "us", found) == Verdict(blocked=False, classes=(("phi", 1, 8),), exceptions=("EX-1",))
    assert judge(built, ANN, CHAT, "us", found, dt.date(2026, 7, 1)).blocked
    assert ask(built, "us", found, Identity("support", "other", "ak_1")).blocked
    assert ask(built, "eu", found).exceptions == ()


def test_rules_on_answers_decide_no_request_and_rules_on_requests_no_answer(policy: Build) -> None:
    found = {"PERSON": [20, 20, 20], "RECORD": [20], "UNSCANNED": [20], "PLACE": [20]}
    with_rules, without = policy(RULES), policy()
    assert decide(with_rules, ANN, CHAT, found, TODAY) == decide(without, ANN, CHAT, found, TODAY)
    assert with_rules.index == without.index
    on_requests = policy("  - {id: r, then: block, because: b}\n")
    assert not ask(on_requests, "us", found).blocked


@pytest.mark.parametrize(
    ("who", "endpoint", "zone", "concerned"),
    [
        (ANN, "chat", "us", True),
        (ANN, "responses", "us", True),
        (Identity("care", "a", "k"), "responses", "us", False),
        (Identity("care", "a", "k"), "chat", "us", True),
        (ANN, "chat", "eu", True),
        (ANN, "responses", "eu", False),
        (ANN, "chat", "home", False),
    ],
)
def test_who_could_lose_an_answer_is_known_before_it_comes(
    policy: Build, who: Identity, endpoint: str, zone: str, *, concerned: bool
) -> None:
    built = policy("".join(RULES.splitlines(keepends=True)[1:]))
    assert concerns(built, who, Call(endpoint, "m", "m"), zone) is concerned


def test_without_rules_on_answers_nobody_is_concerned(policy: Build) -> None:
    assert not any(concerns(policy(), ANN, CHAT, zone) for zone in ("home", "eu", "us"))


def test_there_is_no_verdict_on_an_answer_from_nowhere(policy: Build) -> None:
    with pytest.raises(KeyError):
        ask(policy(RULES), "mars", {})
    with pytest.raises(KeyError):
        concerns(policy(RULES), ANN, CHAT, "mars")


def test_as_a_decision_it_names_the_zone_of_the_answer_and_what_struck_it(policy: Build) -> None:
    built = policy(RULES)
    made = decided(built, ANN, CHAT, "us", {"RECORD": [8]}, TODAY)
    assert (made.outcome, made.strikes) == (Outcome.BLOCK, (("us", (Strike("rule", "records"),)),))
    assert decided(built, ANN, CHAT, "home", {}, TODAY).zones == ("home",)


findings = st.dictionaries(
    st.sampled_from(["PERSON", "EMAIL", "ILLNESS", "RECORD", "PLACE", "HASHTAG", "UNSCANNED", "NEWTYPE"]),
    st.lists(st.integers(0, 20), min_size=1, max_size=4),
    max_size=4,
)
callers = st.builds(Identity, st.sampled_from(["support", "care"]), st.sampled_from(["chatbot", "bot"]), st.just("k"))
calls = st.builds(Call, st.sampled_from(["chat", "responses"]), st.just("m"), st.just("m"))
zones = st.sampled_from(["home", "eu", "us"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(who=callers, call=calls, zone=zones, some=findings, more=findings)
def test_finding_more_never_frees_an_answer_and_who_is_blocked_was_concerned(  # noqa: PLR0917 - one for each strategy
    policy: Build, who: Identity, call: Call, zone: str, some: dict[str, list[int]], more: dict[str, list[int]]
) -> None:
    built = policy(RULES, exceptions=EXCEPTION)
    less = judge(built, who, call, zone, some, TODAY)
    both = {name: [*some.get(name, []), *more.get(name, [])] for name in {*some, *more}}
    all_of_it = judge(built, who, call, zone, both, TODAY)
    assert set(less.rules) <= set(all_of_it.rules)
    assert less.blocked <= all_of_it.blocked <= concerns(built, who, call, zone)
    assert less.blocked == bool(less.rules)
