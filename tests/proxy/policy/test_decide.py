import dataclasses
import datetime as dt
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.effort import ASKED

from proxy.policy.decide import NO_GRANT, NO_UPSTREAM, applicable, carry, decide
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.model import Call, Decision, Identity, Outcome, Strike
from proxy.policy.policy import Policy

Build = Callable[..., Policy]
ANN = Identity("support", "chatbot", "ak_1")
CHAT = Call("chat", "gpt-5-mini", "gpt-5-mini")
TODAY = dt.date(2026, 6, 1)
EUROPE = "PLACE], floor: 0.40, ceiling: [home, eu]"


def ask(policy: Policy, findings: dict[str, list[int]], who: Identity = ANN, call: Call = CHAT) -> Decision:
    return decide(policy, who, call, findings, TODAY)


def test_a_harmless_request_goes_to_the_preferred_zone(policy: Build) -> None:
    got = ask(policy(), {})
    assert (got.outcome, got.zones, got.zone) == (Outcome.ALLOW, ("us", "eu", "home"), "us")
    assert (got.rules, got.ceilings, got.because) == ((), (), ())
    assert got.strikes == (("eu", ()), ("home", ()), ("us", ()))


def test_no_grant_no_call(policy: Build) -> None:
    got = ask(
        policy(base="policy: base\nversion: 1\nowner: ann\ngrants: [{id: g, who: {teams: [a]}, zones: [us]}]"), {}
    )
    assert (got.outcome, got.zone, got.because) == (Outcome.BLOCK, None, (NO_GRANT,))
    assert set(got.strikes) == {(zone, (Strike("grant"),)) for zone in ("eu", "home", "us")}


def test_a_ceiling_pins_and_says_so(policy: Build) -> None:
    got = ask(policy(), {"PERSON": [8]})
    assert (got.outcome, got.zones, got.ceilings) == (Outcome.PIN, ("home",), ("pii",))
    assert got.because == ("data of class pii may go to home only (ceiling of the taxonomy)",)
    assert dict(got.strikes) == {"eu": (Strike("ceiling", "pii"),), "home": (), "us": (Strike("ceiling", "pii"),)}


def test_a_value_below_the_floor_does_not_count(policy: Build) -> None:
    assert ask(policy(), {"PERSON": [7, 7, 7]}).outcome is Outcome.ALLOW


def test_a_derived_class_counts_once_with_the_score_of_its_weakest_part(policy: Build) -> None:
    got = ask(policy(), {"ILLNESS": [10, 19], "PERSON": [9, 12], "EMAIL": [8]})
    assert got.classes == (("health", 2, 19), ("phi", 1, 12), ("pii", 3, 12))
    assert ask(policy(), {"ILLNESS": [20]}).outcome is Outcome.ALLOW


def test_own_values_and_the_combination_add_up(policy: Build) -> None:
    index = policy().index
    carried = carry(index, {"ILLNESS": [10], "PERSON": [8], "RECORD": [20, 9]})
    assert {index.classes[number].name: scores for number, scores in carried.items()}["phi"] == [20, 9, 8]


def test_an_unknown_type_counts_as_not_inspected_and_an_ignored_one_not_at_all(policy: Build) -> None:
    assert ask(policy(), {"NEWTYPE": [1]}).ceilings == ("unscanned",)
    assert ask(policy(), {"HASHTAG": [20]}).outcome is Outcome.ALLOW
    assert ask(policy(), {"UNSCANNED": [0]}).outcome is Outcome.PIN


def test_a_zone_without_upstream_is_struck(policy: Build) -> None:
    got = ask(policy(live=frozenset({"eu", "home"})), {})
    assert got.zones == ("eu", "home")
    assert dict(got.strikes)["us"] == (Strike("upstream"),)
    nowhere = ask(policy(live=frozenset()), {})
    assert (nowhere.outcome, nowhere.because) == (Outcome.BLOCK, (NO_UPSTREAM,))


