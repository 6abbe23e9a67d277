import datetime as dt
import itertools
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from proxy.policy.decide import applicable, carry
from proxy.policy.index import _dimension, compile_index
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy
from proxy.policy.witness import freest, representatives, witnesses

patterns = st.lists(st.sampled_from(["a", "ab", "abc", "other", "a*", "ab*", "*", "oth*"]), max_size=3, unique=True)


@given(st.lists(st.tuples(patterns, patterns), max_size=5), st.text("abcothery", max_size=6).filter(bool))
def test_every_name_has_a_representative_that_the_policy_cannot_tell_from_it(
    rows: list[tuple[list[str], list[str]]], name: str
) -> None:
    table = _dimension([accepted for accepted, _ in rows], [refused for _, refused in rows])
    assert table.accept(name) in {table.accept(other) for other in representatives(table)}


TAXONOMY = """\
taxonomy: t
version: 1
zones: {us: {trust: vendor}}
classes: {unscanned: {ceiling: []}, uncovered: {ceiling: []}}
"""
NAMES = ["a", "ab", "abc", "b", "other"]
some_patterns = st.lists(st.sampled_from([*NAMES, "a*", "ab*"]).map(repr), min_size=1, max_size=2, unique=True)
rules_of = st.lists(
    st.tuples(st.sampled_from(["teams", "not_teams", "apps"]), some_patterns, st.none() | some_patterns),
    min_size=1,
    max_size=5,
)
names = st.sampled_from([*NAMES, "abx", "q"])


@given(rules_of, st.integers(0, 63), st.tuples(names, names, names, names))
def test_everybody_is_no_freer_than_one_of_the_freest(
    rules: list[tuple[str, list[str], list[str] | None]], chosen: int, named: tuple[str, str, str, str]
) -> None:
    lines = []
    for n, (kind, who, what) in enumerate(rules):
        models = f"what: {{models: [{', '.join(what)}]}}, " if what else ""
        lines.append(f"  - {{id: r{n}, who: {{{kind}: [{', '.join(who)}]}}, {models}then: block, because: b}}\n")
    grants = "grants: [{id: a, zones: [us]}, {id: b, who: {teams: ['a*']}, zones: [us]}]\n"
    head = "version: 1\nowner: ann\n"
    files = {"t.yaml": TAXONOMY, "p.yaml": f"policy: p\n{head}{grants}rules:\n{''.join(lines)}"}
    checked = check_files({name: text.encode() for name, text in files.items()}, Surroundings(dt.date(2026, 6, 1)))
    assert checked.bundle is not None, [str(found) for found in checked.diagnostics]
    index = compile_index(checked.bundle, None)
    striking = (chosen << index.rule_shift) & ((1 << index.exception_shift) - 1)
    team, app, model, resolved = named
    bits = applicable(index, Identity(team, app, "k"), Call("chat", model, resolved))
    free = [applicable(index, who, call) for who, call in freest(index, ["chat"], index.grant_bits, striking)]
    assert any(not (bits & index.grant_bits & ~other) and not (other & striking & ~bits) for other in free)
    assert not any(
        not (one & index.grant_bits & ~other) and not (other & striking & ~one)
        for one, other in itertools.permutations(free, 2)
    )


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
