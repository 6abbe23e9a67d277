import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.scanning.pieces import TooDeepError, is_vector, pieces

LEAVES = st.text("abc 123木", min_size=1)
VALUES = st.recursive(
    LEAVES | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("xyz _é", min_size=1), inner, max_size=4),
    max_leaves=20,
)


def delta(**fields: Any) -> dict[str, Any]:
    index = fields.pop("index", 0)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "choices": [{"index": index, "delta": fields, "finish_reason": None}],
    }


def strings(value: Any) -> list[str]:
    """Every string of a value, by another way than the one that is tested."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def said(answer: dict[str, Any]) -> list[str]:
    return [piece.text for piece in pieces(answer).pieces]


@given(st.dictionaries(st.text("xyz_", min_size=1), VALUES))
def test_every_string_is_read_whatever_it_stands_under(answer: dict[str, Any]) -> None:
    read = said(answer)
    for text in strings(answer):
        read.remove(text)


def test_pieces_of_one_text_are_told_from_those_of_another_choice_or_call() -> None:
    def way(answer: dict[str, Any]) -> Any:
        return pieces(answer).pieces[-1].way

    def call(index: int) -> dict[str, Any]:
        return delta(tool_calls=[{"index": index, "function": {"arguments": "x"}}])

    assert way(delta(content="4929 71")) == way({**delta(content="82 03"), "id": "chatcmpl-2", "model": "m"})
    assert len({way(delta(content="x", index=n)) for n in (0, 1)}) == 2
    assert len({way(call(0)), way(call(1)), way(delta(content="x"))}) == 3
    assert pieces(delta(content="x", index=1)).scopes == {(), (1,)}
    assert pieces(call(1)).pieces[-1].scope == (0,)


def test_parts_of_a_response_are_told_apart_by_their_place_and_not_by_their_ids() -> None:
    def event(**fields: Any) -> dict[str, Any]:
        return {"type": "x.delta", "output_index": 0, "content_index": 0, "delta": "x", **fields}

    (first,) = pieces(event(item_id="msg_1")).pieces
    assert pieces(event(item_id="msg_2")).pieces == [first]
    assert first.scope == (0,)
    others = [event(output_index=1), event(content_index=1), event(type="y.delta")]
    assert len({first.way, *(pieces(other).pieces[0].way for other in others)}) == 4


def test_names_of_the_api_stand_alone_and_short_ones_say_nothing() -> None:
    answer = {"id": "chatcmpl-0123456789abcdef", "object": "list", "model": "gpt-4o", "role": "assistant"}
    (only,) = pieces(answer).pieces
    assert (only.way, only.text) == ((), answer["id"])


@pytest.mark.parametrize(
    "text", ["Maria Gonzalez", "4929", "X" * 17, "49297", "a@b", "ключ", "536-90-4399", "5.9.1.20"]
)
def test_a_name_that_may_say_more_is_read(text: str) -> None:
    assert said({"id": text}) == ([] if text == "4929" else [text])


@pytest.mark.parametrize(
    "key", ["Maria Gonzalez", "4929718203645103", "a4929718203645103", "x" * 33, "desk7@nordwind.eu"]
)
def test_a_key_that_is_no_plain_name_is_read(key: str) -> None:
    assert said({"metadata": {key: 1}}) == [key]


def vector(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def test_an_embedding_in_base64_is_numbers_and_text_in_base64_is_not() -> None:
    embedding = vector(*(0.01 * number - 0.05 for number in range(1536)))
    assert said({"data": [{"index": 0, "object": "embedding", "embedding": embedding}]}) == []
    assert said({"data": [{"index": 0, "other": embedding}]}) == [embedding]
    for text in ("4929 7182 0364 5103 is the number of the card", "4929718203645103" * 4, "\0" * 64, "ABCDEFGH" * 9):
        encoded = base64.b64encode(text.encode()).decode()
        assert said({"embedding": encoded}) == [encoded]


@pytest.mark.parametrize("text", ["", "x", "====", "words, no base64", vector(1, 2), vector(*[float("nan")] * 9)])
def test_what_is_no_embedding(text: str) -> None:
    assert not is_vector(text)


def test_an_answer_nested_beyond_reason_is_not_read() -> None:
    deep: Any = "x"
    for _ in range(70):
        deep = [deep]
    with pytest.raises(TooDeepError):
        pieces({"a": deep})
