from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.content.opaque import SCHEMA_NAMES
from proxy.endpoints.messages import COUNT_TOKENS, MESSAGES, MessagesDialect
from proxy.errors import RequestRefused

FIELDS = ["system", "messages", "tools", "metadata", "stop_sequences", "anything", "content", "tool_choice"]
scalars = st.one_of(
    st.text(min_size=1), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False, width=64)
)
keys = st.text() | st.sampled_from(["type", "content", "source", "input", "text", "data", "media_type", "signature"])
kinds = st.sampled_from(
    "text tool_use tool_result thinking redacted_thinking document search_result image content".split()  # noqa: SIM905
)
values = st.recursive(
    scalars | st.booleans() | st.none() | kinds,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
    max_leaves=30,
)


def read(**fields: Any) -> Any:
    return MESSAGES.read({"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields}, 200)


def block(**fields: Any) -> set[str]:
    return {part.reason for part in read(messages=[{"role": "user", "content": [fields]}]).opaque}


def texts(content: Any) -> set[str]:
    return {segment.text for unit in content.units for segment in unit.segments}


def said_in(item: object) -> set[str]:
    """Return what has to be scanned of a value: every key that is not the API's, and every scalar."""
    if isinstance(item, dict):
        own = {key for key in item if key and key not in SCHEMA_NAMES}
        return own.union(*(said_in(below) for below in item.values()))
    if isinstance(item, list):
        return set().union(*(said_in(below) for below in item))
    if isinstance(item, bool) or item in (None, ""):
        return set()
    return {str(item)}


@given(values, st.sampled_from(FIELDS))
def test_every_key_and_scalar_of_any_body_is_a_segment(value: Any, field: str) -> None:
    if field == "messages":
        value = [{"role": "user", "content": value}]
    if field == "tools":
        value = [value]
    request = {field: value}
    assert said_in(request) <= texts(read(**request))


def test_a_conversation_with_tools_and_documents_has_nothing_opaque() -> None:
    found = {"type": "search_result", "source": "https://wiki.example/a", "title": "A", "content": [text("found")]}
    content = read(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        messages=[
            {"role": "user", "content": "Plot it."},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "A plot.", "signature": ""},
                    {**text("Yes."), "citations": None},
                    {
                        "type": "tool_use",
                        "id": "toolu_1",
                        "name": "plot",
                        "input": {"x": 1, "y": 2, "rows": [1, 50], "file_id": "f", "type": "bar"},
                        "caller": {"type": "direct"},
                    },
                    {"type": "tool_use", "id": "toolu_2", "name": "find", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done", "is_error": False},
                    {"type": "tool_result", "tool_use_id": "toolu_2", "content": [text("two"), found]},
                    document({"type": "text", "media_type": "text/plain", "data": "Minutes"}),
                    document({"type": "content", "content": [text("Notes")]}),
                    document({"type": "content", "content": "More notes"}),
                ],
            },
        ],
        tools=[
            {
                "name": "plot",
                "description": "Plots.",
                "input_schema": {"type": "object", "properties": {"file_id": {"type": "string"}}},
                "input_examples": [{"file_id": "f", "type": "bar", "rows": [1, 50]}],
            },
            {"type": "custom", "name": "find", "input_schema": {"type": "object"}, "strict": True},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 10000},
        ],
        tool_choice={"type": "tool", "name": "plot", "disable_parallel_tool_use": True},
        thinking={"type": "enabled", "budget_tokens": 2048},
        metadata={"user_id": "u-1"},
        stop_sequences=["END"],
        service_tier="auto",
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        context_management={
            "edits": [
                {
                    "type": "clear_tool_uses_20250919",
                    "trigger": {"type": "input_tokens", "value": 30000},
                    "keep": {"type": "tool_uses", "value": 3},
                }
            ]
        },
        max_tokens=16,
        temperature=0.5,
        stream=True,
    )
    assert content.opaque == ()
    assert (content.n_messages, content.n_tools) == (3, 4)
    assert [(unit.path, unit.role) for unit in content.units][:3] == [
        ("system", "system"),
        ("messages[0]", "user"),
        ("messages[1]", "assistant"),
    ]
    assert {"Be brief.", "A plot.", "done", "two", "found", "Minutes", "Notes", "More notes"} <= texts(content)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def document(source: dict[str, Any]) -> dict[str, Any]:
    return {"type": "document", "source": source, "title": "Title", "citations": {"enabled": True}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "x"}}, "part_type"),
        ({"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}}, "part_type"),
        ({"type": "redacted_thinking", "data": {"x": "y"}}, "part_key"),
        ({"type": "redacted_thinking", "data": "x", "more": "y"}, "part_key"),
        ({"type": "thinking", "thinking": "", "signature": {"x": "y"}}, "signature"),
        ({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "thinking", "signature": "x"}]}, "signature"),
        ({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "x"}}, "part_type"),
        ({"type": "document", "source": {"type": "text", "media_type": "text/html", "data": "x"}}, "part_type"),
        ({"type": "document", "source": {"type": "text", "media_type": None, "data": "x"}}, "part_type"),
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain", "blob": "x"}}, "part_key"),
        ({"type": "document", "source": {"type": "url", "url": "https://a.example/x.pdf"}}, "part_type"),
        ({"type": "document", "source": {"type": "file", "file_id": "file_1"}}, "reference"),
        ({"type": "document", "source": {"type": "content", "content": [{"type": "image"}]}}, "part_type"),
        ({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image"}]}, "part_type"),
        ({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "tool_reference"}]}, "part_type"),
        ({"type": "tool_use", "id": "t", "name": "n", "input": {"ids": [15339] * 65}}, "numeric_array"),
        (
            {"type": "tool_use", "id": "t", "name": "n", "input": {}, "caller": {"type": "code_execution_1"}},
            "unknown_type",
        ),
        ({"type": "server_tool_use", "id": "t", "name": "web_search", "input": {"query": "x"}}, "part_type"),
        ({"type": "web_search_tool_result", "content": [{"encrypted_content": "x"}]}, "part_type"),
        ({"type": "container_upload", "file_id": "file_1"}, "part_type"),
        ({"type": "compaction", "content": "x"}, "part_type"),
        ({"type": "brand_new", "blob": "x"}, "part_type"),
        ({"type": ["text"], "text": "x"}, "part_type"),
        ({"type": "text", "text": "x", "extra": "x"}, "part_key"),
        ({"type": "text", "text": "x", "citations": [{"type": "web_search_result_location"}]}, "unknown_type"),
        ({"blob": "x"}, "part_type"),
    ],
)
def test_a_block_that_is_not_told_in_words_is_opaque(fields: dict[str, Any], reason: str) -> None:
    assert reason in block(**fields)


