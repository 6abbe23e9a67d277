"""Runs the tests of a bundle and sees which rules they exercise.

Every zone counts as served, a model is what it is called, and without a day of its own a test sees no live exception:
a test says what the policy means, which must not change with the machine or the date. What has to be scanned first is
run only where there is a scanner, which a loader never has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from proxy.errors import RequestRefused
from proxy.files.diagnostics import Problems
from proxy.policy.answering import decided
from proxy.policy.decide import decide
from proxy.policy.labels import Scan, Scanned
from proxy.policy.model import Bundle, Decision, InlineTest
from proxy.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test's decision, and what about it was not as expected."""

    __test__ = False

    test: InlineTest
    got: Decision | None
    """None for a request that the proxy would not even read."""
    faults: tuple[tuple[str, str], ...]
    """(expected, got) in words; empty when the test passed."""
    scanned: Scanned | None = None
    """What the detectors found in a test's sample."""

    @property
    def passed(self) -> bool:
        """Whether everything that the test asks for is so."""
        return not self.faults

    @property
    def landed(self) -> str:
        """What came of it, such as `allow -> cloud-us`, `block`, or `allow` of an answer."""
        return _landed(self.test, self.got) if self.got else "refused"


@dataclass(frozen=True, slots=True)
class TestReport:
    """All results, and the rules that some test saw matching or not matching."""

    __test__ = False

    results: tuple[TestResult, ...]
    rules: frozenset[str]
    seen_matching: frozenset[str]
    seen_not_matching: frozenset[str]
    not_run: tuple[InlineTest, ...] = ()
    """The tests that had to be scanned first, when nothing could scan."""

    @property
    def failed(self) -> tuple[TestResult, ...]:
        """The tests that did not pass."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def unseen(self) -> frozenset[str]:
        """The rules that no test saw matching, or none not matching."""
        return self.rules - (self.seen_matching & self.seen_not_matching)

    @property
    def coverage(self) -> int:
        """The percentage of rules that were seen both ways, rounded down: 100 means every one, also of none."""
        total = len(self.rules)
        return 100 * (total - len(self.unseen)) // total if total else 100


def run_tests(bundle: Bundle, scan: Scan | None = None) -> TestReport:
    """Decide every test of the bundle; without a scanner, those that need none. Raises what the scanner cannot do."""
    policy = Policy.of(bundle, {})
    results = []
    matching: set[str] = set()
    not_matching: set[str] = set()
    about = {False: {rule.id for rule in bundle.rules}, True: {rule.id for rule in bundle.answers}}
    waives = {item.id: item.waives for item in bundle.exceptions}
    for test in bundle.tests:
        if test.sample and not scan:
            continue
        result = _run(policy, test, scan)
        results.append(result)
        if result.got:
            matched = {name for name, _ in result.got.rules} | {would.rule for would in result.got.shadow}
            matched |= {waives[waiver.id] for waiver in result.got.exceptions}
            matching |= matched
            not_matching |= about[test.source is not None] - matched
    not_run = () if scan else tuple(test for test in bundle.tests if test.sample)
    rules = frozenset(about[False] | about[True])
    return TestReport(tuple(results), rules, frozenset(matching), frozenset(not_matching), not_run)


def _run(policy: Policy, test: InlineTest, scan: Scan | None) -> TestResult:
    try:
        scanned = scan(test.sample.raw, test.sample.request) if test.sample and scan else None
    except RequestRefused as refused:
        return TestResult(test, None, ((_wanted(test), f"refused before it is decided: {refused.message}"),))
    findings = scanned.findings if scanned else test.findings
    if test.source is None:
        got = decide(policy, test.who, test.call, findings, test.on, test.budgets)
    else:
        got = decided(policy, test.who, test.call, test.source, findings, test.on)
    return TestResult(test, got, tuple(_faults(test, got)), scanned)


def check_tests(bundle: Bundle, problems: Problems) -> TestReport:
    """Run the tests; a failing one is an error, a rule that no test sees both ways a warning."""
    report = run_tests(bundle)
    for result in report.failed:
        words = "; ".join(f"expected {expected}, got {got}" for expected, got in result.faults)
        problems.error(result.test.where, "test-failed", words)
    hint = "tests of a text or a request do not count here" if report.not_run else ""
    for rule in bundle.every_rule:
        if rule.id not in report.seen_matching:
            problems.warning(rule.where, "rule-untested", f"{rule.id} matches in no test", hint)
        elif rule.id not in report.seen_not_matching:
            problems.warning(rule.where, "rule-untested", f"{rule.id} matches in every test", hint)
    return report


def _faults(test: InlineTest, got: Decision) -> list[tuple[str, str]]:
    expect = test.expect
    faults = []
    if expect.outcome is not got.outcome or expect.zone not in {None, got.zone}:
        faults.append((_wanted(test), _landed(test, got)))
    rules = tuple(name for name, _ in got.rules)
    listed = (
        ("rules", expect.rules, rules),
        ("ceilings", expect.ceilings, got.ceilings),
        ("stores", expect.stores, tuple(sorted(got.stores))),
    )
    for kind, wanted, seen in listed:
        if wanted is not None and wanted != seen:
            faults.append((f"{kind} {_listed(wanted)}", _listed(seen)))
    return faults


def _wanted(test: InlineTest) -> str:
    zone = f" -> {test.expect.zone}" if test.expect.zone else ""
    return f"{test.expect.outcome.value}{zone}"


def _landed(test: InlineTest, got: Decision) -> str:
    return str(got.landing) if test.source is None else got.outcome.value


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
