import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.content import token_ids
from proxy.content.token_ids import NO_TEXTS, NO_TOKENIZERS, Tokenizer, Tokenizers, Unreadable, read_json, read_ranks

WORDS = [bytes([byte]) for byte in range(256)] + [b"Hello", b" world", "ü".encode(), "漢字".encode(), b" " * 64]
LETTERS = {byte: letter for letter, byte in token_ids._BYTES.items()}
plain_texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("Hello world漢字ü"), max_size=60)


def ranks(words: list[bytes]) -> bytes:
    return b"".join(base64.b64encode(word) + b" %d\n" % at for at, word in enumerate(words))


def tokenizer_file(words: list[bytes], **changed: Any) -> dict[str, Any]:
    vocabulary = {"".join(LETTERS[byte] for byte in word): at for at, word in enumerate(words)}
    return {
        "added_tokens": [{"id": len(words), "content": "<|end|>", "special": True}],
        "decoder": {"type": "ByteLevel", "add_prefix_space": True},
        "model": {"type": "BPE", "vocab": vocabulary | {"<|end|>": len(words)}, "merges": []},
        **changed,
    }


RANKS = read_ranks(ranks(WORDS))


def encode(text: str) -> list[int]:
    """Some ids of a text: the longest token at each place."""
    data, ids = text.encode(), []
    while data:
        at, word = max(
            ((at, word) for at, word in enumerate(WORDS) if data.startswith(word)), key=lambda item: len(item[1])
        )
        ids.append(at)
        data = data[len(word) :]
    return ids


@given(plain_texts)
def test_ids_are_read_as_the_text_that_was_encoded(text: str) -> None:
    assert RANKS.decode(encode(text)) == text


@given(plain_texts.filter(bool))
def test_both_kinds_of_files_say_the_same(text: str) -> None:
    other = read_json(json.dumps(tokenizer_file(WORDS)).encode())
    assert other.sha256 == RANKS.sha256
    assert other.decode(encode(text)) == text


def test_the_letters_of_a_byte_level_vocabulary_are_those_of_gpt_2() -> None:
    assert len(token_ids._BYTES) == 256
    assert sorted(token_ids._BYTES.values()) == list(range(256))
    assert [token_ids._BYTES[letter] for letter in "AĠĊĉéÃ"] == [0x41, 0x20, 0x0A, 0x09, 0xE9, 0xC3]


@given(st.lists(st.integers(-5, len(WORDS) + 5) | st.booleans() | st.floats() | st.none() | st.text() | st.just([1])))
def test_what_is_no_text_is_never_read(ids: list[Any]) -> None:
    text = RANKS.decode(ids)
    if text is None:
        return
    assert all(type(at) is int for at in ids)
    assert text.encode() == b"".join(WORDS[at] for at in ids)


def test_half_of_a_character_is_no_text() -> None:
    one, two = "é".encode()
    assert RANKS.decode([one, two]) == "é"
    assert RANKS.decode([one]) is RANKS.decode([two, one]) is None


def test_special_and_added_tokens_are_no_text() -> None:
    read = read_json(json.dumps(tokenizer_file(WORDS)).encode())
    assert read.decode([len(WORDS)]) is None
    assert read.decode([0, len(WORDS), 1]) is None
    assert Tokenizer.of({0: b"a", 2: b"b"}).decode([0, 1, 2]) is None


def test_a_few_ids_cannot_become_an_endless_text(monkeypatch: pytest.MonkeyPatch) -> None:
    spaces = len(WORDS) - 1
    tokenizers = Tokenizers({"m": RANKS})
    monkeypatch.setattr(token_ids, "MAX_CHARS", 64 * 10)
    assert RANKS.decode([spaces] * 10) == " " * 640
    assert RANKS.decode([spaces] * 11) is None
    assert tokenizers.texts({"model": "m", "input": [[spaces] * 5] * 2}, "input").fields
    assert tokenizers.texts({"model": "m", "input": [[spaces] * 5] * 3}, "input") is NO_TEXTS
    monkeypatch.setattr(token_ids, "MAX_IDS", 8)
    assert RANKS.decode([0] * 9) is None
    assert tokenizers.texts({"model": "m", "input": [[65] * 4] * 3}, "input") is NO_TEXTS


