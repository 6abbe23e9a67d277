"""What a saboteur, or a tired colleague, can do to the shipped policies, and which tool says so with which code.

Every case is a copy of the shipped files with one change, run through the real commands: `lint` (codes), `test
--min-coverage 100` (exit 4) and `diff` against the original (exit 1). The thorough saboteur deletes tests and claims
along with the rule; then the comparison is the last net, and stays silent only where a ceiling holds the same.
"""

import dataclasses
import datetime as dt
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from policies.conftest import SHIPPED
from typer.testing import CliRunner

from proxy.policy import cli
from proxy.policy.commands.common import Injected
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.model import Trust
from proxy.policy.policy import Policy
from proxy.upstreams.reading import read_registry

Files = dict[str, str]
ORIGINAL: Files = {path.name: path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.yaml"))}


@dataclass(frozen=True, slots=True)
class Caught:
    """What each tool says; the comparison cannot speak of what does not load."""

    lint: frozenset[str]
    lint_exit: int
    test_exit: int
    diff_exit: int

    @property
    def by(self) -> list[str]:
        """Return the tools and codes that object."""
        return [
            *sorted(f"lint {code}" for code in self.lint),
            *(["test"] if self.test_exit == 4 else []),
            *(["diff"] if self.diff_exit == 1 else []),
        ]


@pytest.fixture
def inspect(tmp_path: Path, around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Files], Caught]:
    """Return what runs the three commands on files."""
    types = around.entity_types
    assert types is not None
    monkeypatch.setattr(cli, "injected", Injected(detector_types=lambda: (types, around.thresholds)))
    count = itertools.count()

    def write(files: Files) -> Path:
        folder = tmp_path / str(next(count))
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    def run(*arguments: str | Path) -> tuple[int, str]:
        result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.output

    def inspect(files: Files, before: Files = ORIGINAL) -> Caught:
        old, new = write(before), write(files)
        lint_exit, said = run("lint", new, "--format", "json")
        test_exit, _ = run("test", new, "--min-coverage", "100")
        diff_exit, _ = run("diff", old, new)
        return Caught(frozenset(item["code"] for item in json.loads(said)), lint_exit, test_exit, diff_exit)

    return inspect


def every(name: str, pattern: str, new: str | Callable[[re.Match[str]], str]) -> Iterator[Files]:
    """Yield the files with one match after the other replaced, outside of tests."""
    head, mark, tests = ORIGINAL[name].partition("\ntests:\n")
    for found in re.finditer(pattern, head, re.MULTILINE | re.DOTALL):
        changed = found.expand(new) if isinstance(new, str) else new(found)
        yield {**ORIGINAL, name: head[: found.start()] + changed + head[found.end() :] + mark + tests}


PACKS = [name for name, text in ORIGINAL.items() if "\nrules:\n" in text]
HELD_ANYWAY = {
    "special-categories-stay-home", "health-records-stay-home", "card-data-stays-home", "secrets-stay-home",
    "uninspected-stays-home", "uncovered-language-stays-home", "personal-data-stays-home",
}  # fmt: skip
"""Rules that say what a ceiling holds: without one of them, no request is decided otherwise."""


def rules() -> Iterator[tuple[str, str, str]]:
    """Yield each rule's file, id and text."""
    for name in PACKS:
        part = ORIGINAL[name].partition("\nrules:\n")[2].partition("\nclaims:")[0]
        for text in re.split(r"\n(?=  - id: )", "\n" + part)[1:]:
            whole = text.partition("\n\n")[0].rstrip("\n") + "\n"
            yield name, whole.split()[2], whole


def replaced(name: str, old: str, new: str, files: Files = ORIGINAL) -> Files:
    """Return the files with one text replaced by another."""
    assert old in files[name]
    return {**files, name: files[name].replace(old, new, 1)}


def unguarded(files: Files) -> Files:
    """Take every claim and test out, too."""
    bare = {name: re.split(r"\n(?:claims|tests):", text)[0] for name, text in files.items()}
    return {name: text for name, text in bare.items() if not name.endswith(".tests.yaml")}


def meaning(files: Files, around: Surroundings) -> str:
    """Return the digest that records name."""
    bundle = check_files({name: text.encode() for name, text in files.items()}, around).bundle
    assert bundle is not None
    return Policy.of(bundle, {}).sha256


RULES = list(rules())
Inspect = Callable[..., Caught]
each_rule = pytest.mark.parametrize(("name", "text"), [pytest.param(n, t, id=rule) for n, rule, t in RULES])


