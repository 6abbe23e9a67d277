"""A budget that is used up takes zones from those whom it is for, and a change of one is looser unless it cannot be."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept import Kept
from properties.effort import ASKED

from proxy.costs.pots import filled, pot_of
from proxy.policy.budgets import is_for, looser
from proxy.policy.changes import changes
from proxy.policy.decide import decide
from proxy.policy.diff import compare
from proxy.policy.explain import explain
from proxy.policy.index import _dimension
from proxy.policy.model import Budget, Bundle, Call, Decision, Identity, Outcome, Strike, Who
from proxy.policy.policy import Policy
from proxy.policy.render_diff import text as diff_text
from proxy.policy.replay import replay
from proxy.policy.shift import Verdict, judge
from proxy.state.spending import Account, Spent

Build = Callable[..., Policy]
ANN, BOB = Identity("support", "chatbot", "ak_1"), Identity("sales", "crm", "ak_2")
CALL = Call("chat", "gpt-5", "gpt-5")
TODAY = dt.date(2026, 6, 1)
PIN = "{id: vendors, who: {teams: [support]}, zones: [us, eu], monthly: 500.00, then: pin, because: vendors are paid}"
ALL = "{id: all, zones: [us, eu, home], monthly: 9, then: block, because: everything is paid}"
ONE = "{id: one, zones: [us], monthly: 9, then: block, because: the US are paid}"


def budgeted(policy: Build, *budgets: str, **files: str) -> Policy:
    listed = "".join(f"  - {budget}\n" for budget in budgets)
    return policy(**files, budgets=f"policy: money\nversion: 1\nowner: ann\nbudgets:\n{listed}")


def ask(policy: Policy, *exhausted: str, who: Identity = ANN) -> Decision:
    return decide(policy, who, CALL, {}, TODAY, exhausted)


def test_a_budget_that_is_used_up_pins_those_whom_it_is_for(policy: Build) -> None:
    got = ask(budgeted(policy, PIN), "vendors")
    assert (got.outcome, got.zones, got.budgets) == (Outcome.PIN, ("home",), ("vendors",))
    assert got.because == ("vendors are paid",)
    assert dict(got.strikes)["us"] == (Strike("budget", "vendors"),)
    assert str(Strike("budget", "vendors")) == "budget vendors"


def test_as_long_as_it_is_not_used_up_it_changes_nothing(policy: Build) -> None:
    with_it, without = ask(budgeted(policy, PIN)), ask(policy())
    assert with_it == without


def test_it_is_nothing_to_others_and_an_unknown_one_to_nobody(policy: Build) -> None:
    built = budgeted(policy, PIN)
    assert ask(built, "vendors", who=BOB) == ask(built, who=BOB)
    assert ask(built, "unknown") == ask(built)


def test_blocking_closes_its_own_zones_which_refuses_where_that_is_all_of_them(policy: Build) -> None:
    built = budgeted(policy, ALL, ONE)
    assert ask(built, "one").zones == ("eu", "home")
    refused = ask(built, "one", "all")
    assert (refused.outcome, refused.budgets) == (Outcome.BLOCK, ("all", "one"))
    assert refused.because == ("everything is paid", "the US are paid")


def test_it_is_explained_with_its_place_and_in_a_record(policy: Build) -> None:
    built = budgeted(policy, PIN)
    told = explain(built, ask(built, "vendors"))
    assert "us        struck   budget vendors" in told.text()
    assert "because   vendors are paid   [budgets.yaml:5]" in told.text()
    assert told.as_json()["budgets"] == ["vendors"]


@given(
    who=st.builds(
        Who,
        *[st.lists(st.sampled_from(["a", "ab", "a*", "b", "*"]), max_size=2, unique=True).map(tuple)] * 3,
        st.lists(st.sampled_from(["ab", "a*"]), max_size=2, unique=True).map(tuple),
    ),
    caller=st.builds(Identity, *[st.sampled_from(["a", "ab", "abc", "b", "z"])] * 3),
)
def test_a_budget_is_for_the_same_callers_as_a_rule_with_that_who_would_be(who: Who, caller: Identity) -> None:
    as_a_rule = (
        _dimension([who.teams], [who.not_teams]).accept(caller.team)
        & _dimension([who.apps]).accept(caller.app)
        & _dimension([who.keys]).accept(caller.key)
    )
    assert is_for(who, caller) == bool(as_a_rule)


def test_a_replay_takes_the_budgets_of_the_record(policy: Build) -> None:
    kept, old = Kept(), budgeted(policy, PIN, ONE)
    kept.add(old, {}, who=ANN, exhausted=frozenset({"vendors"}))
    kept.add(old, {}, who=BOB, exhausted=frozenset({"vendors"}))
    same = replay(old, kept)
    assert (same.same, same.verified) == (2, 2)
    looser_one = replay(budgeted(policy, ONE), kept)
    (group,) = looser_one.groups
    assert (group.shift.verdict, group.team, group.causes) == (Verdict.LOOSER, "support", ("-budget vendors",))


def test_a_record_without_its_budget_does_not_replay(policy: Build) -> None:
    kept, built = Kept(), budgeted(policy, PIN)
    item = kept.add(built, {}, who=ANN, exhausted=frozenset({"vendors"}))
    kept.items[0] = replace(item, made=replace(item.made, budgets=()))
    assert [why.name for why, _, _ in replay(built, kept).skipped] == ["DIFFERS"]


CHANGED = [
    ("the same", PIN, PIN, False),
    ("removed", PIN, ONE, True),
    ("raised", PIN, PIN.replace("500", "501"), True),
    ("lowered", PIN, PIN.replace("500.00", "499.999999"), False),
    ("for fewer", PIN, PIN.replace("support", "support, sales").replace("teams", "not_teams"), True),
    ("for everyone", PIN, PIN.replace("who: {teams: [support]}, ", ""), False),
    ("for each", PIN, PIN.replace("zones", "per: key, zones"), True),
    ("for all together", PIN.replace("zones", "per: key, zones"), PIN, False),
    ("counting less", PIN, PIN.replace("[us, eu]", "[us]"), True),
    ("counting more", PIN, PIN.replace("[us, eu]", "[us, eu, home]"), False),
    ("striking less", PIN, PIN.replace("[us, eu]", "[us]").replace("pin", "block"), True),
    ("striking more", PIN, ALL.replace("id: all", "id: vendors"), False),
    ("striking the same by another word", PIN, PIN.replace("pin", "block"), False),
    ("another reason", PIN, PIN.replace("vendors are paid", "enough"), False),
    ("added", ONE, PIN.replace("id: vendors", "id: one").replace("who: {teams: [support]}, ", ""), True),
]


@pytest.mark.parametrize(("about", "before", "after", "free"), CHANGED, ids=[case[0] for case in CHANGED])
def test_a_change_is_looser_if_more_can_be_spent_or_less_is_struck(
    policy: Build, about: str, before: str, after: str, free: bool
) -> None:
    old, new = budgeted(policy, before).bundle, budgeted(policy, after).bundle
    comparison = compare(old, new, TODAY)
    assert comparison.looser is free
    assert comparison.proved is not free
    assert [change.looser for change in changes(old, new) if change.kind == "budget" and change.looser] == [True] * free


def test_an_added_budget_is_not_looser_and_every_change_is_told(policy: Build) -> None:
    told = diff_text(compare(policy().bundle, budgeted(policy, PIN).bundle, TODAY))
    assert "changed  budget vendors added: who.teams support; zones eu, us; monthly 500.00; then pin" in told
    assert "not looser" in told
    told = diff_text(compare(budgeted(policy, PIN).bundle, budgeted(policy, PIN.replace("500", "1000")).bundle, TODAY))
    assert "LOOSER   budget vendors changed: monthly 500.00 => 1,000.00" in told
    assert "0 weaker zones, 1 looser budgets" in told


ZONES = ["us", "eu", "home"]


def random_bundle(policy: Build, rng: random.Random, like: Bundle | None = None) -> Bundle:
    """Return the small bundle with some budgets; where it is like another, most of them are that one's."""
    budgets = []
    for number in range(rng.randint(0, 3)):
        then, zones = rng.choice(
            [("pin", rng.sample(ZONES, 2)), ("block", ["us"]), ("block", ["us", "eu"]), ("block", ZONES)]
        )
        who = rng.choice(["", "who: {teams: [support]}, ", "who: {not_teams: [sales]}, "])
        per = rng.choice(["", "per: team, ", "per: key, "])
        what = f"zones: [{', '.join(zones)}], monthly: {rng.randint(0, 4)}, then: {then}, because: b"
        budgets.append(f"{{id: b{number}, {who}{per}{what}}}")
    made = (budgeted(policy, *budgets) if budgets else policy()).bundle
    if like is None:
        return made
    tightened = [
        replace(budget, monthly=budget.monthly - rng.randint(0, 1)) for budget in like.budgets if rng.random() < 0.9
    ]
    names = {budget.id for budget in tightened}
    return replace(made, budgets=(*tightened, *(item for item in made.budgets if item.id not in names)))


