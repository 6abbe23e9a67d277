from collections.abc import Callable

from proxy.policy.load import Checked
from proxy.policy.model import Outcome

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