@pytest.mark.parametrize(
    ("scores", "matches"), [([12, 12, 12], True), ([12, 12, 11], False), ([20, 20], False), ([20, 9, 12, 12], True)]
)
def test_a_rule_needs_so_many_values_at_such_a_score(policy: Build, scores: list[int], *, matches: bool) -> None:
    rule = "  - {id: bulk, if: {class: pii, min_count: 3, min_score: 0.60}, then: block, because: too many}"
    got = ask(policy(rule), {"PERSON": scores})
    assert (got.outcome is Outcome.BLOCK) == matches
    assert got.rules == ((("bulk", "block"),) if matches else ())


def test_values_are_summed_over_the_types_of_a_class(policy: Build) -> None:
    rule = "  - {id: bulk, if: {class: pii, min_count: 3}, then: block, because: too many}"
    assert ask(policy(rule), {"PERSON": [8, 8], "EMAIL": [8]}).outcome is Outcome.BLOCK


def test_effects_strike_what_they_say(policy: Build) -> None:
    got = ask(policy("  - {id: r, if: {class: place}, then: {only: [eu]}, because: b}"), {"PLACE": [20]})
    assert (got.zones, got.rules, got.because) == (("eu",), (("r", "only"),), ("b",))
    got = ask(policy("  - {id: r, if: {class: place}, then: pin, because: b}"), {"PLACE": [20]})
    assert (got.outcome, got.zones) == (Outcome.PIN, ("home",))


def test_rules_apply_to_whom_and_what_they_name(policy: Build) -> None:
    rules = (
        "  - {id: not-care, who: {not_teams: [care, eu-*]}, if: {class: place}, then: block, because: b}\n"
        "  - {id: embeds, what: {endpoints: [embeddings], models: ['text-*']}, then: pin, because: b}\n"
        "  - {id: app, who: {apps: [bot], keys: ['ak_*']}, then: {only: [eu]}, because: b}\n"
    )
    built = policy(rules)
    assert [name for name, _ in ask(built, {"PLACE": [8]}).rules] == ["not-care"]
    for team in ("care", "eu-sales"):
        assert ask(built, {"PLACE": [8]}, Identity(team, "chatbot", "ak_1")).rules == ()
    assert ask(built, {}, call=Call("embeddings", "text-3", "text-3")).rules == (("embeds", "pin"),)
    assert ask(built, {}, call=Call("embeddings", "alias", "text-3")).rules == (("embeds", "pin"),)
    assert ask(built, {}, call=Call("chat", "text-3", "text-3")).rules == ()
    assert ask(built, {}, Identity("x", "bot", "ak_9")).zones == ("eu",)
    assert ask(built, {}, Identity("x", "bot", "other")).rules == ()


def test_several_grants_open_the_union_and_ties_go_to_own_zones(policy: Build) -> None:
    base = (
        "policy: base\nversion: 1\nowner: ann\ngrants:\n"
        "  - {id: a, zones: [us, home]}\n  - {id: b, who: {teams: [support]}, zones: [home, eu]}\n"
    )
    assert ask(policy(base=base), {}).zones == ("home", "us", "eu")
    assert ask(policy(base=base), {}, Identity("sales", "x", "y")).zones == ("us", "home")


def test_state_may_be_kept_where_a_grant_of_the_zone_says_so_and_it_is_left(policy: Build, taxonomy: str) -> None:
    base = (
        "policy: base\nversion: 1\nowner: ann\ngrants:\n"
        "  - {id: a, zones: [us, home], store: false}\n"
        "  - {id: b, who: {teams: [support]}, zones: [eu, home], store: true}\n"
        "  - {id: c, who: {teams: [support]}, what: {endpoints: [responses]}, zones: [us], store: true}\n"
    )
    built = policy(base=base, taxonomy=taxonomy.replace("PLACE], floor: 0.40, ceiling: [home, eu, us]", EUROPE))
    assert ask(built, {}).stores == ("eu",)
    assert ask(built, {}, call=Call("responses", "m", "m")).stores == ("eu", "us")
    assert ask(built, {"PLACE": [20]}, call=Call("responses", "m", "m")).stores == ("eu",)
    assert ask(built, {"PERSON": [20]}).stores == ()
    assert ask(built, {}, Identity("sales", "x", "y")).stores == ()
    assert ask(policy(base=base, live=frozenset({"us"})), {}).stores == ()
    assert ask(policy(), {}).stores == ()


