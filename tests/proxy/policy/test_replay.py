import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kept import DAY, Kept

from proxy.policy.model import Decision, Identity, Outcome
from proxy.policy.policy import Policy
from proxy.policy.replay import SHOWN, Report, Skipped, Why, replay

Build = Callable[..., Policy]
PIN = "  - {id: places-stay, if: {class: place}, then: pin, because: b}\n"
WAIVED = (
    "exceptions:\n  - {id: EX-1, waives: places-stay, for: {apps: [bot]}, until: 2026-06-01, owner: ann, "
    "approved_by: bob, ticket: T-1, because: b}\n"
)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def lines(report: Report) -> list[str]:
    return [
        f"{group.shift.verdict} {group.count} {group.shift} {group.team} {' '.join(group.causes)}".rstrip()
        for group in report.groups
    ]


def reasons(report: Report) -> dict[Why, int]:
    return {why: count for why, count, _ in report.skipped}


def test_the_bundle_that_decided_decides_everything_the_same(policy: Build, kept: Kept) -> None:
    built = policy(PIN, exceptions=WAIVED)
    for findings in ({}, {"PLACE": (8, 9)}, {"PERSON": (8,)}, {"HASHTAG": (20,)}, {"UNSCANNED": (3,)}):
        for app in ("a", "bot"):
            kept.add(built, findings, who=Identity("x", app, "k"))
    report = replay(built, kept)
    assert (report.groups, report.same, report.verified, report.skipped) == ((), 10, 10, ())


def test_changes_are_grouped_by_what_causes_them_and_team_and_name_some_records(policy: Build, kept: Kept) -> None:
    old, new = policy(), policy(PIN)
    for team, count in (("x", 5), ("y", 2)):
        for _ in range(count):
            kept.add(old, {"PLACE": (12,)}, who=Identity(team, "a", "k"))
            kept.add(old, {}, who=Identity(team, "a", "k"))
    report = replay(new, kept)
    assert lines(report) == [
        "tighter 5 allow -> us => pin -> home (-eu) x +places-stay",
        "tighter 2 allow -> us => pin -> home (-eu) y +places-stay",
    ]
    assert (report.same, report.replayed) == (7, 14)
    assert report.groups[0].records == tuple(f"r{n}" for n in range(0, 2 * SHOWN, 2))
    back = Kept(dict(kept.policies))
    back.add(new, {"PLACE": (12,)})
    assert lines(replay(old, back)) == ["looser 1 pin -> home => allow -> us (+eu) x -places-stay"]


def test_a_ceiling_a_grant_and_an_upstream_are_named_as_causes(policy: Build, taxonomy: str, kept: Kept) -> None:
    old = policy()
    kept.add(old, {"PLACE": (12,)})
    ceiling = policy(
        taxonomy=taxonomy.replace("floor: 0.40, ceiling: [home, eu, us]}", "floor: 0.40, ceiling: [home]}")
    )
    granted = policy(
        base="policy: base\nversion: 3\nowner: ann@acme.example\ngrants:\n  - {id: everyone, zones: [us, home]}\n"
    )
    assert lines(replay(ceiling, kept)) == ["tighter 1 allow -> us => pin -> home (-eu) x +ceiling of place"]
    assert lines(replay(granted, kept)) == ["tighter 1 allow -> us => allow -> us (-eu) x +not granted"]
    assert lines(replay(policy(live=frozenset({"us", "home"})), kept)) == [
        "tighter 1 allow -> us => allow -> us (-eu) x +no upstream"
    ]


def test_another_order_of_zones_is_a_move_and_an_own_zone_passed_by_is_looser(policy: Build, kept: Kept) -> None:
    def preferring(zones: str) -> Policy:
        return policy(base=f"policy: b\nversion: 1\nowner: ann\ngrants:\n  - {{id: g, zones: [{zones}]}}\n")

    kept.add(preferring("us, eu, home"), {})
    kept.add(preferring("home, us, eu"), {})
    assert lines(replay(preferring("eu, us, home"), kept)) == [
        "looser 1 allow -> home => allow -> eu x",
        "moved 1 allow -> us => allow -> eu x",
    ]


