import datetime as dt
import re
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.effort import ASKED

from proxy.files.diagnostics import Problems
from proxy.policy.decide import decide
from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check_files, read_directory
from proxy.policy.model import Call, Identity, Outcome, Trust
from proxy.policy.policy import Policy
from proxy.policy.start import FILES, UNION, UNION_RULE, VENDORS, starting_set, upstreams
from proxy.policy.wanted import OWN, PACKS, VendorZone, Wanted
from proxy.settings import ROOT
from proxy.upstreams.reading import load_registry

SHIPPED = {name: data.decode() for name, data in read_directory(ROOT / "policies", Problems()).items()}
US, EU = VendorZone("us", "us", ("dpa", "baa")), VendorZone("eu", "eu-west", ("dpa",))
DAY = dt.date(2026, 6, 1)


def made(wanted: Wanted) -> Checked:
    """Make a starting set and check it as the loader does."""
    return check_files({name: text.encode() for name, text in starting_set(wanted, SHIPPED).items()}, Surroundings(DAY))


def policy(wanted: Wanted) -> Policy:
    bundle = made(wanted).bundle
    assert bundle is not None
    return Policy.of(bundle, {})


def decided(policy: Policy, team: str, **findings: tuple[int, ...]) -> tuple[Outcome, str | None]:
    result = decide(policy, Identity(team, "app", "k"), Call("chat", "m", "m"), findings, DAY)
    return result.outcome, result.zone


def faults(found: Checked) -> list[str]:
    return [str(item) for item in found.diagnostics if item.severity == "error"]


# Names that the shipped files use for something else, or that YAML would not read as text.
zones = st.sampled_from([OWN, *VENDORS, "home", "cloud", "onprem-2", "cloud-us-2", "1", "1e5", "null", "true", "no"])
vendors = st.lists(
    st.builds(
        VendorZone,
        zones,
        st.sampled_from(["", "eu", "eu-west", "us", "1", "null"]),
        st.sampled_from([(), ("dpa",), ("dpa", "2")]),
    ),
    max_size=4,
    unique_by=lambda vendor: vendor.name,
)
teams = st.lists(
    st.sampled_from(["support", "eu-sales", "eu-b", "null", "7", "another-team", "another-team-still", "A/b:c@d"]),
    max_size=3,
    unique=True,
)
packs = st.lists(st.sampled_from(PACKS), min_size=1, unique=True)
owners = st.sampled_from(["security@company.example", "123", "a:b", "ann+x@acme.example"])


@settings(max_examples=ASKED or 20, deadline=None)
@given(own=zones, vendors=vendors, teams=teams, packs=packs, owner=owners)
def test_whatever_is_wanted_loads_is_tested_throughout_and_proves_its_claims(
    own: str, vendors: list[VendorZone], teams: list[str], packs: list[str], owner: str
) -> None:
    others = tuple(vendor for vendor in vendors if vendor.name != own)
    wanted = Wanted(own, others, tuple(teams) if others else (), tuple(packs), owner)
    found = made(wanted)
    assert faults(found) == []
    assert {item.code for item in found.diagnostics} <= {"grant-too-wide"}
    assert found.tests is not None
    assert found.bundle is not None
    assert (found.tests.failed, found.tests.coverage) == ((), 100)
    assert found.proofs
    assert all(proof.holds for proof in found.proofs)
    assert {zone.name for zone in found.bundle.zones if zone.trust is Trust.OWN} == {own}
    assert {vendor.name for vendor in others} <= {zone.name for zone in found.bundle.zones}


@settings(max_examples=ASKED or 20, deadline=None)
@given(vendors=vendors, teams=teams, packs=packs)
def test_a_harmless_request_reaches_a_vendor_only_if_one_was_named_for_that_team(
    vendors: list[VendorZone], teams: list[str], packs: list[str]
) -> None:
    others = tuple(vendor for vendor in vendors if vendor.name != "home")
    wanted = Wanted("home", others, tuple(teams) if others else (), tuple(packs))
    named, built = {vendor.name for vendor in others}, policy(wanted)
    for team in ("support", "eu-sales", "nobody-in-particular"):
        outcome, zone = decided(built, team)
        held = team.startswith("eu-") and "gdpr" in packs and not any(vendor.in_union for vendor in others)
        opened = bool(others) and not held and (not teams or team in teams)
        assert outcome is (Outcome.ALLOW if opened else Outcome.PIN)
        assert zone in (named if opened else {"home"})
        assert decided(built, team, EMAIL_ADDRESS=(19,)) == (Outcome.PIN, "home")