def test_the_ceiling_of_every_class_found_counts(policy: Build, taxonomy: str) -> None:
    built = policy(taxonomy=taxonomy.replace("PLACE], floor: 0.40, ceiling: [home, eu, us]", EUROPE))
    assert ask(built, {"PLACE": [20], "ILLNESS": [20]}).zones == ("eu", "home")


def test_a_shadow_rule_without_a_condition_changes_nothing_either(policy: Build) -> None:
    got = ask(policy("  - {id: s, mode: shadow, then: block, because: b}"), {})
    assert (got.zones, got.rules) == (("us", "eu", "home"), ())


def test_a_zone_keeps_its_best_place_in_any_grant(policy: Build) -> None:
    base = (
        "policy: base\nversion: 1\nowner: ann\ngrants:\n"
        "  - {id: a, zones: [home, us]}\n  - {id: b, zones: [us, eu, home]}\n"
    )
    assert ask(policy(base=base), {}).zones == ("home", "us", "eu")


def test_obligations_are_the_union_over_matching_rules(policy: Build) -> None:
    rules = (
        "  - {id: a, if: {class: place}, then: pin, because: b, notify: [z, y]}\n"
        "  - {id: b, if: {class: pii}, then: pin, because: b, notify: [y, x], log: full}\n"
    )
    got = ask(policy(rules), {"PLACE": [20], "PERSON": [20]})
    assert (got.log_full, got.notify) == (True, ("x", "y", "z"))
    assert ask(policy(rules), {"PLACE": [20]}).log_full is False


def test_a_shadow_rule_is_recorded_and_changes_nothing(policy: Build) -> None:
    rule = "  - {id: s, mode: shadow, if: {class: place}, then: block, because: b, log: full, notify: [x]}"
    got = ask(policy(rule), {"PLACE": [20]})
    assert (got.zones, got.rules, got.because) == (("us", "eu", "home"), (), ())
    assert (got.log_full, got.notify) == (False, ())
    assert [(would.rule, would.outcome, would.zone) for would in got.shadow] == [("s", Outcome.BLOCK, None)]


EXCEPTION = (
    "exceptions:\n  - {id: EX-1, waives: no-places, for: {apps: [chatbot]}, until: 2026-07-31, owner: ann, "
    "approved_by: bob, ticket: SEC-1, because: b}\n"
)
NO_PLACES = "  - {id: no-places, if: {class: place}, then: block, because: b}"


def test_an_exception_waives_its_rule_for_the_named_and_records_the_difference(policy: Build) -> None:
    built = policy(NO_PLACES, exceptions=EXCEPTION)
    got = ask(built, {"PLACE": [20]})
    assert (got.outcome, got.rules) == (Outcome.ALLOW, ())
    assert [(item.id, item.outcome, item.zone) for item in got.exceptions] == [("EX-1", Outcome.BLOCK, None)]
    other = ask(built, {"PLACE": [20]}, Identity("support", "otherbot", "ak_1"))
    assert (other.outcome, other.exceptions) == (Outcome.BLOCK, ())
    assert ask(built, {}).exceptions == ()


def test_an_exception_lifts_no_ceiling(policy: Build) -> None:
    rules = "  - {id: no-places, if: {class: pii}, then: block, because: b}"
    got = ask(policy(rules, exceptions=EXCEPTION), {"PERSON": [20]})
    assert (got.outcome, got.zones, got.ceilings) == (Outcome.PIN, ("home",), ("pii",))


@pytest.mark.parametrize(
    ("now", "live"),
    [
        (dt.date(2026, 7, 31), True),
        (dt.date(2026, 8, 1), False),
        (dt.datetime(2026, 7, 31, 23, 59, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 7, 31, 23, 59, tzinfo=dt.timezone(dt.timedelta(hours=-1))), False),
    ],
)
def test_an_exception_ends_with_its_last_day_in_utc(policy: Build, now: dt.date, *, live: bool) -> None:
    got = decide(policy(NO_PLACES, exceptions=EXCEPTION), ANN, CHAT, {"PLACE": [20]}, now)
    assert (got.outcome is Outcome.ALLOW) == live


