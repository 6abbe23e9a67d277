"""Closed sets of keys, and the JSON Schema of what stands under them: the words that `vocabulary` is written in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proxy.files.node import MAX_TEXT
from proxy.policy.labels import STEPS

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keys:
    """A closed set of keys, each with the JSON Schema of its value; `beyond` holds what several keys have to do."""

    required: Mapping[str, Schema]
    optional: Mapping[str, Schema] = field(default_factory=dict)
    beyond: Schema = field(default_factory=dict)

    def schema(self, about: str = "") -> Schema:
        """Return the JSON Schema of such a mapping."""
        described = {"description": about} if about else {}
        needed = {"required": list(self.required)} if self.required else {}
        properties = {**self.required, **self.optional}
        return {
            **described, "type": "object", "properties": properties, **needed, **self.beyond,
            "additionalProperties": False,
        }  # fmt: skip


def text(about: str, pattern: re.Pattern[str] | None = None) -> Schema:
    """Describe one line of text, of this form if there is one."""
    said = {"description": about} if about else {}
    if pattern is None:
        return {**said, "type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    return {**said, "type": "string", "pattern": f"^(?:{pattern.pattern})$"}


def choice(about: str, words: Iterable[str]) -> Schema:
    """Describe one of a few words."""
    return {"description": about, "enum": [str(word) for word in words]}


def whole(about: str, high: int) -> Schema:
    """Describe a whole number from 1 on."""
    return {"description": about, "type": "integer", "minimum": 1, "maximum": high}


def listed(about: str, items: Schema, least: int = 0, *, distinct: bool = True) -> Schema:
    """Describe a list with at least so many members."""
    return {
        "description": about, "type": "array", "items": items,
        **({"minItems": least} if least else {}), **({"uniqueItems": True} if distinct else {}),
    }  # fmt: skip


def named(about: str, pattern: re.Pattern[str], values: Schema, known: Mapping[str, Schema] | None = None) -> Schema:
    """Describe a mapping whose keys are names that the file chooses; `known` ones have values of their own."""
    return {
        "description": about, "type": "object", "propertyNames": text("", pattern),
        **({"properties": dict(known)} if known else {}), "additionalProperties": values,
    }  # fmt: skip


def score(about: str) -> Schema:
    """Describe a score on the grid."""
    return {"description": about, "enum": [step / STEPS for step in range(1, STEPS + 1)]}


def only_with(key: str, other: str, word: str) -> Schema:
    """Say that a key may be there only beside another with this value."""
    return {key: {"required": [other], "properties": {other: {"enum": [str(word)]}}}}


def where(key: str, means: Schema, then: Schema) -> Schema:
    """Say what holds of a mapping in which a key has such a value."""
    return {"if": {"required": [key], "properties": {key: means}}, "then": then}
