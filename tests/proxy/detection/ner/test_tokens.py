from typing import Any

import pytest

from proxy.detection.ner import tokens as module
from proxy.detection.ner.lexemes import Lexemes
from proxy.detection.ner.recogniser import pieces
from proxy.detection.ner.tokens import Tokens
from proxy.detection.ner.weights import read


@pytest.fixture
def lexemes(small: Any) -> Lexemes:
    return Lexemes(read(small).embedding, small.vocab)


@pytest.fixture
def tokens(small: Any, lexemes: Lexemes) -> Tokens:
    return Tokens(small.tokenizer, lexemes)


def test_texts_have_spacys_tokens(tokens: Tokens, lexemes: Lexemes, small: Any, texts: list[str]) -> None:
    for text in texts:
        expected = [(token.idx, token.idx + len(token)) for token in small.make_doc(text)]
        found = []
        for offset, piece in pieces(text):
            found += [(start, end) for _, start, end in tokens.read(piece, offset, opens=offset == 0)]
            lexemes.look_up([0])
        assert found == expected


def test_a_tokens_row_is_that_of_its_text_and_norm(tokens: Tokens, lexemes: Lexemes) -> None:
    assert [row for row, _, _ in tokens.read("I don't know.", 0, opens=True)] == [
        lexemes.row("I"),
        lexemes.row("do", "do"),
        lexemes.row("n't", "not"),
        lexemes.row("know"),
        lexemes.row("."),
    ]


def test_a_space_before_a_word_is_a_token_only_where_a_text_begins(tokens: Tokens) -> None:
    assert [span[1:] for span in tokens.read(" a", 0, opens=True)] == [(0, 1), (1, 2)]
    assert [span[1:] for span in tokens.read(" a", 50, opens=False)] == [(51, 52)]


def test_a_smiley_over_white_space_is_none(tokens: Tokens) -> None:
    assert [span[1:] for span in tokens.read("f(x): )", 0, opens=True)] == [(0, 3), (3, 5), (6, 7)]


def test_words_are_remembered_and_numbers_are_not(tokens: Tokens) -> None:
    tokens.read('Maria "name": 4111-1111 tok_3fa9 ' + "z" * 40, 0, opens=True)
    assert set(tokens._runs) == {"Maria", '"name":'}
    tokens.clear()
    assert not tokens._runs


def test_memory_of_runs_is_bounded(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RUNS", 10)
    tokens.read(" ".join(chr(97 + n % 26) * (1 + n // 26) for n in range(100)), 0, opens=True)
    assert len(tokens._runs) <= 10