def test_a_harmless_edit_is_caught_by_nothing_and_means_the_same(inspect: Inspect, around: Surroundings) -> None:
    (name, _, one), (_, _, other) = RULES[:2]
    swapped = replaced(name, one, "MARK", replaced(name, other, one))
    edited = replaced("soc2.yaml", "policy: soc2", "# reviewed\npolicy: soc2", replaced(name, "MARK", other, swapped))
    assert edited != ORIGINAL
    found = inspect(edited)
    assert (found.by, found.lint_exit, found.test_exit, found.diff_exit) == ([], 0, 0, 0)
    assert meaning(edited, around) == meaning(ORIGINAL, around)


def test_there_are_as_many_rules_as_the_packs_say() -> None:
    assert len(RULES) == sum(text.count("\n    because: ") for text in ORIGINAL.values()) == 15
    assert {rule for _, rule, _ in RULES} > HELD_ANYWAY


@each_rule
def test_a_rule_deleted_is_named_by_the_tests_that_miss_it(inspect: Inspect, name: str, text: str) -> None:
    assert "unknown-rule" in inspect(replaced(name, text, "")).lint


@each_rule
def test_a_rule_deleted_with_all_tests_and_claims_meets_coverage_claims_and_comparison(
    inspect: Inspect, name: str, text: str
) -> None:
    found = inspect(unguarded(replaced(name, text, "")), unguarded(ORIGINAL))
    assert found.lint == {"rule-untested", "claim-missing"}
    assert found.test_exit == 4
    assert (found.diff_exit == 1) == (text.split()[2] not in HELD_ANYWAY)


@each_rule
def test_a_rule_set_to_shadow_fails_its_test(inspect: Inspect, name: str, text: str) -> None:
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(30)
    found = inspect(replaced(name, text, text.replace("    then:", f"    mode: shadow\n    until: {until}\n    then:")))
    assert found.lint == {"test-failed"}
    assert (found.lint_exit, found.test_exit) == (4, 4)
    assert (found.diff_exit == 1) == (text.split()[2] not in HELD_ANYWAY)


def raised(found: re.Match[str]) -> str:
    """Return a threshold one step higher."""
    return f"{found[1]}{int(found[2]) + 1}" if found[1].startswith("min_count") else f"{found[1]}{found[2][:3]}5"


THRESHOLDS = [
    pytest.param(files, id=f"{name} {number}")
    for name in PACKS
    for number, files in enumerate(every(name, r"(min_count: |min_score: )([0-9.]+)", raised))
]


@pytest.mark.parametrize("files", THRESHOLDS)
def test_a_threshold_raised_by_one_step_fails_a_test_and_is_looser(inspect: Inspect, files: Files) -> None:
    found = inspect(files)
    assert {"test-failed"} <= found.lint <= {"test-failed", "rule-untested"}
    assert (found.test_exit, found.diff_exit) == (4, 1)


def test_every_threshold_of_the_packs_is_raised() -> None:
    assert len(THRESHOLDS) == 10


