"""What every kind of configured detector has, and the ways of reading it: a name, entity types, scores."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from proxy.detection.findings import UNCOVERED, UNSCANNED
from proxy.detection.recognizers.base import Recognizer
from proxy.files.diagnostics import Place, Problems, shown
from proxy.files.node import Node

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
DEFAULT_SCORE = 0.85
DEFAULT_CUT = 0.3
"""Below the floor of every class that is shipped: then the policy alone decides what counts."""


class Spec(Protocol):
    """One configured detector as the file has it."""

    @property
    def name(self) -> str:
        """Its name in findings."""

    @property
    def where(self) -> Place:
        """Where the file has it."""

    @property
    def emits(self) -> Mapping[str, float]:
        """Each type that it may find, and the lowest score of it."""

    @property
    def drops(self) -> bool:
        """Whether it discards what it finds with lower scores than those."""

    def load(self, problems: Problems) -> Recognizer | None:
        """Make it ready to find; what keeps it from that goes to `problems`."""


@dataclass(frozen=True, slots=True)
class Context:
    """What readers share: the folder that paths in the file start from, and what is wrong with it."""

    folder: Path
    problems: Problems
    names: set[str] = field(default_factory=set)
    """Those that are taken."""


def name(node: Node, context: Context) -> str:
    """Read the name of a detector: as findings and records have it, and nobody else's."""
    text = node.text(context.problems, NAME, "a name of lower-case letters, digits and _, 32 at most")
    if text in context.names:
        context.problems.error(node, "duplicate-name", f"{shown(text)} is the name of another detector")
    context.names.add(text)
    return text


def entity_type(node: Node, context: Context) -> str:
    """Read an entity type; those that say that something was not inspected are not anybody's to find."""
    text = node.text(context.problems, TYPE, "an entity type such as EMPLOYEE_ID")
    if text in (UNSCANNED, UNCOVERED):
        context.problems.error(node, "built-in-type", f"{text} is built in: no detector finds it")
    return text


def types(node: Node, context: Context) -> dict[str, str]:
    """Read which of a model's labels are reported, and as which entity types."""
    found = {
        key.text(context.problems, None, "a label"): entity_type(value, context)
        for key, value in node.pairs(context.problems)
    }
    if node.kind == "mapping" and not found:
        context.problems.error(node, "too-few", "at least one label is needed here")
    return found


def score(node: Node, context: Context, default: float = DEFAULT_SCORE) -> float:
    """Read a score above 0."""
    if not node.present:
        return default
    value = float(node.number(context.problems, 0, 1))
    if value == 0 and node.kind in {"integer", "number"}:
        context.problems.error(node, "out-of-range", "a score is above 0")
    return value


def plain(node: Node) -> Any:
    """Return what YAML's core schema takes a value for; a number that JSON cannot hold stays text."""
    if node.kind == "list":
        return [plain(member) for member in node.members]
    if node.kind == "mapping":
        return {key.raw: plain(value) for key, value in node.entries.values()}
    return _scalar(node)


def _scalar(node: Node) -> Any:
    raw = node.raw.lower()
    match node.kind:
        case "integer":
            return int(raw, 0) if raw[:2] in ("0o", "0x") else int(raw)
        case "number" if "n" not in raw:
            return float(raw)
        case "boolean":
            return raw == "true"
        case "nothing":
            return None
        case _:
            return node.raw


def pieces(text: str, size: int, overlap: int) -> Iterator[tuple[int, str]]:
    """Cut a text at spaces, where there are some, so that whatever is shorter than the overlap is in one piece whole.

    The overlap must be less than half a piece.
    """
    start = 0
    while len(text) - start > size:
        cut = max(text.rfind(space, start + size // 2, start + size) for space in (" ", "\n")) + 1 or start + size
        yield start, text[start:cut]
        start = text.rfind(" ", max(start, cut - 2 * overlap), cut - overlap) + 1 or cut - overlap
    yield start, text[start:]
