"""Turn a request body into the text that is scanned. What is forwarded is the object read here, nothing else.

The walk keeps the promise "no part is missed" by knowing no list of fields. It visits every key and every scalar;
whatever is not text becomes *opaque*. An endpoint says only which parts are one person's words, and where a name has
the API's meaning. Names of the API's schema are used to write readable paths; such a key is a constant, and its value
is never left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from proxy.content.attached import opened
from proxy.content.opaque import CITATIONS, REFERENCES, SCHEMA_NAMES, TOOL_TYPES, Place, in_object, is_numeric
from proxy.content.token_ids import NO_TEXTS, Texts
from proxy.detection.findings import Segment, Unit
from proxy.errors import RequestRefused

MISLEADING = frozenset(
    """
    file_id is_error items maxItems maxLength minItems minLength previous_response_id prompt_cache_key status
    tool_use_id user_id
    """.split()  # noqa: SIM905
)
"""Names of the API that say of a number what it need not be: one below `..._key` would be no telephone number."""
CACHE_MARKS = ({"type": "ephemeral"}, *({"type": "ephemeral", "ttl": ttl} for ttl in ("5m", "1h")))
IN_SMALL_LETTERS = frozenset(name.casefold() for name in SCHEMA_NAMES | REFERENCES)
FREE_NUMBERS = 64
"""So many numbers in an array of the caller's own are read as text; an embedding, or the tokens of a text, are more."""

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
MAX_VALUES = 20_000
MAX_PATHS = 4 * 1024 * 1024
"""Bounds on scalars and keys, and on the characters of their paths, so that no body keeps the server from others."""
MAX_IDENTIFIER = 20


@dataclass(frozen=True, slots=True)
class Opaque:
    """A part that cannot be read; `reason` is one of ours, such as `image_url` or `numeric_array`."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a model server keeps and that is named by its id. `param` says where, in names of ours."""

    kind: Literal["response", "item", "conversation", "file"]
    id: str
    param: str
    unknown: str = ""
    """Why it is opaque where the request does not go to it. Where this is empty, the request can go nowhere else."""
    sealed: bool = False
    """Whether `id` is no name but itself what is kept, in cipher: whoever has it asks for nothing of anybody else's."""


@dataclass(frozen=True, slots=True)
class Content:
    """All that a request says: text to scan, parts that no scan can read, and what it refers to.

    What a reference leads to is not opaque if the request can go only where that lies.
    """

    units: tuple[Unit, ...]
    opaque: tuple[Opaque, ...]
    n_messages: int
    n_tools: int
    references: tuple[Reference, ...] = ()
    texts: Texts = NO_TEXTS
    """What was read in place of token ids."""


