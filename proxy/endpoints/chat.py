"""`/v1/chat/completions`. Source: OpenAI's API reference, "Create chat completion"."""

from typing import Any

from proxy.content.opaque import Place
from proxy.content.walk import Content, Walk
from proxy.endpoints.endpoint import Endpoint
from proxy.errors import RequestRefused


def read(body: dict[str, Any], max_depth: int) -> Content:
    """Visit every key and scalar; raises RequestRefused when it is no chat body, or as `Walk` does."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise RequestRefused("'messages' must be a non-empty array of objects.", param="messages")
    walk = Walk(max_depth)
    for index, message in enumerate(messages):
        walk.unit(f"messages[{index}]", message.get("role"), message, Place.MESSAGE)
    n_tools = walk.tools(body)
    walk.rest(body, "messages", "tools")
    return walk.content(len(messages), n_tools)


CHAT = Endpoint("chat", "/chat/completions", read, some_store=True, usage_if_asked=True)