def decided(bundle: Bundle, amounts: dict[Account, Spent], who: Identity) -> Decision:
    pots = filled(bundle.budgets, amounts)
    exhausted = {budget.id for budget in bundle.budgets if _is_empty(budget, pots.get(pot_of(budget, who) or ("", "")))}
    return decide(Policy.of(bundle, {}), who, CALL, {}, TODAY, exhausted)


def _is_empty(budget: Budget, spent: Spent | None) -> bool:
    return (spent or Spent()).nanos >= budget.monthly


@pytest.mark.parametrize("seed", range(ASKED or 15))
def test_where_nothing_is_looser_nothing_is_whatever_was_spent(policy: Build, seed: int) -> None:
    rng = random.Random(seed)
    old = random_bundle(policy, rng)
    new = random_bundle(policy, rng, old)
    freed = [
        budget for budget in old.budgets if looser(budget, {b.id: b for b in new.budgets}.get(budget.id), old, new)
    ]
    trusts = {zone.name: zone.trust for zone in old.zones}
    for _ in range(20):
        accounts = [Account(who.team, who.app, who.key, zone) for who in (ANN, BOB) for zone in ZONES]
        amounts = {account: Spent(1, 0, rng.randint(0, 3) * 10**9) for account in accounts}
        for who in (ANN, BOB):
            verdict = judge(decided(old, amounts, who), decided(new, amounts, who), trusts, trusts)
            assert freed or verdict is not Verdict.LOOSER, (old.budgets, new.budgets, amounts)


def test_that_search_finds_one_where_a_looser_budget_is_not_told(policy: Build) -> None:
    old, new = budgeted(policy, PIN).bundle, budgeted(policy, PIN.replace("500", "501")).bundle
    amounts = {Account(ANN.team, ANN.app, ANN.key, "us"): Spent(1, 0, 500 * 10**9)}
    trusts = {zone.name: zone.trust for zone in old.zones}
    assert judge(decided(old, amounts, ANN), decided(new, amounts, ANN), trusts, trusts) is Verdict.LOOSER
