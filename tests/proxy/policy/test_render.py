from collections.abc import Callable

from proxy.files.diagnostics import Diagnostic
from proxy.policy import render
from proxy.policy.labels import Scanned
from proxy.policy.load import Checked
from proxy.policy.testing import TestReport, run_tests

HEAD = "policy: rules\nversion: 1\nowner: ann\n"


def test_a_diagnostic_shows_its_line_with_a_caret_under_the_place() -> None:
    found = Diagnostic("p.yaml", 2, 14, "unknown-key", "'min_cuont' is not a key here", hint="h", width=9)
    assert render.diagnostics_text([found], {"p.yaml": "rules:\n  - {if: {a: min_cuont}}\n"}) == (
        "p.yaml:2:14: error[unknown-key] 'min_cuont' is not a key here; h\n"
        "   2 |   - {if: {a: min_cuont}}\n"
        "     |              ^^^^^^^^^"
    )


def test_lines_that_are_not_there_too_long_or_not_printable_do_no_harm() -> None:
    found = Diagnostic("p.yaml", 1, 1, "c", "m")
    assert render.diagnostics_text([found], {}) == "p.yaml:1:1: error[c] m"
    assert render.diagnostics_text([found], {"p.yaml": "x" * 200}) == "p.yaml:1:1: error[c] m"
    assert "\x1b" not in render.diagnostics_text([found], {"p.yaml": "a\x1b[31m: 1"})
    assert render.diagnostics_json([found])[0]["line"] == 1


def test_test_results_end_with_figures(checked: Callable[..., Checked]) -> None:
    rules = "rules:\n  - {id: r, if: {class: place}, then: pin, because: b}\n"
    tests = (
        "tests:\n  - {name: it leaves, given: {endpoint: chat, findings: {PLACE: [0.4]}}, expect: {decision: allow}}\n"
    )
    result = checked(rules=HEAD + rules + tests)
    assert result.tests is not None
    assert render.tests_text(result.tests) == (
        "FAIL rules.yaml:7  it leaves\n       expected allow\n       got      pin -> home\n"
        "1 tests, 0 passed, 1 failed; 1 of 1 rules seen matching, 0 of 1 seen not matching"
    )
    assert render.tests_json(result.tests)["rules"] == {"r": [True, False]}
    assert render.tests_json(result.tests)["tests"][0]["passed"] is False


def test_a_rule_that_lacks_a_test_is_told_with_its_place(checked: Callable[..., Checked]) -> None:
    rules = (
        "rules:\n  - {id: both, if: {class: place}, then: pin, because: b}\n"
        "  - {id: always, then: {only: [home, us]}, because: b}\n"
        "  - {id: never, if: {class: health}, then: pin, because: b}\n"
    )
    tests = "tests:\n" + "".join(
        f"  - {{name: {name}, given: {{endpoint: chat, findings: {found}}}, expect: {{decision: {decision}}}}}\n"
        for name, found, decision in (("one", "{PLACE: [0.4]}", "pin"), ("two", "{}", "allow"))
    )
    result = checked(rules=HEAD + rules + tests)
    assert result.tests is not None
    assert result.bundle is not None
    lines = render.unseen_text(result.tests, result.bundle.rules).splitlines()
    assert lines[0] == "33 % of 3 rules seen both matching and not matching; not so:"
    assert sorted(lines[1:]) == [
        "       rules.yaml:6  always is never seen not matching",
        "       rules.yaml:7  never is never seen matching",
    ]


def test_proofs_say_what_they_rest_on_and_what_they_do_not_say(checked: Callable[..., Checked]) -> None:
    claims = "claims:\n  - {never: pii, in: [us]}\n  - {never: place, in: [us]}\n"
    result = checked(rules=HEAD + claims)
    text = render.proofs_text(result.proofs)
    assert "proved   never pii in us  [rules.yaml:5]" in text
    assert "us by the ceiling only" in text
    assert "about labels, not about what the detector misses" in text
    assert "REFUTED  never place in us  [rules.yaml:6]" in text
    assert [one["holds"] for one in render.proofs_json(result.proofs)] == [True, False]
    assert render.proofs_text([]) == "no claims"


def report(checked: Callable[..., Checked], scanned: Scanned | None) -> TestReport:
    tests = "tests:\n  - {name: t, given: {text: a}, expect: {decision: block}}\n"
    bundle = checked(rules=HEAD + tests).bundle
    assert bundle is not None
    return run_tests(bundle, (lambda *_: scanned) if scanned else None)


def test_tests_that_were_not_run_are_counted_and_are_no_failures(checked: Callable[..., Checked]) -> None:
    waiting = report(checked, None)
    assert render.tests_text(waiting).startswith("1 tests, 0 passed, 0 failed, 1 need --detect, not run; 0 of 0 rules")
    assert render.tests_json(waiting)["tests"] == [
        {"name": "t", "file": "rules.yaml", "line": 5, "passed": None, "got": None, "faults": []}
    ]


def test_a_failed_scan_says_types_classes_and_what_was_missed(checked: Callable[..., Checked]) -> None:
    failed = report(checked, Scanned({"PERSON": (18, 9), "ILLNESS": (1,), "EMAIL": ()}, ("image_url",)))
    assert render.tests_text(failed).splitlines()[:-1] == [
        "FAIL rules.yaml:5  t",
        "       expected block",
        "       got      pin -> home",
        "       type     ILLNESS x1 at 0.05",
        "       type     PERSON x2 at 0.90",
        "       missing  image_url",
        "       found    pii x2 at 0.90",
    ]
    (told,) = render.tests_json(failed)["tests"]
    assert told["found"] == {
        "types": [{"type": "ILLNESS", "count": 1, "score": 0.05}, {"type": "PERSON", "count": 2, "score": 0.9}],
        "missing": ["image_url"],
    }


def test_a_scan_without_classes_says_so(checked: Callable[..., Checked]) -> None:
    lines = render.tests_text(report(checked, Scanned({"PERSON": (1,)}, ()))).splitlines()
    assert lines[3:5] == ["       type     PERSON x1 at 0.05", "       found    nothing that counts"]
