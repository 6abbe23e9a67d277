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
from proxy.opaque import TOOL_TYPES, Place, in_object, is_numeric

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

MAX_VALUES = 20_000
MAX_PATHS = 4 * 1024 * 1024
"""Bounds on scalars and keys, and on the characters of their paths, so that no body keeps the server from others."""
MAX_IDENTIFIER = 20
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
    """Visit every key and scalar of a chat body.

    Raises RequestRefused when it is no chat body, nested beyond `max_depth`, or made of too many values.
    """
    messages, tools = body.get("messages"), body.get("tools") or []
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise RequestRefused("'messages' must be a non-empty array of objects.", param="messages")
    if not isinstance(tools, list):
        raise RequestRefused("'tools' must be an array.", param="tools")
    walk = _Walk(max_depth)
    units = []
    for index, message in enumerate(messages):
        role = message.get("role")
        walk.value(message, f"messages[{index}]", "", 2, Place.MESSAGE)
        units.append(walk.unit(f"messages[{index}]", role if isinstance(role, str) and role in ROLES else "other"))
    for index, tool in enumerate(tools):
        if not (isinstance(tool, dict) and tool.get("type") in TOOL_TYPES):
            walk.opaque.append(Opaque(f"tools[{index}]", "tool_type"))
        walk.value(tool, f"tools[{index}]", "", 2, Place.API)
        units.append(walk.unit(f"tools[{index}]", "other"))
    walk.value({key: value for key, value in body.items() if key not in ("messages", "tools")}, "", "", 1, Place.API)
    units.append(walk.unit("", "other"))
    return Content(tuple(unit for unit in units if unit.segments), tuple(walk.opaque), len(messages), len(tools))


ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


@dataclass(slots=True)
class _Walk:
    """The visit of a body: gathers segments until they are taken as a unit, and opaque parts."""

    max_depth: int
    opaque: list[Opaque] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    _values: int = 0
    _paths: int = 0

    def unit(self, path: str, role: str) -> Unit:
        """Take what was gathered since the last unit."""
        taken, self.segments = tuple(self.segments), []
        return Unit(path, role, taken)

    def value(self, value: Any, path: str, key: str, depth: int, place: Place) -> None:
        if depth > self.max_depth:
            _refuse(f"The body is nested deeper than {self.max_depth} levels.", "nesting_too_deep")
        if isinstance(value, str):
            self._add(path, key, value)
        elif isinstance(value, dict):
            self._object(value, path, depth, place)
        elif isinstance(value, list):
            if is_numeric(value):
                self.opaque.append(Opaque(path, "numeric_array"))
            for index, item in enumerate(value):
                self.value(item, f"{path}[{index}]", key, depth + 1, place)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            for text in _literals(value):
                self._add(path, key, text)

    def _object(self, value: dict[str, Any], path: str, depth: int, place: Place) -> None:
        for name, reason in in_object(value, place):
            self.opaque.append(Opaque(_below(path, name) if name else path, reason))
        for name, item in value.items():
            below = _below(path, name)
            if name not in SCHEMA_NAMES:
                self._add(below, "", name)
            self.value(item, below, name, depth + 1, place.below(name))

    def _add(self, path: str, key: str, text: str) -> None:
        self._values += 1
        self._paths += len(path)
        if self._values > MAX_VALUES or self._paths > MAX_PATHS:
            raise RequestRefused(
                f"The body is made of more than {MAX_VALUES} values, or of values at very long paths.",
                status=413,
                code="too_many_values",
            )
        if text:
            self.segments.append(Segment(path, key, text))


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
