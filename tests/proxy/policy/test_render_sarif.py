import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pytest

from proxy.files.diagnostics import Diagnostic
from proxy.policy.codes import page, pages
from proxy.policy.load import Checked
from proxy.policy.render_sarif import sarif

HERE = PurePosixPath("policies")
FOUND = [
    Diagnostic("p.yaml", 7, 22, "unknown-key", "'clas' is not a key here", "error", "did you mean 'class'?", 4),
    Diagnostic("a b.yaml", 3, 1, "rule-untested", 'r "matches" in <no> test', "warning"),
    Diagnostic("p.yaml", 9, 5, "unknown-key", "this is not a key here"),
]


def run(found: list[Diagnostic], folder: PurePosixPath = HERE) -> dict[str, Any]:
    log = json.loads(json.dumps(sarif(found, folder)))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return dict(run)


def test_a_result_has_its_place_severity_and_hint() -> None:
    first, second, _ = run(FOUND)["results"]
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "policies/p.yaml"},
                "region": {"startLine": 7, "startColumn": 22, "endColumn": 26},
            }
        }
    ]
    assert (first["level"], second["level"]) == ("error", "warning")
    assert first["message"]["text"] == "'clas' is not a key here; did you mean 'class'?"
    assert second["message"]["text"] == 'r "matches" in <no> test'


def test_each_code_that_was_found_comes_once_with_its_page() -> None:
    told = run(FOUND)
    rules = told["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["rule-untested", "unknown-key"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in told["results"])
    assert rules[1]["help"] == {"text": page("unknown-key"), "markdown": page("unknown-key")}


@pytest.mark.parametrize("code", pages())
def test_every_code_has_a_short_description_of_one_line(code: str) -> None:
    (rule,) = run([Diagnostic("p.yaml", 1, 1, code, "m")])["tool"]["driver"]["rules"]
    said = rule["shortDescription"]["text"]
    assert len(said) > len("Avoid: ....")
    assert "\n" not in said
    assert "**" not in said


@pytest.mark.parametrize(
    ("folder", "uri"),
    [(".", "a%20b.yaml"), ("x/y:z", "x/y%3Az/a%20b.yaml"), ("/etc/r f", "file:///etc/r%20f/a%20b.yaml")],
)
def test_paths_are_written_as_uris(folder: str, uri: str) -> None:
    (result,) = run(FOUND[1:2], PurePosixPath(folder))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_directory_that_cannot_be_listed_is_the_place_itself() -> None:
    (result,) = run([Diagnostic("policies", 1, 1, "unreadable", "cannot be listed")])["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "policies"


def test_no_line_of_a_file_is_in_it(checked: Callable[..., Checked]) -> None:
    text = (
        "policy: p\nversion: 1\nowner: ann\nrules:\n  - {id: r, then: pin, because: my own words, 'k-1 x y': 'told'}\n"
    )
    found = checked(p=text).diagnostics
    assert [item.code for item in found] == ["unknown-key"]
    whole = json.dumps(sarif(found, HERE))
    assert not [word for word in ("my own words", "k-1", "told") if word in whole]


def test_nothing_found_is_a_run_without_results() -> None:
    assert run([])["results"] == []
