import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.policy.decide import applicable
from proxy.policy.groups import boxes, cells, told
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy
from proxy.policy.vocabulary import ENDPOINTS
from proxy.policy.witness import OTHERS

Build = Callable[..., Policy]
RULE = "  - {id: %s, who: {%s}, what: {%s}, then: pin, because: b}\n"


def test_two_bundles_names_are_told_apart_together(policy: Build) -> None:
    old = policy(RULE % ("r", "teams: [a, 'eu-*']", "models: [m]")).index
    new = policy(RULE % ("r", "not_teams: ['eu-de-*']", "models: ['m*']")).index
    both = cells(old, new)
    assert both.everything[0] == {OTHERS, "a", "eu-*", "eu-de-*"}
    assert both.everything[3] == {OTHERS, *ENDPOINTS}
    assert {"m", "m*", OTHERS} <= both.everything[4]


def test_a_cells_bits_are_those_of_either_bundle_for_whom_it_stands_for(policy: Build) -> None:
    old = policy(RULE % ("r", "teams: [a, 'eu-*'], apps: [x]", "models: [m, n]")).index
    new = policy(RULE % ("r", "not_teams: ['eu-de-*', b]", "models: ['m*'], endpoints: [chat]")).index
    both = cells(old, new)
    seen = 0
    for (who_bits, whos), (what_bits, whats) in itertools.product(both.callers.items(), both.calls.items()):
        for who, what in itertools.product(whos, whats):
            bits = who_bits & what_bits
            identity, call = both.identity(who), both.call(what)
            assert bits & ((1 << both.shift) - 1) == applicable(old, identity, call)
            assert bits >> both.shift == applicable(new, identity, call)
            seen += 1
    assert seen > 100


def test_a_model_that_resolves_to_another_is_a_cell_where_both_names_count(policy: Build) -> None:
    rules = RULE % ("a", "", "models: [one]") + RULE % ("b", "", "models: [two]")
    index = policy(rules).index
    both = cells(index, index)
    assert "one resolved to two" in both.everything[4]
    assert both.call(("chat", "one resolved to two")) == Call("chat", "one", "two")
    assert both.identity((OTHERS, OTHERS, OTHERS)) == Identity("any", "any", "any")


@given(members=st.sets(st.tuples(*[st.integers(0, 3)] * 3), max_size=40))
def test_boxes_cover_a_set_exactly_and_never_twice(members: set[tuple[int, ...]]) -> None:
    covered = [member for box in boxes(members) for member in itertools.product(*box)]
    assert sorted(covered) == sorted(members)


def test_what_goes_together_is_one_box() -> None:
    assert list(boxes(set(itertools.product("ab", "xy", "12")))) == [
        (frozenset("ab"), frozenset("xy"), frozenset("12"))
    ]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (["a", "b", "eu-*", "eu-x", OTHERS], ""),
        (["a"], "team a"),
        (["a", "b"], "team a, b"),
        ([OTHERS, "eu-*", "eu-x"], "every team but a, b"),
        ([OTHERS, "a", "b", "eu-x"], "every team but other eu-*"),
        (["eu-*"], "team other eu-*"),
        (["eu-*", "eu-x"], "team eu-*, eu-x"),
    ],
)
def test_labels_are_told_by_the_shorter_side(chosen: list[str], words: str) -> None:
    assert told("team", frozenset(chosen), frozenset({"a", "b", "eu-*", "eu-x", OTHERS})) == words


def test_names_that_resolve_are_told_only_where_nothing_else_is() -> None:
    every = frozenset({OTHERS, "a", "b", "a resolved to b"})
    assert told("model", frozenset({"a", "a resolved to b"}), every) == "model a"
    assert told("model", frozenset({"a resolved to b"}), every) == "model a resolved to b"
