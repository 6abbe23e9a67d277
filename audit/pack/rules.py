"""Which policies were in force for a record, and the text of each rule that it names, as it was archived.

A rule is found in the text of a file of policies by its `id`, as people write them: as the first line of an item of a
list, as a later line of one, or in braces. Nothing is parsed as YAML, and what is not found is said to be so. Only the
standard library is used.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.records.jcs import NotCanonicalError, read
from audit.sources.source import Source

ACTIVATION = "policy.activated"
MAX_ACTIVATIONS = 100_000
MAX_LINES = 100_000
"""Of a file; and ids in all of them."""
MAX_LENGTH = 1000
"""Lines of a rule."""
MAX_TRIES = 10
"""Lines that are looked at where an id stands and no item does: before each, others have to be."""
_VALUE = r"""id:\s*+["']?+([A-Za-z0-9][A-Za-z0-9._:/*@-]{0,127}+)["']?+\s*+"""
_is_own = re.compile(rf"\s*+(?:-\s++)?+{_VALUE}(?:#.*)?").fullmatch
_in_braces = re.compile(r"\s*+-\s++\{").match
_ids = re.compile(rf"\b{_VALUE}[,}}]").findall


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


@dataclass(frozen=True, slots=True)
class Written:
    """Files of policies, read once for all rules that are looked up: by an id, its places (file, lines, line)."""

    places: Mapping[str, list[tuple[str, list[str], int]]]

    @classmethod
    def of(cls, files: Mapping[str, str]) -> "Written":
        """Read files by their names."""
        places: dict[str, list[tuple[str, list[str], int]]] = {}
        for name, text in files.items():
            lines = text.split("\n", MAX_LINES)
            for number, line in enumerate(lines):
                own = _is_own(line)
                for rule in [own[1]] if own else _ids(line) if _in_braces(line) else ():
                    at = places.setdefault(rule, []) if len(places) < MAX_LINES else places.get(rule, [])
                    if len(at) < MAX_TRIES:
                        at.append((name, lines, number))
        return cls(places)

    def find(self, rule: str, effect: str) -> RuleText:
        """Return a rule's text, in whichever file it stands."""
        for name, lines, number in self.places.get(rule, ()):
            start = _start(lines, number)
            if start is not None:
                return RuleText(rule, effect, name, start + 1, "\n".join(lines[start : _end(lines, start)]))
        return RuleText(rule, effect)


@dataclass(slots=True)
class Bundles:
    """Every activation of a log, in its order, and the texts that were looked up last."""

    _by_bundle: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    _count: int = 0
    _texts: dict[str, Written] = field(default_factory=dict)

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
        texts = self._read(files, source) if files else Written({})
        rules = tuple(texts.find(rule["id"], rule["effect"]) for rule in body["rules"])
        return InForce(sha256, activated, files, rules)

    def _read(self, sha256: str, source: Source) -> Written:
        if sha256 not in self._texts:
            content = next((text for name, text in source.texts() if name == sha256), b"")
            self._texts = {**dict(list(self._texts.items())[-1:]), sha256: Written.of(files_of(content))}
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


def _start(lines: list[str], number: int) -> int | None:
    """Return the line with the dash of the item to which a line belongs."""
    depth = _depth(lines[number])
    for at in range(number, max(-1, number - MAX_LENGTH), -1):
        if lines[at].lstrip().startswith("- ") and (at == number or _depth(lines[at]) < depth):
            return at
        if lines[at].strip() and at != number and _depth(lines[at]) < depth:
            return None
    return None


def _end(lines: list[str], start: int) -> int:
    depth, end = _depth(lines[start]), start + 1
    for at in range(start + 1, min(len(lines), start + MAX_LENGTH)):
        if lines[at].strip():
            if _depth(lines[at]) <= depth:
                break
            end = at + 1
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