def test_of_two_exceptions_for_one_rule_neither_alone_makes_the_difference(policy: Build) -> None:
    second = EXCEPTION + EXCEPTION.removeprefix("exceptions:\n").replace("EX-1", "EX-2")
    got = ask(policy(NO_PLACES, exceptions=second), {"PLACE": [20]})
    assert [(item.id, item.outcome) for item in got.exceptions] == [("EX-1", Outcome.ALLOW), ("EX-2", Outcome.ALLOW)]


# Random bundles and requests, from a seed, so that Hypothesis can shrink it and print it.
TYPES = ["PERSON", "EMAIL", "ILLNESS", "RECORD", "PLACE", "HASHTAG", "UNSCANNED", "UNCOVERED", "NEWTYPE"]
CLASSES = ["pii", "health", "phi", "place", "unscanned", "uncovered"]
TEAMS = ["a", "ab", "abc", "b", "support"]
ZONES = ["home", "eu", "us"]


def random_rules(rng: random.Random) -> list[str]:
    rules = []
    for number in range(rng.randint(0, 8)):
        parts = [f"id: r{number}"]
        if rng.random() < 0.6:
            kind = rng.choice(["teams", "not_teams"])
            parts.append(f"who: {{{kind}: [{rng.choice([*TEAMS, 'a*', 'ab*'])!r}]}}")
        if rng.random() < 0.3:
            parts.append(f"what: {{models: [{rng.choice(['gpt-*', 'gpt-5', 'o3'])!r}]}}")
        if rng.random() < 0.9:
            name = rng.choice(CLASSES)
            score = "" if name.startswith("un") else f", min_score: {rng.randint(1, 20) * 0.05:.2f}"
            parts.append(f"if: {{class: {name}, min_count: {rng.choice([1, 1, 2, 3])}{score}}}")
        effect = rng.choice(["block", "pin", "pin", f"{{only: [{', '.join(rng.sample(ZONES, rng.randint(1, 2)))}]}}"])
        parts.append(f"then: {effect}, because: b{number}, mode: {rng.choice(['enforce', 'enforce', 'shadow'])}")
        rules.append(f"  - {{{', '.join(parts)}}}")
    return rules


def random_grants(rng: random.Random) -> list[str]:
    grants = ["  - {id: all, zones: [us, eu, home]}"] if rng.random() < 0.7 else []
    for number in range(rng.randint(0 if grants else 1, 2)):
        zones = ", ".join(rng.sample(ZONES, rng.randint(1, 3)))
        grants.append(f"  - {{id: g{number}, who: {{teams: [{rng.choice([*TEAMS, 'a*'])!r}]}}, zones: [{zones}]}}")
    return grants


def build(taxonomy: str, files: list[str]) -> Policy:
    data = {"taxonomy.yaml": taxonomy.encode(), **{f"f{n}.yaml": text.encode() for n, text in enumerate(files)}}
    result = check_files(data, Surroundings(TODAY))
    assert result.bundle is not None, [str(found) for found in result.diagnostics]
    return Policy.of(result.bundle, {})


def file(name: str, grants: list[str], rules: list[str]) -> str:
    head = f"policy: {name}\nversion: 1\nowner: ann\n"
    return (
        head
        + ("grants:\n" + "\n".join(grants) + "\n" if grants else "")
        + ("rules:\n" + "\n".join(rules) + "\n" if rules else "")
    )


findings_strategy = st.dictionaries(st.sampled_from(TYPES), st.lists(st.integers(0, 20), min_size=1, max_size=4))
who_strategy = st.builds(Identity, st.sampled_from([*TEAMS, "abx", "z"]), st.just("bot"), st.just("k"))
call_strategy = st.builds(
    Call, st.sampled_from(["chat", "embeddings"]), *[st.sampled_from(["gpt-5", "gpt-4", "o3", "z"])] * 2
)


