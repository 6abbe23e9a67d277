"""Loads a directory of policy files: all of it, checked, or nothing.

A bundle loads when lint finds no error, every inline test passes and every claim is proved. The composition root says
which types the loaded detectors emit and which zones have upstreams; nothing here asks for them.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proxy.files import source
from proxy.files.diagnostics import Diagnostic, FileRefused, Place, Problems
from proxy.policy.lint import TOLERATED, Surroundings, lint
from proxy.policy.merge import merge
from proxy.policy.model import Bundle
from proxy.policy.parse import parse_file
from proxy.policy.parse_context import Context, Parts, Reference
from proxy.policy.policy import Policy
from proxy.policy.testing import TestReport, check_tests
from proxy.policy.verify import Proof, check_claims

MAX_FILES = 200
KEPT = 4
"""How many bundles that were read are remembered."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything known about a directory. Without a bundle, it was too broken for tests and claims to mean anything."""

    files: tuple[tuple[str, str], ...]
    diagnostics: tuple[Diagnostic, ...]
    bundle: Bundle | None = None
    tests: TestReport | None = None
    proofs: tuple[Proof, ...] = ()

    @property
    def stopping(self) -> tuple[Diagnostic, ...]:
        """What keeps it from loading: every error but those that only a date brings about."""
        return tuple(item for item in self.diagnostics if item.severity == "error" and item.code not in TOLERATED)


def check(directory: Path, around: Surroundings) -> Checked:
    """Read, lint, test and prove; never raises for what the files hold."""
    problems = Problems()
    data = read_directory(directory, problems)
    return check_files(data, around, problems)


def check_files(data: Mapping[str, bytes], around: Surroundings, problems: Problems | None = None) -> Checked:
    """Check files that were read already, by name."""
    problems = problems or Problems()
    texts = tuple((name, text.decode("utf-8", "replace")) for name, text in sorted(data.items()))
    if problems.failed:
        merged(data, problems)
        return Checked(texts, problems.found)
    files = tuple(sorted(data.items()))
    bundle, references, said = _merged(files)
    problems.add(said)
    if bundle is None:
        return Checked(texts, problems.found)
    lint(bundle, references, around, problems)
    unproved = Checked(texts, problems.found)
    if unproved.stopping:
        return unproved
    tests, proofs, said = _tried(files)
    problems.add(said)
    return Checked(texts, problems.found, bundle, tests, proofs)


Files = tuple[tuple[str, bytes], ...]


@functools.lru_cache(maxsize=KEPT)
def _merged(files: Files) -> tuple[Bundle | None, tuple[Reference, ...], tuple[Diagnostic, ...]]:
    """Merge files; what they come to depends on their bytes alone, and a start and each reload ask for it again."""
    problems = Problems()
    bundle, references = merged(dict(files), problems)
    return bundle, tuple(references), problems.found


@functools.lru_cache(maxsize=KEPT)
def _tried(files: Files) -> tuple[TestReport, tuple[Proof, ...], tuple[Diagnostic, ...]]:
    """Run the tests and prove the claims of files that lint has passed: the same holds of these."""
    bundle, problems = _merged(files)[0], Problems()
    assert bundle is not None  # noqa: S101  # lint has passed it
    return check_tests(bundle, problems), check_claims(bundle, problems), problems.found


def load_policy(directory: Path, around: Surroundings) -> tuple[Policy, tuple[Diagnostic, ...]]:
    """Return the policy and its warnings; raises FileRefused with all diagnostics, and then nothing was loaded."""
    checked = check(directory, around)
    problems = Problems()
    problems.add(checked.diagnostics)
    problems.tolerate(TOLERATED)
    problems.check()
    if checked.bundle is None:
        raise FileRefused(checked.diagnostics)
    return Policy.of(checked.bundle, dict(checked.files), around.zones_with_upstreams), problems.found


def read_directory(directory: Path, problems: Problems) -> dict[str, bytes]:
    """Read the `*.yaml` files of a directory, hidden ones and subdirectories left out."""
    try:
        paths = sorted(directory.iterdir())
    except OSError as error:
        problems.error(
            Place(directory.name, 1, 1), "unreadable", f"cannot be listed: {error.strerror or 'input error'}"
        )
        return {}
    paths = [path for path in paths if is_policy_file(path.name, problems)]
    if len(paths) > MAX_FILES:
        problems.error(Place(directory.name, 1, 1), "too-large", f"more than {MAX_FILES} files")
        return {}
    data: dict[str, bytes] = {}
    for path in paths:
        try:
            data[path.name] = source.read(path)
        except FileRefused as error:
            problems.add(error.diagnostics)
    return data


def is_policy_file(name: str, problems: Problems) -> bool:
    """Whether a file of this name is read; one that looks as if it were, and is not, is a problem."""
    if name.startswith("."):
        return False
    if not name.endswith((".yaml", ".yml")):
        return False
    if not name.isprintable():
        said = "".join(mark if mark.isprintable() else "?" for mark in name)
        problems.error(Place(said, 1, 1), "bad-name", "expected a file's name of printable text")
        return False
    if name.endswith(".yml"):
        problems.error(Place(name, 1, 1), "not-read", "only files named *.yaml are read; rename this one")
    return name.endswith(".yaml")


def merged(data: Mapping[str, bytes], problems: Problems) -> tuple[Bundle | None, list[Reference]]:
    """Parse files and merge them, unchecked, with the names that they use; None if a file cannot be read as one."""
    parts: list[Parts] = []
    context = Context(problems)
    for name, text in sorted(data.items()):
        try:
            parts.append(parse_file(source.parse(text, name), context))
        except FileRefused as error:
            problems.add(error.diagnostics)
    return None if problems.failed else merge(parts, problems), context.references