def test_a_models_own_tokenizer_comes_before_that_of_the_longest_beginning() -> None:
    found = [Tokenizer.of({0: bytes([byte])}) for byte in b"abcd"]
    tokenizers = Tokenizers(dict(zip(["gpt-4", "gpt-4*", "g*", "*"], found, strict=True)))
    named = {name: tokenizers.of(name) for name in ("gpt-4", "gpt-4o", "gemma", "qwen")}
    assert list(named.values()) == found
    assert len({id(one) for pair in pairwise(found) for one in pair}) == 4
    assert NO_TOKENIZERS.of("gpt-4") is None


@pytest.mark.parametrize(
    "body",
    [{}, {"model": "m"}, {"model": "m", "input": "a"}, {"model": "x", "input": [65]}, {"model": 5, "input": [65]}],
)
def test_nothing_is_said_in_place_of_what_are_no_ids(body: dict[str, Any]) -> None:
    assert Tokenizers({"m": RANKS}).texts(body, "input") is NO_TEXTS
    assert Tokenizers({"m": RANKS}).texts({"model": "m", "input": [65]}, "") is NO_TEXTS


BROKEN = {
    "nothing": b"",
    "no id": b"YQ==\n",
    "no base64": b"a 0\n",
    "no token": b" 0\n",
    "a sign": b"YQ== -1\n",
    "an id twice": b"YQ== 0\nYg== 0\n",
    "an id beyond all": b"YQ== 1048576\n",
    "an id without end": b"YQ== " + b"1" * 5000 + b"\n",
    "three words": b"YQ== 0 1\n",
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_of_ranks_is_refused_without_repeating_it(name: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_ranks(BROKEN[name])
    assert "YQ" not in str(refused.value)


def test_the_line_of_a_mistake_is_named() -> None:
    with pytest.raises(Unreadable, match="line 2 "):
        read_ranks(b"YQ== 0\nYg== x\n")


def test_blank_lines_and_other_line_ends_do_no_harm() -> None:
    assert read_ranks(b"YQ== 0\r\n\r\nYg== 1").decode([0, 1]) == "ab"


VOCABULARY = {"type": "BPE", "vocab": {"a": 0, "b": 1}}
OTHER_KINDS = {
    "no json": b"{",
    "a list": b"[]",
    "nothing": b"{}",
    "too deep": b"[" * 100_000,
    "word pieces": tokenizer_file(WORDS, model={**VOCABULARY, "type": "WordPiece"}),
    "bytes that fall back": tokenizer_file(WORDS, model={**VOCABULARY, "byte_fallback": True}),
    "ends of words": tokenizer_file(WORDS, model={**VOCABULARY, "end_of_word_suffix": "</w>"}),
    "pieces of sentences": tokenizer_file(WORDS, decoder={"type": "Metaspace"}),
    "a step before": tokenizer_file(
        WORDS, decoder={"type": "Sequence", "decoders": [{"type": "Replace"}, {"type": "ByteLevel"}]}
    ),
    "no decoder": tokenizer_file(WORDS, decoder=None),
    "ids that are no numbers": tokenizer_file(WORDS, model={**VOCABULARY, "vocab": {"a": "0"}}),
    "ids that are true": tokenizer_file(WORDS, model={**VOCABULARY, "vocab": {"a": True}}),
    "an id twice": tokenizer_file(WORDS, model={**VOCABULARY, "vocab": {"a": 0, "b": 0}}),
    "a negative id": tokenizer_file(WORDS, model={**VOCABULARY, "vocab": {"a": -1}}),
    "a list of tokens": tokenizer_file(WORDS, model={**VOCABULARY, "vocab": ["a"]}),
    "only letters that are no bytes": tokenizer_file(WORDS, model={**VOCABULARY, "vocab": {"漢": 0}}),
}


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_a_file_of_any_other_kind_is_refused(name: str) -> None:
    file = OTHER_KINDS[name]
    with pytest.raises(Unreadable):
        read_json(file if isinstance(file, bytes) else json.dumps(file).encode())


def test_a_decoder_of_one_step_is_that_step() -> None:
    steps = {"type": "Sequence", "decoders": [{"type": "ByteLevel"}]}
    read = read_json(json.dumps(tokenizer_file(WORDS, decoder=steps, model=VOCABULARY)).encode())
    assert read.decode([1, 0]) == "ba"