@settings(max_examples=ASKED or 50, deadline=None)
@given(seed=st.integers(0, 10**9), findings=findings_strategy, who=who_strategy, call=call_strategy)
def test_order_of_rules_grants_and_files_never_matters(
    taxonomy: str, seed: int, findings: dict[str, list[int]], who: Identity, call: Call
) -> None:
    rng = random.Random(seed)
    grants, rules = random_grants(rng), random_rules(rng)
    one = build(taxonomy, [file("one", grants, rules)])
    rng.shuffle(grants)
    rng.shuffle(rules)
    cut, at = rng.randint(0, len(rules)), rng.randint(0, len(grants))
    two = build(taxonomy, [file("two", grants[:at], rules[:cut]), file("one", grants[at:], rules[cut:])])
    shuffled = {
        name: rng.sample(findings[name], len(findings[name])) for name in rng.sample(list(findings), len(findings))
    }
    assert decide(one, who, call, findings, TODAY) == decide(two, who, call, shuffled, TODAY)


@settings(max_examples=ASKED or 66, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    amounts=st.tuples(findings_strategy, findings_strategy, st.integers(0, 5)),
    who=who_strategy,
    call=call_strategy,
)
def test_more_findings_never_free_a_request(
    taxonomy: str,
    seed: int,
    amounts: tuple[dict[str, list[int]], dict[str, list[int]], int],
    who: Identity,
    call: Call,
) -> None:
    less, more, lift = amounts
    rng = random.Random(seed)
    policy = build(taxonomy, [file("one", random_grants(rng), random_rules(rng))])
    raised = {name: [min(20, score + lift) for score in scores] for name, scores in less.items()}
    grown = {name: raised.get(name, []) + more.get(name, []) for name in raised.keys() | more.keys()}
    small, large = (decide(policy, who, call, findings, TODAY) for findings in (less, grown))
    assert set(large.zones) <= set(small.zones)
    assert [zone for zone in small.zones if zone in large.zones] == list(large.zones)


def granted_to_all(rng: random.Random) -> list[str]:
    """Return grants that leave a rule, or another grant, something to change."""
    return ["  - {id: all, zones: [us, eu, home]}", *random_grants(rng)[1:]]


def waiving(rules: list[str], rng: random.Random, until: str) -> str:
    """Return exceptions from some of the enforced rules, for those who ask in these tests."""
    lines = [
        f"  - {{id: EX-{n}, waives: r{n}, for: {{apps: [bot]}}, until: {until}, owner: ann, approved_by: bob, "
        "ticket: T-1, because: b}\n"
        for n, rule in enumerate(rules)
        if "mode: enforce" in rule and rng.random() < 0.7
    ]
    return "exceptions:\n" + "".join(lines) if lines else "exceptions: []\n"


property_of_requests = given(
    seed=st.integers(0, 10**9), findings=findings_strategy, who=who_strategy, call=call_strategy
)


@settings(max_examples=ASKED or 40, deadline=None)
@property_of_requests
def test_a_rule_more_or_a_grant_less_never_frees_a_request(
    taxonomy: str, seed: int, findings: dict[str, list[int]], who: Identity, call: Call
) -> None:
    rng = random.Random(seed)
    grants, rules = granted_to_all(rng), random_rules(rng)
    bundle = build(taxonomy, [file("one", grants, rules)]).bundle
    assert (len(bundle.rules), len(bundle.grants)) == (len(rules), len(grants))

    def zones(**changed: object) -> set[str]:
        less = Policy.of(dataclasses.replace(bundle, **changed), {})  # type: ignore[arg-type]
        return set(decide(less, who, call, findings, TODAY).zones)

    whole = zones()
    for at in range(len(rules)):
        assert whole <= zones(rules=bundle.rules[:at] + bundle.rules[at + 1 :])
    for at in range(len(grants)):
        assert zones(grants=bundle.grants[:at] + bundle.grants[at + 1 :]) <= whole


