"""What the vendor's own library can write: each kind of item, part and tool is told in words, or not read at all."""

import typing
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import typing_extensions
from openai.types.responses import (
    response_create_params,
    response_input_item_param,
    response_input_message_content_list_param,
    tool_param,
)
from openai.types.responses.response_includable import ResponseIncludable

from proxy.api.stored import INCLUDED
from proxy.endpoints.responses import read
from proxy.errors import RequestRefused

ITEMS = frozenset(
    """
    message function_call function_call_output custom_tool_call custom_tool_call_output reasoning item_reference
    """.split()  # noqa: SIM905
)
PARTS = frozenset({"input_text"})
TOOLS = frozenset({"function", "custom"})
CHOICES = frozenset({"function", "custom", "allowed_tools"})
REFERRING = frozenset({"previous_response_id", "conversation"})
"""What is an id, or refused."""


def members(union: Any) -> Iterator[Any]:
    """Yield the TypedDicts of a union, however they are wrapped."""
    if isinstance(union, typing.ForwardRef | str):
        return
    if typing_extensions.is_typeddict(union):
        yield union
    for each in typing.get_args(union):
        yield from members(each)


def types(union: Any) -> dict[str, Any]:
    """Return each `type` that a union knows, with an object of it, which has every field that is a string."""
    found: dict[str, Any] = {}
    for shape in members(union):
        hints = typing_extensions.get_type_hints(shape)
        for kind in literals(hints.get("type")):
            filled = {name: "x" for name, hint in hints.items() if hint is str and name not in {"file_id", "id"}}
            found.setdefault(kind, {**filled, "type": kind})
    return found


def literals(hint: Any) -> Iterator[str]:
    if typing.get_origin(hint) is Literal:
        yield from (value for value in typing.get_args(hint) if isinstance(value, str))
    else:
        for each in typing.get_args(hint):
            yield from literals(each)


ITEM_TYPES = types(response_input_item_param.ResponseInputItemParam)
PART_TYPES = types(response_input_message_content_list_param.ResponseInputContentParam)
TOOL_TYPES = types(tool_param.ToolParam)
CHOICE_TYPES = types(response_create_params.ToolChoice)


def opaque(**fields: Any) -> bool:
    content = read({"model": "m", "input": "hi", **fields}, 64)
    return bool(content.opaque or content.references)


def test_the_library_is_read_as_it_should_be() -> None:
    """The control: were one of these empty, nothing below would be shown."""
    assert ITEM_TYPES.keys() > ITEMS
    assert PART_TYPES.keys() > PARTS
    assert TOOL_TYPES.keys() > TOOLS
    assert CHOICE_TYPES.keys() > CHOICES - {"allowed_tools"}
    assert len(ITEM_TYPES) + len(PART_TYPES) + len(TOOL_TYPES) + len(CHOICE_TYPES) > 50


@pytest.mark.parametrize("kind", sorted(ITEM_TYPES))
def test_an_item_is_told_in_words_or_is_not_read(kind: str) -> None:
    plain = ITEMS - {"item_reference"}
    assert opaque(input=[{**ITEM_TYPES[kind], "id": "x"}]) == (kind not in plain or kind == "reasoning")


@pytest.mark.parametrize("kind", sorted(PART_TYPES))
def test_a_part_of_a_message_is_text_or_is_not_read(kind: str) -> None:
    assert opaque(input=[{"role": "user", "content": [PART_TYPES[kind]]}]) == (kind not in PARTS)
    assert opaque(input=[{"type": "function_call_output", "call_id": "c", "output": [PART_TYPES[kind]]}]) == (
        kind not in PARTS
    )


@pytest.mark.parametrize("kind", sorted(TOOL_TYPES))
def test_a_tool_of_the_vendors_own_or_somebody_elses_is_not_read(kind: str) -> None:
    assert opaque(tools=[TOOL_TYPES[kind]]) == (kind not in TOOLS)


@pytest.mark.parametrize("kind", sorted(CHOICE_TYPES))
def test_a_choice_of_such_a_tool_is_not_read_either(kind: str) -> None:
    assert opaque(tool_choice=CHOICE_TYPES[kind]) == (kind not in CHOICES)


def test_whatever_the_api_can_include_may_be_asked_for_again() -> None:
    assert [value for value in typing.get_args(ResponseIncludable) if INCLUDED.fullmatch(value) is None] == []
    assert INCLUDED.fullmatch("reasoning.encrypted_content and more") is None


@pytest.mark.parametrize(
    "name", sorted(typing_extensions.get_type_hints(response_create_params.ResponseCreateParamsBase))
)
def test_no_field_of_the_api_hides_what_a_scan_cannot_read(name: str) -> None:
    """An image, a file of elsewhere and an array of numbers are seen wherever they stand."""
    for hidden in ({"image_url": "x"}, {"file_url": "x"}, {"type": "input_image"}, {"x": [1, 2, 3, 4, 5, 6, 7, 8, 9]}):
        if name in REFERRING:
            with pytest.raises(RequestRefused):
                opaque(**{name: hidden})
        elif name not in {"model", "metadata"}:  # one is a string, the other is free
            assert opaque(**{name: [hidden] if name in {"input", "tools"} else hidden})
