from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.policy.load import Checked
from proxy.policy.model import Bundle
from proxy.policy.outside import Outside, read_tests

FINE = "tests:\n  - {name: t, given: {findings: {PERSON: [0.4]}}, expect: {decision: pin, zone: home}}\n"


@pytest.fixture
def bundle(checked: Callable[..., Checked]) -> Bundle:
    bundle = checked().bundle
    assert bundle is not None
    return bundle


def said(outside: Outside) -> list[str]:
    return [f"{item.file}:{item.line}:{item.col} {item.code}" for item in outside.diagnostics]


def test_a_file_and_a_folder_are_read_under_the_names_that_they_are_called(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(FINE)
    (tmp_path / "more").mkdir()
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / "more" / name).write_text(FINE)
    (tmp_path / "more" / "notes.txt").write_text("no tests")
    outside = read_tests({"./one.yaml": tmp_path / "one.yaml", "more": tmp_path / "more"}, bundle)
    assert said(outside) == []
    assert [str(test.where) for test in outside.tests] == ["./one.yaml:2", "more/a.yaml:2", "more/b.yaml:2"]
    assert dict(outside.files) == dict.fromkeys(("./one.yaml", "more/a.yaml", "more/b.yaml"), FINE)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tests: []", "x/t.yaml:1:8 too-few"),
        ("tests: [", "x/t.yaml:1:9 not-yaml"),
        ("policy: p\nversion: 1\nowner: ann\n" + FINE, "x/t.yaml:1:9 unknown-file"),
        ("exceptions: []", "x/t.yaml:1:1 unknown-file"),
        ("rules: []", "x/t.yaml:1:1 unknown-file"),
        (FINE.replace("PERSON", "PERSN"), "x/t.yaml:2:34 unknown-entity"),
        (FINE.replace("home", "hame"), "x/t.yaml:2:81 unknown-zone"),
        (FINE.replace("0.4", "2"), "x/t.yaml:2:43 out-of-range"),
    ],
)
def test_a_file_is_held_to_what_the_bundles_own_are(bundle: Bundle, tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "t.yaml").write_text(text)
    assert said(read_tests({"x/t.yaml": tmp_path / "t.yaml"}, bundle)) == [problem]


def test_files_that_cannot_be_read_and_folders_without_any_are_told_by_name(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "t.yml").write_text(FINE)
    paths = {f"x/{name}": tmp_path / name for name in ("empty", "old", "none.yaml")}
    assert said(read_tests(paths, bundle)) == [
        "x/empty:1:1 not-read",
        "x/none.yaml:1:1 unreadable",
        "x/old/t.yml:1:1 not-read",
    ]


def test_no_paths_are_no_tests(bundle: Bundle) -> None:
    assert read_tests({}, bundle) == Outside({}, (), ())
