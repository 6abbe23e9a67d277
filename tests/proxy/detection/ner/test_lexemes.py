from typing import Any

import numpy as np
import pytest

from proxy.detection.ner import lexemes as module
from proxy.detection.ner.lexemes import KEPT, Lexemes
from proxy.detection.ner.weights import read


@pytest.fixture
def lexemes(small: Any) -> Lexemes:
    return Lexemes(read(small).embedding, small.vocab)


def test_a_word_keeps_its_row_and_its_vector(lexemes: Lexemes) -> None:
    row = lexemes.row("Maria")
    vectors, _ = lexemes.look_up([row])
    assert lexemes.row("Maria") == row <= KEPT
    assert lexemes.row("maria") != row
    again, _ = lexemes.look_up([lexemes.row("maria"), row])
    assert np.array_equal(again[1], vectors[0])
    assert not np.allclose(again[0], vectors[0], atol=1e-2)


def test_a_words_norm_is_part_of_it(lexemes: Lexemes) -> None:
    will, plain = lexemes.row("'ll", "will"), lexemes.row("'ll")
    vectors, _ = lexemes.look_up([will, plain])
    assert not np.allclose(vectors[0], vectors[1], atol=1e-2)


def test_the_place_between_texts_is_zero_and_white_space_is_known(lexemes: Lexemes) -> None:
    vectors, blank = lexemes.look_up([0, lexemes.row("a"), lexemes.row(" \n"), lexemes.row("\u00a0")])
    assert not vectors[0].any()
    assert blank.tolist() == [True, False, True, True]


@pytest.mark.parametrize("text", ["4111", "a1f3", "x" * 25, "\n" * 30])
def test_what_will_not_come_again_is_forgotten_after_a_look_up(lexemes: Lexemes, text: str) -> None:
    row = lexemes.row(text)
    assert lexemes.row(text) == row > KEPT
    lexemes.look_up([row])
    assert lexemes.row("another1") == row


@pytest.mark.parametrize("text", ["Maria", "12", "3rd", "-" * 24])
def test_what_may_come_again_is_remembered(lexemes: Lexemes, text: str) -> None:
    assert lexemes.row(text) <= KEPT


def test_no_more_words_are_kept_than_there_is_room_for(lexemes: Lexemes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    rows = [lexemes.row(word) for word in ("one", "two", "three", "four", "five")]
    assert rows == [1, 2, 3, 4, 5]
    assert lexemes.full
    vectors, _ = lexemes.look_up(rows)
    lexemes.clear()
    assert not lexemes.full
    again, _ = lexemes.look_up([lexemes.row("five")])
    assert np.allclose(again[0], vectors[4], atol=1e-4)


def test_a_word_that_cannot_be_hashed_is_not_remembered(lexemes: Lexemes) -> None:
    for _ in range(2):
        with pytest.raises(UnicodeEncodeError):
            lexemes.row("\ud800")