@settings(max_examples=ASKED or 40, deadline=None)
@property_of_requests
def test_a_rule_in_shadow_decides_as_if_it_were_not_there_and_says_what_it_would_do(
    taxonomy: str, seed: int, findings: dict[str, list[int]], who: Identity, call: Call
) -> None:
    rng = random.Random(seed)
    grants, rules = granted_to_all(rng), random_rules(rng)
    with_shadows = decide(build(taxonomy, [file("one", grants, rules)]), who, call, findings, TODAY)
    enforced = [rule for rule in rules if "mode: shadow" not in rule]
    without = decide(build(taxonomy, [file("one", grants, enforced)]), who, call, findings, TODAY)
    assert with_shadows.zones == without.zones
    assert (with_shadows.rules, with_shadows.because, with_shadows.strikes) == (
        without.rules, without.because, without.strikes,
    )  # fmt: skip
    assert without.shadow == ()
    for would in with_shadows.shadow:
        one = [rule.replace("shadow", "enforce") if f"id: {would.rule}," in rule else rule for rule in rules]
        made = decide(build(taxonomy, [file("one", grants, one)]), who, call, findings, TODAY)
        assert (would.outcome, would.zone) == (made.outcome, made.zone)


@settings(max_examples=ASKED or 40, deadline=None)
@property_of_requests
def test_an_exception_opens_no_ceiling_and_no_grant_and_nothing_once_it_is_over(
    taxonomy: str, seed: int, findings: dict[str, list[int]], who: Identity, call: Call
) -> None:
    rng = random.Random(seed)
    grants, rules = granted_to_all(rng)[rng.randint(0, 1) :], random_rules(rng)
    last = TODAY + dt.timedelta(rng.randint(0, 90))
    built = build(taxonomy, [file("one", grants, rules), waiving(rules, rng, last.isoformat())])
    strict = build(taxonomy, [file("one", grants, rules)])
    lawless = build(taxonomy, [file("one", grants, [])])
    live, over = (decide(built, who, call, findings, day) for day in (last, last + dt.timedelta(1)))
    plain = decide(strict, who, call, findings, TODAY)
    assert set(plain.zones) <= set(live.zones) <= set(decide(lawless, who, call, findings, TODAY).zones)
    assert dataclasses.replace(over, shadow=()) == dataclasses.replace(plain, shadow=())
    assert bool(live.exceptions) or live.zones == plain.zones
    if len(live.exceptions) == 1:
        assert (live.exceptions[0].outcome, live.exceptions[0].zone) == (plain.outcome, plain.zone)


@settings(max_examples=ASKED or 40, deadline=None)
@property_of_requests
def test_the_table_of_zones_says_of_each_zone_all_that_struck_it(
    taxonomy: str, seed: int, findings: dict[str, list[int]], who: Identity, call: Call
) -> None:
    rng = random.Random(seed)
    built = build(taxonomy, [file("one", random_grants(rng), random_rules(rng))])
    got = decide(built, who, call, findings, TODAY)
    granted = {zone for grant in lawful(built, who, call) for zone in grant}
    rules = {rule.id: rule for rule in built.bundle.rules}
    carried = {name for name, _, _ in got.classes}
    for zone, by in got.strikes:
        expected = [] if zone in granted else [Strike("grant")]
        expected += [
            Strike("rule", name)
            for name, effect in got.rules
            if effect == "block"
            or (effect == "pin" and zone != "home")
            or (effect == "only" and zone not in rules[name].only)
        ]
        expected += [
            Strike("ceiling", item.name)
            for item in built.bundle.classes
            if item.name in carried and zone not in item.ceiling
        ]
        assert list(by) == expected
    assert {zone for zone, by in got.strikes if not by} == set(got.zones)


def lawful(policy: Policy, who: Identity, call: Call) -> list[tuple[str, ...]]:
    """Return the zones of each grant that applies, read off the index of grants alone."""
    bits = applicable(policy.index, who, call)
    return [grant.zones for number, grant in enumerate(policy.bundle.grants) if bits >> number & 1]