def class_line(name: str) -> str:
    """Return the text of a class in the taxonomy, up to the next."""
    found = re.search(rf"\n  {name}:.*?(?=\n  [a-z#]|\n\n)", ORIGINAL["taxonomy.yaml"], re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize("name", ["secret", "cardholder", "pii", "phi"])
def test_a_floor_raised_fails_a_test_and_is_looser(inspect: Inspect, name: str) -> None:
    text = class_line(name)
    found = inspect(replaced("taxonomy.yaml", text, re.sub(r"(floor: 0\.\d)0", r"\g<1>5", text)))
    assert found.lint == {"test-failed"}
    assert (found.test_exit, found.diff_exit) == (4, 1)


@pytest.mark.parametrize("name", ["private-key", "cloud-credential", "government-id", "device", "context"])
def test_a_floor_raised_where_another_class_holds_the_same_is_proved_to_change_nothing(
    inspect: Inspect, name: str
) -> None:
    text = class_line(name)
    assert inspect(replaced("taxonomy.yaml", text, re.sub(r"(floor: 0\.\d)0", r"\g<1>5", text))).by == []


HOME = [
    "pii", "government-id", "phi", "special-category", "cardholder", "secret", "private-key", "cloud-credential",
]  # fmt: skip


@pytest.mark.parametrize("name", HOME)
def test_a_ceiling_loosened_contradicts_its_claim(inspect: Inspect, name: str) -> None:
    text = class_line(name)
    found = inspect(replaced("taxonomy.yaml", text, text.replace("ceiling: [onprem]", "ceiling: [onprem, cloud-us]")))
    assert "ceiling-looser-than-claim" in found.lint


@pytest.mark.parametrize("name", ["unscanned", "uncovered"])
def test_the_ceiling_of_what_was_not_inspected_cannot_be_loosened(inspect: Inspect, name: str) -> None:
    text = class_line(name)
    found = inspect(replaced("taxonomy.yaml", text, text.replace("[onprem]", "[onprem, cloud-us]")))
    assert "unscanned-reaches-vendor" in found.lint
    assert found.lint_exit == 1
    assert (found.test_exit, found.diff_exit) == (3, 3)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("pii", "personal-data-stays-home"),
        ("cardholder", "card-data-stays-home"),
        ("secret", "secrets-stay-home"),
    ],
)
def test_a_claim_deleted_with_its_ceiling_and_its_rule_is_looser(inspect: Inspect, name: str, rule: str) -> None:
    text = class_line(name)
    loose = replaced("taxonomy.yaml", text, text.replace("ceiling: [onprem]", "ceiling: [onprem, cloud-us]"))
    without = {file: re.sub(rf"  - {{never: {name}, in: .*\n", "", content) for file, content in loose.items()}
    file, whole = next((file, whole) for file, other, whole in RULES if other == rule)
    found = inspect(unguarded(replaced(file, whole, "", without)), unguarded(ORIGINAL))
    assert "claim-missing" in found.lint
    assert (found.test_exit, found.diff_exit) == (4, 1)


@pytest.mark.parametrize(
    ("zones", "code"), [("onprem, cloud-us", "claim-missing"), ("onprem, cloud-us, cloud-eu", "test-failed")]
)
def test_a_claim_deleted_with_its_ceiling_is_missed_or_fails_a_test(inspect: Inspect, zones: str, code: str) -> None:
    text = class_line("cardholder")
    loose = replaced("taxonomy.yaml", text, text.replace("ceiling: [onprem]", f"ceiling: [{zones}]"))
    found = inspect(replaced("pci.yaml", "claims:\n  - {never: cardholder, in: [cloud-us, cloud-eu]}\n", "", loose))
    assert found.lint == {code}
    assert found.diff_exit == 0, "the rule still holds it: looser is the deletion of the rule, above"


def test_a_claim_refutes_a_ceiling_loosened_once_the_rule_is_weaker(inspect: Inspect) -> None:
    text = class_line("pii")
    loose = replaced("taxonomy.yaml", text, text.replace("ceiling: [onprem]", "ceiling: [onprem, cloud-us]"))
    weaker = replaced("soc2.yaml", "if: {class: pii}", "if: {class: pii, min_score: 0.80}", loose)
    assert "claim-refuted" in inspect(weaker).lint


NEW_ZONE = "  cloud-cn: {trust: vendor, region: cn}\n  cloud-us:"
TRIAL = "grants:\n  - {id: trial, who: {teams: ['*']}, zones: [cloud-cn]}\n"


def test_a_grant_to_another_vendor_is_too_wide_unclaimed_and_looser(inspect: Inspect) -> None:
    opened = replaced("taxonomy.yaml", "  cloud-us:", NEW_ZONE, replaced("soc2.yaml", "grants:\n", TRIAL))
    found = inspect(opened)
    assert {"grant-too-wide", "claim-missing"} <= found.lint
    assert found.diff_exit == 1


def test_a_grant_that_puts_the_vendor_before_the_own_zone_is_looser(inspect: Inspect) -> None:
    home_first = replaced("soc2.yaml", "[cloud-us, cloud-eu, onprem] ", "[onprem, cloud-us, cloud-eu] ")
    assert inspect(ORIGINAL, before=home_first).by == ["diff"]


def test_a_grant_for_one_more_team_is_looser_and_passes_every_test(inspect: Inspect) -> None:
    staff = replaced("soc2.yaml", 'who: {teams: ["*"]}', "who: {not_teams: [contractors]}")
    assert inspect(ORIGINAL, before=staff).by == ["diff"]


def test_a_zone_described_more_weakly_is_looser(inspect: Inspect) -> None:
    assert inspect(replaced("taxonomy.yaml", "region: us, agreements: [dpa]", "region: us")).by == [
        "lint grant-too-wide",
        "diff",
    ]


