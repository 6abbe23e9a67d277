import pytest

from proxy.files.diagnostics import Problems
from proxy.files.money import NANOS, amount, exactly, written
from proxy.files.source import parse


def read(text: str, most: int = 1000) -> tuple[int, list[str]]:
    problems = Problems()
    node = parse(f"a: {text}\n".encode(), "f.yaml").fields(problems, required=["a"])["a"]
    return amount(node, most, problems), [item.code for item in problems.found]


@pytest.mark.parametrize(
    ("text", "nanos"),
    [("500", 500 * NANOS), ("0.000001", 1000), ("2.50", 2_500_000_000), ("0", 0), ("0.1", NANOS // 10)],
)
def test_an_amount_is_read_exactly(text: str, nanos: int) -> None:
    assert read(text) == (nanos, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [("0.0000001", "too-exact"), ("-1", "out-of-range"), ("1001", "out-of-range"), ("'1'", "wrong-type")],
)
def test_what_is_no_amount_is_an_error(text: str, code: str) -> None:
    assert read(text)[1] == [code]


def test_amounts_are_written_with_as_many_decimals_as_are_wanted() -> None:
    assert written(1_234_567_890_123) == "1,234.57"
    assert written(600, 9) == "0.000000600"


def test_amounts_are_written_exactly_for_programs() -> None:
    assert [exactly(nanos) for nanos in (0, 1, -1, 12_345_678_901)] == [
        "0.000000000", "0.000000001", "-0.000000001", "12.345678901",
    ]  # fmt: skip
