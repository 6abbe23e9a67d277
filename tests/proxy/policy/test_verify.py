import datetime as dt
import itertools
from collections.abc import Callable

from bench import bundles as bundles_of
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.effort import ASKED

from proxy.policy.decide import applicable, decide, settle
from proxy.policy.index import Index, compile_index
from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check_files
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy
from proxy.policy.verify import Proof, verify
from proxy.policy.witness import representatives, witnesses

TODAY = dt.date(2026, 6, 1)
HEAD = "policy: rules\nversion: 1\nowner: ann@acme.example\n"


def proofs(checked: Callable[..., Checked], rules: str, claims: str, **files: str) -> tuple[Proof, ...]:
    result = checked(rules=f"{HEAD}{rules}claims:\n{claims}", **files)
    assert result.bundle is not None, [str(found) for found in result.diagnostics]
    return result.proofs


def test_a_ceiling_alone_proves_a_claim_and_is_named(checked: Callable[..., Checked]) -> None:
    (proof,) = proofs(checked, "", "  - {never: pii, in: [us, eu]}\n")
    assert proof.holds
    assert proof.support == (("eu", "ceiling"), ("us", "ceiling"))
    assert proof.decisions > 0


def test_rules_alone_prove_a_claim_whatever_the_ceiling(checked: Callable[..., Checked]) -> None:
    rules = "rules:\n  - {id: r, if: {class: health}, then: pin, because: b}\n"
    (proof,) = proofs(checked, rules, "  - {never: health, in: [us]}\n")
    assert proof.support == (("us", "rules"),)


def test_a_zone_that_nobody_was_granted_needs_neither(checked: Callable[..., Checked]) -> None:
    base = "policy: base\nversion: 1\nowner: ann\ngrants: [{id: g, zones: [eu, home]}]\n"
    (proof,) = proofs(checked, "", "  - {never: place, in: [us]}\n", base=base)
    assert proof.support == (("us", "grants"),)


def test_a_rule_above_the_floor_proves_nothing_and_is_named_with_its_line(checked: Callable[..., Checked]) -> None:
    rules = "rules:\n  - {id: stays, if: {class: health, min_score: 0.80}, then: pin, because: b}\n"
    (proof,) = proofs(checked, rules, "  - {never: health, in: [us]}\n")
    assert str(proof.counterexample) == (
        "team=any app=any key=any endpoint=chat model=any, one ILLNESS at 0.50 reaches us: stays needs "
        "min_score 0.80, the floor of health is 0.50 (taxonomy.yaml:11); the ceiling of health allows us "
        "(taxonomy.yaml:11)"
    )


def test_a_rule_that_counts_proves_nothing(checked: Callable[..., Checked]) -> None:
    rules = "rules:\n  - {id: bulk, if: {class: health, min_count: 2}, then: pin, because: b}\n"
    (proof,) = proofs(checked, rules, "  - {never: health, in: [us]}\n")
    assert "bulk needs min_count 2, and one value makes health" in str(proof.counterexample)


def test_a_rule_with_a_hole_is_refuted_by_a_caller_in_the_hole(checked: Callable[..., Checked]) -> None:
    rules = "rules:\n  - {id: stays, who: {not_teams: ['eu-*']}, if: {class: health}, then: pin, because: b}\n"
    (proof,) = proofs(checked, rules, "  - {never: health, in: [us]}\n")
    assert proof.counterexample is not None
    assert proof.counterexample.who.team.startswith("eu-")
    assert "stays does not apply to this caller and call (rules.yaml:5)" in proof.counterexample.reason


def test_the_gap_between_two_prefixes_is_found(checked: Callable[..., Checked]) -> None:
    rules = (
        "rules:\n  - {id: a, what: {models: ['gpt-5-*']}, if: {class: place}, then: pin, because: b}\n"
        "  - {id: b, who: {not_teams: [x]}, if: {class: place}, then: {only: [home, eu]}, because: b}\n"
    )
    (proof,) = proofs(checked, rules, "  - {never: place, in: [us]}\n")
    assert proof.counterexample is not None
    assert proof.counterexample.who.team == "x"
    assert not proof.counterexample.call.model.startswith("gpt-5-")