def test_the_upstreams_of_that_time_are_those_that_verify_a_record(policy: Build, kept: Kept) -> None:
    then = policy(live=frozenset({"home"}))
    kept.add(then, {})
    report = replay(policy(), kept)
    assert lines(report) == ["looser 1 pin -> home => allow -> us (+eu) x -no upstream"]
    assert report.verified == 1


def test_what_the_candidate_cannot_decide_is_counted_with_its_reason(policy: Build, taxonomy: str, kept: Kept) -> None:
    old = policy()
    kept.add(old, {"PLACE": (12,)})
    kept.add(old, {"HASHTAG": (12,)})
    kept.items += [Skipped("s1", Why.HISTOGRAM), Skipped("s2", Why.OTHER), Skipped("s3", Why.SCHEMA)]
    fewer = policy(taxonomy=taxonomy.replace('ignore: {HASHTAG: "no personal data"}\n', ""))
    report = replay(fewer, kept)
    assert reasons(report) == {Why.SCHEMA: 1, Why.HISTOGRAM: 1, Why.OTHER: 1, Why.TYPE: 1}
    assert (report.same, report.replayed) == (1, 1)
    assert dict((why, records) for why, _, records in report.skipped)[Why.TYPE] == ("r1",)  # noqa: C402


def test_a_pattern_counts_where_all_its_names_are_decided_alike(policy: Build, kept: Kept) -> None:
    old = policy()
    kept.add(old, {"PLACE": (12,)}, model="gpt-4*", requested="gpt-4o-mini")
    named = "  - {id: r, what: {models: [%s]}, if: {class: place}, then: pin, because: b}\n"
    for pattern, outcome in (
        ("gpt-4o-mini", Why.MODEL),
        ("'gpt-4o-*'", Why.MODEL),
        ("'gpt-4*'", "tighter"),
        ("'gpt-*'", "tighter"),
        ("'*'", "tighter"),
        ("gpt-5", "same"),
        ("'claude*'", "same"),
    ):
        report = replay(policy(named % pattern), kept)
        got = next(iter(reasons(report)), "same" if report.same else "tighter")
        assert got == outcome, pattern


def test_a_name_that_the_deciding_bundle_told_apart_does_not_keep_a_record_from_counting(
    policy: Build, kept: Kept
) -> None:
    old = policy("  - {id: r, what: {models: [gpt-4o-mini]}, if: {class: place}, then: pin, because: b}\n")
    kept.add(old, {"PLACE": (12,)}, model="gpt-4*", requested="gpt-4o-mini")
    kept.add(old, {"PLACE": (12,)}, model="gpt-4*", requested="gpt-4o")
    assert lines(replay(policy(), kept)) == ["looser 1 pin -> home => allow -> us (+eu) x -r"]
    assert reasons(replay(old, kept)) == {Why.MODEL: 2}


def test_a_request_under_way_when_an_exception_ended_counts_only_if_that_does_not_matter(
    policy: Build, kept: Kept
) -> None:
    waived = policy(PIN, exceptions=WAIVED)
    over_midnight = (DAY, DAY + dt.timedelta(1))
    kept.add(waived, {"PLACE": (12,)}, who=Identity("x", "bot", "k"), days=over_midnight)
    assert reasons(replay(waived, kept)) == {Why.DAY: 1}
    assert lines(replay(policy(PIN), kept)) == ["tighter 1 allow -> us => pin -> home (-eu) x +places-stay"]
    kept.add(waived, {"PLACE": (12,)}, days=over_midnight)
    assert replay(waived, kept).same == 1


