from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.content.opaque import MAX_COUNTED, SCHEMA_NAMES, Place, in_object, is_numeric

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


@pytest.mark.parametrize("place", Place)
def test_a_name_of_the_api_refers_to_the_same_alone_as_beside_a_name_of_the_callers(place: Place) -> None:
    for name in SCHEMA_NAMES:
        alone, beside = (
            {found for found in in_object(value, place) if found[0]} for value in ({name: "a"}, {name: "a", "A": 1})
        )
        assert alone == beside, name


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


@pytest.mark.parametrize(("place", "part"), [(Place.PARTS, {"text": "x"}), (Place.BLOCKS, {"text": "x"})])
def test_an_unknown_key_of_a_part_counts_unless_it_holds_nothing(place: Place, part: dict[str, Any]) -> None:
    assert list(in_object({"type": "text", **part, "brand_new": None}, place)) == []
    assert list(in_object({"type": "text", **part, "brand_new": False}, place)) == [("", "part_key")]


def test_a_block_leads_to_blocks_and_to_what_a_tool_is_given() -> None:
    assert Place.TURN.below("content") is Place.BLOCKS
    assert Place.BLOCKS.below("content") is Place.BLOCKS
    assert Place.BLOCKS.below("input") is Place.FREE
    assert Place.BLOCKS.below("metadata") is Place.API
    assert Place.BLOCKS.below("source").below("content") is Place.BLOCKS


@pytest.mark.parametrize("name", ["web_search_options", "search_parameters"])
def test_what_makes_a_vendor_search_although_it_says_nothing_counts(name: str) -> None:
    assert list(in_object({name: {}}, Place.API)) == [(name, name)]
    assert list(in_object({name: None}, Place.API)) == []


@pytest.mark.parametrize(
    "name",
    [
        "enable_search",
        "cached_content",
        "inference_geo",
        "preset",
        "deferred",
        "thought_signature",
        "attachments",
        "image",
        "video",
    ],
)
def test_other_vendors_names_of_what_is_elsewhere_count(name: str) -> None:
    assert list(in_object({name: "x"}, Place.MESSAGE)) == [(name, name)]
    assert list(in_object({name: False}, Place.API)) == []


def test_a_reference_is_one_in_large_letters_too() -> None:
    assert list(in_object({"File_ID": "f", "VIDEO_URL": "v"}, Place.API)) == [
        ("File_ID", "reference"),
        ("VIDEO_URL", "reference"),
    ]


def test_content_is_made_of_known_parts_wherever_it_stands_and_so_is_what_a_tool_gave_back() -> None:
    assert Place.API.below("content") is Place.PARTS
    assert Place.MESSAGE.below("output") is Place.PARTS
    assert list(in_object({"image_of": "https://example.com/a.png"}, Place.PARTS)) == [
        ("", "part_type"),
        ("", "part_key"),
    ]


@given(numbers)
def test_as_many_numbers_as_may_be_are_just_numbers(tokens: list[Any]) -> None:
    assert is_numeric(tokens, len(tokens) - 1)
    assert not is_numeric(tokens, len(tokens))


def test_of_a_very_long_array_nobody_counts_the_rest() -> None:
    assert not is_numeric([["a"]] * (MAX_COUNTED // 2))
    assert is_numeric([["a"]] * MAX_COUNTED)
