"""Strict YAML with positions: the part of YAML 1.2 in which a file can mean one thing only.

PyYAML's scanner and parser deliver events; everything above them is ours. Scalars follow the core schema of
YAML 1.2 (chapter 10.3), so `no`, `on` and `2027-01-31` stay text. Anchors, aliases, tags, merge keys, directives,
several documents, duplicate keys and characters that a reviewer cannot see are errors. Files are bounded in bytes,
depth and nodes, and nothing here recurses, so a hostile file costs a diagnostic and nothing else.
"""

import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml

from proxy.files.diagnostics import Diagnostic, FileRefused, Place, Problems, did_you_mean, nearest, shown
from proxy.files.slips import told

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_NODES = 50_000
MAX_TEXT = 2_000

_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_BOOLEAN = re.compile(r"true\Z|True\Z|TRUE\Z|false\Z|False\Z|FALSE\Z")
_NULL = re.compile(r"null\Z|Null\Z|NULL\Z|~\Z|\Z")
_SMALL_INTEGER = re.compile(r"[0-9]{1,9}\Z")
_SMALL_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z")
# Controls, line breaks other than LF, joiners, bidirectional marks, tags, private use: text that hides what it is.
_INVISIBLE = re.compile(
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
        if not line.strip() or len(line) > MAX_TEXT or "\n" in line or _INVISIBLE.search(line):
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


def load(path: Path) -> Node:
    """Read and parse one file; raises FileRefused."""
    return parse(read(path), path.name)


def read(path: Path) -> bytes:
    """Read at most MAX_BYTES of a file; raises FileRefused, also when it cannot be read. Never waits for a writer."""
    try:
        with open(path, "rb", opener=_at_once) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refused(path.name, "unreadable", f"cannot be read: {error.strerror or 'input error'}") from None
    if len(data) > MAX_BYTES:
        raise _refused(path.name, "too-large", f"larger than {MAX_BYTES} bytes")
    return data


def _at_once(path: str, flags: int) -> int:
    """Open a regular file and nothing else: a pipe in its place would hold whoever reads for ever."""
    opened = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if stat.S_ISREG(os.fstat(opened).st_mode):
        return opened
    os.close(opened)
    raise OSError(errno.EINVAL, "it is no file")


def parse(data: bytes, file: str) -> Node:
    """Parse bytes of UTF-8; raises FileRefused with every place that is not strict YAML."""
    if len(data) > MAX_BYTES:
        raise _refused(file, "too-large", f"larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        col = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise _refused(file, "not-utf8", "not UTF-8 text", line, col) from None
    hidden = _INVISIBLE.search(text)
    if hidden:
        at = hidden.start()
        line, col = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        message = f"character U+{ord(text[at]):04X} is not allowed here"
        raise _refused(file, "invisible-character", message, line, col)
    builder = _Builder(file)
    loader = yaml.SafeLoader(text)
    try:
        while builder.root is None or loader.check_event():
            builder.take(loader.get_event())  # type: ignore[no-untyped-call]
    except yaml.MarkedYAMLError as error:
        at_start, message, hint = told(error)
        mark = (error.context_mark if at_start else None) or error.problem_mark or error.context_mark
        line, col = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        builder.problems.error(Place(file, line, col), "not-yaml", f"not YAML: {message}", hint)
    except (ValueError, OverflowError):
        # PyYAML turns an escape such as "\UFFFFFFFF" into a character without checking its range.
        at_escape = Place(file, loader.line + 1, loader.column + 1)
        builder.problems.error(at_escape, "not-yaml", "not YAML: no such character")
    finally:
        loader.dispose()
    builder.problems.check()
    assert builder.root is not None  # noqa: S101  # an empty file is a problem, checked above
    return builder.root


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been seen."""

    node: Node
    members: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Node, Node]] = field(default_factory=dict)
    key: Node | None = None


class _Builder:
    """Builds nodes from events with a stack of its own."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems = Problems()
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event; raises FileRefused where going on would cost too much."""
        match event:
            case yaml.DocumentStartEvent():
                self._document(event)
            case yaml.AliasEvent():
                self._fault(event, "alias", "aliases are not allowed: write the value out")
                self._add(self._node(event, "text"))
            case yaml.ScalarEvent():
                self._marked(event)
                self._add(self._scalar(event))
            case yaml.SequenceStartEvent():
                self._enter(event, "list")
            case yaml.MappingStartEvent():
                self._enter(event, "mapping")
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._leave()
            case yaml.StreamEndEvent() if self.root is None:
                self._fault(event, "empty", "the file is empty")
                self.root = self._node(event, "nothing")
            case _:
                pass

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._fault(event, "many-documents", "one document a file")
        if event.version or event.tags:
            self._fault(event, "directive", "directives are not allowed")

    def _enter(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, kind: Kind) -> None:
        self._marked(event)
        self._open.append(_Open(self._node(event, kind)))
        if len(self._open) > MAX_DEPTH:
            self._fault(event, "too-deep", f"nested deeper than {MAX_DEPTH}")
            self.problems.check()

    def _leave(self) -> None:
        done = self._open.pop()
        self._add(replace(done.node, members=tuple(done.members), entries=MappingProxyType(done.entries)))

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.problems.error(node, "too-large", f"more than {MAX_NODES} values")
            self.problems.check()
        if not self._open:
            self.root = self.root or node
            return
        parent = self._open[-1]
        if parent.node.kind == "list":
            parent.members.append(node)
        elif parent.key is None:
            parent.key = node
        else:
            self._pair(parent, parent.key, node)
            parent.key = None

    def _pair(self, parent: _Open, key: Node, value: Node) -> None:
        if key.kind in {"list", "mapping"}:
            self.problems.error(key, "bad-key", "a key must be a plain word")
        elif key.raw == "<<":
            self.problems.error(key, "merge-key", "merge keys are not allowed: write the keys out")
        elif key.raw in parent.entries:
            first = parent.entries[key.raw][0]
            self.problems.error(key, "duplicate-key", f"{shown(key.raw)} was already given in line {first.line}")
        else:
            parent.entries[key.raw] = (key, value)

    def _marked(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._fault(event, "anchor", "anchors are not allowed")
        if event.tag is not None:
            self._fault(event, "tag", "tags are not allowed: the type follows from the value")

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        kind: Kind = "text" if event.style else _resolve(event.value)
        return self._node(event, kind, event.value)

    def _node(self, event: yaml.Event, kind: Kind, raw: str = "") -> Node:
        start, end = event.start_mark, event.end_mark
        assert start is not None  # noqa: S101  # the parser marks every event
        assert end is not None  # noqa: S101
        width = max(1, end.column - start.column) if end.line == start.line else 1
        return Node(self.file, start.line + 1, start.column + 1, width, kind, raw)

    def _fault(self, event: yaml.Event, code: str, message: str) -> None:
        self.problems.error(self._node(event, "nothing"), code, message)


def _resolve(text: str) -> Kind:
    """Return what a plain scalar is under the core schema."""
    if _NULL.match(text):
        return "nothing"
    if _BOOLEAN.match(text):
        return "boolean"
    if _INTEGER.match(text):
        return "integer"
    return "number" if _NUMBER.match(text) else "text"


def _refused(file: str, code: str, message: str, line: int = 1, col: int = 1) -> FileRefused:
    return FileRefused([Diagnostic(file, line, col, code, message)])
