"""Tests that lie outside a bundle, such as an application team's own: read as strictly, and held against the bundle.

They are no part of what loads, of its text in the log's archive, or of `lint`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from proxy.files import source
from proxy.files.diagnostics import Diagnostic, FileRefused, Place, Problems
from proxy.policy.lint import check_references
from proxy.policy.load import read_directory
from proxy.policy.model import Bundle, InlineTest
from proxy.policy.parse import parse_file
from proxy.policy.parse_context import Context


@dataclass(frozen=True, slots=True)
class Outside:
    """Files of tests, by a name with a folder in it, and what they hold or what is wrong with them."""

    files: Mapping[str, str]
    tests: tuple[InlineTest, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_tests(paths: Mapping[str, Path], bundle: Bundle) -> Outside:
    """Read files of tests, or folders that hold nothing else, each under the name by which messages call it."""
    problems = Problems()
    data: dict[str, bytes] = {}
    for name, path in paths.items():
        data |= _read(name, path, problems)
    context = Context(problems)
    tests: list[InlineTest] = []
    for name, text in data.items():
        try:
            parts = parse_file(source.parse(text, name), context)
        except FileRefused as error:
            problems.add(error.diagnostics)
            continue
        if parts.kind not in {"", "tests"}:
            problems.error(parts.where, "unknown-file", "a file of tests has one key: tests")
        tests += parts.tests
    check_references(bundle, context.references, problems)
    texts = {name: text.decode("utf-8", "replace") for name, text in data.items()}
    return Outside(texts, tuple(tests), problems.found)


def _read(name: str, path: Path, problems: Problems) -> dict[str, bytes]:
    """Return the bytes of each file under its name; what is wrong is told of it, too."""
    here = Problems()
    if path.is_dir():
        data = {f"{name}/{file}": text for file, text in read_directory(path, here).items()}
        problems.add(replace(found, file=f"{name}/{found.file}") for found in here.found)
        if not data and not here.failed:
            problems.error(Place(name, 1, 1), "not-read", "no file named *.yaml lies here")
        return data
    try:
        return {name: source.read(path)}
    except FileRefused as error:
        problems.add(replace(found, file=name) for found in error.diagnostics)
        return {}
