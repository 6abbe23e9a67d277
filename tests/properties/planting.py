"""Where a value can hide in a chat body, in which clothes, and how to see that it got out."""

import base64
import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from properties.values import VALUES, Value

SENTENCES = (
    "Write a short story about a lighthouse.",
    "How do I sort a list of dictionaries?",
    "Explain why the sky is blue.",
    "Give me three ideas for a garden.",
    "What is the difference between a stack and a queue?",
    "Summarise the rules of chess.",
    "Which tree grows fastest?",
    "Turn this loop into a comprehension.",
    "Please check the spelling of this sentence.",
    "How long should an egg boil?",
)
HOMOGLYPHS = str.maketrans("aceopxyiABEKMHOPCTX", "асеорхуіАВЕКМНОРСТХ")  # noqa: RUF001 - that is the point


def wide(text: str) -> str:
    return "".join(chr(ord(char) - 48 + 0xFF10) if char in "0123456789" else char for char in text)


def zero_width(text: str) -> str:
    return "".join(char + "\u200b\u2060\ufeff\u00ad"[at % 4] if at % 3 == 1 else char for at, char in enumerate(text))


def entities(text: str) -> str:
    return "".join(f"&#{ord(char)};" if at % 2 else f"&#x{ord(char):x};" for at, char in enumerate(text))


def escapes(text: str) -> str:
    return "".join(f"\\u{unit:04x}" for char in text for unit in _units(char))


def _units(char: str) -> list[int]:
    data = char.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


LOOKS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "full-width": wide,
    "zero-width": zero_width,
    "homoglyph": lambda text: text.translate(HOMOGLYPHS),
}
LAYERS: dict[str, Callable[[str], str]] = {
    "url": quote,
    "url-all": percent,
    "html": html.escape,
    "html-all": entities,
    "escapes": escapes,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
    "json": lambda text: json.dumps({"entry": text}),
}
GROWING = ("url-all", "html-all", "escapes", "hex")
"""Encodings that multiply the length; nested in each other they would outgrow what a chat body is."""
MAX_LAYERS = 3
"""The depth to which views are documented to look (`proxy.detection.views.MAX_DEPTH`)."""
CARRIERS = (
    "{}",
    "{}",
    "Please file {} with the rest.",
    "({})",
    "value={}",
    "first line\n{}\nlast line",
    '"{}"',
    "a;{};b",
    "a, {}, b",
    "a,{},b",
    "a\t{}\tb",
    "<td>{}</td>",
    "| {} |",
    "`{}`",
    "It is {}.",
    "entry: {}",
    "[{}]",
)


@dataclass(frozen=True)
class Hidden:
    """A value in its clothes. `text` is what stands in the body."""

    value: Value
    dress: tuple[str, ...]
    text: str


@dataclass
class Planted:
    """A chat body, and the pieces of the hidden value in it as they stand there."""

    body: dict[str, Any]
    place: str
    hidden: Hidden | None
    pieces: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        what = f"{self.hidden.value.kind} as {'+'.join(self.hidden.dress)}" if self.hidden else "nothing"
        return f"{what} in {self.place}: {json.dumps(self.body)}"

    def leaked(self, received: bytes) -> bool:
        """Whether the value, or a piece of the form it was planted in, stands in what somebody received."""
        if self.hidden is None:
            return False
        wanted = {*self.pieces, self.hidden.value.bare, self.hidden.text}
        forms = {form for text in wanted for form in (text.encode(), *_as_json(text))}
        return any(form in received for form in forms)


def _as_json(text: str) -> tuple[bytes, bytes]:
    return json.dumps(text)[1:-1].encode(), json.dumps(text, ensure_ascii=False)[1:-1].encode()


