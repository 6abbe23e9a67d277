"""Strict YAML with positions: the part of YAML 1.2 in which a file can mean one thing only.

PyYAML's scanner and parser deliver events; everything above them is ours. Scalars follow the core schema of
YAML 1.2 (chapter 10.3), so `no`, `on` and `2027-01-31` stay text. Anchors, aliases, tags, merge keys, directives,
several documents, duplicate keys and characters that a reviewer cannot see are errors. Files are bounded in bytes,
depth and nodes, and nothing here recurses, so a hostile file costs a diagnostic and nothing else.
"""

import errno
import functools
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import yaml

from proxy.files.diagnostics import Diagnostic, FileRefused, Place, Problems, shown
from proxy.files.node import INVISIBLE, Kind, Node, resolve
from proxy.files.slips import told

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_NODES = 50_000
KEPT = 32
"""Files whose values, which nothing changes, are kept: of those that a reload reads, most are as they were."""


def load(path: Path) -> Node:
    """Read and parse one file; raises FileRefused."""
    return parse(read(path), path.name)


def read(path: Path) -> bytes:
    """Read at most MAX_BYTES of a file; raises FileRefused, also when it cannot be read. Never waits for a writer."""
    try:
        with open(path, "rb", opener=at_once) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refused(path.name, "unreadable", f"cannot be read: {error.strerror or 'input error'}") from None
    if len(data) > MAX_BYTES:
        raise _refused(path.name, "too-large", f"larger than {MAX_BYTES} bytes")
    return data


def at_once(path: str, flags: int) -> int:
    """Open a regular file and nothing else: a pipe in its place would hold whoever reads for ever."""
    opened = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if stat.S_ISREG(os.fstat(opened).st_mode):
        return opened
    os.close(opened)
    raise OSError(errno.EINVAL, "it is no file")


@functools.lru_cache(maxsize=KEPT)
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
    hidden = INVISIBLE.search(text)
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
        kind: Kind = "text" if event.style else resolve(event.value)
        return self._node(event, kind, event.value)

    def _node(self, event: yaml.Event, kind: Kind, raw: str = "") -> Node:
        start, end = event.start_mark, event.end_mark
        assert start is not None  # noqa: S101  # the parser marks every event
        assert end is not None  # noqa: S101
        width = max(1, end.column - start.column) if end.line == start.line else 1
        return Node(self.file, start.line + 1, start.column + 1, width, kind, raw)

    def _fault(self, event: yaml.Event, code: str, message: str) -> None:
        self.problems.error(self._node(event, "nothing"), code, message)


def _refused(file: str, code: str, message: str, line: int = 1, col: int = 1) -> FileRefused:
    return FileRefused([Diagnostic(file, line, col, code, message)])
