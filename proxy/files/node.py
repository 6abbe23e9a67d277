"""One value of a file, and how it is read: what kind it is by YAML 1.2, where it stands, what is wrong with it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from proxy.files.diagnostics import Place, Problems, did_you_mean, nearest, shown

MAX_TEXT = 2_000

_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_BOOLEAN = re.compile(r"true\Z|True\Z|TRUE\Z|false\Z|False\Z|FALSE\Z")
_NULL = re.compile(r"null\Z|Null\Z|NULL\Z|~\Z|\Z")
_SMALL_INTEGER = re.compile(r"[0-9]{1,9}\Z")
_SMALL_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z")
# Controls, line breaks other than LF, joiners, bidirectional marks, tags, private use: text that hides what it is.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U0010ffff]"
)

Kind = Literal["text", "integer", "number", "boolean", "nothing", "list", "mapping", "absent"]
_WORDS: Mapping[Kind, str] = {
    "integer": "a whole number",
    "boolean": "true or false",
    "list": "a list",
    "mapping": "a mapping",
    "number": "a number",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file with its place. Its readers report what is wrong to `problems` and return an empty value.

    So one run finds all mistakes; whoever reads must call `Problems.check()` before using anything. A key that is
    not in the file reads as an `absent` node: silent, and empty as well.
    """

    file: str
    line: int
    col: int
    width: int
    kind: Kind
    raw: str = ""
    members: tuple["Node", ...] = ()
    entries: Mapping[str, tuple["Node", "Node"]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def present(self) -> bool:
        """Whether the file has this value at all."""
        return self.kind != "absent"

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.file, self.line, self.col, self.width)

    def fields(
        self, problems: Problems, *, required: Iterable[str] = (), optional: Iterable[str] = ()
    ) -> dict[str, "Node"]:
        """Read a mapping with a closed set of keys; every allowed key is in the result, missing ones as absent."""
        must = tuple(required)
        known = (*must, *optional)
        absent = Node(self.file, self.line, self.col, 1, "absent")
        result = dict.fromkeys(known, absent)
        if not self._is("mapping", problems):
            return result
        meant = set()
        for name, (key, value) in self.entries.items():
            if name in result:
                result[name] = value
            else:
                meant.add(nearest(name, known))
                problems.error(key, "unknown-key", f"{shown(name)} is not a key here", did_you_mean(name, known))
        for name in must:
            if name not in self.entries and name not in meant:
                problems.error(self, "missing-key", f"'{name}' is missing here")
        return result

    def pairs(self, problems: Problems) -> tuple[tuple["Node", "Node"], ...]:
        """Read a mapping whose keys are names that the file chooses."""
        return tuple(self.entries.values()) if self._is("mapping", problems) else ()

    def items(self, problems: Problems, *, least: int = 0) -> tuple["Node", ...]:
        """Read a list with at least so many members."""
        if not self._is("list", problems):
            return ()
        if len(self.members) < least:
            problems.error(self, "too-few", f"at least {least} needed here")
        return self.members

    def text(self, problems: Problems, pattern: re.Pattern[str] | None = None, wanted: str = "text") -> str:
        """Read one line of printable text, matching `pattern` whole if there is one; `wanted` names that in words."""
        if self.kind == "absent":
            return ""
        if self.kind != "text":
            hint = "put it in quotes" if self.kind in {"integer", "number", "boolean"} else ""
            problems.error(self, "wrong-type", f"expected {wanted}, found {_WORDS.get(self.kind, self.kind)}", hint)
            return ""
        line = self.raw.rstrip("\n")
        if not line.strip() or len(line) > MAX_TEXT or "\n" in line or INVISIBLE.search(line):
            problems.error(self, "bad-text", f"expected one line of printable text, 1 to {MAX_TEXT} characters")
            return ""
        if pattern is not None and not pattern.fullmatch(line):
            cases = {"in lower case": line.lower(), "in upper case": line.upper()}
            hint = next((f"write it {case}" for case, other in cases.items() if pattern.fullmatch(other)), "")
            problems.error(self, "bad-name", f"expected {wanted}", hint)
            return ""
        return line

    def choice(self, problems: Problems, options: Iterable[str], code: str = "unknown-value") -> str:
        """Read one of a closed set of words."""
        words = tuple(options)
        text = self.text(problems, wanted=f"one of {', '.join(words)}")
        if text and text not in words:
            problems.error(self, code, f"{shown(text)} is not known here", did_you_mean(text, words))
            return ""
        return text

    def integer(self, problems: Problems, low: int = 0, high: int = 10**9 - 1) -> int:
        """Read a decimal whole number between the bounds, both included; `low` when it cannot be read."""
        if not self._is("integer", problems):
            return low
        if not _SMALL_INTEGER.match(self.raw) or not low <= int(self.raw) <= high:
            problems.error(self, "out-of-range", f"expected a whole number from {low} to {high}")
            return low
        return int(self.raw)

    def number(self, problems: Problems, low: int = 0, high: int = 1) -> Decimal:
        """Read a decimal number between the bounds, both included, exactly as written."""
        if self.kind != "integer" and not self._is("number", problems):
            return Decimal(low)
        if not _SMALL_DECIMAL.match(self.raw) or not low <= Decimal(self.raw) <= high:
            problems.error(self, "out-of-range", f"expected a number from {low} to {high}, such as 0.85")
            return Decimal(low)
        return Decimal(self.raw)

    def boolean(self, problems: Problems) -> bool:
        """Read `true` or `false`; `yes`, `no`, `on` and `off` are text in YAML 1.2, hence errors here."""
        return self._is("boolean", problems) and self.raw.lower() == "true"

    def _is(self, kind: Kind, problems: Problems) -> bool:
        if self.kind not in {kind, "absent"}:
            found = _WORDS.get(self.kind, self.kind)
            problems.error(self, "wrong-type", f"expected {_WORDS.get(kind, kind)}, found {found}", self._hint(kind))
        return self.kind == kind

    def _hint(self, kind: Kind) -> str:
        """Say how to write what was meant, where that can be told."""
        if kind == "list" and self.kind in {"text", "integer", "number", "boolean"}:
            return "put it in brackets: [x]"
        if kind == "list" and self.kind == "mapping":
            return "begin each member with '- '"
        quoted = {"integer": _INTEGER, "number": _NUMBER, "boolean": _BOOLEAN}.get(kind)
        return "leave out the quotes" if self.kind == "text" and quoted and quoted.match(self.raw) else ""


def resolve(text: str) -> Kind:
    """Return what a plain scalar is under the core schema."""
    if _NULL.match(text):
        return "nothing"
    if _BOOLEAN.match(text):
        return "boolean"
    if _INTEGER.match(text):
        return "integer"
    return "number" if _NUMBER.match(text) else "text"
