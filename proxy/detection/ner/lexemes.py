"""The vectors of words before they see their neighbours: they depend on the word alone, so they are kept."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proxy.detection.ner.network import embed
from proxy.detection.ner.weights import ATTRIBUTES, Embedding, Floats

KEPT = 6000
"""Words that are remembered, 400 bytes each."""
PASSING = 8192
"""Room for words that are forgotten after a look-up, more than it can have."""
ONCE = re.compile(r"(?=.{4}).*\d|.{25}", re.DOTALL)
"""What is not remembered: identifiers, long numbers and secrets seldom come again, and should not stay."""


class Lexemes:
    """A table of vectors with a row a word. Row 0 is all zero, for the place before, between and after texts.

    Of the vocabulary only its functions are kept: with the strings of its vectors it takes more room than all else.
    """

    def __init__(self, embedding: Embedding, vocab: Any) -> None:
        from spacy import attrs  # noqa: PLC0415 - spaCy is imported by whoever loads a model
        from spacy.strings import get_string_id  # noqa: PLC0415 - the same

        self._embedding = embedding
        getters = vocab.lex_attr_getters
        self._attributes = [getters[getattr(attrs, name)] for name in ATTRIBUTES]
        self._is_space = getters[attrs.IS_SPACE]
        self._hash = get_string_id
        width = embedding.mix.weights.shape[1] // embedding.mix.pieces
        self._table = np.zeros((1 + KEPT + PASSING, width), np.float32)
        self._blank = np.zeros(len(self._table), np.bool_)
        self._blank[0] = True
        self._kept: dict[tuple[str, str | None], int] = {}
        self._passing: dict[tuple[str, str | None], int] = {}
        self._new: list[tuple[int, list[int], int]] = []

    @property
    def full(self) -> bool:
        """Whether no more words can be remembered."""
        return len(self._kept) >= KEPT

    def clear(self) -> None:
        """Forget all words; their rows must not be looked up any more."""
        self._kept.clear()
        self._passing.clear()
        self._new.clear()

    def row(self, text: str, norm: str | None = None) -> int:
        """Return the row of a word, with the norm that a tokenizer's rule gives it; above KEPT for one look-up only."""
        key = text, norm
        row = self._kept.get(key) or self._passing.get(key)
        if row is None:
            values = [getter(text) for getter in self._attributes]
            values[0] = norm or values[0]
            hashes, blank = [self._hash(value) for value in values], self._is_space(text)
            if self.full or ONCE.match(text):
                row = self._passing[key] = 1 + KEPT + len(self._passing)
            else:
                row = self._kept[key] = 1 + len(self._kept)
            self._new.append((row, hashes, self._hash(text)))
            self._blank[row] = blank
        return row

    def look_up(self, rows: Sequence[int]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the vectors of words, and which of them are white space."""
        if self._new:
            new, attributes, orths = zip(*self._new, strict=True)
            self._table[list(new)] = embed(self._embedding, np.array(attributes, np.uint64), orths)
            self._new.clear()
        self._passing.clear()
        index = np.array(rows, np.intp)
        return self._table[index], self._blank[index]
