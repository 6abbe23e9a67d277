"""Which policies were in force for a record, and the text of each rule that it names, as it was archived.

A rule is found in the text of a file of policies by its `id`, as people write them: as the first line of an item of a
list, as a later line of one, or in braces. Nothing is parsed as YAML, and what is not found is said to be so. Only the
standard library is used.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from audit.records.jcs import NotCanonicalError, read
from audit.sources.source import Source

ACTIVATION = "policy.activated"
MAX_ACTIVATIONS = 100_000
MAX_TRIES = 10
"""Lines that are looked at where an id stands and no item does: before each, all the file may have to be."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as its file has it; `line` counts from 1, and is 0 where no file has it."""

    id: str
    effect: str
    file: str = ""
    line: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class InForce:
    """The bundle that a record names, the record that activated it (-1: none is there), and the rules that applied."""

    bundle: str
    activated: int
    files_sha256: str
    rules: tuple[RuleText, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        rules = [
            {"id": one.id, "effect": one.effect, "file": one.file, "line": one.line, "text": one.text}
            for one in self.rules
        ]
        return {"bundle": self.bundle, "activated": self.activated, "files_sha256": self.files_sha256, "rules": rules}


@dataclass(slots=True)
class Bundles:
    """Every activation of a log, in its order, and the texts that were looked up last."""

    _by_bundle: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    _count: int = 0
    _texts: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def take(self, seq: int, body: Mapping[str, Any]) -> None:
        """Take in a valid record."""
        if body["kind"] == ACTIVATION and self._count < MAX_ACTIVATIONS:
            self._by_bundle.setdefault(body["bundle"]["sha256"], []).append((seq, body["files_sha256"]))
            self._count += 1

    def in_force(self, seq: int, body: Mapping[str, Any], source: Source) -> InForce | None:
        """Return what a valid record was decided by; None for one that names no bundle or was decided by none."""
        if body["kind"] == ACTIVATION or "bundle" not in body or "rules" not in body:
            return None
        sha256 = body["bundle"]["sha256"]
        before = [one for one in self._by_bundle.get(sha256, ()) if one[0] < seq]
        activated, files = before[-1] if before else (-1, "")
        texts = self._read(files, source) if files else {}
        rules = tuple(find(texts, rule["id"], rule["effect"]) for rule in body["rules"])
        return InForce(sha256, activated, files, rules)

    def _read(self, sha256: str, source: Source) -> Mapping[str, str]:
        if sha256 not in self._texts:
            content = next((text for name, text in source.texts() if name == sha256), b"")
            self._texts = {**dict(list(self._texts.items())[-8:]), sha256: files_of(content)}
        return self._texts[sha256]


def files_of(archived: bytes) -> Mapping[str, str]:
    """Return the files in an archived text of policies, by their names, the first of each; none in another text."""
    try:
        found = [(one["name"], one["text"]) for one in read(archived)["files"]]
    except (NotCanonicalError, KeyError, TypeError):
        return {}
    if not all(type(part) is str for one in found for part in one):
        return {}
    files: dict[str, str] = {}
    for name, text in found:
        files.setdefault(name, text)
    return files


def find(files: Mapping[str, str], rule: str, effect: str) -> RuleText:
    """Return a rule's text, in whichever file it stands."""
    for name, text in files.items():
        lines = text.split("\n")
        for start, end in _items(lines, rule):
            return RuleText(rule, effect, name, start + 1, "\n".join(lines[start:end]))
    return RuleText(rule, effect)


def _items(lines: list[str], rule: str) -> Iterator[tuple[int, int]]:
    """Yield from which line to before which one an item with this id stands."""
    value = rf"""id:\s*["']?{re.escape(rule)}["']?\s*"""
    own, braces = re.compile(rf"\s*(?:-\s+)?{value}(?:#.*)?"), re.compile(rf"\s*-\s+\{{.*\b{value}[,}}].*")
    named = (number for number, line in enumerate(lines) if braces.fullmatch(line) or own.fullmatch(line))
    for number in islice(named, MAX_TRIES):
        start = _start(lines, number)
        if start is not None:
            yield start, _end(lines, start)


def _start(lines: list[str], number: int) -> int | None:
    """Return the line with the dash of the item to which a line belongs."""
    depth = _depth(lines[number])
    for at in range(number, -1, -1):
        if lines[at].lstrip().startswith("- ") and (at == number or _depth(lines[at]) < depth):
            return at
        if lines[at].strip() and at != number and _depth(lines[at]) < depth:
            return None
    return None


def _end(lines: list[str], start: int) -> int:
    depth, end = _depth(lines[start]), start + 1
    for at in range(start + 1, len(lines)):
        if lines[at].strip():
            if _depth(lines[at]) <= depth:
                break
            end = at + 1
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