def listed_types() -> list[str]:
    """Return the types of personal data, as the taxonomy lists them."""
    return re.findall(r"\n      - ([A-Z_]+)", class_line("pii"))


@pytest.mark.parametrize("entity", listed_types())
def test_a_type_taken_out_of_its_class_has_no_class_or_fails_a_test_or_is_looser(inspect: Inspect, entity: str) -> None:
    taken = replaced("taxonomy.yaml", f"      - {entity}\n", "")
    found = inspect(taken)
    elsewhere = len(re.findall(rf"\b{entity}\b", ORIGINAL["taxonomy.yaml"])) > 1
    if elsewhere:
        assert found.diff_exit == 1, "fewer values count towards a bulk"
    else:
        assert "detector-without-class" in found.lint
        assert found.lint_exit == 1


@pytest.mark.parametrize("entity", listed_types())
def test_a_type_moved_into_ignore_is_refused_failed_or_looser(inspect: Inspect, entity: str) -> None:
    reason = f'\nignore: {{{entity}: "no personal data in our use"}}\n'
    moved = replaced("taxonomy.yaml", f"      - {entity}\n", "")
    found = inspect({**moved, "taxonomy.yaml": moved["taxonomy.yaml"] + reason})
    elsewhere = len(re.findall(rf"\b{entity}\b", ORIGINAL["taxonomy.yaml"])) > 1
    assert "ignored-and-classed" in found.lint if elsewhere else found.diff_exit == 1 or "test-failed" in found.lint
    thorough = unguarded({**moved, "taxonomy.yaml": moved["taxonomy.yaml"] + reason})
    assert elsewhere or inspect(thorough, unguarded(ORIGINAL)).diff_exit == 1


def exception(who: str) -> str:
    """Return the file of exceptions with one for these callers."""
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(60)
    return (
        f"exceptions:\n  - {{id: EX-1, waives: device-lists-stay-home, for: {{{who}}}, until: {until}, because: ours,\n"
        "     owner: lead@company.example, approved_by: ciso@company.example, ticket: SEC-1}\n"
    )


def test_an_exception_widened_is_too_wide_or_looser(inspect: Inspect) -> None:
    narrow = {**ORIGINAL, "exceptions.yaml": exception("apps: [log-triage], teams: [operations]")}
    prefix = inspect({**ORIGINAL, "exceptions.yaml": exception("teams: ['op*']")}, before=narrow)
    assert (prefix.lint, prefix.lint_exit) == ({"exception-too-wide"}, 1)
    wider = inspect({**ORIGINAL, "exceptions.yaml": exception("apps: [log-triage]")}, before=narrow)
    assert wider.by == ["diff"]
    assert inspect(narrow).by == ["diff"]


def test_tests_deleted_leave_rules_untested(inspect: Inspect) -> None:
    bare = {name: text.partition("\ntests:\n")[0] for name, text in ORIGINAL.items() if "detected" not in name}
    found = inspect(bare)
    assert found.by == ["lint rule-untested", "test"]
    assert found.lint_exit == 0, "a warning: only the coverage that CI asks for fails"


UPSTREAMS = b"""upstreams:
  - {name: local, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1", default_model: m}
  - {name: vendor, kind: openai, zone: cloud-us, base_url: "https://api.vendor.example/v1", models: ["gpt-*"]}
"""


def test_an_upstream_moved_into_an_own_zone_empties_its_own_may_reach_no_vendor_and_changes_the_digest(
    shipped: dict[str, bytes], around: Surroundings
) -> None:
    before = read_registry(UPSTREAMS, "upstreams.yaml")
    after = read_registry(UPSTREAMS.replace(b"zone: cloud-us", b"zone: onprem"), "upstreams.yaml")
    served = dataclasses.replace(around, zones_with_upstreams=after.zones)
    checked = check_files(shipped, served)
    emptied = [str(item) for item in checked.diagnostics if item.code == "zone-without-upstream"]
    assert any("no upstream serves cloud-us" in text for text in emptied)
    assert before.sha256 != after.sha256, "every record names it"
    assert checked.bundle is not None
    zones = {zone.name: (zone.trust is Trust.VENDOR, zone.networks) for zone in checked.bundle.zones}
    (vendor,) = [upstream for upstream in after.bind(zones).upstreams if upstream.id == "vendor"]
    assert not vendor.vendor
    assert not any(ipaddress.ip_address("93.184.216.34") in network for network in vendor.networks)
