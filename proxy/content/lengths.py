"""How many tokens a prompt surely has, and how many it may have, where nobody here has its model's tokenizer.

At least a token for each word: tokenizers split a text at spaces and line ends before they learn what to join, or
drop these, so that no token holds letters or digits on both sides of one. That is true of every token of o200k, cl100k
and SmolLM's vocabulary, which the tests look through, and of how Llama, Qwen, Mistral, Gemma and BERT split. (Words
count, not signs: o200k has a token of two `//` and the line end between them.) It says little of a text without
spaces, such as one in Chinese; so would its bytes over the longest token's, 128, and BERT's takes a long word for one.
A model that joins words, as some of research do, needs a `context_window` in its profile that allows for it.

At most a token for each byte of UTF-8, of the text itself or as it is normalised (NFKC): what a vocabulary lacks is
spelled in bytes or is one token. What a server writes around a text is bounded by constants, as Ollama's templates are,
the only server known that cuts; whoever gives it a longer one has to name a smaller `context_window`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from proxy.content.opaque import BLOCKS, ITEMS, SOURCES, TEXT_PARTS
from proxy.content.walk import Content

SPACES = b" \t\r\n"
SIGNS = bytes(byte for byte in range(128) if byte not in SPACES and not chr(byte).isalnum())
"""What is ASCII and no part of a word: alone between two spaces, it is none."""
OTHER_SPACES = "\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""Of Unicode. There are tokens of several of them; they count as nothing."""
SHAPE = bytes(ord(" ") if byte in SPACES else ord("w") for byte in range(256))
TEMPLATE = 1024
"""Tokens that a template adds to a prompt: instructions of its own, dates, how to call tools."""
AROUND = 32
"""Tokens that it adds to each message, part and tool: who speaks, where it begins and ends."""
IMAGE = 16_384
"""Tokens of an image: what the largest that Qwen2.5-VL takes becomes (12,845,056 pixels in squares of 28)."""
WRITTEN = 2
"""How often a template writes what is no text, such as the names in a tool's schema: twice where it writes XML."""
ESCAPED = 5
"""Bytes more that `<`, `>` and `&` take in the JSON of Go, which writes them as `\\u003c` and the like."""
READ = {
    "chat": ("messages",),
    "messages": ("system", "messages"),
    "responses": ("instructions", "input"),
    "completions": ("prompt",),
    "embeddings": ("input",),
}
"""Fields that a model reads as text, by endpoint."""
ONE_BY_ONE = ("completions", "embeddings")
"""Endpoints that take a list of texts, and read each by itself."""
IMAGES = frozenset({"image_url", "input_image", "image"})
"""Types of parts that are images: of chat, of responses, of Anthropic's messages."""
TEXTUAL = TEXT_PARTS.union(ITEMS, BLOCKS, SOURCES)
"""Types of what is as long as its text."""
TEXTS = frozenset({"content", "text", "output", "source", "data"})
"""Where their text stands; all else of them is written in some form."""
SAID_BEFORE = frozenset(
    {"refusal", "thinking", "redacted_thinking", "reasoning", "summary_text", "reasoning_text", "tool_use"}
)
"""What a model said or thought before: some templates leave it out, or a part of it."""