@settings(max_examples=ASKED or 50, deadline=None)
@given(seed=st.integers(0, 10**9), findings=findings_strategy, who=who_strategy, call=call_strategy)
def test_a_decision_agrees_with_a_plain_reading_of_the_model(
    taxonomy: str, seed: int, findings: dict[str, list[int]], who: Identity, call: Call
) -> None:
    rng = random.Random(seed)
    policy = build(taxonomy, [file("one", random_grants(rng), random_rules(rng))])
    got = decide(policy, who, call, findings, TODAY)
    assert set(got.zones) == plain_reading(policy, who, call, findings)


def plain_reading(policy: Policy, who: Identity, call: Call, findings: dict[str, list[int]]) -> set[str]:
    """Decide slowly, straight from the model, with none of the index."""
    bundle = policy.bundle

    def matches(patterns: tuple[str, ...], *names: str) -> bool:
        return any(name == p or (p.endswith("*") and name.startswith(p[:-1])) for p in patterns for name in names)

    def applies(item: object) -> bool:
        w, c = item.who, item.what  # type: ignore[attr-defined]
        return (
            (not w.teams or matches(w.teams, who.team))
            and not matches(w.not_teams, who.team)
            and (not c.endpoints or matches(c.endpoints, call.endpoint))
            and (not c.models or matches(c.models, call.model, call.resolved))
        )

    known = {entity for item in bundle.classes for entity in item.entities} | {"HASHTAG", "UNSCANNED", "UNCOVERED"}
    carried: dict[str, list[int]] = {
        item.name: [s for entity in item.entities for s in findings.get(entity, []) if s >= item.floor]
        for item in bundle.classes
    }
    carried["uncovered"] = [20] * len(findings.get("UNCOVERED", []))
    carried["unscanned"] = [20 for name in findings if name == "UNSCANNED" or name not in known for _ in findings[name]]
    if carried["health"] and carried["pii"]:
        carried["phi"].append(min(max(carried["health"]), max(carried["pii"])))
    zones = {zone for grant in bundle.grants if applies(grant) for zone in grant.zones}
    for rule in bundle.rules:
        condition = rule.condition
        enough = condition is None or (
            len([s for s in carried[condition.data_class] if s >= condition.min_score]) >= condition.min_count
        )
        if rule.mode.value == "enforce" and applies(rule) and enough:
            zones &= {"block": set(), "pin": {"home"}, "only": set(rule.only)}[rule.effect]
    for item in bundle.classes:
        if carried[item.name]:
            zones &= set(item.ceiling)
    return zones


def random_budgets(rng: random.Random) -> list[str]:
    budgets = []
    for number in range(rng.randint(1, 4)):
        who = f"who: {{{rng.choice(['teams', 'not_teams'])}: [{rng.choice([*TEAMS, 'a*'])!r}]}}, "
        then, zones = rng.choice([("pin", ["us"]), ("block", ["eu"]), ("block", ["us", "eu"]), ("block", ZONES)])
        said = f"zones: [{', '.join(zones)}], monthly: 1, then: {then}, because: spent{number}"
        budgets.append(f"  - {{id: b{number}, {who if rng.random() < 0.5 else ''}{said}}}")
    return budgets


@settings(max_examples=ASKED or 50, deadline=None)
@property_of_requests
def test_more_budgets_that_are_used_up_never_free_a_request(
    taxonomy: str, seed: int, findings: dict[str, list[int]], who: Identity, call: Call
) -> None:
    rng = random.Random(seed)
    budgets = "budgets:\n" + "\n".join(random_budgets(rng)) + "\n"
    built = build(taxonomy, [file("one", random_grants(rng), random_rules(rng)) + budgets])
    some = {name for name in built.index.budgets if rng.random() < 0.5}
    more = some | {name for name in built.index.budgets if rng.random() < 0.5} | {"unknown"}
    before, after = (decide(built, who, call, findings, TODAY, names) for names in (some, more))
    assert set(after.zones) <= set(before.zones)
    assert set(after.stores) <= set(before.stores)
    assert set(before.budgets) <= set(after.budgets) <= more - {"unknown"}
    assert [*dict.fromkeys(after.zones)] == [zone for zone in before.zones if zone in after.zones], "nor reorder zones"
    assert decide(built, who, call, findings, TODAY, after.budgets) == after, "a record says all that is needed"
