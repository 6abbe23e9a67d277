from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.opaque import Place, in_object, is_numeric

numbers = st.lists(st.integers() | st.floats(allow_nan=False) | st.booleans(), min_size=2)


@given(numbers, st.integers(0, 5))
def test_an_array_of_numbers_is_numeric_however_it_is_wrapped(tokens: list[Any], depth: int) -> None:
    value: list[Any] = tokens
    for _ in range(depth):
        value = [value]
    assert is_numeric(value)
    assert is_numeric([{"t": value}])
    assert is_numeric([[token] for token in tokens])


@given(st.lists(st.text()))
def test_an_array_of_strings_is_text(words: list[str]) -> None:
    assert not is_numeric(words)
    assert not is_numeric([*words, 1])


@pytest.mark.parametrize("place", [Place.API, Place.MESSAGE])
def test_a_reference_counts_only_when_it_refers_to_something(place: Place) -> None:
    assert list(in_object({"file_id": None, "image_url": "", "prompt": {}}, place)) == []
    assert [reason for _, reason in in_object({"file_id": "f", "prompt": "p"}, place)] == ["reference", "prompt"]


def test_names_mean_nothing_where_the_caller_is_free_but_numeric_keys_do() -> None:
    assert list(in_object({"type": "string", "file_id": "x", "prompt": "x"}, Place.FREE)) == []
    assert list(in_object({"1": 5, "2": 6}, Place.FREE)) == [("", "numeric_keys")]


def test_a_schema_is_free_all_the_way_down_and_a_message_is_not() -> None:
    assert Place.API.below("parameters") is Place.FREE
    assert Place.FREE.below("content") is Place.FREE
    assert Place.MESSAGE.below("content") is Place.PARTS
    assert Place.PARTS.below("metadata") is Place.API
