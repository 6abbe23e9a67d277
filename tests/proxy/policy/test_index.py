from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from proxy.policy.index import _dimension, answer_side
from proxy.policy.model import Trust
from proxy.policy.policy import Policy

patterns = st.lists(st.sampled_from(["a", "ab", "abc", "b", "a*", "ab*", "*", "b*"]), max_size=3, unique=True)


def matches(listed: list[str], name: str) -> bool:
    return any(name == item or (item.endswith("*") and name.startswith(item[:-1])) for item in listed)


@given(st.lists(st.tuples(patterns, patterns), max_size=6), st.text("abcx", max_size=4))
def test_a_table_of_names_agrees_with_matching_each_pattern(rows: list[tuple[list[str], list[str]]], name: str) -> None:
    table = _dimension([accepted for accepted, _ in rows], [refused for _, refused in rows])
    expected = sum(
        1 << number
        for number, (accepted, refused) in enumerate(rows)
        if (not accepted or matches(accepted, name)) and not matches(refused, name)
    )
    assert table.accept(name) == expected


def test_a_policy_without_ceilings_or_rules_is_only_for_proofs(policy: Callable[..., Policy]) -> None:
    index = policy("  - {id: r, if: {class: place}, then: block, because: b}").index
    assert [rule.id for rule in index.rules] == ["r"]
    assert all(item.strikes for item in index.classes if item.name in {"pii", "unscanned"})


def test_answers_are_decided_by_rules_of_their_own_over_the_zones_that_are_asked_about(
    policy: Callable[..., Policy],
) -> None:
    bundle = policy(
        "  - {id: r, if: {class: place}, then: block, because: b}\n"
        "  - {id: all, direction: answer, if: {class: place}, then: block, because: b}\n"
        "  - {id: some, direction: answer, from: [eu, us], if: {class: place}, then: block, because: b}\n"
        "  - {id: one, direction: answer, from: [home], if: {class: place}, then: block, because: b}\n"
    ).bundle
    side = answer_side(bundle, ["us", "home"])
    assert [(rule.id, rule.effect, rule.only) for rule in side.rules] == [
        ("all", "block", ()),
        ("one", "only", ("us",)),
        ("some", "only", ("home",)),
    ]
    assert {zone.trust for zone in side.zones} == {Trust.VENDOR}
    assert {item.ceiling for item in side.classes} == {("home", "us")}
    assert [rule.id for rule in answer_side(bundle, ["us"]).rules] == ["all", "some"]
    assert answer_side(bundle, ["us"]).rules[1].effect == "block"
