import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import pytest

from proxy.policy.decide import applicable
from proxy.policy.force import Force, Forces
from proxy.policy.model import Call, Identity
from proxy.policy.points import ALWAYS, Atom
from proxy.policy.policy import Policy

Build = Callable[..., Policy]
Count = Callable[..., "Counting"]
TODAY = dt.date(2026, 6, 1)
RULE = "  - {id: %s, if: {class: %s}, then: %s, because: b}\n"
EXCEPTION = (
    "exceptions:\n  - {id: EX, waives: r, for: {apps: [bot]}, until: 2026-06-30, owner: ann, approved_by: bob, "
    "ticket: T-1, because: b}\n"
)


@dataclass(frozen=True)
class Counting:
    """What counts under one policy, and what it waits for that another does not."""

    forces: Forces
    force: Force

    def without(self, other: "Counting") -> set[Atom]:
        return self.forces.atoms(self.force.strikers & ~other.force.strikers)


@pytest.fixture
def counting() -> Callable[..., Counting]:
    meanings: dict[Hashable, int] = {}

    def count(policy: Policy, app: str = "any", day: dt.date = TODAY) -> Counting:
        forces = Forces(policy.bundle, policy.index, meanings)
        who, call = Identity("any", app, "any"), Call("chat", "any", "any")
        return Counting(forces, forces.of(forces.bits(applicable(policy.index, who, call), day)))

    return count


def test_what_does_the_same_is_the_same_whatever_it_is_called(policy: Build, counting: Count) -> None:
    one, other = (
        counting(policy(RULE % ("one", "health", "pin"))),
        counting(policy(RULE % ("other", "health", "{only: [home]}"))),
    )
    assert one.force == other.force
    assert one.without(other) == set()


def test_another_threshold_class_or_strike_is_another_striker(policy: Build, counting: Count) -> None:
    base = counting(policy(RULE % ("r", "health", "pin")))
    for about, then in (
        ("health, min_score: 0.55", "pin"),
        ("health, min_count: 2", "pin"),
        ("place", "pin"),
        ("health", "block"),
    ):
        other = counting(policy(RULE % ("r", about, then)))
        assert base.without(other) == {Atom("health", 1, 0)}
        assert len(other.without(base)) == 1


def test_a_class_that_means_something_else_makes_every_striker_on_it_another(
    policy: Build, counting: Count, taxonomy: str
) -> None:
    rules = RULE % ("r", "phi", "block")
    base, other = (
        counting(policy(rules)),
        counting(policy(rules, taxonomy=taxonomy.replace("ILLNESS], floor: 0.50", "ILLNESS], floor: 0.55"))),
    )
    assert Atom("phi", 1, 0) in base.without(other)
    assert Atom("pii", 1, 0) not in base.without(other)


def test_a_type_more_means_that_less_counts_as_not_inspected(policy: Build, counting: Count, taxonomy: str) -> None:
    other = counting(policy(taxonomy=taxonomy.replace("{HASHTAG:", "{EMOJI: b, HASHTAG:")))
    assert counting(policy()).without(other) == {Atom("unscanned", 1, 0)}


def test_a_rule_without_a_condition_always_holds(policy: Build, counting: Count) -> None:
    rules = "  - {id: r, then: pin, because: b}\n"
    assert counting(policy(rules)).without(counting(policy())) == {ALWAYS}


def test_shadow_rules_and_waived_ones_do_not_count(policy: Build, counting: Count) -> None:
    none = counting(policy())
    assert (
        counting(policy("  - {id: r, mode: shadow, if: {class: health}, then: pin, because: b}\n")).force == none.force
    )
    waived = policy(RULE % ("r", "health", "pin"), exceptions=EXCEPTION)
    assert counting(waived, "bot").force == none.force
    assert counting(waived, "bot", dt.date(2026, 6, 30)).force == none.force
    assert counting(waived, "bot", dt.date(2026, 7, 1)).force != none.force
    assert counting(waived).force != none.force


def test_grants_are_their_zones_in_order(policy: Build, counting: Count) -> None:
    base = "policy: base\nversion: 1\nowner: ann\ngrants: [{id: g, zones: [%s]}]\n"
    one, other, same = (counting(policy(base=base % zones)) for zones in ("us, home", "home, us", "us, home"))
    assert one.force.grants == same.force.grants
    assert one.force.grants != other.force.grants
