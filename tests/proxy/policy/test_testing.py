from collections.abc import Callable

import pytest

from proxy.errors import ConfigurationError, RequestRefused
from proxy.policy.labels import Scanned
from proxy.policy.load import Checked
from proxy.policy.model import Bundle, Outcome
from proxy.policy.testing import run_tests

HEAD = "policy: rules\nversion: 1\nowner: ann\nrules:\n"
RULES = (
    "  - {id: a, if: {class: place}, then: pin, because: b}\n"
    "  - {id: b, then: {only: [home, us]}, because: b}\n"
    "  - {id: c, mode: shadow, if: {class: health}, then: block, because: b}\n"
)
EXCEPTION = (
    "exceptions:\n  - {id: EX-1, waives: a, for: {apps: [bot]}, until: 2026-06-30, owner: ann, approved_by: bob, "
    "ticket: T-1, because: b}\n"
)


def run(checked: Callable[..., Checked], tests: str, **files: str) -> Checked:
    return checked(rules=f"{HEAD}{RULES}tests:\n{tests}", **files)


def test_a_test_that_passes_says_nothing(checked: Callable[..., Checked]) -> None:
    test = (
        "  - {name: t, given: {endpoint: chat, findings: {PLACE: [0.4]}}, "
        "expect: {decision: pin, zone: home, rules: [a, b], ceilings: []}}\n"
    )
    result = run(checked, test)
    assert result.tests is not None
    assert [one.passed for one in result.tests.results] == [True]


def test_each_thing_that_differs_is_told(checked: Callable[..., Checked]) -> None:
    test = (
        "  - {name: t, given: {endpoint: chat, findings: {PERSON: [0.4]}}, "
        "expect: {decision: allow, zone: us, rules: [a], ceilings: []}}\n"
    )
    result = run(checked, test)
    assert result.tests is not None
    (failed,) = result.tests.failed
    assert failed.faults == (("allow -> us", "pin -> home"), ("rules a", "b"), ("ceilings none", "pii"))
    assert failed.got.outcome is Outcome.PIN


def test_coverage_counts_shadow_rules_and_waived_ones_as_matching(checked: Callable[..., Checked]) -> None:
    tests = (
        "  - {name: t, given: {endpoint: chat, app: bot, on: 2026-06-30, findings: {PLACE: [0.4]}}, "
        "expect: {decision: allow}}\n"
        "  - {name: u, given: {endpoint: chat, findings: {ILLNESS: [0.5]}}, expect: {decision: allow}}\n"
    )
    result = run(checked, tests, exceptions=EXCEPTION)
    assert result.tests is not None
    assert result.tests.failed == ()
    assert result.tests.seen_matching == {"a", "b", "c"}
    assert result.tests.seen_not_matching == {"a", "c"}
    untested = [found.message for found in result.diagnostics if found.code == "rule-untested"]
    assert untested == ["b matches in every test"]


def test_without_a_day_no_exception_is_live(checked: Callable[..., Checked]) -> None:
    test = "  - {name: t, given: {endpoint: chat, app: bot, findings: {PLACE: [0.4]}}, expect: {decision: pin}}\n"
    result = run(checked, test, exceptions=EXCEPTION)
    assert result.tests is not None
    assert result.tests.failed == ()


def test_coverage_counts_rules_that_tests_see_both_ways(checked: Callable[..., Checked]) -> None:
    hit = "  - {name: t, given: {endpoint: chat, findings: {PLACE: [0.4]}}, expect: {decision: pin}}\n"
    miss = "  - {name: u, given: {endpoint: chat}, expect: {decision: allow}}\n"
    reports = [run(checked, tests).tests for tests in (hit, hit + miss)]
    assert reports[0] is not None
    assert reports[1] is not None
    assert (reports[0].coverage, reports[0].unseen) == (0, {"a", "b", "c"})
    assert (reports[1].coverage, reports[1].unseen) == (33, {"b", "c"})
    empty = checked().tests
    assert empty is not None
    assert (empty.coverage, empty.unseen) == (100, frozenset())