def test_the_preferred_vendor_is_the_one_that_was_named_first() -> None:
    assert decided(policy(Wanted(vendors=(US, EU))), "support") == (Outcome.ALLOW, "us")
    assert decided(policy(Wanted(vendors=(EU, US))), "support") == (Outcome.ALLOW, "eu")


def test_a_team_of_the_union_stays_in_it_where_there_is_a_choice() -> None:
    both = Wanted(vendors=(US, EU), packs=("gdpr",))
    assert decided(policy(both), "eu-sales") == (Outcome.ALLOW, "eu")
    assert decided(policy(Wanted(vendors=(US,), packs=("gdpr",))), "eu-sales") == (Outcome.PIN, OWN)
    assert UNION_RULE in starting_set(both, SHIPPED)["gdpr.yaml"]
    assert UNION_RULE not in starting_set(Wanted(vendors=(EU,), packs=("gdpr",)), SHIPPED)["gdpr.yaml"]


def test_tests_that_expect_a_request_to_stay_do_not_say_that_it_leaves() -> None:
    at_home = starting_set(Wanted(packs=PACKS), SHIPPED)
    for name, text in at_home.items():
        assert not re.search(r"name: .*(may leave|vendor zone$|Union's zone)|decision: allow", text, re.MULTILINE), name
    leaving = starting_set(Wanted(vendors=(US,), packs=PACKS), SHIPPED)
    assert "a condition alone may leave" in leaving["hipaa.yaml"]
    assert "decision: allow" in leaving["access.yaml"]


def test_every_class_that_stays_home_has_a_claim_whichever_packs_are_taken() -> None:
    for pack in PACKS:
        found = made(Wanted(vendors=(US,), packs=(pack,)))
        assert found.bundle is not None
        kept = {item.name for item in found.bundle.classes if item.ceiling == (OWN,)}
        assert {claim.never for claim in found.bundle.claims} == kept


def test_no_shipped_name_of_a_zone_owner_or_grant_is_left() -> None:
    wanted = Wanted("home", (US, EU), ("support", "eu-b"), PACKS, "ann@acme.example")
    for name, text in starting_set(wanted, SHIPPED).items():
        said = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        assert not re.search(r"onprem|cloud-eu|cloud-us|company\.example|id: everyone", said), name
        assert "Who may call what" not in text


def test_the_shipped_files_are_written_as_the_rewriting_takes_them_to_be() -> None:
    taxonomy = yaml.safe_load(SHIPPED["taxonomy.yaml"])
    own = [name for name, zone in taxonomy["zones"].items() if zone["trust"] == "own"]
    union = [name for name, zone in taxonomy["zones"].items() if zone.get("region") == "eu"]
    assert (own, union, set(taxonomy["zones"])) == ([OWN], [UNION], {OWN, *VENDORS})
    packs = {name for name, text in SHIPPED.items() if "\nrules:" in text}
    assert packs == {f"{pack}.yaml" for pack in PACKS}
    assert packs < set(FILES) <= SHIPPED.keys()


def test_comments_stay_and_every_file_tells_editors_its_schema() -> None:
    files = starting_set(Wanted(vendors=(US,), packs=PACKS), SHIPPED)
    for name, text in files.items():
        assert text.startswith("# yaml-language-server: $schema=schema.json\n"), name
        assert text.endswith("\n"), name
    for name in ("hipaa.yaml", "taxonomy.yaml", "exceptions.yaml"):
        kept = [line for line in SHIPPED[name].splitlines() if re.match(r"(  )?# ", line)]
        lost = [line for line in kept if line not in files[name].splitlines()]
        assert all("agreements" in line for line in lost), name
    assert yaml.safe_load(files["exceptions.yaml"]) == {"exceptions": []}


def test_the_upstream_file_loads_and_lets_nothing_out_before_someone_fills_in_where_to(tmp_path: Path) -> None:
    file = tmp_path / "upstreams.yaml"
    file.write_text(upstreams(Wanted("null", (US, VendorZone("1"), VendorZone("a" * 32)))))
    assert load_registry(file).zones == {"null"}
    file.write_text(re.sub(r"^  # (- \{|   )", r"  \1", file.read_text(), flags=re.MULTILINE))
    assert load_registry(file).zones == {"null", "us", "1", "a" * 32}
    assert max(map(len, file.read_text().splitlines())) <= 150
