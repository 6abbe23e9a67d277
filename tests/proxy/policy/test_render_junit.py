from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

import pytest

from proxy.files.diagnostics import Place
from proxy.policy.labels import Scanned
from proxy.policy.load import Checked
from proxy.policy.render_junit import junit
from proxy.policy.testing import run_tests

HEAD = "policy: {0}\nversion: 1\nowner: ann\ntests:\n"
FOLDER = PurePosixPath("policies")


def case(name: str, decision: str) -> str:
    return f"  - {{name: {name}, given: {{endpoint: chat}}, expect: {{decision: {decision}, rules: []}}}}\n"


@pytest.fixture
def told(checked: Callable[..., Checked]) -> ET.Element:
    one = HEAD.format("one") + case("it leaves", "allow") + case("'it <stays> & \"says\" é so]]>'", "block")
    two = HEAD.format("two") + case("again", "allow")
    result = checked(one=one, two=two)
    assert result.tests is not None
    text = junit(result.tests, FOLDER)
    assert text.isascii()
    return ET.fromstring(text)  # noqa: S314  # our own output


def test_there_is_a_suite_for_each_file_with_its_figures(told: ET.Element) -> None:
    assert told.tag == "testsuites"
    assert (told.get("tests"), told.get("failures"), told.get("errors")) == ("3", "1", "0")
    figures = [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in told]
    assert figures == [("one.yaml", "2", "1"), ("two.yaml", "1", "0")]


def test_there_is_a_case_for_each_test_with_its_place(told: ET.Element) -> None:
    cases = [(c.get("classname"), c.get("name"), c.get("file"), c.get("line")) for c in told.iter("testcase")]
    assert cases == [
        ("one", "it leaves", "policies/one.yaml", "5"),
        ("one", 'it <stays> & "says" é so]]>', "policies/one.yaml", "6"),
        ("two", "again", "policies/two.yaml", "5"),
    ]


def test_a_failure_says_what_was_expected_and_what_came(told: ET.Element) -> None:
    (failed,) = [one for one in told.iter("testcase") if len(one)]
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("message") == "expected block, got allow -> us"
    assert failure.text == "one.yaml:6\nexpected block, got allow -> us"


def test_no_tests_are_no_suites(checked: Callable[..., Checked]) -> None:
    result = checked()
    assert result.tests is not None
    root = ET.fromstring(junit(result.tests, FOLDER))  # noqa: S314  # our own output
    assert (root.get("tests"), len(root)) == ("0", 0)


def test_a_test_that_was_not_run_is_skipped_in_its_place(checked: Callable[..., Checked]) -> None:
    scanned = "  - {name: scanned, given: {text: a}, expect: {decision: block}}\n"
    bundle = checked(one=HEAD.format("one") + scanned + case("it leaves", "allow")).bundle
    assert bundle is not None
    root = ET.fromstring(junit(run_tests(bundle), FOLDER))  # noqa: S314  # our own output
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("2", "0", "1")
    assert [[part.tag for part in one] for one in root.iter("testcase")] == [["skipped"], []]
    found = Scanned({"PERSON": (18,)}, ())
    root = ET.fromstring(junit(run_tests(bundle, lambda *_: found), FOLDER))  # noqa: S314  # our own output
    assert (root.get("failures"), root.get("skipped")) == ("1", "0")
    (failure,) = root.iter("failure")
    assert failure.text == (
        "one.yaml:5\nexpected block, got pin -> home\ntype     PERSON x1 at 0.90\nfound    pii x1 at 0.90"
    )


def test_tests_from_outside_keep_the_paths_of_their_files(checked: Callable[..., Checked]) -> None:
    result = checked(one=HEAD.format("one") + case("it leaves", "allow"))
    assert result.bundle is not None
    (test,) = result.bundle.tests
    places = [Place(file, 1, 1) for file in ("./t.yaml", "team/t.yaml", "/srv/t.yaml")]
    bundle = replace(result.bundle, tests=(test, *(replace(test, where=place) for place in places)))
    root = ET.fromstring(junit(run_tests(bundle), FOLDER))  # noqa: S314  # our own output
    files = {one.get("file") for one in root.iter("testcase")}
    assert files == {"policies/one.yaml", "t.yaml", "team/t.yaml", "/srv/t.yaml"}
