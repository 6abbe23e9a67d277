"""The schema language by itself."""

from typing import Any

import pytest

from audit.records.schema import MAX_INT, Array, Bool, Enum, Int, Object, Table, Text, Type

NAME = Text(r"[a-z]+", 4)
NESTED = Object({"list": Array(Object({"name": NAME}), 2)}, {"table": Table(("a", "b"), Int(0, 9))})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (NAME, "abcd"),
        (Enum(("a", "b")), "b"),
        (Int(-1, 1), -1),
        (Int(), MAX_INT),
        (Bool(), False),
        (Array(NAME, 2), []),
        (NESTED, {"list": [{"name": "a"}], "table": {"b": 9}}),
    ],
)
def test_values_of_the_type_pass(kind: Type, value: Any) -> None:
    assert kind.compile()(value) is None


@pytest.mark.parametrize(
    ("kind", "value", "where"),
    [
        (NAME, "abcde", ""),
        (NAME, "abc\n", ""),
        (NAME, "", ""),
        (NAME, 1, ""),
        (Enum(("a",)), "A", ""),
        (Enum(("a",)), ["a"], ""),
        (Int(0, 1), 2, ""),
        (Int(0, 1), True, ""),
        (Int(), MAX_INT + 1, ""),
        (Int(), 1.0, ""),
        (Bool(), 1, ""),
        (Array(NAME, 1), ["a", "b"], ""),
        (Array(NAME, 1), ("a",), ""),
        (NESTED, {}, ".list"),
        (NESTED, {"list": [{"name": "a"}, {"name": "B"}]}, ".list[1].name"),
        (NESTED, {"list": [], "table": {"c": 1}}, ".table.*"),
        (NESTED, {"list": [], "table": {"a": 10}}, ".table.a"),
        (NESTED, {"list": [], "more": 1}, ".*"),
        (NESTED, {"list": [], 1: 1}, ".*"),
        (NESTED, [], ""),
    ],
)
def test_other_values_are_refused_with_their_place(kind: Type, value: Any, where: str) -> None:
    fault = kind.compile()(value)
    assert fault is not None
    assert fault[0] == where
    assert fault[1]


def test_a_description_tells_schemas_apart() -> None:
    described = [kind.describe() for kind in (NAME, Text("[a-z]+", 5), Enum(("a",)), Int(), Int(0, 1), Bool(), NESTED)]
    assert all(one != two for index, one in enumerate(described) for two in described[index + 1 :])
