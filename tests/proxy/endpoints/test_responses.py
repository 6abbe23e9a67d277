from typing import Any

import pytest

from proxy.endpoints.responses import RESPONSES
from proxy.errors import RequestRefused


def read(**fields: Any) -> Any:
    return RESPONSES.read({"model": "m", **fields}, 64)


def reasons(**fields: Any) -> set[str]:
    return {part.reason for part in read(**fields).opaque}


def test_a_conversation_with_a_function_call_has_nothing_opaque() -> None:
    content = read(
        instructions="Be brief.",
        input=[
            {"role": "user", "content": "Weather?"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "In Oslo?"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Ask the tool."}]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "w", "arguments": '{"city":"Oslo"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Sunny.", "annotations": [], "logprobs": []}],
            },
        ],
        tools=[{"type": "function", "name": "w", "parameters": {"type": "object", "properties": {}}, "strict": True}],
        text={"format": {"type": "json_schema", "name": "r", "schema": {"type": "object"}, "strict": True}},
        reasoning={"effort": "low", "summary": "auto"},
        store=False,
    )
    assert content.opaque == ()
    assert (content.n_messages, content.n_tools) == (6, 1)
    units = {unit.path: unit.role for unit in content.units}
    assert next(iter(units)) == "instructions", "as a model reads them"
    assert (units["input[0]"], units["instructions"], units["input[3]"]) == ("user", "system", "other")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "x"}]}, "part_type"),
        ({"type": "message", "role": "user", "content": [{"type": "input_file", "file_id": "f"}]}, "part_type"),
        ({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]}, "part_type"),
        ({"output": "x"}, "unknown_type"),
        ({"type": "compaction", "encrypted_content": "x"}, "unknown_type"),
        ({"type": "reasoning", "id": "rs_1", "encrypted_content": {"x": "y"}}, "encrypted_content"),
        ({"type": "additional_tools", "role": "developer", "tools": []}, "unknown_type"),
        ({"type": "mcp_call", "server_label": "x", "arguments": "{}"}, "unknown_type"),
        ({"type": "computer_call_output", "output": {}}, "unknown_type"),
        ({"type": "brand_new", "blob": "x"}, "unknown_type"),
    ],
)
def test_an_item_that_is_not_told_in_words_is_opaque(item: dict[str, Any], reason: str) -> None:
    assert reason in reasons(input=[item])


@pytest.mark.parametrize(
    "fields",
    [
        {"conversation": {"id": "conv_1", "items": [{"image_url": "x"}]}},
        {"instructions": [{"id": "msg_1"}]},
        {"prompt_cache_options": {"comparison_response_id": "resp_1"}},
        {"prompt": {"id": "pmpt_1", "variables": {"a": "b"}}},
        {"tools": [{"type": "web_search"}]},
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]},
        {"tools": [{"type": "mcp", "server_url": "https://tools.example"}]},
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
    ],
    ids=lambda fields: next(iter(fields)) + str(fields).count("type") * "'",
)
def test_what_lies_elsewhere_or_goes_to_somebody_else_is_opaque(fields: dict[str, Any]) -> None:
    assert reasons(input="hi", **fields)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": [{"type": "item_reference", "id": "msg_1", "content": "x"}]}, "input[0]"),
        ({"input": [{"type": "item_reference", "id": 5}]}, "input[0]"),
        ({"input": [{"role": "user", "content": "hi"}, {"type": "item_reference"}]}, "input[1]"),
        ({"input": [{"id": "msg_1", "output": "x"}]}, "input[0]"),
        ({"input": [{"id": "msg_1", "role": "user"}]}, "input[0]"),
        ({"input": [{"id": "msg_1", "role": "user", "content": 5}]}, "input[0]"),
        ({"input": [{"id": "msg_1", "role": ["user"], "content": "x"}]}, "input[0]"),
        ({"previous_response_id": 5}, "previous_response_id"),
        ({"previous_response_id": ["resp_1"]}, "previous_response_id"),
        ({"conversation": ["conv_1"]}, "conversation"),
        ({"conversation": {"id": 5}}, "conversation"),
    ],
)
def test_a_reference_in_another_form_than_the_apis_is_refused(fields: dict[str, Any], param: str) -> None:
    """It is not known whose it would be where a server takes it for one."""
    with pytest.raises(RequestRefused) as refusal:
        read(**{"input": "hi", **fields})
    assert (refusal.value.status, refusal.value.param) == (400, param)


