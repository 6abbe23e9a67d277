"""A closed language for record schemas, small enough to be read by an auditor and fast enough for every request.

Records hold integers, strings, booleans, lists and objects; no float, no null, no string without an enumeration or a
pattern, no field that was not declared. A schema is a value: `describe()` gives the JSON whose digest the log's genesis
commits to, `compile()` a closure that answers None, or where and why a value does not fit. Faults name the schema's own
fields, never a value: an unknown key reads `*`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_INT = 2**53 - 1
"""The largest integer that every JSON reader keeps exact."""

Fault = tuple[str, str]
Check = Callable[[Any], Fault | None]


@dataclass(frozen=True, slots=True)
class Text:
    """A string that matches a pattern as a whole, of at most `longest` characters. Patterns admit ASCII only."""

    pattern: str
    longest: int

    def describe(self) -> Any:
        """Return the JSON form."""
        return {"text": self.pattern, "longest": self.longest}

    def compile(self) -> Check:
        """Return the check; a newline at the end is not a match."""
        match = re.compile(self.pattern, re.ASCII).fullmatch
        longest = self.longest

        def check(value: Any) -> Fault | None:
            if type(value) is not str:
                return "", "not a string"
            if len(value) > longest:
                return "", "too long"
            return None if match(value) else ("", "not in the pattern")

        return check


@dataclass(frozen=True, slots=True)
class Enum:
    """One of a few constant strings."""

    values: tuple[str, ...]

    def describe(self) -> Any:
        """Return the JSON form."""
        return {"enum": list(self.values)}

    def compile(self) -> Check:
        """Return the check."""
        values = frozenset(self.values)
        fault: Fault = ("", "not in the enumeration")

        def check(value: Any) -> Fault | None:
            return None if type(value) is str and value in values else fault

        return check


@dataclass(frozen=True, slots=True)
class Int:
    """An integer between two bounds, both included."""

    low: int = 0
    high: int = MAX_INT

    def describe(self) -> Any:
        """Return the JSON form."""
        return {"int": [self.low, self.high]}

    def compile(self) -> Check:
        """Return the check; True is not an integer."""
        low, high = self.low, self.high
        fault: Fault = ("", "not an integer in range")

        def check(value: Any) -> Fault | None:
            return None if type(value) is int and low <= value <= high else fault

        return check


@dataclass(frozen=True, slots=True)
class Bool:
    """True or false."""

    def describe(self) -> Any:
        """Return the JSON form."""
        return "bool"

    def compile(self) -> Check:
        """Return the check."""

        def check(value: Any) -> Fault | None:
            return None if value is True or value is False else ("", "not a boolean")

        return check


@dataclass(frozen=True, slots=True)
class Array:
    """A list of one type."""

    item: "Type"
    longest: int

    def describe(self) -> Any:
        """Return the JSON form."""
        return {"array": self.item.describe(), "longest": self.longest}

    def compile(self) -> Check:
        """Return the check; tuples are refused, because what is checked is what is written."""
        item = self.item.compile()
        longest = self.longest

        def check(value: Any) -> Fault | None:
            if type(value) is not list:
                return "", "not a list"
            if len(value) > longest:
                return "", "too many items"
            for index, element in enumerate(value):
                fault = item(element)
                if fault is not None:
                    return f"[{index}]{fault[0]}", fault[1]
            return None

        return check


@dataclass(frozen=True, slots=True)
class Table:
    """An object whose keys are taken from an enumeration and whose values have one type."""

    keys: tuple[str, ...]
    value: "Type"

    def describe(self) -> Any:
        """Return the JSON form."""
        return {"table": list(self.keys), "value": self.value.describe()}

    def compile(self) -> Check:
        """Return the check."""
        keys = frozenset(self.keys)
        item = self.value.compile()

        def check(value: Any) -> Fault | None:
            if type(value) is not dict:
                return "", "not an object"
            for key, element in value.items():
                if key not in keys:
                    return ".*", "unknown key"
                fault = item(element)
                if fault is not None:
                    return f".{key}{fault[0]}", fault[1]
            return None

        return check


@dataclass(frozen=True, slots=True)
class Object:
    """A closed object: every field of `required` is there, those of `optional` may be. Absent is not null."""

    required: Mapping[str, "Type"]
    optional: Mapping[str, "Type"] = field(default_factory=dict)

    def describe(self) -> Any:
        """Return the JSON form."""
        return {
            "required": {name: kind.describe() for name, kind in self.required.items()},
            "optional": {name: kind.describe() for name, kind in self.optional.items()},
        }

    def compile(self) -> Check:
        """Return the check."""
        required = tuple((name, kind.compile()) for name, kind in self.required.items())
        optional = {name: kind.compile() for name, kind in self.optional.items()}
        known = frozenset(self.required)

        def check(value: Any) -> Fault | None:
            if type(value) is not dict:
                return "", "not an object"
            for name, part in required:
                if name not in value:
                    return f".{name}", "missing"
                fault = part(value[name])
                if fault is not None:
                    return f".{name}{fault[0]}", fault[1]
            return None if len(value) == len(required) else _rest(value, known, optional)

        return check


def _rest(value: dict[Any, Any], known: frozenset[str], optional: Mapping[str, Check]) -> Fault | None:
    """Check the fields that are not required ones."""
    for name, element in value.items():
        if name in known:
            continue
        part = optional.get(name)
        if part is None:
            return ".*", "unknown field"
        fault = part(element)
        if fault is not None:
            return f".{name}{fault[0]}", fault[1]
    return None


Type = Text | Enum | Int | Bool | Array | Table | Object
