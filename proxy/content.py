"""Turn a request body into the text that is scanned. What is forwarded is the object read here, nothing else.

Two rules keep the promise "no part is missed": a body that two JSON parsers could read differently is refused, and
the walk knows no list of fields. It visits every key and every scalar; whatever is not text becomes *opaque*.
Names of the API's schema are used to write readable paths; such a key is a constant, and its value is never left out.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson

from proxy.detection.findings import Segment, Unit
from proxy.errors import RequestRefused

SCHEMA_NAMES = frozenset(
    """
    model messages role content name tool_calls tool_call_id function arguments type text refusal image_url url
    detail input_audio data format file file_data file_id filename audio id custom input function_call functions
    tools tool_choice parameters description strict properties items enum required additionalProperties default
    title anyOf oneOf allOf minimum maximum minLength maxLength pattern response_format json_schema schema
    temperature top_p n stream stream_options include_usage include_obfuscation stop max_tokens
    max_completion_tokens presence_penalty frequency_penalty logit_bias logprobs top_logprobs user
    safety_identifier prompt_cache_key seed store metadata modalities prediction parallel_tool_calls
    reasoning_effort service_tier verbosity web_search_options voice
    """.split()  # noqa: SIM905 - words read better than 70 lines
)
"""Keys of OpenAI's chat schema (OpenAPI description of the API, 2026): written in paths, not scanned as text."""

PART = re.compile(r"messages\[\d+\]\.content\[\d+\]")
TEXT_PARTS = frozenset({"text", "refusal"})
REFERENCES = frozenset(
    [
        "file_id",
        "file_data",
        "image_url",
        "input_audio",
        "web_search_options",
        "previous_response_id",
        "conversation",
        "logit_bias",
    ]
)
"""Fields that stand for content which is elsewhere, or is not text."""
TOOL_TYPES = frozenset({"function", "custom"})
INTEGERS = range(-(2**63), 2**64)
"""What every JSON library reads as the same integer when it does not fall back to floats."""
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Opaque:
    """A part that cannot be read; `reason` is one of ours, such as `image_url` or `numeric_array`."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """All that a request says: text to scan and parts that no scan can read."""

    units: tuple[Unit, ...]
    opaque: tuple[Opaque, ...]
    n_messages: int
    n_tools: int


def parse(raw: bytes) -> dict[str, Any]:
    """Read a body strictly; raises RequestRefused for anything that another parser could read differently."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("The body is not valid UTF-8.", "invalid_utf8")
    try:
        body = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as error:
        _refuse(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}.", "invalid_json"
        )
    except RecursionError:
        _refuse("The body is nested too deeply.", "nesting_too_deep")
    if SURROGATE.search(text):
        try:
            orjson.dumps(body)
        except TypeError:
            _refuse("The body contains half of a surrogate pair, which is not Unicode text.", "invalid_unicode")
    if not isinstance(body, dict):
        _refuse("The body must be a JSON object.", "invalid_json")
    return body


def read(body: dict[str, Any], max_depth: int) -> Content:
    """Visit every key and scalar of a chat body; raises RequestRefused when it is nested beyond `max_depth`."""
    messages, tools = body.get("messages"), body.get("tools")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise RequestRefused("'messages' must be a non-empty array of objects.", param="messages")
    opaque: list[Opaque] = []
    units = []
    for name, value in (("messages", messages), ("tools", tools if isinstance(tools, list) else [])):
        for index, element in enumerate(value):
            path = f"{name}[{index}]"
            walk = _Walk(max_depth, opaque)
            walk.value(element, path, "", 2)
            if name == "tools" and not (isinstance(element, dict) and element.get("type") in TOOL_TYPES):
                opaque.append(Opaque(path, "tool_type"))
            role = element.get("role") if isinstance(element, dict) else None
            units.append(
                Unit(path, role if isinstance(role, str) and role in _ROLES else "other", tuple(walk.segments))
            )
    rest = _Walk(max_depth, opaque)
    apart = {"messages", "tools"} if isinstance(tools, list) else {"messages"}
    rest.value({key: value for key, value in body.items() if key not in apart}, "", "", 1)
    units.append(Unit("", "other", tuple(rest.segments)))
    return Content(
        tuple(unit for unit in units if unit.segments),
        tuple(opaque),
        len(messages),
        len(tools) if isinstance(tools, list) else 0,
    )


_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


@dataclass(slots=True)
class _Walk:
    max_depth: int
    opaque: list[Opaque]
    segments: list[Segment] = field(default_factory=list)

    def value(self, value: Any, path: str, key: str, depth: int) -> None:
        if depth > self.max_depth:
            _refuse(f"The body is nested deeper than {self.max_depth} levels.", "nesting_too_deep")
        if isinstance(value, str):
            if value:
                self.segments.append(Segment(path, key, value))
        elif isinstance(value, dict):
            self.mapping(value, path, depth)
        elif isinstance(value, list):
            if sum(isinstance(item, int | float) for item in value) > 1:
                self.opaque.append(Opaque(path, "numeric_array"))
            for index, item in enumerate(value):
                self.value(item, f"{path}[{index}]", key, depth + 1)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self.segments.extend(Segment(path, key, text) for text in _literals(value))

    def mapping(self, value: dict[str, Any], path: str, depth: int) -> None:
        kind = value.get("type")
        if PART.fullmatch(path) and not (isinstance(kind, str) and kind in TEXT_PARTS):
            self.opaque.append(Opaque(path, kind if isinstance(kind, str) and kind in SCHEMA_NAMES else "part_type"))
        if len(value) > 1 and all(name.isdigit() for name in value):
            self.opaque.append(Opaque(path, "numeric_keys"))
        for name, item in value.items():
            known = name in SCHEMA_NAMES
            below = f"{path}.{name if known else '*'}".lstrip(".")
            if name in REFERENCES and item:
                self.opaque.append(Opaque(below, name))
            if not known and name:
                self.segments.append(Segment(below, "", name))
            self.value(item, below, name, depth + 1)


def _literals(number: float) -> Iterator[str]:
    """Yield a number as it is sent and, for a float that is whole, as the digits it stands for."""
    yield str(number)
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e20:  # noqa: PLR2004 - beyond any identifier
        yield str(int(number))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        _refuse("An object in the body has the same key twice; parsers disagree on which one counts.", "duplicate_key")
    return made


def _constant(_: str) -> NoReturn:
    _refuse("NaN and Infinity are not JSON.", "invalid_json")


def _integer(literal: str) -> int:
    if len(literal) > len(str(2**64)) + 1 or (number := int(literal)) not in INTEGERS:
        _refuse("An integer in the body has more than 64 bits; parsers disagree on its value.", "number_out_of_range")
    return number


def _float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        _refuse("A number in the body is out of range.", "number_out_of_range")
    return number


def _refuse(message: str, code: str) -> NoReturn:
    raise RequestRefused(message, code=code)
