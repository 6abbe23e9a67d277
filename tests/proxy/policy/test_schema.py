from collections.abc import Iterator
from typing import Any

from proxy.policy.schema import DIALECT, schema


def mappings(value: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield at, value
        for name, item in value.items():
            yield from mappings(item, f"{at}/{name}")
    elif isinstance(value, list):
        for item in value:
            yield from mappings(item, at)


def test_there_is_one_shape_for_each_kind_of_file() -> None:
    assert schema()["$schema"] == DIALECT
    assert [kind["required"][0] for kind in schema()["oneOf"]] == ["taxonomy", "policy", "exceptions", "tests"]


def test_every_mapping_is_closed_but_for_what_a_caller_writes() -> None:
    open_ended = [at for at, item in mappings(schema()) if item.get("type") == "object"
                  and item.get("additionalProperties") is not False and "propertyNames" not in item]  # fmt: skip
    assert open_ended
    assert all("/given/properties/request" in at for at in open_ended)


def test_every_key_that_somebody_writes_is_explained() -> None:
    keys = [
        (at, name)
        for at, item in mappings(schema())
        if item.get("type") == "object"
        for name, value in item.get("properties", {}).items()
        if not value.get("description")
    ]
    assert keys == []
