from collections.abc import Callable, Sequence

import pytest

from proxy.policy import points
from proxy.policy.index import compile_index
from proxy.policy.points import ALWAYS, NOTHING_FOUND, Atom, Points
from proxy.policy.policy import Policy

Build = Callable[..., Policy]
Asked = Callable[..., list[dict[str, tuple[int, ...]]]]
RULE = "  - {id: r%d, if: {class: %s, min_count: %d}, then: block, because: b}\n"
OVERLAPPING = """\
taxonomy: mini
version: 1
zones: {home: {trust: own}}
classes:
  unscanned: {ceiling: [home]}
  uncovered: {ceiling: [home]}
  pii: {entities: [PERSON, EMAIL, NHS], floor: 0.40, ceiling: [home]}
  name: {entities: [PERSON], floor: 0.40, ceiling: [home]}
  mail: {entities: [EMAIL], floor: 0.60, ceiling: [home]}
  health: {entities: [ILLNESS], floor: 0.50, ceiling: [home]}
  phi: {entities: [NHS], or_all_of: [health, pii], floor: 0.45, ceiling: [home]}
"""
GRANTS = "policy: base\nversion: 1\nowner: ann\ngrants: [{id: g, zones: [home]}]\n"


@pytest.fixture
def asked(policy: Build) -> Asked:
    """Return the findings of an atom's points, for two bundles with these rules."""

    def ask(atom: Atom, old: str = "", new: str = "", taxonomy: str = OVERLAPPING) -> list[dict[str, tuple[int, ...]]]:
        bundles = [policy(rules, taxonomy=taxonomy, base=GRANTS).bundle for rules in (old, new)]
        made = Points(bundles, [compile_index(bundle, None) for bundle in bundles])
        return [dict(point.findings) for point in made.of(0, atom)]

    return ask


def test_one_value_of_each_kind_at_what_is_needed(asked: Asked) -> None:
    assert asked(Atom("pii", 1, 0)) == [{"EMAIL": (8,)}, {"NHS": (8,)}, {"PERSON": (8,)}]
    assert asked(Atom("mail", 1, 8)) == [{"EMAIL": (12,)}]
    assert asked(Atom("mail", 1, 15)) == [{"EMAIL": (15,)}]


def test_a_combination_is_met_by_one_value_of_each_part(asked: Asked) -> None:
    found = asked(Atom("phi", 1, 0))
    assert {"NHS": (9,)} in found
    assert {"ILLNESS": (10,), "PERSON": (8,)} in found
    assert {"ILLNESS": (12,), "PERSON": (12,)} in asked(Atom("phi", 1, 12))


def test_a_number_is_mixed_only_from_kinds_that_some_rule_counts_apart(asked: Asked) -> None:
    assert asked(Atom("pii", 3, 0)) == [{"EMAIL": (8, 8, 8)}]
    assert asked(Atom("pii", 2, 12)) == [{"EMAIL": (12, 12)}, {"NHS": (12, 12)}, {"PERSON": (12, 12)}]
    counted = asked(Atom("pii", 2, 12), "", RULE % (1, "name", 2))
    assert {"EMAIL": (12,), "PERSON": (12,)} in counted


def test_a_value_may_make_up_the_number_and_the_combination_at_once(asked: Asked) -> None:
    found = asked(Atom("phi", 2, 0))
    assert {"ILLNESS": (10,), "NHS": (9,)} in found
    assert {"NHS": (9, 9)} in found


def test_a_type_that_only_one_bundle_knows_is_not_inspected_in_the_other(policy: Build) -> None:
    small = OVERLAPPING.replace("PERSON, EMAIL, NHS]", "PERSON, NHS]").replace(
        "  mail: {entities: [EMAIL]", "  mail: {entities: [POST]"
    )
    bundles = [policy(taxonomy=text, base=GRANTS).bundle for text in (small, OVERLAPPING)]
    made = Points(bundles, [compile_index(bundle, None) for bundle in bundles])
    assert [dict(point.findings) for point in made.of(0, Atom("unscanned", 1, 0))] == [
        {"EMAIL": (0,)},
        {"UNSCANNED": (0,)},
    ]
    assert [dict(point.findings) for point in made.of(1, Atom("unscanned", 1, 0))] == [
        {"POST": (0,)},
        {"UNSCANNED": (0,)},
    ]


def test_what_always_holds_is_met_by_nothing(policy: Build) -> None:
    bundle = policy().bundle
    made = Points([bundle, bundle], [compile_index(bundle, None)] * 2)
    assert made.of(1, ALWAYS) == (NOTHING_FOUND,)
    assert str(NOTHING_FOUND) == "any request"
    (point, *_) = made.of(0, Atom("health", 1, 12))
    assert str(point) == "health x1 at 0.60"
    assert str(made.of(0, Atom("unscanned", 2, 0))[0]) == "unscanned x2"


def test_too_many_ways_are_noted_and_not_cut_short(policy: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "MOST", 3)
    bundle = policy(RULE % (1, "name", 2), taxonomy=OVERLAPPING, base=GRANTS).bundle
    made = Points([bundle, bundle], [compile_index(bundle, None)] * 2)
    assert made.of(0, Atom("pii", 9, 12)) == ()
    assert made.undecided == {"pii x9 at 0.60"}


@pytest.mark.parametrize(
    ("total", "places", "ways"), [(3, 1, [(3,)]), (2, 2, [(0, 2), (1, 1), (2, 0)]), (3, 0, []), (4, 3, None)]
)
def test_splits_are_all_ways_to_share_a_number(total: int, places: int, ways: Sequence[tuple[int, ...]] | None) -> None:
    got = list(points._splits(total, places))
    assert len(set(got)) == len(got)
    assert all(sum(split) == total for split in got)
    assert got == ways if ways is not None else len(got) == 15
