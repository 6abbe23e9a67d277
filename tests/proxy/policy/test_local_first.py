"""Own servers first: the order changes, and nothing else does."""

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.effort import ASKED

from proxy.policy import shift
from proxy.policy.changes import changes
from proxy.policy.decide import decide
from proxy.policy.diff import compare
from proxy.policy.explain import explain
from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check_files
from proxy.policy.local_first import LocalFirst, own_first, strictest
from proxy.policy.model import Bundle, Call, Decision, Grant, Identity, Outcome, What, Who
from proxy.policy.policy import Policy, canonical
from proxy.policy.shift import Verdict

TODAY = dt.date(2026, 6, 1)
WHO, CALL = Identity("t", "a", "k"), Call("chat", "m", "m")
HEAD = "policy: base\nversion: 1\nowner: ann\ngrants:\n"
SURE = "local_first: {confidence: 0.8, min_characters: 20}"
THRESHOLDS = st.none() | st.builds(LocalFirst, st.sampled_from((0, 5_000, 8_000)), st.sampled_from((1, 20)))
FINDINGS = st.fixed_dictionaries({}, optional={name: st.just((19,)) for name in ("PERSON", "ILLNESS", "PLACE", "?")})


def granting(*thresholds: str, zones: str = "us, eu, home") -> str:
    grants = [f"  - {{id: g{n}, zones: [{zones}]{', ' if each else ''}{each}}}" for n, each in enumerate(thresholds)]
    return "\n".join([HEAD.rstrip(), *grants, ""])


def test_own_zones_come_first_and_say_when_their_answers_stand(policy: Callable[..., Policy]) -> None:
    made = decide(policy(base=granting(SURE)), WHO, CALL, {}, TODAY)
    assert made.zones == ("home", "us", "eu")
    assert (made.outcome, made.local_first) == (Outcome.ALLOW, LocalFirst(8_000, 20))
    without = decide(policy(base=granting("")), WHO, CALL, {}, TODAY)
    assert (without.zones, without.local_first) == (("us", "eu", "home"), None)


def test_of_several_grants_the_highest_of_each_threshold_holds(policy: Callable[..., Policy]) -> None:
    grants = granting("local_first: {confidence: 0.9}", "", "local_first: {confidence: 0.5, min_characters: 40}")
    assert decide(policy(base=grants), WHO, CALL, {}, TODAY).local_first == LocalFirst(9_000, 40)


def test_a_grant_for_others_changes_nothing(policy: Callable[..., Policy]) -> None:
    grants = granting("") + f"  - {{id: lab, who: {{teams: [lab]}}, zones: [home, us], {SURE}}}\n"
    assert decide(policy(base=grants), WHO, CALL, {}, TODAY).local_first is None
    assert decide(policy(base=grants), replace(WHO, team="lab"), CALL, {}, TODAY).zones == ("home", "us", "eu")


def test_it_means_nothing_where_no_vendor_is_left(policy: Callable[..., Policy]) -> None:
    pinned = decide(policy(base=granting(SURE)), WHO, CALL, {"PERSON": (19,)}, TODAY)
    assert (pinned.outcome, pinned.zones, pinned.local_first) == (Outcome.PIN, ("home",), None)


def test_it_means_nothing_where_no_own_zone_is(policy: Callable[..., Policy]) -> None:
    assert decide(policy(base=granting(SURE, zones="us, eu")), WHO, CALL, {}, TODAY).local_first is None


@pytest.fixture(scope="module")
def small(taxonomy: str) -> Bundle:
    texts = {"taxonomy.yaml": taxonomy.encode(), "base.yaml": granting("").encode()}
    found = check_files(texts, Surroundings(TODAY)).bundle
    assert found is not None
    return found


