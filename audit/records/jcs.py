"""RFC 8785 (JSON Canonicalization Scheme) for the restricted subset of records, from the standard library alone.

The subset: objects with ASCII keys, lists, strings without lone surrogates, booleans, and integers below 2**53. On it,
a sorted `json.dumps` without ASCII escaping gives the bytes of RFC 8785: code points sort as UTF-16 units do, numbers
have one form, and both escape the same characters alike. What is outside the subset is refused, never adjusted.
"""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from audit.records.schema import MAX_INT

MAX_DEPTH = 32


class NotCanonicalError(ValueError):
    """The value or text is outside the subset."""


def canonical(value: Any) -> bytes:
    """Return the canonical bytes; raises NotCanonicalError outside the subset."""
    _walk(value, MAX_DEPTH)
    return _write(value)


def parse(text: bytes) -> Any:
    """Parse canonical bytes; raises NotCanonicalError for any text that `canonical` would not write."""
    value = read(text)
    if canonical(value) != text:
        raise NotCanonicalError("other bytes than the canonical ones")
    return value


def read(text: bytes) -> Any:
    """Read any JSON without floats; raises NotCanonicalError for what is none. Whether it is canonical is not asked."""
    try:
        return _DECODER.decode(text.decode())
    except (ValueError, RecursionError) as error:
        raise NotCanonicalError(type(error).__name__) from None


def _write(value: Any) -> bytes:
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise NotCanonicalError("a lone surrogate") from None


def _refuse(_text: str) -> NoReturn:
    raise NotCanonicalError("a number that is not an integer")


_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)


def _walk(value: Any, depth: int) -> None:
    """Refuse what is outside the subset. Most values are strings: they are passed over without a call."""
    elements: Iterable[Any]
    if type(value) is dict:
        elements = value.values()
        for key in value:
            if type(key) is not str or not key.isascii():
                raise NotCanonicalError("a key that is not ASCII")
    else:
        elements = value if type(value) is list else (value,)
    if depth == 0:
        raise NotCanonicalError("nested too deeply")
    for element in elements:
        kind = type(element)
        if kind is str or kind is bool:
            continue
        if kind is int:
            if not -MAX_INT <= element <= MAX_INT:
                raise NotCanonicalError("an integer of 2**53 or more")
        elif kind is dict or kind is list:
            _walk(element, depth - 1)
        else:
            raise NotCanonicalError("a type outside the subset")
