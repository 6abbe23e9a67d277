from decimal import Decimal

import pytest

from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import parse

SCALARS = {
    "text": ["no", "on", "Yes", "2027-01-31", "12:30:45", "1_000", "'5'", '"true"', "tRUE", "0b1", "a b"],
    "boolean": ["true", "FALSE", "False"],
    "integer": ["0o17", "017", "0x1F", "-3"],
    "number": ["0.5", ".5", "1e3", ".inf", ".NaN"],
    "nothing": ["null", "~", ""],
}


@pytest.mark.parametrize(("scalar", "kind"), [(one, kind) for kind, several in SCALARS.items() for one in several])
def test_scalars_follow_the_core_schema_of_yaml_1_2(scalar: str, kind: str) -> None:
    assert parse(f"a: {scalar}\n".encode(), "x.yaml").entries["a"][1].kind == kind


def test_readers_return_values_and_report_the_rest() -> None:
    root = parse(b"{i: 7, n: 0.85, b: true, t: word, l: [x, y], m: {k: v}}\n", "x.yaml")
    problems = Problems()
    got = root.fields(problems, required=["i", "n", "b", "t", "l", "m"], optional=["gone"])
    assert got["i"].integer(problems, 1, 9) == 7
    assert got["n"].number(problems) == Decimal("0.85")
    assert got["b"].boolean(problems) is True
    assert got["t"].choice(problems, ["word", "other"]) == "word"
    assert [item.text(problems) for item in got["l"].items(problems)] == ["x", "y"]
    assert [key.raw for key, _ in got["m"].pairs(problems)] == ["k"]
    assert not got["gone"].present
    assert got["gone"].items(problems, least=3) == ()
    assert got["gone"].text(problems) == ""
    assert problems.found == ()


@pytest.mark.parametrize(
    ("text", "read", "code"),
    [
        ("yes", Node.boolean, "wrong-type"),
        ("1", Node.text, "wrong-type"),
        ("'1'", Node.integer, "wrong-type"),
        ("0x10", Node.integer, "out-of-range"),
        ("-1", Node.integer, "out-of-range"),
        ("99999999999999999999", Node.integer, "out-of-range"),
        ("1.5", Node.number, "out-of-range"),
        (".nan", Node.number, "out-of-range"),
        ("1e-1", Node.number, "out-of-range"),
        ("[1]", Node.text, "wrong-type"),
        ("x", Node.items, "wrong-type"),
        ("x", Node.pairs, "wrong-type"),
        ('"a\\nb"', Node.text, "bad-text"),
        ('"\\u202e"', Node.text, "bad-text"),
        ('" "', Node.text, "bad-text"),
        ("'" + "x" * 2001 + "'", Node.text, "bad-text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_reported_where_it_stands(text: str, read: object, code: str) -> None:
    problems = Problems()
    read(parse(f"a: {text}\n".encode(), "x.yaml").entries["a"][1], problems)  # type: ignore[operator]
    assert [(found.line, found.col, found.code) for found in problems.found] == [(1, 4, code)]


def test_a_misspelt_key_comes_with_the_nearest_one() -> None:
    problems = Problems()
    parse(b"min_cuont: 1\n", "x.yaml").fields(problems, required=[], optional=["min_count", "min_score"])
    assert str(problems.found[0]) == (
        "x.yaml:1:1: error[unknown-key] 'min_cuont' is not a key here; did you mean 'min_count'?"
    )