@dataclass(slots=True)
class Walk:
    """The visit of a body, in units: what one role says in one go. Each raises RequestRefused.

    400 for a body nested beyond `max_depth` levels, 413 for one that is made of too many values.
    """

    max_depth: int
    _units: list[Unit] = field(default_factory=list)
    _opaque: list[Opaque] = field(default_factory=list)
    _references: list[Reference] = field(default_factory=list)
    _segments: list[Segment] = field(default_factory=list)
    _values: int = 0
    _paths: int = 0

    def unit(self, path: str, role: object, value: Any, place: Place) -> None:
        """Visit what one role says; a role of the caller's own counts as `other`."""
        self._value(value, path, "", 1 + path.count("["), place)
        self._close(path, role if isinstance(role, str) and role in ROLES else "other")

    def tools(self, body: dict[str, Any], types: frozenset[object] = TOOL_TYPES) -> int:
        """Visit `tools` and return their number; what is of none of these types, which are told in words, is opaque."""
        tools = body.get("tools") or []
        if not isinstance(tools, list):
            raise RequestRefused("'tools' must be an array.", param="tools")
        for index, tool in enumerate(tools):
            kind = tool.get("type") if isinstance(tool, dict) else tool
            if not (isinstance(tool, dict) and isinstance(kind, str | None) and kind in types):
                self._opaque.append(Opaque(f"tools[{index}]", "tool_type"))
            self.unit(f"tools[{index}]", "other", tool, Place.API)
        return len(tools)

    def rest(self, body: dict[str, Any], *visited: str) -> None:
        """Visit everything of a body but the fields that were visited; raises RequestRefused for one in other letters.

        A server that does not tell them apart would take `Model` or `Store` for what is set here.
        """
        if any(map(_in_other_letters, body)):
            text = "A field of the body is one of the API in other letters; servers disagree on what that means."
            raise RequestRefused(text, code="duplicate_key")
        self._value({key: value for key, value in body.items() if key not in visited}, "", "", 1, Place.API)
        self._close("", "other")

    def close_off(self, path: str, reason: str) -> None:
        """Note a part that cannot be read; it is visited all the same."""
        self._opaque.append(Opaque(path, reason))

    def refer(self, reference: Reference) -> None:
        """Note what is kept elsewhere. Its id is visited as text, too."""
        self._references.append(reference)
        self.unit(reference.param, "other", reference.id, Place.API)

    def content(self, n_messages: int, n_tools: int = 0) -> Content:
        """Return all that was visited."""
        return Content(tuple(self._units), tuple(self._opaque), n_messages, n_tools, tuple(self._references))

    def _close(self, path: str, role: str) -> None:
        if self._segments:
            self._units.append(Unit(path, role, tuple(self._segments)))
            self._segments = []

    def _value(self, value: Any, path: str, key: str, depth: int, place: Place) -> None:
        if depth > self.max_depth:
            text = f"The body is nested deeper than {self.max_depth} levels."
            raise RequestRefused(text, code="nesting_too_deep")
        if isinstance(value, str):
            self._add(path, key, value)
            return
        if isinstance(value, dict):
            self._object(value, path, depth, place)
        elif isinstance(value, list):
            self._list(value, path, key, depth, place)
        elif value is not None and not isinstance(value, bool):
            for text in _literals(value):
                self._add(path, key, text)
            return
        if not value or value is True:  # what is empty, null or a truth value says nothing, and takes time
            self._count(path)

    def _list(self, value: list[Any], path: str, key: str, depth: int, place: Place) -> None:
        # Of blocks, each has a known type and keys, or is opaque as a whole.
        loose = [item for item in value if not isinstance(item, dict)] if place is Place.BLOCKS else value
        if is_numeric(loose, FREE_NUMBERS if place is Place.FREE else 1):
            self._opaque.append(Opaque(path, "numeric_array"))
        elif not any(isinstance(item, list | dict) for item in value) and is_numeric(value):
            self._add(path, key, ", ".join(map(str, value)))  # which may be the codes of characters
        for index, item in enumerate(value):
            self._value(item, f"{path}[{index}]", key, depth + 1, place)

    def _object(self, value: dict[str, Any], path: str, depth: int, place: Place) -> None:
        inside = None if place is Place.FREE else opened(value)
        if inside is not None:  # said in words of the caller's, as text is
            value, place = inside, Place.FREE
        for name, reason in in_object(value, place):
            self._opaque.append(Opaque(_below(path, name) if name else path, reason))
        file = value.get("file_id") if place is not Place.FREE and value.get("type") not in CITATIONS else None
        if isinstance(file, str) and file:
            self._references.append(Reference("file", file, _below(path, "file_id")))
        for name, item in value.items():
            if name == "cache_control" and item in CACHE_MARKS:
                continue  # it says nothing, and would stand between two parts that a value runs over
            below = _below(path, name)
            if name not in SCHEMA_NAMES:
                self._add(below, "", name)
                if place is not Place.FREE and _in_other_letters(name):
                    self._opaque.append(Opaque(below, "letter_case"))
            self._value(item, below, "" if name in MISLEADING else name, depth + 1, place.below(name))

    def _add(self, path: str, key: str, text: str) -> None:
        self._count(path)
        if text:
            self._segments.append(Segment(path, key, text))

    def _count(self, path: str) -> None:
        self._values += 1
        self._paths += len(path)
        if self._values > MAX_VALUES or self._paths > MAX_PATHS:
            raise RequestRefused(
                f"The body is made of more than {MAX_VALUES} values, or of values at very long paths.",
                status=413,
                code="too_many_values",
            )


def _in_other_letters(name: str) -> bool:
    """Whether a key is a name of the API to a server that does not tell large letters from small ones, and none here.

    Go's encoding/json, in which Ollama and others are written, takes `Content` for `content`, and the last one counts.
    """
    return name not in SCHEMA_NAMES and (small := name.casefold()) != name and small in IN_SMALL_LETTERS


def _below(path: str, name: str) -> str:
    shown = name if name in SCHEMA_NAMES else "*"
    return f"{path}.{shown}" if path else shown


def _literals(number: float) -> Iterator[str]:
    """Yield a number as it is sent and, for a float, the digits that it may carry without point or exponent."""
    yield str(number)
    if isinstance(number, float):
        if number.is_integer() and abs(number) < 10**MAX_IDENTIFIER:
            yield str(int(number))
        mantissa = str(number).partition("e")[0].lstrip("-0.").replace(".", "")
        if mantissa.isdigit():
            yield mantissa
