from collections.abc import Callable

import pytest

from proxy.policy.changes import changes, weaker
from proxy.policy.model import Trust, Zone
from proxy.policy.policy import Policy

Build = Callable[..., Policy]
RULE = "  - {id: r, if: {class: health, min_count: 2}, then: block, because: b}\n"


def said(old: Policy, new: Policy) -> list[str]:
    return [str(change) for change in changes(old.bundle, new.bundle)]


def test_the_same_meaning_in_other_words_is_no_change(policy: Build, taxonomy: str) -> None:
    assert (
        said(
            policy(RULE),
            policy(RULE + "# a comment\n", taxonomy=taxonomy.replace("[PERSON, EMAIL]", "[EMAIL, PERSON]")),
        )
        == []
    )


def test_a_rule_is_added_removed_shadowed_or_changed_in_parts(policy: Build) -> None:
    assert said(policy(), policy(RULE)) == [
        "rule r added: if.class health; if.min_count 2; then block",
        "version of rules added: 1",
    ]
    assert said(policy(RULE), policy())[0].startswith("rule r removed")
    shadowed = RULE.replace("{id: r,", "{id: r, mode: shadow,")
    assert said(policy(RULE), policy(shadowed)) == ["rule r changed: mode enforce => shadow"]
    other = RULE.replace("min_count: 2", "min_score: 0.60").replace("{id: r,", "{id: r, log: full, who: {teams: [a]},")
    assert said(policy(RULE), policy(other)) == [
        "rule r changed: who.teams +a; if.min_count 2 => 1; if.min_score 0.00 => 0.60; log in full no => yes"
    ]


def test_a_ceiling_a_floor_and_types_are_told(policy: Build, taxonomy: str) -> None:
    other = taxonomy.replace(
        "[PERSON, EMAIL], floor: 0.40, ceiling: [home]", "[PERSON, FAX], floor: 0.45, ceiling: [home, eu]"
    )
    assert said(policy(), policy(taxonomy=other)) == [
        "class pii changed: entities +FAX -EMAIL; floor 0.40 => 0.45; ceiling +eu"
    ]
    ignored = taxonomy.replace('HASHTAG: "no personal data"', "EMOJI: b")
    assert said(policy(), policy(taxonomy=ignored)) == [
        "ignored type EMOJI added: b",
        "ignored type HASHTAG removed: no personal data",
    ]


def test_grants_claims_exceptions_and_versions_are_told(policy: Build) -> None:
    base = "policy: base\nversion: %d\nowner: ann@acme.example\ngrants:\n  - {id: everyone, zones: [%s]}\n"
    assert said(policy(base=base % (3, "us, eu, home")), policy(base=base % (4, "home"))) == [
        "grant everyone changed: zones -us -eu",
        "version of base changed: 3 => 4",
    ]
    reordered = said(policy(base=base % (3, "us, home")), policy(base=base % (3, "home, us")))
    assert reordered == ["grant everyone changed: zones us, home => home, us"]
    claim = base + "claims: [{never: pii, in: [us]}]\n"
    assert said(policy(base=claim % (3, "us, home")), policy(base=base % (3, "us, home"))) == [
        "claim never pii in us removed"
    ]
    exception = (
        "exceptions:\n  - {id: EX, waives: r, for: {apps: [bot]}, until: 2026-06-30, owner: ann, approved_by: bob, "
        "ticket: T-1, because: b}\n"
    )
    assert said(policy(RULE), policy(RULE, exceptions=exception)) == [
        "exception EX added: waives r; who.apps bot; until 2026-06-30; owner ann; approved_by bob; ticket T-1"
    ]


def test_a_change_says_where_it_stands_now(policy: Build) -> None:
    (change, _) = changes(policy().bundle, policy(RULE).bundle)
    assert str(change.where) == "rules.yaml:5"


OWN = Zone("home", Trust.OWN, networks=("10.0.0.0/8", "fc00::/7"))
VENDOR = Zone("eu", Trust.VENDOR, region="eu", agreements=("baa", "dpa"))


@pytest.mark.parametrize(
    ("before", "after", "is_weaker"),
    [
        (OWN, Zone("home", Trust.OWN, networks=("10.1.0.0/16",)), False),
        (OWN, Zone("home", Trust.OWN, networks=("10.0.0.0/8", "192.168.0.0/16")), True),
        (OWN, Zone("home", Trust.OWN, networks=("0.0.0.0/0",)), True),
        (OWN, Zone("home", Trust.OWN, networks=("fd00::/8",)), False),
        (OWN, Zone("home", Trust.VENDOR), True),
        (VENDOR, Zone("eu", Trust.VENDOR, region="eu", agreements=("baa", "dpa", "scc")), False),
        (VENDOR, Zone("eu", Trust.VENDOR, region="eu", agreements=("dpa",)), True),
        (VENDOR, Zone("eu", Trust.VENDOR, region="us", agreements=("baa", "dpa")), True),
        (VENDOR, Zone("eu", Trust.OWN, region="eu", agreements=("baa", "dpa")), True),
    ],
)
def test_a_zone_is_weaker_when_it_is_another_place_or_less_protected(
    before: Zone, after: Zone, *, is_weaker: bool
) -> None:
    assert weaker(before, after) is is_weaker