SAMPLES = (
    "  - {name: text, given: {text: over there}, expect: {decision: pin, rules: [a, b]}}\n"
    "  - {name: given, given: {model: m}, expect: {decision: allow}}\n"
    "  - name: request\n"
    "    given: {endpoint: responses, request: {model: gpt-5, messages: [{content: here}]}}\n"
    "    expect: {decision: allow}\n"
)


@pytest.fixture
def sampled(checked: Callable[..., Checked]) -> Bundle:
    """Return a bundle with a test that has a text, one that needs no scan, and one that has a request."""
    bundle = run(checked, SAMPLES).bundle
    assert bundle is not None
    return bundle


def place(raw: bytes, request: bool) -> Scanned:
    """Find a place in the word there."""
    return Scanned({"PLACE": (8,)} if b"there" in raw else {}, ("deadline",) if request else ())


def test_what_must_be_scanned_is_run_only_with_a_scanner(sampled: Bundle) -> None:
    report = run_tests(sampled)
    assert [(one.test.name, one.passed) for one in report.results] == [("given", True)]
    assert [test.name for test in report.not_run] == ["text", "request"]
    assert report.failed == ()
    report = run_tests(sampled, place)
    assert [(one.test.name, one.passed) for one in report.results] == [(n, True) for n in ("text", "given", "request")]
    assert report.not_run == ()


def test_a_loader_never_scans_and_counts_no_rule_that_only_a_scan_would_show(checked: Callable[..., Checked]) -> None:
    found = run(checked, SAMPLES)
    assert found.tests is not None
    assert found.tests.seen_matching == {"b"}
    hints = {item.hint for item in found.diagnostics if item.code == "rule-untested"}
    assert hints == {"tests of a text or a request do not count here"}


def test_coverage_counts_what_was_scanned(sampled: Bundle) -> None:
    report = run_tests(sampled, place)
    assert report.seen_matching == {"a", "b"}
    assert "a" in report.seen_not_matching


def test_a_scan_that_finds_otherwise_fails_the_test_and_says_what_was_found(sampled: Bundle) -> None:
    (failed,) = run_tests(sampled, lambda *_: Scanned({}, ("late",))).failed
    assert failed.test.name == "text"
    assert failed.faults == (("pin", "allow -> us"), ("rules a, b", "b"))
    assert failed.scanned == Scanned({}, ("late",))
    assert failed.landed == "allow -> us"


def test_what_the_proxy_would_not_read_is_no_decision(sampled: Bundle) -> None:
    def refuse(raw: bytes, request: bool) -> Scanned:
        if request:
            raise RequestRefused("The body is nested too deeply.")
        return place(raw, request)

    report = run_tests(sampled, refuse)
    (failed,) = report.failed
    assert (failed.got, failed.landed, failed.scanned) == (None, "refused", None)
    assert failed.faults == (("allow", "refused before it is decided: The body is nested too deeply."),)


def test_a_detector_that_does_not_load_is_no_result(sampled: Bundle) -> None:
    def broken(raw: bytes, request: bool) -> Scanned:
        raise ConfigurationError("there is no model here")

    with pytest.raises(ConfigurationError):
        run_tests(sampled, broken)


def test_the_call_is_what_the_test_says_and_not_what_a_registry_makes_of_it(checked: Callable[..., Checked]) -> None:
    rules = (
        "  - {id: r, what: {endpoints: [responses], models: [gpt-5]}, if: {class: place}, then: block, because: b}\n"
    )
    given = "{endpoint: responses, request: {model: gpt-5, messages: [{a: there}]}}"
    test = f"  - {{name: t, given: {given}, expect: {{decision: block}}}}\n"
    bundle = checked(rules=f"{HEAD}{rules}tests:\n{test}").bundle
    assert bundle is not None
    scanned = Scanned({"PLACE": (8,)}, (), "gpt-4o", "gpt-4*")
    assert [one.passed for one in run_tests(bundle, lambda *_: scanned).results] == [True]
