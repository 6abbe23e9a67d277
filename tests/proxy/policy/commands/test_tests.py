from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from proxy.errors import ConfigurationError
from proxy.policy import cli
from proxy.policy.labels import Scanned

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


def ill(raw: bytes, request: bool) -> Scanned:
    """Find an illness in the word ache, whoever asks which way."""
    return Scanned({"ILLNESS": (13,)} if b"ache" in raw else {}, ("image_url",) if request else ())


SAMPLED = """\
tests:
  - {name: a text, given: {text: my secret head ache}, expect: {decision: pin, rules: [stays]}}
  - {name: a request, given: {request: {model: m, messages: [{content: fine}]}}, expect: {decision: allow}}
"""


@pytest.fixture
def sampled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli.injected, "scan", ill)
    (folder / "s.yaml").write_text(SAMPLED)
    return folder


def test_texts_and_requests_are_scanned_when_that_is_asked_for(sampled: Path, run: Run) -> None:
    code, output = run("test", sampled)
    assert (code, output.splitlines()) == (
        0,
        ["3 tests, 1 passed, 0 failed, 2 need --detect, not run; 1 of 1 rules seen matching, 0 of 1 seen not matching"],
    )
    code, output = run("test", sampled, "--detect", "--min-coverage", 100)
    assert (code, output.splitlines()) == (
        0,
        ["3 tests, 3 passed, 0 failed; 1 of 1 rules seen matching, 1 of 1 seen not matching"],
    )
    assert run("test", sampled, "--min-coverage", 100)[0] == 4


def test_a_failed_scan_says_what_was_found_and_never_a_value(sampled: Path, run: Run) -> None:
    (sampled / "s.yaml").write_text(SAMPLED.replace("decision: pin", "decision: block"))
    for form in ("text", "json", "junit"):
        code, output = run("test", sampled, "--detect", "--format", form)
        assert code == 4
        assert "ILLNESS" in output
        assert "secret" not in output
        assert "ache" not in output
    code, output = run("test", sampled, "--detect")
    assert "       type     ILLNESS x1 at 0.65\n       found    health x1 at 0.65\n" in output


def test_a_detector_that_is_not_there_or_does_not_load_is_wrong_usage(
    sampled: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(raw: bytes, request: bool) -> Scanned:
        raise ConfigurationError("detectors.yaml cannot be read")

    monkeypatch.setattr(cli.injected, "scan", broken)
    assert run("test", sampled, "--detect") == (2, "detectors.yaml cannot be read\n")
    monkeypatch.setattr(cli.injected, "scan", None)
    assert run("test", sampled, "--detect") == (2, "there is no detector here\n")
    assert run("test", sampled)[0] == 0


def test_tests_from_elsewhere_are_run_beside_those_of_the_bundle(
    folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.injected, "scan", ill)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text("tests:\n  - {name: miss, given: {}, expect: {decision: block}}\n")
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "p.yaml").write_text(SAMPLED.replace("decision: allow", "decision: pin"))
    given = ("--tests", "own.yaml", "--tests", tmp_path / "team", "--detect")
    code, output = run("test", folder, *given)
    assert code == 4
    assert "FAIL ./own.yaml:2  miss\n" in output
    assert "FAIL team/p.yaml:3  a request\n" in output
    assert "4 tests, 2 passed, 2 failed; 1 of 1 rules seen matching, 1 of 1 seen not matching" in output
    cases = ET.fromstring(run("test", folder, *given, "--format", "junit")[1]).iter("testcase")  # noqa: S314
    assert [case.get("file") for case in cases] == ["own.yaml", "policies/p.yaml", "team/p.yaml", "team/p.yaml"]


def test_tests_from_elsewhere_that_cannot_be_read_do_not_load(folder: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("tests:\n  - {name: t, given: {modle: m}, expect: {decision: pin}}\n")
    code, output = run("test", folder, "--tests", tmp_path / "own.yaml")
    assert code == 3
    assert "own.yaml:2:23: error[unknown-key] 'modle' is not a key here; did you mean 'model'?" in output
    assert "   2 |   - {name: t, given: {modle: m}, expect: {decision: pin}}" in output
    assert run("test", folder, "--tests", tmp_path / "none.yaml")[0] == 2
