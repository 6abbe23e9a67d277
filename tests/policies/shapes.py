"""Checks values against the part of JSON Schema 2020-12 that the policy schema uses, and refuses to ignore the rest."""

import re
from collections.abc import Callable
from typing import Any

from proxy.files.node import Node

Schema = dict[str, Any]
TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def plain(node: Node) -> Any:
    """Return what an editor's YAML 1.2 reads where the loader reads this node."""
    match node.kind:
        case "mapping":
            return {name: plain(value) for name, (_, value) in node.entries.items()}
        case "list":
            return [plain(item) for item in node.members]
        case "integer" | "number":
            whole = node.kind == "integer"
            return int(node.raw, 0 if "x" in node.raw else 10) if whole else float(node.raw.replace(".inf", "inf"))
        case "boolean":
            return node.raw.lower() == "true"
        case "nothing":
            return None
        case _:
            return node.raw


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON, where true is no number."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _object(schema: Schema, value: Any) -> bool:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    needs, means = schema.get("dependentRequired", {}), schema.get("dependentSchemas", {})
    return (
        all(name in value for name in schema.get("required", ()))
        and len(value) >= schema.get("minProperties", 0)
        and all(set(more) <= value.keys() for name, more in needs.items() if name in value)
        and all(valid(more, value) for name, more in means.items() if name in value)
        and all(valid(schema.get("propertyNames", True), name) for name in value)
        and all(valid(properties.get(name, others), item) for name, item in value.items())
    )


def _array(schema: Schema, value: Any) -> bool:
    unique = not schema.get("uniqueItems") or not any(
        same(one, other) for at, one in enumerate(value) for other in value[:at]
    )
    return (
        unique and len(value) >= schema.get("minItems", 0) and all(valid(schema.get("items", True), v) for v in value)
    )


def _string(schema: Schema, value: Any) -> bool:
    bounded = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    return bounded and re.search(schema.get("pattern", ""), value) is not None


def _number(schema: Schema, value: Any) -> bool:
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


BY_TYPE = {"object": _object, "array": _array, "string": _string, "number": _number}
KEYWORDS = {
    "$schema", "title", "description", "type", "enum", "oneOf", "anyOf", "required", "properties",
    "additionalProperties", "propertyNames", "minProperties", "dependentRequired", "dependentSchemas", "items",
    "minItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum", "if", "then",
}  # fmt: skip


def valid(schema: Schema | bool, value: Any) -> bool:
    """Whether a value is valid; raises for a keyword that would be passed over."""
    if isinstance(schema, bool):
        return schema
    assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS
    if "type" in schema and not TYPES[schema["type"]](value):
        return False
    if "enum" in schema and not any(same(value, item) for item in schema["enum"]):
        return False
    if "oneOf" in schema and sum(valid(each, value) for each in schema["oneOf"]) != 1:
        return False
    if "anyOf" in schema and not any(valid(each, value) for each in schema["anyOf"]):
        return False
    conditions = [schema["then"]] if "if" in schema and valid(schema["if"], value) else []
    return all(check(schema, value) for name, check in BY_TYPE.items() if TYPES[name](value)) and all(
        valid(each, value) for each in conditions
    )