def test_a_grant_for_some_models_and_endpoints_is_found(checked: Callable[..., Checked]) -> None:
    base = (
        "policy: base\nversion: 1\nowner: ann\ngrants:\n"
        "  - {id: g, what: {endpoints: [embeddings], models: ['text-*']}, zones: [us]}\n"
    )
    (proof,) = proofs(checked, "", "  - {never: place, in: [us]}\n", base=base)
    assert proof.counterexample is not None
    assert proof.counterexample.call.endpoint == "embeddings"
    assert proof.counterexample.call.model.startswith("text-")


def test_a_derived_class_is_tried_with_every_kind_of_witness(checked: Callable[..., Checked]) -> None:
    rules = "rules:\n  - {id: r, if: {class: phi, min_score: 0.45}, then: block, because: b}\n"
    (proof,) = proofs(checked, rules, "  - {never: phi, in: [home]}\n")
    assert proof.counterexample is not None
    assert dict(proof.counterexample.findings) in ({"RECORD": (8,)}, {"ILLNESS": (10,), "EMAIL": (8,)})


def test_exceptions_count_as_live_and_shadow_rules_as_absent(checked: Callable[..., Checked]) -> None:
    rule = "  - {id: r, if: {class: health}, then: pin, because: b%s}\n"
    claim = "  - {never: health, in: [us]}\n"
    exception = (
        "exceptions:\n  - {id: EX, waives: r, for: {keys: [ak_7]}, until: 2026-06-30, owner: ann, approved_by: bob, "
        "ticket: T-1, because: b}\n"
    )
    (proof,) = proofs(checked, "rules:\n" + rule % "", claim, exceptions=exception)
    assert proof.counterexample is not None
    assert proof.counterexample.who.key == "ak_7"
    assert "EX waives r" in proof.counterexample.reason
    (proof,) = proofs(checked, "rules:\n" + rule % ", mode: shadow", claim)
    assert not proof.holds


def test_zones_without_an_upstream_do_not_prove_anything(checked: Callable[..., Checked]) -> None:
    around = Surroundings(dt.date(2026, 6, 1), zones_with_upstreams=frozenset({"home"}))
    result = checked(rules=f"{HEAD}claims:\n  - {{never: place, in: [us]}}\n", around=around)
    assert [proof.holds for proof in result.proofs] == [False]


NAMES = ["a", "ab", "abc", "b", "zz"]
PATTERNS = [*NAMES, "a*", "ab*", "b*"]


@st.composite
def bundles(draw: st.DrawFn) -> str:
    """Draw grants, rules and claims over few names, so that they meet."""
    pattern = st.sampled_from(PATTERNS).map(repr)
    zones = st.lists(st.sampled_from(["us", "eu", "home"]), min_size=1, max_size=3, unique=True).map(", ".join)
    lines = ["grants:"]
    for n in range(draw(st.integers(1, 2))):
        who = draw(st.sampled_from(["{}", f"{{teams: [{draw(pattern)}]}}", f"{{apps: [{draw(pattern)}]}}"]))
        what = draw(st.sampled_from(["{}", "{}", f"{{models: [{draw(pattern)}]}}", "{endpoints: [embeddings]}"]))
        lines.append(f"  - {{id: g{n}, who: {who}, what: {what}, zones: [{draw(zones)}]}}")
    lines.append("rules:")
    for n in range(draw(st.integers(1, 4))):
        who = draw(st.sampled_from(["{}", f"{{teams: [{draw(pattern)}]}}", f"{{not_teams: [{draw(pattern)}]}}"]))
        what = draw(st.sampled_from(["{}", f"{{models: [{draw(pattern)}]}}", "{endpoints: [chat]}"]))
        name = draw(st.sampled_from(["pii", "health", "phi", "place"]))
        count = draw(st.sampled_from([1, 1, 1, 2]))
        score = draw(st.sampled_from(["0.05", "0.40", "0.45", "0.50"]))
        effect = draw(st.sampled_from(["block", "pin", "{only: [eu]}", "{only: [us, home]}"]))
        condition = draw(st.sampled_from(["", f"if: {{class: {name}, min_count: {count}, min_score: {score}}}, "]))
        lines.append(f"  - {{id: r{n}, who: {who}, what: {what}, {condition}then: {effect}, because: b}}")
    lines.append("claims:")
    lines += [f"  - {{never: {name}, in: [us, eu, home]}}" for name in ("pii", "health", "phi", "place")]
    lines += [f"  - {{never: {name}, in: [{zone}]}}" for name in ("pii", "health", "place") for zone in ("us", "eu")]
    return "\n".join(lines) + "\n"