@settings(deadline=None)
@given(st.lists(st.tuples(st.permutations(("home", "us", "eu")), THRESHOLDS), min_size=1, max_size=3), FINDINGS)
def test_no_zone_is_opened_and_none_is_struck(
    small: Bundle, grants: list[tuple[list[str], LocalFirst | None]], findings: dict[str, tuple[int, ...]]
) -> None:
    def made(*, local: bool) -> Decision:
        listed = [
            Grant(f"g{n}", Who(), What(), tuple(zones[: n + 1]), local_first=first if local else None)
            for n, (zones, first) in enumerate(grants)
        ]
        return decide(Policy.of(replace(small, grants=tuple(listed)), {}), WHO, CALL, findings, TODAY)

    one, other = made(local=True), made(local=False)
    assert set(one.zones) == set(other.zones)
    assert replace(one, zones=(), local_first=None, exceptions=(), shadow=()) == replace(
        other, zones=(), exceptions=(), shadow=()
    )
    if any(first for _, first in grants):
        assert one.zones == tuple(sorted(other.zones, key=lambda zone: zone != "home"))


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (granting(""), granting(SURE), Verdict.TIGHTER),
        (granting(SURE), granting(""), Verdict.LOOSER),
        (granting("", zones="home, us"), granting(SURE, zones="home, us"), Verdict.LOOSER),
        (granting(SURE), granting(SURE.replace("0.8", "0.9")), Verdict.LOOSER),
        (granting(SURE), granting(SURE.replace("20", "19")), Verdict.TIGHTER),
        (granting("", zones="us, home, eu"), granting(SURE, zones="us, home, eu"), Verdict.LOOSER),
        (granting(SURE), granting(SURE), None),
    ],
    ids=["added", "taken-away", "own-was-first", "surer", "shorter", "own-was-between", "same"],
)
def test_a_diff_knows_when_a_vendor_may_answer_that_did_not(
    policy: Callable[..., Policy], old: str, new: str, verdict: Verdict | None
) -> None:
    lines = compare(policy(base=old).bundle, policy(base=new).bundle, TODAY).lines
    empty = [line.shift for line in lines if line.requests == ("nothing found",)] or [line.shift for line in lines]
    assert {shift.verdict for shift in empty} == ({verdict} if verdict else set())


SERVED = [frozenset(some) for n in (1, 2, 3) for some in itertools.combinations(("home", "us", "eu"), n)]
ANSWERS = set(itertools.product((4_000, 7_000, 9_000), (10, 30)))
GRANTING = st.lists(st.tuples(st.permutations(("home", "us", "eu")), st.integers(1, 3), THRESHOLDS), max_size=2)


def granted(small: Bundle, drawn: list[tuple[list[str], int, LocalFirst | None]]) -> Bundle:
    grants = [
        Grant(f"g{n}", Who(), What(), tuple(zones[:most]), local_first=first)
        for n, (zones, most, first) in enumerate(drawn)
    ]
    return replace(small, grants=tuple(grants))


def reach(made: Decision) -> tuple[set[str], set[tuple[int, int]]]:
    """Return the zones in reach, and which of some answers stay at home: all of them, or as the thresholds say."""
    if made.zone != "home":
        return set(made.zones), set()
    least = made.local_first or LocalFirst(0, 0)
    return set(made.zones), {
        each for each in ANSWERS if each[0] >= least.confidence and each[1] >= least.min_characters
    }


def freed(old: Bundle, new: Bundle) -> list[tuple[frozenset[str], str]]:
    """Return requests that reach more, or whose answers stayed at home and do not, although none is called looser."""
    if not compare(old, new, TODAY).proved:
        return []
    found = []
    for served, kind in itertools.product(SERVED, ("", "PERSON", "ILLNESS", "?")):
        findings = {kind: (19,)} if kind else {}
        before, after = (reach(decide(Policy.of(each, {}, served), WHO, CALL, findings, TODAY)) for each in (old, new))
        if after[0] - before[0] or (before[1] - after[1] and after[0] - {"home"}):
            found.append((served, kind))
    return found


