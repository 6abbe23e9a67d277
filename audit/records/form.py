r"""The canonical texts of a schema as one regular expression: canonical form and schema are decided by one match.

A closed schema in the form of RFC 8785 is a regular language: keys stand in their order, nothing is between tokens,
numbers have one form, and no pattern of `Text` admits what JSON escapes or more than its `longest`. `jcs` and
`Object.compile` together say the same of the same bytes, several times slower, and where a text goes wrong.
"""

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import assert_never

from audit.records.schema import Array, Bool, Enum, Int, Object, Table, Text, Type

_NEXT_ITEM, _NEXT_MEMBER = (rf"(?:,(?!\{end})|(?=\{end}))" for end in "]}")
"""What follows an element: a comma and another one, or the end."""


class Form:
    """The texts of one schema; compiled when it is first asked for."""

    def __init__(self, fields: Object) -> None:
        self._fields = fields

    @cached_property
    def match(self) -> Callable[[bytes], object]:
        """Return the question whether bytes are the canonical text of a value of the schema: None where not."""
        return re.compile(expression(self._fields).encode()).fullmatch


def expression(kind: Type) -> str:  # noqa: PLR0911 - one for each type
    """Return the expression of a type."""
    match kind:
        case Text():
            return f'"(?:{kind.pattern})"'
        case Enum():
            return f'"(?:{"|".join(map(re.escape, kind.values))})"'
        case Bool():
            return "(?:true|false)"
        case Int():
            return _integers(kind.low, kind.high)
        case Array():
            return rf"\[(?:{expression(kind.item)}{_NEXT_ITEM}){{0,{kind.longest}}}\]"
        case Table():
            return _members((name, expression(kind.value), False) for name in sorted(kind.keys))
        case Object():
            parts = {**kind.required, **kind.optional}
            return _members((name, expression(parts[name]), name in kind.required) for name in sorted(parts))
    assert_never(kind)


def _members(members: Iterable[tuple[str, str, bool]]) -> str:
    """Return an object's expression from (name, expression, required), in the order of the names."""
    texts = ((f'"{re.escape(name)}":{value}{_NEXT_MEMBER}', required) for name, value, required in members)
    return r"\{" + "".join(text if required else f"(?:{text})?" for text, required in texts) + r"\}"


def _integers(low: int, high: int) -> str:
    parts = [f"-{_positive(max(-high, 1), -low)}"] if low < 0 else []
    parts += ["0"] if low <= 0 <= high else []
    parts += [_positive(max(low, 1), high)] if high > 0 else []
    return f"(?:{'|'.join(parts)})"


def _positive(low: int, high: int) -> str:
    """Return the numbers from `low` to `high`, both at least 1: those of each length for themselves."""
    lengths = range(len(str(low)), len(str(high)) + 1)
    parts = (_digits(str(max(low, 10 ** (n - 1))), str(min(high, 10**n - 1))) for n in lengths)
    return f"(?:{'|'.join(parts)})"


def _digits(low: str, high: str) -> str:
    """Return the strings of digits from `low` to `high`, which are equally long."""
    if low == high:
        return low
    if low[0] == high[0]:
        return low[0] + _digits(low[1:], high[1:])
    rest = len(low) - 1
    first, last = int(low[0]), int(high[0])
    parts = []
    if low[1:].strip("0"):
        parts.append(low[0] + _digits(low[1:], "9" * rest))
        first += 1
    if high[1:].strip("9"):
        parts.append(high[0] + _digits("0" * rest, high[1:]))
        last -= 1
    if first <= last:
        parts.append(f"[{first}-{last}][0-9]{{{rest}}}")
    return f"(?:{'|'.join(parts)})"