@dataclass(frozen=True)
class Prompt:
    """What a model would read of a request, as far as its length goes. Lives in memory only."""

    texts: tuple[str, ...] = field(default=(), repr=False)
    sure: tuple[str, ...] = field(default=(), repr=False)
    """Those of the texts that no template leaves out."""
    other: tuple[Any, ...] = field(default=(), repr=False)
    """What is written in some form, such as schemas and calls of tools."""
    parts: int = 0
    """Messages, their parts, and tools."""
    images: int = 0
    ids: int = 0
    """Token ids that nobody here has the text of."""
    unmeasured: bool = False
    """Whether the length of a part is not known: a file, sound, what a server keeps."""
    may_be_cut: bool = False
    """Whether the caller asked to have cut what is too long."""

    @cached_property
    def at_least(self) -> int:
        """Tokens that it surely has."""
        return words("".join(self.sure)) + self.ids  # some templates put nothing between two parts

    @cached_property
    def at_most(self) -> int | None:
        """Tokens that it may have; None where that is not known."""
        if self.unmeasured:
            return None
        written = orjson.dumps(self.other)
        escaped = sum(written.count(sign) for sign in (b"<", b">", b"&"))
        texts = sum(map(_bytes, self.texts)) + WRITTEN * (len(written) + ESCAPED * escaped)
        return texts + self.ids + IMAGE * self.images + AROUND * self.parts + TEMPLATE

    def fits(self, window: int | None, *, cuts: bool) -> bool:
        """Whether it goes into a context of so many tokens; None is one that nobody knows.

        Where a server `cuts` what is too long, this has to be sure. Any other refuses that itself: there it is enough
        that it may fit.
        """
        if self.may_be_cut or (window is None and not cuts):
            return True
        room = window or 0
        return (self.at_most is not None and self.at_most <= room) or (not cuts and self.at_least <= room)


def words(text: str) -> int:
    """Count what stands between spaces or line ends and is more than signs; of two that are hard to tell apart, one."""
    if not text.isascii():
        for space in OTHER_SPACES:
            text = text.replace(space, "")
    shape = text.encode().translate(SHAPE, SIGNS)
    return shape.count(b" w") + shape.startswith(b"w")


def prompt(endpoint: str, body: Mapping[str, Any], content: Content) -> Prompt:
    """Return what a model would read of a body at an endpoint; of texts that it reads one by one, the longest."""
    said = {**body, **content.texts.fields}
    reader = _Reader()
    for name in READ[endpoint]:
        value = said.get(name)
        if endpoint in ONE_BY_ONE and isinstance(value, list) and not _are_ids(value):
            value = max(value, key=_size, default=None)
        reader.read(value, sure=True)
    reader.other.append({name: value for name, value in body.items() if name not in READ[endpoint]})
    tools = body.get("tools")
    return Prompt(
        texts=tuple(reader.texts),
        sure=tuple(reader.sure),
        other=tuple(reader.other),
        parts=reader.parts + (len(tools) if isinstance(tools, list) else 0),
        images=reader.images,
        ids=reader.ids,
        unmeasured=reader.unmeasured
        or any(not reference.sealed for reference in content.references)
        or isinstance(body.get("prompt"), dict),
        may_be_cut=body.get("truncation") == "auto"
        or bool(body.get("truncate_prompt_tokens") or body.get("context_management")),
    )


@dataclass(slots=True)
class _Reader:
    """Goes through messages, items, blocks and parts, and puts each where it counts."""

    texts: list[str] = field(default_factory=list)
    sure: list[str] = field(default_factory=list)
    other: list[Any] = field(default_factory=list)
    parts: int = 0
    images: int = 0
    ids: int = 0
    unmeasured: bool = False

    def read(self, value: Any, *, sure: bool) -> None:
        if isinstance(value, str):
            self.parts += 1
            self.texts.append(value)
            if sure:
                self.sure.append(value)
        elif isinstance(value, dict):
            self._object(value, sure)
        elif isinstance(value, list):
            if value and _are_ids(value):
                self.ids += len(value)
            for item in value:
                self.read(item, sure=sure)

    def _object(self, value: dict[str, Any], sure: bool) -> None:
        given = value.get("type")
        kind = given if isinstance(given, str) else ""
        self.parts += 1
        if kind in IMAGES:
            self.images += 1
            return
        self.unmeasured |= given is not None and kind not in TEXTUAL
        sure = sure and value.get("role") != "assistant" and kind not in SAID_BEFORE
        for name in TEXTS & value.keys():
            self.read(value[name], sure=sure)
        self.other.append({name: item for name, item in value.items() if name not in TEXTS})


def _are_ids(value: list[Any]) -> bool:
    return all(type(item) is int for item in value)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return _bytes(value)
    return len(value) if isinstance(value, list) else 0


def _bytes(text: str) -> int:
    if text.isascii():
        return len(text)
    return max(len(text.encode()), len(unicodedata.normalize("NFKC", text).encode()))
