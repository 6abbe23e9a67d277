from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from proxy.policy.decide import applicable, carry
from proxy.policy.index import _dimension
from proxy.policy.policy import Policy
from proxy.policy.witness import cells, representatives, witnesses

patterns = st.lists(st.sampled_from(["a", "ab", "abc", "other", "a*", "ab*", "*", "oth*"]), max_size=3, unique=True)


@given(st.lists(st.tuples(patterns, patterns), max_size=5), st.text("abcothery", max_size=6).filter(bool))
def test_every_name_has_a_representative_that_the_policy_cannot_tell_from_it(
    rows: list[tuple[list[str], list[str]]], name: str
) -> None:
    table = _dimension([accepted for accepted, _ in rows], [refused for _, refused in rows])
    assert table.accept(name) in {table.accept(other) for other in representatives(table)}


def test_cells_name_a_caller_and_call_to_which_their_selectors_apply(policy: Callable[..., Policy]) -> None:
    rules = (
        "  - {id: a, who: {teams: [x]}, then: pin, because: b}\n"
        "  - {id: b, what: {models: ['gpt-*']}, then: pin, because: b}\n"
        "  - {id: c, what: {models: [o3]}, then: pin, because: b}\n"
    )
    index = policy(rules).index
    found = cells(index, ["chat"])
    assert all(applicable(index, who, call) == bits for bits, (who, call) in found.items())
    assert len(found) == 8


def test_the_weakest_requests_carry_their_class_and_nothing_weaker_does(policy: Callable[..., Policy]) -> None:
    built = policy()
    index = built.index
    for data_class in built.bundle.classes:
        for weakest in witnesses(built.bundle, index, data_class.name):
            names = {index.classes[number].name for number in carry(index, weakest)}
            assert data_class.name in names
            for entity, (score,) in weakest.items():
                weaker = {**weakest, entity: (score - 1,)} if not data_class.name.startswith("un") else {}
                assert data_class.name not in {index.classes[number].name for number in carry(index, weaker)}


def test_types_that_no_class_tells_apart_are_tried_once(policy: Callable[..., Policy]) -> None:
    built = policy()
    assert witnesses(built.bundle, built.index, "pii") == [{"EMAIL": (8,)}]
    assert witnesses(built.bundle, built.index, "phi") == [{"EMAIL": (8,), "ILLNESS": (10,)}, {"RECORD": (8,)}]


def test_one_value_serves_two_parts_that_share_a_type(policy: Callable[..., Policy], taxonomy: str) -> None:
    shared = taxonomy.replace("{entities: [ILLNESS], floor", "{entities: [ILLNESS, PERSON], floor")
    built = policy(taxonomy=shared)
    assert {"PERSON": (10,)} in witnesses(built.bundle, built.index, "phi")
