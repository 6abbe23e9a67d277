from typing import Any

import numpy as np
import pytest

from proxy.detection.ner.lexemes import Lexemes
from proxy.detection.ner.network import encode, largest
from proxy.detection.ner.weights import Weights, read

SENTENCES = ["Maria Gonzalez lives at 12 Elm Street.", "so did   the others,\n\nwho'd moved", "x"]


def rows(nlp: Any, lexemes: Lexemes, text: str) -> list[int]:
    return [lexemes.row(token.text, token.norm_) for token in nlp.make_doc(text)]


def theirs(nlp: Any, weights: Weights, text: str) -> Any:
    """Features of each token as spaCy computes them, with the pieces of the parser's units in blocks."""
    chain, lower, _ = nlp.get_pipe("ner").model.layers
    features = lower.predict(chain.predict([nlp.make_doc(text)]))[1:]
    return features.transpose(0, 1, 3, 2).reshape(len(features), -1)


@pytest.mark.parametrize("name", ["small", "medium"])
def test_tokens_get_the_features_that_spacy_computes(name: str, request: pytest.FixtureRequest) -> None:
    nlp = request.getfixturevalue(name)
    weights = read(nlp)
    lexemes = Lexemes(weights.embedding, nlp.vocab)
    for text in SENTENCES:
        vectors, _ = lexemes.look_up([0] * 4 + rows(nlp, lexemes, text) + [0] * 4)
        assert np.allclose(encode(weights, vectors)[4:-4], theirs(nlp, weights, text), atol=1e-4)


def test_texts_with_empty_places_between_do_not_see_each_other(small: Any) -> None:
    weights = read(small)
    lexemes = Lexemes(weights.embedding, small.vocab)
    first, second = (rows(small, lexemes, text) for text in SENTENCES[:2])
    together, _ = lexemes.look_up([*[0] * 4, *first, *[0] * 4, *second, *[0] * 4])
    alone, _ = lexemes.look_up([*[0] * 4, *second, *[0] * 4])
    before = together.copy()
    assert np.allclose(encode(weights, together)[8 + len(first) : -4], encode(weights, alone)[4:-4], atol=1e-5)
    assert np.array_equal(together, before)


def test_the_largest_piece_is_taken_for_each_element() -> None:
    assert largest(np.array([[1, 5, 3, 2, 0, 9]], np.float32), 3).tolist() == [[3, 9]]
    assert largest(np.array([1, 5, 3, 2], np.float32), 2).tolist() == [3, 5]