@settings(max_examples=ASKED or 20, deadline=None)
@given(GRANTING, GRANTING)
def test_where_nothing_is_called_looser_no_vendor_answers_what_an_own_server_did(
    small: Bundle, one: list[Any], other: list[Any]
) -> None:
    assert freed(granted(small, one), granted(small, other)) == []


def test_the_property_would_catch_a_comparison_that_overlooks_it(
    small: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [(["home", "us"], 2, None)], [(["home", "us"], 2, LocalFirst(8_000))]
    assert freed(*(granted(small, each) for each in own)) == []
    monkeypatch.setattr(shift, "_yields", lambda *_: False)
    assert (frozenset({"home", "us"}), "") in freed(*(granted(small, each) for each in own))


def test_a_diff_shows_the_order_and_the_thresholds(policy: Callable[..., Policy]) -> None:
    old, new = policy(base=granting(SURE)).bundle, policy(base=granting(SURE.replace("0.8", "0.9"))).bundle
    assert str(compare(old, new, TODAY).lines[0].shift) == (
        "allow -> home => allow -> home (+local first at 0.90 and 20 characters -local first at 0.80 and 20 characters)"
    )
    assert [str(change) for change in changes(old, new)] == ["grant g0 changed: local_first.confidence 0.80 => 0.90"]
    ordered = {str(line.shift) for line in compare(policy(base=granting("")).bundle, old, TODAY).lines}
    assert "allow -> us => allow -> home (+local first at 0.80 and 20 characters)" in ordered


def test_an_explanation_says_when_an_own_answer_stands(policy: Callable[..., Policy]) -> None:
    local = policy(base=granting(SURE))
    found = explain(local, decide(local, WHO, CALL, {}, TODAY))
    assert "stands    an own answer with 0.80 and 20 characters, or more" in found.text().splitlines()
    assert found.as_json()["local_first"] == "0.80 and 20 characters"
    pinned = explain(local, decide(local, WHO, CALL, {"PERSON": (19,)}, TODAY))
    assert "local_first" not in pinned.as_json()
    assert "stands" not in pinned.text()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{min_characters: 20}", "missing-key"),
        ("{confidence: 1.1}", "out-of-range"),
        ("{confidence: 0.5, min_characters: 0}", "out-of-range"),
        ("0.8", "wrong-type"),
        ("{confidence: 0.5, characters: 5}", "unknown-key"),
    ],
)
def test_thresholds_that_cannot_be_read_are_errors(checked: Callable[..., Checked], said: str, code: str) -> None:
    assert code in {found.code for found in checked(base=granting(f"local_first: {said}")).diagnostics}


def test_a_bundle_without_it_has_the_digest_that_it_always_had(policy: Callable[..., Policy]) -> None:
    without, said = policy(base=granting("")), policy(base=granting(SURE))
    assert without.sha256 != said.sha256
    assert b"local_first" not in canonical(without.bundle)
    assert b"local_first" in canonical(said.bundle)


@settings(deadline=None)
@given(st.lists(THRESHOLDS.filter(bool), max_size=4))
def test_the_strictest_of_some_is_exceeded_by_none_of_them(some: list[LocalFirst]) -> None:
    most = strictest(some)
    assert (most is None) == (not some)
    assert not any(each.exceeds(most) for each in some if most)


def test_thresholds_exceed_where_either_is_higher() -> None:
    values = [LocalFirst(*pair) for pair in itertools.product((0, 1), (1, 2))]
    assert not LocalFirst(0).exceeds(LocalFirst(0))
    assert all(LocalFirst(0).exceeds(None) for _ in values)
    assert LocalFirst(1, 1).exceeds(LocalFirst(0, 2))
    assert LocalFirst(0, 2).exceeds(LocalFirst(1, 1))


def test_own_zones_keep_their_order_and_so_do_vendors() -> None:
    assert own_first((3, 0, 2, 1), 0b0101) == [3, 1, 0, 2]