def test_a_seal_on_thoughts_is_a_reference_that_cannot_be_read_where_nothing_is_known_of_it() -> None:
    blocks = [
        {"type": "thinking", "thinking": "A plot.", "signature": "seal-1"},
        {"type": "redacted_thinking", "data": "seal-2"},
        {"type": "thinking", "thinking": "", "signature": ""},
        text("Yes."),
    ]
    content = read(messages=[{"role": "assistant", "content": blocks}])
    assert content.opaque == ()
    assert [(each.id, each.param, each.unknown) for each in content.references] == [
        ("seal-1", "messages[0].content[0].signature", "sealed_thoughts"),
        ("seal-2", "messages[0].content[1].data", "sealed_thoughts"),
    ]
    assert said_in(blocks) <= texts(content), "and read as text, too"


@pytest.mark.parametrize(
    ("answer", "seals"),
    [
        (
            {
                "type": "message",
                "content": [
                    {"type": "thinking", "thinking": "", "signature": "s-1"},
                    {"type": "redacted_thinking", "data": "s-2"},
                    {"type": "document", "data": "x"},
                    "x",
                ],
            },
            ["s-1", "s-2"],
        ),
        ({"type": "content_block_start", "content_block": {"type": "redacted_thinking", "data": "s-1"}}, ["s-1"]),
        ({"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "s-1"}}, ["s-1"]),
        ({"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": 5}}, []),
        ({"type": "content_block_start", "content_block": {"type": ["thinking"], "signature": ["x"]}}, []),
    ],
    ids=["whole", "redacted", "delta", "number", "list"],
)
def test_the_seals_of_an_answer_are_to_be_remembered(answer: dict[str, Any], seals: list[str]) -> None:
    dialect = MessagesDialect()
    dialect.see(answer)
    assert dialect.states.take(stored=False) == [("item", seal) for seal in seals]


@pytest.mark.parametrize("content", [[15339, 1917], [[15339], [1917]], [[{"type": "image"}]], {"type": "image"}])
def test_content_that_is_no_list_of_blocks_is_opaque(content: Any) -> None:
    assert read(messages=[{"role": "user", "content": content}]).opaque
    assert read(system=content).opaque


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]},
        {"tools": [{"type": "computer_20250124", "name": "computer", "display_width_px": 1}]},
        {"tools": [{"type": "function", "function": {}}]},
        {"tools": [{"type": ["custom"], "name": "x"}]},
        {"tools": ["custom"]},
        {"inference_geo": "global"},
        {"mcp_servers": [{"type": "url", "url": "https://tools.example"}]},
        {"container": "container_1"},
        {"container": {"skills": [{"type": "custom", "skill_id": "s"}]}},
        {"context_management": {"edits": [{"type": "compact_20260112"}]}},
        {"fallbacks": [{"model": "another"}]},
        {"diagnostics": {"previous_message_id": "msg_1"}},
        {"user_profile_id": "up_1"},
    ],
    ids=lambda fields: "-".join([*fields, *str(next(iter(fields.values())))[11:40].split("'")[1:2]]),
)
def test_what_lies_elsewhere_or_goes_to_somebody_else_is_opaque(fields: dict[str, Any]) -> None:
    assert read(**fields).opaque