names = st.sampled_from([*NAMES, "abx", "bx", "q"])
amounts = st.dictionaries(
    st.sampled_from(["PERSON", "EMAIL", "ILLNESS", "RECORD", "PLACE"]),
    st.lists(st.integers(6, 12), min_size=1, max_size=3),
    min_size=1,
)
requests = st.tuples(
    st.builds(Identity, names, names, st.just("k")),
    st.builds(Call, st.sampled_from(["chat", "embeddings"]), names, names),
    amounts,
)


@settings(max_examples=ASKED or 40, deadline=None)
@given(text=bundles(), several=st.lists(requests, min_size=30, max_size=30))
def test_a_proved_claim_is_never_broken_by_a_request_and_a_refuted_one_is_by_its_counterexample(
    taxonomy: str, text: str, several: list[tuple[Identity, Call, dict[str, list[int]]]]
) -> None:
    around = Surroundings(dt.date(2026, 6, 1))
    result = check_files({"taxonomy.yaml": taxonomy.encode(), "p.yaml": (HEAD + text).encode()}, around)
    assert result.bundle is not None, [str(found) for found in result.diagnostics]
    policy = Policy.of(result.bundle, {})
    decided = [decide(policy, who, call, findings, around.today) for who, call, findings in several]
    for proof in verify(result.bundle):
        if proof.counterexample:
            case = proof.counterexample
            got = decide(policy, case.who, case.call, case.findings, around.today)
            assert case.zone in got.zones
            assert proof.claim.never in {name for name, _, _ in got.classes}
        else:
            for got in decided:
                carried = proof.claim.never in {name for name, _, _ in got.classes}
                assert not (carried and set(got.zones) & set(proof.claim.zones))


@settings(max_examples=ASKED or 20, deadline=None)
@given(text=bundles())
def test_trying_the_freest_alone_comes_to_what_trying_everybody_comes_to(taxonomy: str, text: str) -> None:
    around = Surroundings(dt.date(2026, 6, 1))
    bundle = check_files({"taxonomy.yaml": taxonomy.encode(), "p.yaml": (HEAD + text).encode()}, around).bundle
    assert bundle is not None
    index, unceiled = compile_index(bundle, None), compile_index(bundle, None, ceilings=False)
    dimensions = (index.teams, index.apps, index.models, index.models)
    everybody = [
        applicable(index, Identity(team, app, "k"), Call(endpoint, model, resolved))
        for team, app, model, resolved in itertools.product(*map(representatives, dimensions))
        for endpoint in ("chat", "embeddings")
    ]

    def reached(within: Index, name: str) -> set[str]:
        weakest = witnesses(bundle, within, name)
        return {
            zone for bits in set(everybody) for found in weakest for zone in settle(within, bits, found, TODAY).zones
        }

    for proof in verify(bundle):
        assert proof.holds == (not reached(index, proof.claim.never) & set(proof.claim.zones)), proof.claim
        for zone, support in proof.support:
            assert (support == "ceiling") == (zone in reached(unceiled, proof.claim.never)), (proof.claim, zone)


def test_a_counterexample_names_only_what_matters(checked: Callable[..., Checked]) -> None:
    rules = (
        "rules:\n  - {id: a, who: {teams: [x, y]}, if: {class: health}, then: pin, because: b}\n"
        "  - {id: b, who: {not_teams: [x]}, what: {models: ['gpt-*']}, if: {class: health}, then: pin, because: b}\n"
    )
    (proof,) = proofs(checked, rules, "  - {never: health, in: [us]}\n")
    assert proof.counterexample is not None
    assert (proof.counterexample.who, proof.counterexample.call) == (
        Identity("any", "any", "any"), Call("chat", "any", "any"),
    )  # fmt: skip


def test_200_rules_and_50_teams_are_proved_in_few_decisions() -> None:
    size = bundles_of.Size(rules=200, teams=50, zones=20)
    made = bundles_of.loaded(bundles_of.files(size))
    found = verify(made.bundle)
    assert all(proof.holds for proof in found)
    assert len(found) == len(bundles_of.HOME)
    assert sum(proof.decisions for proof in found) < 5_000
