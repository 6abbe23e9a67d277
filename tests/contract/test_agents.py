"""What agents say all day is told in words: nothing in it keeps it from a vendor, whichever API they speak.

The bodies have the shapes that the libraries of OpenAI, Vercel, LangChain and Anthropic send, in one request each.
"""

from typing import Any

import pytest
from harness import Ringfence, StandIn

pytestmark = pytest.mark.usefixtures("quiet")
LINE = {"type": "integer", "minimum": 1, "maximum": 9000}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1},
        "level": {"enum": [1, 2, 3]},
        "view_range": {"type": "array", "items": LINE, "minItems": 2, "maxItems": 2},
        "point": {"type": "array", "prefixItems": [LINE, LINE]},
        "order_id": {"anyOf": [LINE, {"type": "null"}], "default": None},
    },
    "required": ["path"],
    "additionalProperties": False,
}
GIVEN = '{"path": "parse.py", "view_range": [1, 50]}'
FORMAT = {"type": "json_schema", "name": "result", "schema": SCHEMA, "strict": True}
CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "You fix code."},
        {"role": "user", "content": [{"type": "text", "text": "Fix the parser."}]},
        {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "annotations": [],
            "audio": None,
            "function_call": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "read", "arguments": GIVEN}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "[1, 2, 3]"}]},
        {"role": "assistant", "content": "Done.", "reasoning_content": "It was a loop."},
        {"role": "user", "content": "Go on."},
    ],
    "tools": [
        {"type": "function", "function": {"name": "read", "parameters": SCHEMA, "strict": True}},
        {"type": "custom", "custom": {"name": "patch", "format": {"type": "text"}}},
    ],
    "response_format": {"type": "json_schema", "json_schema": {"name": "result", "schema": SCHEMA}},
    "stream_options": None,
    "logprobs": True,
    "top_logprobs": 5,
    "prompt_cache_key": "run-1",
}
RESPONSES: dict[str, Any] = {
    "instructions": "You fix code.",
    "input": [
        {"role": "user", "content": "Fix the parser."},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "read", "arguments": GIVEN},
        {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "[1, 2, 3]"}]},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "patch", "input": "*** Begin Patch"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "applied"},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Done.", "annotations": [], "logprobs": []}],
        },
        {"role": "user", "content": [{"type": "input_text", "text": "Go on."}]},
    ],
    "tools": [
        {"type": "function", "name": "read", "parameters": SCHEMA, "strict": True},
        {"type": "custom", "name": "p"},
    ],
    "text": {"format": FORMAT, "verbosity": "low"},
    "reasoning": {"effort": "low", "summary": "auto"},
    "include": [],
    "metadata": {},
    "store": False,
}
MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
MESSAGES: dict[str, Any] = {
    "max_tokens": 32000,
    "system": [{"type": "text", "text": "You fix code.", **MARK}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Fix the parser.", **MARK}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Read it first.", "signature": ""},
                {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a.py", "view_range": [1, 50]}},
                {"type": "tool_use", "id": "toolu_2", "name": "edit", "input": {"edits": [{"line": 3, "to": 9}]}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "ok"}], **MARK},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "ok", "is_error": False},
            ],
        },
    ],
    "tools": [
        {"name": "read", "input_schema": SCHEMA, "input_examples": [{"path": "a.py", "view_range": [1, 50]}], **MARK},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
    ],
    "thinking": {"type": "enabled", "budget_tokens": 10000},
    "metadata": {"user_id": "user_account__session"},
}
SAID = {"chat/completions": CHAT, "responses": RESPONSES, "messages": MESSAGES, "messages/count_tokens": MESSAGES}


@pytest.mark.parametrize("path", SAID)
def test_what_an_agent_says_may_go_to_a_vendor(path: str, server: Ringfence, cloud: StandIn, onprem: StandIn) -> None:
    with server.client() as client:
        answer = client.post(f"/v1/{path}", json={"model": "gpt-4o", **SAID[path]})
    assert (answer.status_code, answer.headers["x-ringfence-decision"]) == (200, "allow")
    assert [seen.path for seen in cloud.posts] == [f"/v1/{path}"]
    assert onprem.received == b""


@pytest.mark.parametrize("path", SAID)
def test_the_same_with_something_that_nobody_can_read_may_not(path: str, server: Ringfence, cloud: StandIn) -> None:
    body = {"model": "gpt-4o", **SAID[path], "search_parameters": {}}
    with server.client() as client:
        assert client.post(f"/v1/{path}", json=body).headers["x-ringfence-decision"] == "pin"
        refused = client.post(f"/v1/{path}", json={"model": "gpt-4o", **SAID[path], "Model": "gpt-4.1"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "duplicate_key")
    assert cloud.received == b""