@st.composite
def hidden(draw: st.DrawFn, *, layers: int = MAX_LAYERS, labelled: bool = True) -> Hidden:
    value = draw(VALUES)
    look = draw(st.sampled_from(["plain", "plain", "plain", *LOOKS]))
    names = draw(st.lists(st.sampled_from(list(LAYERS)), max_size=layers)) if layers and draw(st.booleans()) else []
    names = [name for at, name in enumerate(names) if name not in GROWING or not set(names[:at]) & set(GROWING)]
    text = LOOKS[look](value.text if labelled else value.bare)
    if names:
        text = draw(st.sampled_from(["{}", "{}", "The entry: {}"])).format(text)
    for name in names:
        text = LAYERS[name](text)
    return Hidden(value, (look, *names), text)


@st.composite
def bodies(draw: st.DrawFn) -> Planted:
    """Return a valid chat body; four of five hold a value somewhere, the others are harmless in the same places."""
    place = draw(st.sampled_from(list(PLACES)))
    if draw(st.integers(0, 4)) == 0:
        what, text = None, draw(st.sampled_from(SENTENCES))
    else:
        what = draw(hidden(layers=0 if place in SPLIT else MAX_LAYERS, labelled=place not in KEYED))
        text = what.text
    body, pieces = PLACES[place](draw, text, what)
    return Planted(body, place, what, pieces)


Place = Callable[[st.DrawFn, str, Hidden | None], tuple[dict[str, Any], tuple[str, ...]]]


def chat(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    given = list(messages) or [{"role": "user", "content": SENTENCES[0]}]
    return {"model": "gpt-4o-mini", "messages": given, **fields}


def _carried(draw: st.DrawFn, text: str) -> str:
    return draw(st.sampled_from(CARRIERS)).format(text)


def content(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    role = draw(st.sampled_from(["user", "system", "developer", "assistant"]))
    message = {"role": role, "content": _carried(draw, text)}
    return chat({"role": "user", "content": SENTENCES[1]}, message, {"role": "user", "content": SENTENCES[2]}), (text,)


def tool_result(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    called = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": SENTENCES[1]},
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"found": [_carried(draw, text)]})},
        {"role": "user", "content": SENTENCES[2]},
    ]
    return chat(*messages), (json.dumps(text)[1:-1],)


