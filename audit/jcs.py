"""RFC 8785 (JSON Canonicalization Scheme) for the restricted subset of records, from the standard library alone.

The subset: objects with ASCII keys, lists, strings without lone surrogates, booleans, and integers below 2**53. On it,
a sorted `json.dumps` without ASCII escaping gives the bytes of RFC 8785: code points sort as UTF-16 units do, numbers
have one form, and both escape the same characters alike. What is outside the subset is refused, never adjusted.
"""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from audit.schema import MAX_INT

MAX_DEPTH = 32


class NotCanonicalError(ValueError):
    """The value or text is outside the subset."""


def canonical(value: Any) -> bytes:
    """Return the canonical bytes; raises NotCanonicalError outside the subset."""
    require(value)
    return _write(value)


def require(value: Any) -> None:
    """Raise NotCanonicalError for what is outside the subset."""
    _walk(value, MAX_DEPTH)


def parse(text: bytes) -> Any:
    """Parse canonical bytes; raises NotCanonicalError for any text that `canonical` would not write."""
    value = reread(text)
    require(value)
    return value


def reread(text: bytes) -> Any:
    """Parse bytes that are as they would be written again; raises NotCanonicalError for others.

    What is outside the subset may pass. It is what `require` finds, and what no schema of records lets through.
    """
    try:
        value = _DECODER.decode(text.decode())
        again = _write(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonicalError(type(error).__name__) from None
    if again != text:
        raise NotCanonicalError("other bytes than the canonical ones")
    return value


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
