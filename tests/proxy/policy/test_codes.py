"""Codes, their pages and their compiler cases belong together; the codes are read off the sources."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from proxy.policy.codes import page, pages

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [
    *(ROOT / "proxy" / "policy").rglob("*.py"),
    *(ROOT / "proxy" / "files").glob("*.py"),
    *(ROOT / "proxy" / "approvals").glob("*.py"),
]
CASES = ROOT / "tests" / "policies" / "errors"
DYNAMIC = {"unknown-budget", "unknown-class", "unknown-entity", "unknown-rule", "unknown-zone"}
"""Built from the kind of a reference."""
ELSEWHERE = {
    "alias", "anchor", "bad-key", "directive", "empty", "invisible-character", "many-documents", "merge-key",
    "not-read", "not-utf8", "not-yaml", "tag", "too-deep", "too-large", "unreadable",
    "approval-missing", "approval-older", "approval-other-bundle", "approval-self-approved", "approval-unsigned",
    "approval-wrong-signature", "not-a-key", "not-an-approval",
}  # fmt: skip
"""Codes of strict YAML, of files and of approvals, with tests in test_source.py, test_load.py and beside approvals."""
CATALOGUE = """
unknown-key unknown-action unknown-class unknown-zone zone-without-upstream off-grid duplicate-id duplicate-key
glob-not-prefix entity-without-detector detector-without-class class-cycle rule-without-effect grant-too-wide
rule-untested claim-missing unscanned-reaches-vendor exception-expired exception-too-long exception-too-wide
exception-self-approved shadow-too-long
"""


def emitted() -> Iterator[tuple[str, str]]:
    """Yield each code with the severity it is given where it stands in a call."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="error" | "warning" as severity), args=[_, ast.Constant(value), *_]
                ):
                    yield value, severity
                case ast.Call(func=ast.Attribute(attr="_fault"), args=[_, ast.Constant(value), *_]):
                    yield value, "error"
                case ast.Call(func=ast.Name(id="_refused"), args=[_, ast.Constant(value), *_]):
                    yield value, "error"
                case ast.Call(func=ast.Attribute(attr="choice"), args=[_, _, ast.Constant(value)]):
                    yield value, "error"
                case ast.FunctionDef(name="choice", args=ast.arguments(defaults=[ast.Constant(value)])):
                    yield value, "error"
    yield from ((code, "error") for code in DYNAMIC)


CODES: dict[str, set[str]] = {}
for code, severity in emitted():
    CODES.setdefault(code, set()).add(severity)


def expected() -> Iterator[tuple[str, str]]:
    """Yield each code that a compiler case expects, with its severity."""
    for path in CASES.glob("*.yaml"):
        for case in yaml.safe_load(path.read_text()) if path.stem != "base" else ():
            for line in case["expect"]:
                yield line.split()[-1], "warning" if line.startswith("warning ") else "error"


def test_every_code_of_the_catalogue_is_emitted() -> None:
    assert set(CATALOGUE.split()) <= CODES.keys()


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(CODES) == sorted(pages())
    assert list(pages()) == sorted(pages())


def test_every_code_has_a_compiler_case_at_each_of_its_severities() -> None:
    cases = set(expected())
    for code, severities in CODES.items():
        assert code in ELSEWHERE or {(code, severity) for severity in severities} <= cases, code


def test_the_codes_that_are_tested_elsewhere_exist() -> None:
    assert CODES.keys() >= ELSEWHERE


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_says_how_grave_it_is_what_to_avoid_what_to_prefer_and_why(code: str) -> None:
    head, *parts = re.split(r"^\*\*(Avoid|Prefer|Why)\.\*\* ", page(code), flags=re.MULTILINE)
    assert parts[::2] == ["Avoid", "Prefer", "Why"]
    assert all(len(text.strip()) > 10 for text in parts[1::2])
    assert set(re.findall(r"error|warning", head.lower())) == CODES[code], head
    assert head.startswith(f"## {code}\n")


def test_a_code_that_is_none_has_no_page() -> None:
    with pytest.raises(KeyError):
        page("no-such-code")
