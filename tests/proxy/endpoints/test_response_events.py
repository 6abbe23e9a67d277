import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.endpoints.response_events import KeptDialect, ResponsesDialect


def test_what_a_response_says_of_itself_is_noted_whole_and_in_a_stream() -> None:
    usage = {"input_tokens": 7, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 2}}
    response = {"object": "response", "model": "m", "status": "completed", "usage": usage, "error": None}
    for answer in (response, {"type": "response.completed", "response": response}):
        dialect = ResponsesDialect()
        assert not dialect.is_error(answer)
        dialect.see(answer)
        observed = dialect.observed
        assert (observed.model, observed.finish, observed.usage) == ("m", "stop", {"in": 7, "out": 3, "cached": 2})


def test_what_is_shown_again_costs_nothing_again() -> None:
    dialect = KeptDialect()
    dialect.see({"object": "response", "id": "resp_1", "model": "m", "usage": {"input_tokens": 7}})
    assert (dialect.observed.usage, dialect.observed.model) == ({}, "m")
    assert dialect.states.take(stored=True) == [("response", "resp_1")]


def test_an_incomplete_response_says_why() -> None:
    dialect = ResponsesDialect()
    dialect.see({"object": "response", "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}})
    assert dialect.observed.finish == "length"


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "error", "message": "x"},
        {"type": "response.failed", "response": {"error": {"message": "x"}}},
        {"object": "response", "status": "failed", "error": {"message": "x"}},
    ],
)
def test_a_failure_is_known_as_one(answer: dict[str, Any]) -> None:
    assert ResponsesDialect().is_error(answer)


def test_an_error_of_ours_is_an_event_of_the_api_with_the_object_by_which_libraries_know_it() -> None:
    event = ResponsesDialect().error_event("It broke.", "upstream_lost")
    name, data = event.decode().rstrip().split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: ")) == {
        "type": "error",
        "code": "upstream_lost",
        "message": "It broke.",
        "param": None,
        "sequence_number": 0,
        "error": {"type": "upstream_error", "code": "upstream_lost", "message": "It broke.", "param": None},
    }


def framed(event: dict[str, Any], more: bytes = b"") -> bytes:
    return b"event: " + event["type"].encode() + b"\n" + more + b"data: " + json.dumps(event).encode() + b"\n\n"


def passed(*events: dict[str, Any]) -> list[dict[str, Any]]:
    """Pass events on; return their data."""
    dialect = ResponsesDialect()
    told = [dialect.passed(framed(event), event) for event in events]
    return [json.loads(event.rpartition(b"data: ")[2]) for event in told]


OF_LLAMA_CPP: list[dict[str, Any]] = [
    {"type": "response.created", "response": {"id": "resp_1", "object": "response", "status": "in_progress"}},
    {"type": "response.output_item.added", "item": {"id": "rs_1", "type": "reasoning"}},
    {"type": "response.reasoning_text.delta", "item_id": "rs_1", "delta": "Hm"},
    {"type": "response.output_item.done", "item": {"id": "rs_1", "type": "reasoning"}},
    {"type": "response.output_item.added", "item": {"id": "msg_1", "type": "message", "content": []}},
    {"type": "response.content_part.added", "item_id": "msg_1", "part": {"type": "output_text", "text": ""}},
    {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hel"},
    {"type": "response.content_part.added", "item_id": "msg_1", "part": {"type": "refusal", "refusal": ""}},
    {"type": "response.refusal.delta", "item_id": "msg_1", "delta": "No"},
    {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": "{"},
    {"type": "response.completed", "response": {"id": "resp_1", "object": "response", "output": []}},
]


def test_the_numbers_that_a_server_leaves_out_are_put_in() -> None:
    told = passed(*OF_LLAMA_CPP)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert [event.get("output_index") for event in told] == [None, 0, 0, 0, 1, 1, 1, 1, 1, 2, None]
    assert [event.get("content_index") for event in told] == [None, None, 0, None, None, 0, 0, 1, 1, None, None]
    begun = told[0]["response"]
    assert begun == {**OF_LLAMA_CPP[0]["response"], "created_at": begun["created_at"], "model": "", "output": []}
    assert isinstance(begun["created_at"], int)
    for event, given_ in zip(told, OF_LLAMA_CPP, strict=True):
        added = event.keys() - given_.keys()
        assert added <= {"sequence_number", "output_index", "content_index"}


def test_an_event_that_lacks_nothing_is_passed_on_byte_by_byte_whatever_its_form() -> None:
    dialect = ResponsesDialect()
    whole = {"type": "response.output_text.delta", "sequence_number": 7, "output_index": 0, "content_index": 0}
    event = b": note\r\nid: 9\r\nevent:x\r\ndata:  " + json.dumps({**whole, "item_id": "m"}).encode() + b"\r\n\r\n"
    assert dialect.passed(event, {**whole, "item_id": "m"}) == event
    strange = b'data: {"type": 5}\n\n'
    assert dialect.passed(strange, {"type": 5}) == strange


def test_a_repaired_event_keeps_its_other_lines() -> None:
    event = {"type": "response.in_progress", "sequence_number": 1, "response": {"id": "r"}}
    told = ResponsesDialect().passed(framed(event, b"id: 4\n: note\n"), event)
    assert told.startswith(b"event: response.in_progress\nid: 4\n: note\ndata: {")
    assert told.endswith(b"}\n\n")


@given(st.lists(st.none() | st.integers(0, 100), max_size=6))
def test_an_error_of_ours_has_the_next_number(numbers: list[int | None]) -> None:
    dialect = ResponsesDialect()
    last = -1
    for number in numbers:
        event = {"type": "response.in_progress", **({} if number is None else {"sequence_number": number})}
        dialect.passed(framed(event), event)
        last = last + 1 if number is None else number
    said = json.loads(dialect.error_event("It broke.", "upstream_lost").rpartition(b"data: ")[2])
    assert said["sequence_number"] == last + 1


def noted(*answers: dict[str, Any], stored: bool = True) -> list[tuple[str, str]]:
    dialect = ResponsesDialect()
    for answer in answers:
        dialect.see(answer)
    return dialect.states.take(stored=stored)  # type: ignore[return-value]


def test_every_id_by_which_a_caller_could_refer_to_an_answer_is_noted() -> None:
    output = [{"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed"}, {"id": "msg_1", "type": "message"}]
    response = {"object": "response", "id": "resp_1", "conversation": {"id": "conv_1"}, "output": output}
    expected = [
        ("response", "resp_1"),
        ("conversation", "conv_1"),
        ("item", "rs_1"),
        ("item", "sealed"),
        ("item", "msg_1"),
    ]
    assert noted(response) == noted({"type": "response.completed", "response": response}) == expected
    assert noted(response, stored=False) == [("item", "rs_1"), ("item", "sealed")]
    assert noted({"type": "response.output_item.added", "item": output[1]}) == [("item", "msg_1")]
    assert noted({"type": "response.output_text.delta", "item_id": "msg_1"}) == [("item", "msg_1")]
    assert noted({"object": "list", "data": [{"id": "in_1"}, 5, {"id": None}]}) == [("item", "in_1")]


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(
                    ["id", "item", "item_id", "output", "data", "object", "response", "conversation", "type"]
                ),
                inner,
            )
            | st.lists(inner)
        ),
    )
)
def test_no_answer_is_too_strange_to_be_read(answer: Any) -> None:
    if isinstance(answer, dict):
        noted(answer)
        ResponsesDialect().passed(b"data: {}\n\n", answer)