@pytest.mark.parametrize("messages", [None, [], "hi", ["hi"], {}])
def test_messages_must_be_a_list_of_objects(messages: Any) -> None:
    with pytest.raises(RequestRefused) as refusal:
        read(messages=messages)
    assert refusal.value.param == "messages"


def test_a_count_of_tokens_is_read_like_the_message_and_named_for_what_it_is() -> None:
    assert COUNT_TOKENS.read is MESSAGES.read
    assert (COUNT_TOKENS.name, COUNT_TOKENS.op, MESSAGES.op) == ("messages", "count_tokens", "")
    dialect = MessagesDialect()
    dialect.see({"input_tokens": 14})
    assert dialect.observed.usage == {}, "nothing was used"


USAGE = {"input_tokens": 7, "output_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}


def test_what_a_message_says_of_itself_is_noted_whole_and_in_a_stream() -> None:
    message = {"type": "message", "model": "m", "stop_reason": "end_turn", "usage": {**USAGE, "output_tokens": 3}}
    begun = {"type": "message_start", "message": {**message, "stop_reason": None, "usage": USAGE}}
    ended = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}
    for answers in ([message], [begun, {"type": "ping"}, ended, {"type": "message_stop"}]):
        dialect = MessagesDialect()
        for answer in answers:
            assert not dialect.is_error(answer)
            dialect.see(answer)
        observed = dialect.observed
        assert (observed.model, observed.finish) == ("m", "stop")
        assert observed.usage == {"in": 14, "out": 3, "cached": 5}, "all that was read, as other endpoints count it"


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "other"),
        ("zebra", "other"),
        (["end_turn"], "other"),
        (None, ""),
    ],
    ids=str,
)
def test_why_an_answer_ended_is_told_in_the_records_words(reason: Any, finish: str) -> None:
    dialect = MessagesDialect()
    dialect.see({"type": "message", "stop_reason": reason})
    assert dialect.observed.finish == finish


@pytest.mark.parametrize("answer", [{"type": "error", "error": {"message": "x"}}, {"error": "x"}, {"type": "error"}])
def test_a_failure_is_known_as_one(answer: dict[str, Any]) -> None:
    assert MessagesDialect().is_error(answer)
