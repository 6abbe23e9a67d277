"""The policies that ship: they load, every rule is exercised, claims are proved, and a comparison names a change."""

from pathlib import Path

import pytest

from proxy.policy import Call, Identity, Outcome, decide, load_policy
from proxy.policy.diff import compare
from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check_files
from proxy.policy.render_diff import text

PACKS = ["gdpr.yaml", "hipaa.yaml", "pci.yaml", "secrets.yaml", "soc2.yaml"]
HOME_ONLY = [
    "pii", "government-id", "phi", "special-category", "cardholder", "secret", "private-key", "cloud-credential",
    "unscanned", "uncovered",
]  # fmt: skip


@pytest.fixture(scope="session")
def checked(shipped: dict[str, bytes], around: Surroundings) -> Checked:
    return check_files(shipped, around)


def test_the_shipped_files_have_no_findings(checked: Checked) -> None:
    assert [str(found) for found in checked.diagnostics] == []


def test_every_rule_is_seen_matching_and_not_matching(checked: Checked) -> None:
    assert checked.tests is not None
    assert checked.tests.failed == ()
    assert checked.tests.seen_matching == checked.tests.seen_not_matching == checked.tests.rules


def test_every_pack_has_tests_claims_and_a_warning_about_its_references(shipped: dict[str, bytes]) -> None:
    for name in PACKS:
        text = shipped[name].decode()
        assert "\nclaims:\n" in text
        assert "\ntests:\n" in text
        assert name == "secrets.yaml" or "a qualified reader must confirm them" in text


def test_every_claim_is_proved_and_rests_on_rules_and_ceilings_alike(checked: Checked) -> None:
    assert {proof.claim.never for proof in checked.proofs} == set(HOME_ONLY)
    assert all(proof.holds for proof in checked.proofs)
    assert {support for proof in checked.proofs for _, support in proof.support} == {"rules"}
    assert checked.bundle is not None
    ceilings = {item.name: item.ceiling for item in checked.bundle.classes}
    assert {name for name, ceiling in ceilings.items() if ceiling == ("onprem",)} == set(HOME_ONLY)


def test_a_directory_of_them_loads_and_decides(around: Surroundings) -> None:
    folder = Path(__file__).resolve().parents[2] / "policies"
    zones = frozenset({"onprem", "cloud-us"})
    policy, warnings = load_policy(folder, Surroundings(around.today, around.entity_types, zones_with_upstreams=zones))
    assert [found.code for found in warnings] == ["zone-without-upstream"]
    who, call = Identity("any", "any", "any"), Call("chat", "gpt-5-mini", "gpt-5-mini")
    assert decide(policy, who, call, {}, around.today).zones == ("cloud-us", "onprem")
    assert decide(policy, who, call, {"PRIVATE_KEY": [19]}, around.today).outcome is Outcome.BLOCK
    assert decide(policy, who, call, {"API_KEY": [12]}, around.today).zones == ("onprem",)


GRANT = "\n  - {id: trial, who: {teams: [lab]}, zones: [onprem, cloud-us]}\n\nrules:"
SHADOW = "mode: shadow\n    then: {only: [onprem, cloud-eu]}"


@pytest.mark.parametrize(
    ("name", "change", "line"),
    [
        ("soc2.yaml", ("min_count: 50", "min_count: 60"), "pii x50 at 0.60  block => pin -> onprem"),
        ("pci.yaml", ("min_score: 0.60", "min_score: 0.65"), "cardholder x10 at 0.60  block => pin -> onprem"),
        ("taxonomy.yaml", ("region: us, agreements: [dpa]", "region: us"), "zone cloud-us changed: agreements -dpa"),
        ("gdpr.yaml", ("then: {only: [onprem, cloud-eu]}", SHADOW), "allow -> cloud-eu => allow -> cloud-us"),
        ("taxonomy.yaml", ("health, pii]\n    floor: 0.40", "health, pii]\n    floor: 0.60"), "phi x1 at 0.40"),
    ],
)
def test_a_comparison_calls_sabotage_looser(
    shipped: dict[str, bytes], around: Surroundings, name: str, change: tuple[str, str], line: str
) -> None:
    old, new = (text.encode() for text in change)
    assert old in shipped[name]
    before = check_files(shipped, around).bundle
    after = check_files({**shipped, name: shipped[name].replace(old, new, 1)}, around).bundle
    assert before is not None
    assert after is not None
    comparison = compare(before, after, around.today)
    assert comparison.looser
    assert any(line in told for told in text(comparison).splitlines() if told.startswith("LOOSER"))


def test_a_comparison_tells_a_grant_that_opens_nothing_from_one_that_does(
    shipped: dict[str, bytes], around: Surroundings
) -> None:
    before = check_files(shipped, around).bundle
    added = {**shipped, "soc2.yaml": shipped["soc2.yaml"].replace(b"\nrules:", GRANT.encode(), 1)}
    narrow = {**shipped, "soc2.yaml": shipped["soc2.yaml"].replace(b"[cloud-us, cloud-eu, onprem]", b"[onprem]", 1)}
    opened = {**added, "soc2.yaml": added["soc2.yaml"].replace(b"[cloud-us, cloud-eu, onprem]", b"[onprem]", 1)}
    bundles = [check_files(files, around).bundle for files in (added, narrow, opened)]
    assert before is not None
    assert bundles[0] is not None
    assert bundles[1] is not None
    assert bundles[2] is not None
    assert compare(before, bundles[0], around.today).proved
    assert compare(before, bundles[1], around.today).proved
    (line,) = [told for told in text(compare(bundles[1], bundles[2], around.today)).splitlines() if "LOOSER" in told]
    assert line == "LOOSER   any request  pin -> onprem => allow -> onprem (+cloud-us)  team lab"


def test_reasons_tell_a_developer_what_to_do(checked: Checked) -> None:
    assert checked.bundle is not None
    for rule in checked.bundle.rules:
        assert 40 < len(rule.because) < 200
        assert rule.because.endswith(".")


def test_no_exception_ships(checked: Checked) -> None:
    assert checked.bundle is not None
    assert checked.bundle.exceptions == ()