def test_a_record_that_its_own_bundle_decides_otherwise_never_counts(policy: Build, kept: Kept) -> None:
    built = policy(PIN)
    honest = kept.add(built, {"PLACE": (12,)})
    for made in (
        Decision(Outcome.ALLOW, ("us", "eu", "home"), classes=honest.made.classes),
        replace(honest.made, rules=()),
        replace(honest.made, classes=(("place", 2, 12),)),
        replace(honest.made, log_full=True),
        replace(honest.made, ceilings=("place",)),
    ):
        kept.items.append(replace(honest, id="forged", made=made))
    report = replay(policy(), kept)
    assert reasons(report) == {Why.DIFFERS: 5}
    assert report.replayed == report.verified == 1


def test_without_the_deciding_bundle_a_record_counts_but_is_not_called_verified(policy: Build, kept: Kept) -> None:
    kept.add(policy(PIN), {"PLACE": (12,), "PERSON": (20,)})
    kept.add(policy(PIN), {"PLACE": (12,)})
    kept.policies.clear()
    report = replay(policy(), kept)
    assert lines(report) == ["looser 1 pin -> home => allow -> us (+eu) x -places-stay"]
    assert (report.verified, report.same) == (0, 1)
    assert "2 of them without that check" in report.text()


def test_losing_a_zone_that_nobody_knows_any_more_counts_as_losing_an_own_one(
    policy: Build, taxonomy: str, kept: Kept
) -> None:
    gone = taxonomy.replace("home", "cellar")
    old = policy(taxonomy=gone, base="policy: b\nversion: 1\nowner: ann\ngrants:\n  - {id: g, zones: [cellar, us]}\n")
    kept.add(old, {})
    kept.policies.clear()
    new = policy(base="policy: b\nversion: 1\nowner: ann\ngrants:\n  - {id: g, zones: [us]}\n")
    assert [group.shift.verdict.value for group in replay(new, kept).groups] == ["looser"]


def test_the_report_reads_and_parses(policy: Build, kept: Kept) -> None:
    old = policy()
    for _ in range(4):
        kept.add(old, {"PLACE": (12,)}, who=Identity("berlin", "a", "k"))
    kept.add(old, {})
    kept.items.append(Skipped("s1", Why.HISTOGRAM))
    report = replay(policy(PIN), kept)
    assert report.text() == (
        "TIGHTER       4  allow -> us => pin -> home (-eu)  berlin  by +places-stay\n"
        "                 r0 r1 r2 ...\n"
        "same          1\n"
        "5 decisions replayed: 0 looser, 4 tighter, 0 moved, 1 the same\n"
        "5 of them decided again by the bundle that decided, each as recorded\n"
        "1 not replayed: not every type has its histogram\n"
        "                 s1"
    )
    plain: dict[str, Any] = json.loads(json.dumps(report.as_json()))
    assert plain["changes"] == [
        {
            "verdict": "tighter",
            "before": {"decision": "allow", "zones": ["us", "eu", "home"]},
            "after": {"decision": "pin", "zones": ["home"]},
            "team": "berlin",
            "by": ["+places-stay"],
            "count": 4,
            "records": ["r0", "r1", "r2"],
        }
    ]
    assert (plain["replayed"], plain["same"], plain["tighter"], plain["looser"]) == (5, 1, 4, 0)
    assert plain["not_replayed"] == [
        {"why": "histogram", "text": "not every type has its histogram", "count": 1, "records": ["s1"]}
    ]


def test_where_state_may_be_kept_is_in_no_record_and_so_in_no_report(policy: Build, kept: Kept) -> None:
    grants = "grants: [{id: everyone, zones: [us, eu, home], store: true}]"
    storing = policy(base=f"policy: base\nversion: 3\nowner: ann\n{grants}")
    kept.add(storing, {})
    kept.add(policy(), {})
    for candidate in (storing, policy()):
        report = replay(candidate, kept)
        assert (report.verified, report.same, lines(report)) == (2, 2, [])
