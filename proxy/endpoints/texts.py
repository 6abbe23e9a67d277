"""`/v1/completions` and `/v1/embeddings`: texts without roles, or their token ids, which nobody here reads as ids.

Source: OpenAI's API reference, "Create completion" and "Create embeddings".
"""

from typing import Any

from proxy.content.opaque import Place
from proxy.content.walk import Content, Walk
from proxy.endpoints.endpoint import Endpoint
from proxy.errors import RequestRefused


def read_prompts(body: dict[str, Any], max_depth: int) -> Content:
    """Visit every key and scalar of a completion's body; raises RequestRefused as `Walk` does, or without a prompt."""
    return _read(body, "prompt", max_depth)


def read_inputs(body: dict[str, Any], max_depth: int) -> Content:
    """Visit every key and scalar of an embedding's body; raises the same."""
    return _read(body, "input", max_depth)


def _read(body: dict[str, Any], name: str, max_depth: int) -> Content:
    given = body.get(name)
    if not isinstance(given, str | list) or not given:
        raise RequestRefused(f"'{name}' must be a non-empty string, or an array of strings or token ids.", param=name)
    walk = Walk(max_depth)
    texts = given if isinstance(given, list) and all(isinstance(text, str) for text in given) else None
    for index, text in enumerate(texts or ()):
        walk.unit(f"{name}[{index}]", "user", text, Place.API)
    if texts is None:
        if isinstance(given, list):
            walk.close_off(name, "token_ids")
        walk.unit(name, "user", given, Place.API)
    walk.rest(body, name)
    return walk.content(len(texts or ()) or 1)


COMPLETIONS = Endpoint("completions", "/completions", read_prompts, ids="prompt", usage_if_asked=True)
EMBEDDINGS = Endpoint("embeddings", "/embeddings", read_inputs, ids="input")
