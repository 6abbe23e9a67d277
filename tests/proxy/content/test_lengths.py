import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest
from harness import NO_TLS
from hypothesis import given, settings
from hypothesis import strategies as st
from real_model import embedded

from deploy.demo.embedded import weights
from proxy.content.lengths import AROUND, IMAGE, TEMPLATE, Prompt, prompt, words
from proxy.content.token_ids import NO_TOKENIZERS, Tokenizer, Tokenizers
from proxy.endpoints.endpoint import Endpoint
from proxy.endpoints.served import BY_NAME

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.lists(
    st.sampled_from(
        ["word", "Größe", "//", "\n", "  ", "\t", "数据", "e\u0301", "\ufdfa", "x" * 60, "12345", "🧪", "_"]
    )
).map("".join)


def length(endpoint: str, body: dict[str, Any], tokenizers: Tokenizers = NO_TOKENIZERS) -> Prompt:
    served: Endpoint = BY_NAME[endpoint]
    full = {"model": "m", **body}
    return prompt(endpoint, full, served.said(full, 64, tokenizers))


def said(text: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": text}]}


@pytest.fixture(scope="module")
def model() -> Iterator[httpx.Client]:
    """A real model server, which says how many tokens a text and a prompt have."""
    with embedded() as url, httpx.Client(base_url=url.removesuffix("/v1"), verify=NO_TLS, timeout=60) as client:
        yield client


@settings(max_examples=40, deadline=None)
@given(text=TEXTS)
def test_a_real_tokenizer_makes_no_fewer_and_no_more_tokens_of_a_text(model: httpx.Client, text: str) -> None:
    tokens = len(model.post("/tokenize", json={"content": text}).json()["tokens"])
    bounds = Prompt(texts=(text,), sure=(text,))
    assert bounds.at_most is not None
    assert bounds.at_least <= tokens <= bounds.at_most - TEMPLATE


TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {"q": {}}}}}


@pytest.mark.parametrize(
    "body",
    [
        said("hi"),
        said("one two three " * 40),
        {"messages": [{"role": role, "content": "so it goes"} for role in ("system", *("user", "assistant") * 2)]},
        said([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
        {**said("what is the weather?"), "tools": [TOOL] * 5},
    ],
    ids=["short", "long", "many messages", "parts", "tools"],
)
def test_what_a_real_server_reads_is_between_the_bounds(model: httpx.Client, body: dict[str, Any]) -> None:
    answer = model.post("/v1/chat/completions", json={**body, "max_tokens": 1}).json()
    bounds = length("chat", body)
    assert bounds.at_most is not None
    assert bounds.at_least <= answer["usage"]["prompt_tokens"] <= bounds.at_most


def gguf(path: Path) -> list[bytes]:
    """Read the vocabulary of a model file; source: ggml's docs/gguf.md."""
    with path.open("rb") as file:
        file.seek(16)
        (count,) = struct.unpack("<Q", file.read(8))
        for _ in range(count):
            name = _text(file)
            value = _value(file, struct.unpack("<I", file.read(4))[0])
            if name == "tokenizer.ggml.tokens":
                return [str(token).translate(str.maketrans("ĠĊčĉ", " \n\r\t")).encode() for token in value]
    raise AssertionError("no vocabulary")


def _text(file: BinaryIO) -> str:
    return file.read(struct.unpack("<Q", file.read(8))[0]).decode()


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == 8:
        return _text(file)
    if kind == 9:
        of, count = struct.unpack("<IQ", file.read(12))
        return [_value(file, of) for _ in range(count)]
    form = "<" + "BbHhIif?__QQqd"[kind].replace("_", "I")
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def test_no_token_of_a_real_model_holds_two_words() -> None:  # tests/clients/test_vocabularies.py has others
    tokens = gguf(weights())
    assert len(tokens) > 40_000
    assert [token for token in tokens if words(token.decode(errors="replace")) > 1] == []


def test_such_a_token_would_be_noticed() -> None:
    assert words(" of the") == 2
    assert words("  //\n//;\n") == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("  a  ", 1),
        ("a\tb\r\nc", 3),
        ("it's (well) - so_so", 3),
        ("größer als", 2),
        ("\x0ba\x1cb", 1),
        ("7", 1),
    ],
)
def test_words_are_counted(text: str, expected: int) -> None:
    assert words(text) == expected


IMAGE_URL = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
SOURCE = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
BLOCK = {"type": "image", "source": SOURCE}


