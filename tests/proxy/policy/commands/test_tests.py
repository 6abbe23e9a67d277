from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

Run = Callable[..., tuple[int, str]]


def test_a_failing_test_says_what_it_got(folder: Path, run: Run, edit: Callable[[str, str], None]) -> None:
    edit("decision: pin", "decision: allow, zone: eu")
    code, output = run("test", folder)
    assert code == 4
    assert "FAIL p.yaml:11  hit\n       expected allow -> eu\n       got      pin -> home" in output
    assert "1 tests, 0 passed, 1 failed" in output


def test_results_are_printed_as_junit_and_failing_ones_end_with_4(
    folder: Path, run: Run, edit: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert run("test", folder.name, "--format", "junit")[0] == 0
    edit("decision: pin", "decision: allow, zone: eu")
    code, output = run("test", folder.name, "--format", "junit")
    assert code == 4
    (case,) = ET.fromstring(output).iter("testcase")  # noqa: S314  # our own output
    assert (case.get("file"), case.get("line"), case.get("name")) == ("policies/p.yaml", "11", "hit")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "expected allow -> eu, got pin -> home"


def test_too_little_coverage_ends_with_4_and_names_the_rules(folder: Path, run: Run) -> None:
    assert run("test", folder, "--min-coverage", 0)[0] == 0
    code, output = run("test", folder, "--min-coverage", 100)
    assert code == 4
    assert "0 % of 1 rules seen both matching and not matching" in output
    assert "p.yaml:7  stays is never seen not matching\n100 % wanted" in output


def test_enough_coverage_is_fine_and_cannot_be_more_than_all(
    folder: Path, run: Run, edit: Callable[[str, str], None]
) -> None:
    edit("tests:\n", "tests:\n  - {name: miss, given: {endpoint: chat}, expect: {decision: allow}}\n")
    code, output = run("test", folder, "--min-coverage", 100)
    assert code == 0
    assert "wanted" not in output
    assert run("test", folder, "--min-coverage", 101)[0] == 2
