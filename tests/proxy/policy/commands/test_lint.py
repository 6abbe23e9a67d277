import json
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.policy.codes import page

Run = Callable[..., tuple[int, str]]


def test_a_finding_is_shown_with_its_line_and_a_caret(folder: Path, run: Run, edit: Callable[[str, str], None]) -> None:
    edit("class: health}", "clas: health}")
    code, output = run("lint", folder)
    assert code == 1
    assert "p.yaml:7:22: error[unknown-key] 'clas' is not a key here; did you mean 'class'?" in output
    assert "^^^^" in output


def test_an_expired_exception_fails_lint_and_nothing_else(folder: Path, run: Run) -> None:
    (folder / "e.yaml").write_text(
        "exceptions:\n  - {id: EX-1, waives: stays, for: {apps: [bot]}, until: 2020-01-31, owner: ann, "
        "approved_by: bob, ticket: T-1, because: b}\n"
    )
    code, output = run("lint", folder)
    assert code == 1
    assert "e.yaml:2:58: error[exception-expired] EX-1 ended 2020-01-31" in output
    assert run("test", folder)[0] == 0


def test_a_code_is_explained_by_its_page(run: Run) -> None:
    code, output = run("lint", "--explain", "unknown-key")
    assert code == 0
    assert output == page("unknown-key")
    assert json.loads(run("lint", "--explain", "unknown-key", "--format", "json")[1])["page"] == output


def test_a_code_that_is_none_is_wrong_usage_with_the_nearest(run: Run) -> None:
    code, output = run("lint", "--explain", "unknown-kee")
    assert code == 2
    assert "did you mean 'unknown-key'?" in output


def test_findings_are_printed_as_sarif_with_their_places(
    folder: Path, run: Run, edit: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    edit("class: health}", "clas: health}")
    code, output = run("lint", folder.name, "--format", "sarif")
    assert code == 1
    found = json.loads(output)["runs"][0]["results"]
    places = [item["locations"][0]["physicalLocation"] for item in found if item["ruleId"] == "unknown-key"]
    region = {"startLine": 7, "startColumn": 22, "endColumn": 26}
    assert places == [{"artifactLocation": {"uri": "policies/p.yaml"}, "region": region}]


def test_a_page_has_no_place_and_no_sarif(run: Run) -> None:
    assert run("lint", "--explain", "unknown-key", "--format", "sarif")[0] == 2