@pytest.mark.parametrize(
    ("endpoint", "body", "images"),
    [
        ("chat", said([IMAGE_URL, IMAGE_URL]), 2),
        ("chat", said([{"type": "text", "text": "image_url"}]), 0),
        ("responses", {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://x"}]}]}, 1),
        (
            "responses",
            {"input": [{"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]}]},
            1,
        ),
        ("messages", said([BLOCK]), 1),
        ("messages", said([{"type": "tool_result", "tool_use_id": "t", "content": [BLOCK]}]), 1),
        (
            "messages",
            said([{"type": "document", "source": {"type": "content", "content": [BLOCK]}}]),
            1,
        ),
        ("messages", said([{"type": "tool_use", "id": "t", "name": "n", "input": {"type": "image"}}], "assistant"), 0),
        ("completions", {"prompt": "an image_url"}, 0),
    ],
)
def test_an_image_is_seen_wherever_an_endpoint_takes_one(endpoint: str, body: dict[str, Any], images: int) -> None:
    found = length(endpoint, body)
    assert found.images == images
    assert found.at_most is not None
    assert IMAGE * images < found.at_most < IMAGE * images + TEMPLATE + 2000


@pytest.mark.parametrize(
    ("endpoint", "body", "least"),
    [
        ("chat", said("one two three"), 3),
        ("chat", said("one two three", "assistant"), 0),
        ("chat", {**said("one two"), "prompt": "of no chat", "metadata": {"a": "long story"}}, 2),
        ("messages", {"system": [{"type": "text", "text": "be kind"}], **said("to all")}, 3),
        ("responses", {"instructions": "be kind", "input": "to all"}, 3),
        ("responses", {"input": [{"role": "user", "content": "one two"}, {"type": "reasoning", "summary": []}]}, 2),
        ("completions", {"prompt": ["one", "one two", ""]}, 2),
        ("embeddings", {"input": [[1, 2, 3], [4]]}, 3),
        ("embeddings", {"input": [1, 2, 3, 4]}, 4),
        ("embeddings", {"input": "one two"}, 2),
    ],
)
def test_only_what_a_model_surely_reads_counts_at_least(endpoint: str, body: dict[str, Any], least: int) -> None:
    assert length(endpoint, body).at_least == least


def test_ids_that_could_be_read_count_as_their_text() -> None:
    tokenizers = Tokenizers({"m": Tokenizer.of({1: b"one two", 2: b" three"})})
    assert length("embeddings", {"input": [1, 2]}, tokenizers).at_least == 3


def test_of_texts_that_are_read_one_by_one_the_longest_counts() -> None:
    many = length("embeddings", {"input": ["word " * 10] * 1000})
    assert (many.at_least, many.at_most) == (10, length("embeddings", {"input": "word " * 10}).at_most)


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("chat", said([{"type": "file", "file": {"file_id": "f"}}])),
        ("chat", said([{"type": "input_audio", "input_audio": {}}])),
        ("chat", said([{"type": ["text"], "text": "a"}])),
        ("messages", said([{"type": "document", "source": SOURCE}])),
        ("responses", {"input": "and?", "previous_response_id": "resp_1"}),
        ("responses", {"input": "and?", "conversation": "conv_1"}),
        ("responses", {"prompt": {"id": "pmpt_1"}}),
    ],
)
def test_what_cannot_be_measured_has_no_upper_bound(endpoint: str, body: dict[str, Any]) -> None:
    assert length(endpoint, body).at_most is None


def test_what_stands_in_schemas_and_calls_counts_at_most_as_it_may_be_written() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": "<b>"}'}}
    bare = length("chat", said("a"))
    with_call = length("chat", {"messages": [{"role": "assistant", "content": "a", "tool_calls": [call]}]})
    with_tool = length("chat", {**said("a"), "tools": [TOOL]})
    assert bare.at_most is not None
    assert with_call.at_most is not None
    assert with_tool.at_most is not None
    assert with_call.at_most > bare.at_most + len(str(call))
    assert with_tool.at_most > bare.at_most + len(str(TOOL)) + AROUND


SHORT, LONG = Prompt(texts=("a",), sure=("a",)), Prompt(texts=("a " * 9000,), sure=("a " * 9000,))
UNCLEAR = Prompt(texts=("a" * 9000,), sure=("a" * 9000,))


@pytest.mark.parametrize(
    ("asked", "window", "goes", "goes_where_it_would_be_cut"),
    [
        (SHORT, 4096, True, True),
        (SHORT, None, True, False),
        (UNCLEAR, 4096, True, False),
        (UNCLEAR, 32_768, True, True),
        (LONG, 4096, False, False),
        (LONG, None, True, False),
        (Prompt(unmeasured=True), 10**6, True, False),
        (Prompt(texts=LONG.texts, sure=LONG.sure, may_be_cut=True), 4096, True, True),
    ],
    ids=["short", "context unknown", "may fit", "fits", "too long", "long and unknown", "unmeasured", "cut by wish"],
)
def test_where_it_would_be_cut_it_has_to_fit_for_sure(
    asked: Prompt, window: int | None, goes: bool, goes_where_it_would_be_cut: bool
) -> None:
    assert asked.fits(window, cuts=False) is goes
    assert asked.fits(window, cuts=True) is goes_where_it_would_be_cut


def test_an_ordinary_prompt_of_4000_tokens_is_sure_to_fit_into_32k() -> None:
    english = ("The committee met on Tuesday and agreed on three of the four proposals. " * 300)[:18_000]
    assert length("messages", said(english)).fits(32_768, cuts=True)


@pytest.mark.parametrize("body", [{"truncation": "auto"}, {"truncate_prompt_tokens": 100}, {"context_management": [1]}])
def test_a_caller_may_ask_to_have_its_prompt_cut(body: dict[str, Any]) -> None:
    assert length("responses", {"input": "a", **body}).may_be_cut
    assert not length("responses", {"input": "a", "truncation": "disabled"}).may_be_cut


def test_no_text_is_shown_with_it() -> None:
    assert "Jane" not in repr(length("chat", {**said("Jane"), "tools": [{"type": "function", "name": "Jane"}]}))