@pytest.mark.parametrize("content", ["hi", [], [{"type": "output_text", "text": "hi"}]], ids=repr)
def test_a_message_may_have_an_id_and_no_type(content: Any) -> None:
    """As the AI SDK brings back what a model said."""
    read_back = read(input=[{"role": "assistant", "content": content, "id": "msg_1"}])
    assert (read_back.references, read_back.opaque) == ((), ())


@pytest.mark.parametrize("given", [5, {}, ["text"], [["x"]], True])
def test_input_is_a_text_or_items(given: Any) -> None:
    with pytest.raises(RequestRefused) as refusal:
        read(input=given)
    assert refusal.value.param == "input"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"previous_response_id": "resp_1"}, [("response", "resp_1", "previous_response_id", "")]),
        ({"conversation": "conv_1"}, [("conversation", "conv_1", "conversation", "")]),
        ({"conversation": {"id": "conv_1"}}, [("conversation", "conv_1", "conversation", "")]),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, [("item", "msg_1", "input[0].id", "")]),
        ({"input": [{"type": None, "id": "msg_1"}]}, [("item", "msg_1", "input[0].id", "")]),
        ({"input": [{"id": "msg_1"}]}, [("item", "msg_1", "input[0].id", "")]),
        (
            {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}]},
            [("item", "x", "input[0].encrypted_content", "encrypted_content")],
        ),
        (
            {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": ""}]},
            [("item", "rs_1", "input[0].id", "reasoning")],
        ),
    ],
    ids=["previous", "conversation", "object", "item", "null", "bare", "enciphered", "by id"],
)
def test_what_is_kept_elsewhere_is_a_reference_and_not_opaque_by_itself(fields: Any, expected: list[Any]) -> None:
    content = read(**{"input": "hi", **fields})
    assert [(r.kind, r.id, r.param, r.unknown) for r in content.references] == expected
    assert content.opaque == ()
    said = [segment.text for unit in content.units for segment in unit.segments]
    assert expected[0][1] in said, "an id is text that a caller wrote, and is scanned"


def test_what_is_said_in_full_refers_to_nothing_although_it_has_an_id() -> None:
    """As the libraries for agents bring back what a model said."""
    content = read(
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "Weather?", "prompt_cache_breakpoint": {}}]},
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [],
                "content": [{"type": "reasoning_text", "text": "Ask the tool."}],
                "encrypted_content": "",
                "status": "completed",
            },
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "c1",
                "name": "w",
                "arguments": "{}",
                "status": "completed",
                "caller": {"type": "direct"},
                "namespace": "n",
            },
            {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "sunny"}]},
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "phase": "final_answer",
                "content": [
                    {
                        "type": "output_text",
                        "text": "Sunny.",
                        "annotations": [
                            {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0}
                        ],
                        "logprobs": [],
                    }
                ],
            },
        ],
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
        tools=[
            {
                "type": "function",
                "name": "w",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
                "output_schema": {"type": "object", "properties": {"sky": {"type": "string"}}},
                "strict": True,
                "allowed_callers": ["direct"],
            }
        ],
        tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "w"}]},
        text={"format": {"type": "text"}, "verbosity": "low"},
        prompt_cache_options={"mode": "implicit", "ttl": "30m"},
        stream_options={"include_obfuscation": False},
        context_management=None,
        truncation="auto",
        background=False,
        conversation=None,
        previous_response_id=None,
    )
    assert (content.opaque, content.references) == ((), ())


def test_a_citation_of_a_file_cannot_be_read_and_asks_for_none() -> None:
    cited = {"type": "file_citation", "file_id": "file-1", "filename": "a.pdf", "index": 0}
    part = {"type": "output_text", "text": "As it says.", "annotations": [cited]}
    content = read(input=[{"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}])
    assert content.references == ()
    assert content.opaque
    asked = read(input=[{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}])
    assert [(one.kind, one.id) for one in asked.references] == [("file", "file-1")], "the control"