def arguments(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    nested: Any = text
    for _ in range(draw(st.integers(0, 2))):
        nested = draw(st.sampled_from([{"inner": nested}, [nested]]))
    said = json.dumps({"query": nested})
    called = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": said}}
    done = {"role": "tool", "tool_call_id": "call_1", "content": "done"}
    first = {"role": "user", "content": SENTENCES[1]}
    return chat(first, {"role": "assistant", "tool_calls": [called]}, done), (json.dumps(text)[1:-1],)


def text_part(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    parts = [{"type": "text", "text": SENTENCES[3]}, {"type": "text", "text": _carried(draw, text)}]
    return chat({"role": "user", "content": parts}), (text,)


def name(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    return chat({"role": "user", "name": text, "content": SENTENCES[4]}), (text,)


def identifier(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    """Fields that a model server mostly copies: nobody looks at them, and all of them are sent."""
    where = draw(st.sampled_from(["role", "call id", "tool type", "tool_choice", "response_format"]))
    called = {"id": text, "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
    first = {"role": "user", "content": SENTENCES[7]}
    if where == "role":
        return chat({"role": text, "content": SENTENCES[7]}), (text,)
    if where == "call id":
        return chat(first, {"role": "assistant", "tool_calls": [called]}), (text,)
    if where == "tool type":
        return chat(tools=[{"type": text, "function": {"name": "lookup"}}]), (text,)
    return chat(**{where: {"type": text}}), (text,)


def tool_schema(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    said = _carried(draw, text)
    where = draw(st.sampled_from(["description", "default", "enum", "title", "property", "name"]))
    field_ = {"type": "string", **({"enum": ["a", said]} if where == "enum" else {where: said})}
    properties = {said: {"type": "string"}} if where == "property" else {"q": field_}
    function = {
        "name": "lookup",
        "description": SENTENCES[5],
        "parameters": {"type": "object", "properties": properties},
    }
    if where == "name":
        function["name"] = said
    return chat(tools=[{"type": "function", "function": function}]), (text,)


def known_field(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    said = _carried(draw, text)
    fields = draw(
        st.sampled_from(
            [
                {"user": said},
                {"stop": said},
                {"stop": ["END", said]},
                {"metadata": {"topic": said}},
                {"metadata": {said: "topic"}},
                {"safety_identifier": said},
                {"prompt_cache_key": said},
                {"prediction": {"type": "content", "content": said}},
                {"response_format": {"type": "json_schema", "json_schema": {"name": "r", "schema": {"const": said}}}},
                {"service_tier": said},
                {"reasoning_effort": said},
            ]
        )
    )
    return chat(**fields), (text,)


def unknown_field(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    nested: Any = _carried(draw, text)
    if draw(st.booleans()):
        nested = {nested: draw(st.sampled_from([1, "x", None, True]))}
    for _ in range(draw(st.integers(0, 12))):
        nested = draw(st.sampled_from([{"more": nested}, [nested], {"id": 7, "more": [nested, None]}, [False, nested]]))
    at = draw(st.sampled_from(["x_extra", "extra_body", "context", "messages.0"]))
    if at == "messages.0":
        return chat({"role": "user", "content": SENTENCES[6], "x_annotations": nested}), (text,)
    return chat(**{at: nested}), (text,)


def number(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    """A JSON number, where the value is one; else the text under the key that it would have."""
    if what is None:
        value: Any = draw(st.integers(0, 9999))
    else:
        value = what.value.number if what.value.number is not None else text
    if isinstance(value, int) and what is not None:
        value = draw(st.sampled_from([value, value, -value, float(value) if value < 2**53 else value]))
    key = what.value.key if what else "count"
    shapes: list[dict[str, Any]] = [
        {"metadata": {key: value}},
        {"x_rows": [{"kind": "row", key: value}]},
        {"x_deep": {"of": {key: value}}},
    ]
    pieces = (str(value),)
    if draw(st.booleans()):
        said = json.dumps({key: value})
        called = {"id": "call_1", "type": "function", "function": {"name": "save", "arguments": said}}
        done = {"role": "tool", "tool_call_id": "call_1", "content": "done"}
        body = chat({"role": "user", "content": SENTENCES[7]}, {"role": "assistant", "tool_calls": [called]}, done)
        return body, (json.dumps(value).strip('"'),)
    return chat(**draw(st.sampled_from(shapes))), pieces


def keyed(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    key = what.value.key if what else "note"
    return chat(x_form={"title": SENTENCES[8], key: text}), (text,)


def cut(draw: st.DrawFn, text: str) -> list[str]:
    """Cut into two or three pieces, none of them empty."""
    places = sorted(draw(st.sets(st.integers(1, len(text) - 1), min_size=1, max_size=2)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def split_parts(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    pieces = cut(draw, text)
    parts = [{"type": "text", "text": piece} for piece in pieces]
    if draw(st.booleans()):
        parts[0]["text"] = f"Note: {parts[0]['text']}"
    return chat({"role": "user", "content": parts}), (max(pieces, key=len),)


def split_messages(draw: st.DrawFn, text: str, what: Hidden | None) -> Any:
    pieces = cut(draw, text)
    role = draw(st.sampled_from(["user", "assistant"]))
    return chat(*({"role": role, "content": piece} for piece in pieces)), (max(pieces, key=len),)


PLACES: dict[str, Place] = {
    "a message": content,
    "a tool result": tool_result,
    "tool arguments": arguments,
    "a text part": text_part,
    "a message's name": name,
    "an identifier": identifier,
    "a tool's schema": tool_schema,
    "a known field": known_field,
    "an unknown field": unknown_field,
    "a number": number,
    "a field of its own name": keyed,
    "split over parts": split_parts,
    "split over messages": split_messages,
}
KEYED = frozenset({"a number", "a field of its own name"})
"""Here the key says what the value is, so the value itself does not."""
SPLIT = frozenset({"split over parts", "split over messages"})
"""Split values are planted without an encoding: a piece of base64 in each message is beyond what is documented."""
