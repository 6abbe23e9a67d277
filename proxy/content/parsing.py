"""Read a body strictly: what two JSON parsers could read differently is refused, so that what is scanned is sent."""

import json
import math
import re
from typing import Any, NoReturn

import orjson

from proxy.errors import RequestRefused

INTEGERS = range(-(2**63), 2**64)
"""What every JSON library reads as the same integer when it does not fall back to floats."""
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


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
