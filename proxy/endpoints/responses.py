"""`/v1/responses`: what a request says and refers to. Source: OpenAI's API reference, "Responses".

What is kept at a model server is no longer opaque when it is known where: the request can go only there, and what it
refers to went through here. `proxy.holders` looks that up.
"""

from typing import Any

from proxy.content.opaque import Place
from proxy.content.walk import ROLES, Content, Reference, Walk
from proxy.endpoints.endpoint import Endpoint
from proxy.endpoints.response_events import ResponsesDialect
from proxy.errors import RequestRefused


def read(body: dict[str, Any], max_depth: int) -> Content:
    """Visit every key and scalar; raises RequestRefused when it is no request for a response, or as `Walk` does."""
    given = body.get("input", [])
    items = [] if isinstance(given, str) else given
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RequestRefused("'input' must be a string or an array of items.", param="input")
    walk = Walk(max_depth)
    instructions = body.get("instructions")  # which a model reads first
    if not isinstance(instructions, str | None):
        walk.close_off("instructions", "part_type")
    walk.unit("instructions", "system", instructions, Place.API)
    if isinstance(given, str):
        walk.unit("input", "user", given, Place.API)
    for index, item in enumerate(items):
        _item(walk, f"input[{index}]", item)
    n_tools = walk.tools(body)
    walk.rest(body, "input", "instructions", "tools", *_kept(walk, body))
    return walk.content(len(items) or 1, n_tools)


def _item(walk: Walk, path: str, item: dict[str, Any]) -> None:
    """Visit what one item says, or note that it stands for another; raises RequestRefused for a strange reference.

    A server that looked up more than the API says would not know whose that is.
    """
    kind, name = item.get("type"), item.get("id")
    if kind == "item_reference" or (kind is None and name is not None and not _said(item)):
        if not isinstance(name, str) or not item.keys() <= {"type", "id"}:
            text = "An item without a type, or of the type 'item_reference', refers to another by its 'id' alone."
            raise RequestRefused(text, param=path)
        walk.refer(Reference("item", name, f"{path}.id"))
        return
    if kind is None and "role" not in item:
        walk.close_off(path, "unknown_type")
    sealed = item.get("encrypted_content")
    if kind == "reasoning" and isinstance(sealed, str) and sealed:
        where = f"{path}.encrypted_content"
        walk.refer(Reference("item", sealed, where, unknown="encrypted_content", sealed=True))
        item = {**item, "encrypted_content": None}
    elif kind == "reasoning" and isinstance(name, str) and name and not item.get("content"):
        # Its server may know more of it than its summary, and take that up by the id.
        walk.refer(Reference("item", name, f"{path}.id", unknown="reasoning"))
    walk.unit(path, item.get("role"), item, Place.MESSAGE)


def _said(item: dict[str, Any]) -> bool:
    """Whether an item without a type is a message, as every server understands it."""
    role = item.get("role")
    return isinstance(role, str) and role in ROLES and isinstance(item.get("content"), str | list)


def _kept(walk: Walk, body: dict[str, Any]) -> list[str]:
    """Note what the body refers to beside its items; return the fields that were visited. Raises RequestRefused."""
    visited = []
    previous, conversation = body.get("previous_response_id"), body.get("conversation")
    name = conversation.get("id") if isinstance(conversation, dict) else conversation
    if not isinstance(previous, str | None):
        raise RequestRefused("'previous_response_id' must be a string.", param="previous_response_id")
    if conversation and not isinstance(name, str):
        raise RequestRefused("'conversation' must be an id, or an object with an 'id'.", param="conversation")
    if previous:
        walk.refer(Reference("response", previous, "previous_response_id"))
        visited.append("previous_response_id")
    if name:
        walk.refer(Reference("conversation", name, "conversation"))
        walk.unit("conversation", "other", conversation, Place.API)
        visited.append("conversation")
    return visited


RESPONSES = Endpoint("responses", "/responses", read, ResponsesDialect, at_vendors=(("store", False),))
