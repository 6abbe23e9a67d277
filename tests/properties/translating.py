"""A chat body said at another endpoint: the same words, in the places that this endpoint has for them."""

import json
from collections.abc import Callable
from typing import Any

Body = dict[str, Any]


def as_response(body: Body) -> Body:
    """Return the body for `/v1/responses`: calls and their results are items, a tool is flat."""
    made = {name: value for name, value in body.items() if name not in ("messages", "tools", "response_format")}
    made["input"] = [item for message in body["messages"] for item in _items(message)]
    if "tools" in body:
        made["tools"] = [{"type": tool["type"], **tool.get("function", {})} for tool in body["tools"]]
    if "response_format" in body:
        shape = body["response_format"]
        made["text"] = {"format": {"type": shape["type"], **shape.get("json_schema", {})}}
    return made


def _items(message: Body) -> list[Body]:
    if message.get("role") == "tool":
        return [{"type": "function_call_output", "call_id": message["tool_call_id"], "output": message["content"]}]
    items = []
    if message.get("content") is not None:
        items.append({**message, "content": _parts(message)})
        items[0].pop("tool_calls", None)
    for call in message.get("tool_calls", []):
        items.append({"type": "function_call", "call_id": call["id"], **call["function"]})  # noqa: PERF401 - it follows
    return items


def _parts(message: Body) -> Any:
    kind = "output_text" if message.get("role") == "assistant" else "input_text"
    if isinstance(message["content"], str):
        return message["content"]
    return [{**part, "type": kind} for part in message["content"]]


def as_messages(body: Body) -> Body:
    """Return the body for `/v1/messages`: calls and their results are blocks, a tool has an input schema."""
    made = {name: value for name, value in body.items() if name not in ("messages", "tools")}
    made["messages"] = [_blocks(message) for message in body["messages"]]
    if "tools" in body:
        made["tools"] = [_tool(tool) for tool in body["tools"]]
    return {**made, "max_tokens": 64}


def _blocks(message: Body) -> Body:
    if message.get("role") == "tool":
        result = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": message["content"]}
        return {"role": "user", "content": [result]}
    calls = [
        {"type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": _parsed(call)}
        for call in message.get("tool_calls", [])
    ]
    rest = {name: value for name, value in message.items() if name != "tool_calls"}
    if not calls:
        return rest
    return {**rest, "content": [*([{"type": "text", "text": said}] if (said := rest.get("content")) else []), *calls]}


def _parsed(call: Body) -> Any:
    return json.loads(call["function"]["arguments"])


def _tool(tool: Body) -> Body:
    function = dict(tool.get("function", {}))
    schema = function.pop("parameters", {"type": "object"})
    kind = {"type": tool["type"]} if tool["type"] != "function" else {}
    return {**function, "input_schema": schema, **kind}


def as_prompts(body: Body) -> Body:
    """Return the body for `/v1/completions`: each message's text is a prompt, and what else it says goes along."""
    return _as_texts(body, "prompt")


def as_inputs(body: Body) -> Body:
    """Return the body for `/v1/embeddings`, in the same way."""
    return _as_texts(body, "input")


def _as_texts(body: Body, name: str) -> Body:
    made = {key: value for key, value in body.items() if key != "messages"}
    texts: list[str] = []
    beside: list[Body] = []
    for message in body["messages"]:
        said = message.get("content")
        spoken = not isinstance(said, list) or all(part.get("type") == "text" for part in said)
        texts += [part.get("text", "") for part in said] if isinstance(said, list) else [said] if said else []
        rest = {key: value for key, value in message.items() if key != "content" or not spoken}
        if set(rest) - {"role"} or rest.get("role") not in ROLES:
            beside.append(rest)
    return {**made, name: texts or ["hello"], **({"x_beside": beside} if beside else {})}


ROLES = ("user", "system", "developer", "assistant", "tool")
SAID_AT: dict[str, Callable[[Body], Body]] = {
    "responses": as_response,
    "completions": as_prompts,
    "embeddings": as_inputs,
    "messages": as_messages,
    "messages/count_tokens": as_messages,
}
"""How a chat body is said at each other endpoint, by its path."""
