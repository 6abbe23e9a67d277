"""What spaCy's `ner` pipe has learned, as plain arrays laid out for `network` and `decoder`.

The layout is that of spaCy 3's TransitionBasedParser.v2 over Tok2Vec.v2 = MultiHashEmbed.v2 + MaxoutWindowEncoder.v2,
as `spacy.ml.models.parser` and `spacy.ml.models.tok2vec` build it. Whatever differs from it raises Unexpected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WINDOW, FEATURES, ATTRIBUTES = 3, 3, ("NORM", "PREFIX", "SUFFIX", "SHAPE")
CONVOLUTION = "residual(expand_window>>maxout>>layernorm>>dropout)"
MIX = "with_array(maxout>>layernorm>>dropout)"


class Unexpected(Exception):
    """The model is not built as this code expects: spaCy itself must run it."""


@dataclass(frozen=True, slots=True)
class Maxout:
    """A maxout layer with layer normalisation: `weights` has a block of columns for each piece."""

    weights: Floats
    bias: Floats
    pieces: int
    gain: Floats
    shift: Floats


@dataclass(frozen=True, slots=True)
class Vectors:
    """Static vectors: the row of a word by the hash of its text, and the projection to the network's width."""

    rows: Mapping[int, int]
    data: Floats
    projection: Floats


@dataclass(frozen=True, slots=True)
class Embedding:
    """A hash embedding for each of ATTRIBUTES, with the seed of its hash, mixed to one vector."""

    tables: tuple[tuple[Floats, int], ...]
    vectors: Vectors | None
    mix: Maxout
    ops: Any


@dataclass(frozen=True, slots=True)
class Moves:
    """The parser's step: three features of a state to hidden units by `lower`, those to the score of each move."""

    names: tuple[str, ...]
    lower: Floats
    missing: Floats
    bias: Floats
    pieces: int
    upper: Floats
    upper_bias: Floats


@dataclass(frozen=True, slots=True)
class Weights:
    """All of it; `linear` leads from the token vectors to the features."""

    embedding: Embedding
    layers: tuple[Maxout, ...]
    linear: Floats
    linear_bias: Floats
    moves: Moves


def read(nlp: Any) -> Weights:
    """Read a pipeline whose only pipe is `ner`; raises Unexpected, or another error where there is no such thing."""
    _expect(nlp.pipe_names == ["ner"], "pipes")
    ner = nlp.get_pipe("ner")
    model = ner.model
    _expect(ner.cfg["beam_width"] == 1, "beam")
    _expect(model.attrs["has_upper"] is True and not model.attrs["unseen_classes"], "classes")
    chain, lower, upper = model.layers
    tok2vec, _, linear = chain.layers
    embed, encode = tok2vec.layers
    depth = len(encode.layers[0].layers)
    width = tok2vec.get_dim("nO")
    with_vectors = "static_vectors" in embed.name
    hashes = "|".join(["ints-getitem>>hashembed"] * len(ATTRIBUTES))
    features = f"extract_features>>list2ragged>>with_array({hashes})" + "|static_vectors" * with_vectors
    convolutions = ">>".join([CONVOLUTION] * depth)
    expected = f"{features}>>{MIX}>>ragged2list>>with_array({convolutions})>>list2array>>linear"
    _expect(chain.name == expected and lower.name == "precomputable_affine" and upper.name == "linear", "architecture")
    windows = [node.attrs["window_size"] for node in encode.walk() if node.name == "expand_window"]
    _expect(encode.attrs["pad"] == depth and set(windows) == {1}, "window")
    mix, *layers = (
        _maxout(outer, normal)
        for outer, normal in zip(_named(tok2vec, "maxout"), _named(tok2vec, "layernorm"), strict=True)
    )
    shapes = [layer.weights.shape for layer in layers]
    _expect(shapes == [(WINDOW * width, layer.pieces * width) for layer in layers], "layers")
    return Weights(
        _embedding(nlp, embed, mix, width),
        tuple(layers),
        _param(linear, "W", (lower.get_dim("nI"), width)).T.copy(),
        _param(linear, "b", (lower.get_dim("nI"),)),
        _moves(ner, lower, upper),
    )


def _embedding(nlp: Any, embed: Any, mix: Maxout, width: int) -> Embedding:
    (extract,) = _named(embed, "extract_features")
    _expect(tuple(extract.attrs["columns"]) == ATTRIBUTES, "attributes")
    nodes = _named(embed, "hashembed")
    columns = [node.attrs["column"] for node in nodes]
    _expect(columns == list(range(len(ATTRIBUTES))), "columns")
    tables = tuple((_param(node, "E", (node.get_dim("nV"), width)), int(node.attrs["seed"])) for node in nodes)
    vectors = None
    for node in _named(embed, "static_vectors"):
        held = nlp.vocab.vectors
        _expect(held.mode == "default" and nlp.vocab.strings["ORTH"] == held.attr, "vectors")
        projection = _param(node, "W", (width, held.data.shape[1]))
        _expect(held.data.dtype == np.float32, "vectors")
        vectors = Vectors(held.key2row, held.data, projection.T.copy())
    inputs = width * (len(tables) + (vectors is not None))
    _expect(mix.weights.shape == (inputs, mix.pieces * width), "mix")
    return Embedding(tables, vectors, mix, embed.ops)


def _moves(ner: Any, lower: Any, upper: Any) -> Moves:
    names = tuple(ner.moves.get_class_name(index) for index in range(ner.moves.n_moves))
    inner, hidden, pieces = (lower.get_dim(name) for name in ("nI", "nO", "nP"))
    affine = _param(lower, "W", (FEATURES, hidden, pieces, inner)).transpose(3, 0, 2, 1)
    missing = _param(lower, "pad", (1, FEATURES, hidden, pieces))[0].transpose(0, 2, 1)
    return Moves(
        names,
        affine.reshape(inner, -1).copy(),
        missing.reshape(FEATURES, -1).copy(),
        _param(lower, "b", (hidden, pieces)).T.ravel().copy(),
        pieces,
        _param(upper, "W", (len(names), hidden)),
        _param(upper, "b", (len(names),)),
    )


def _maxout(node: Any, normal: Any) -> Maxout:
    outputs, pieces, inputs = (node.get_dim(name) for name in ("nO", "nP", "nI"))
    weights = _param(node, "W", (outputs, pieces, inputs)).transpose(2, 1, 0).reshape(inputs, -1)
    bias = _param(node, "b", (outputs, pieces)).T.ravel()
    return Maxout(
        np.ascontiguousarray(weights),
        np.ascontiguousarray(bias),
        pieces,
        _param(normal, "G", (outputs,)),
        _param(normal, "b", (outputs,)),
    )


def _named(model: Any, name: str) -> list[Any]:
    """Return the layers of one kind, in the order in which they are applied."""
    return [node for node in model.walk(order="dfs_pre") if node.name == name]


def _param(node: Any, name: str, shape: tuple[int, ...]) -> Floats:
    found: Floats = node.get_param(name)
    _expect(isinstance(found, np.ndarray) and found.shape == shape and found.dtype == np.float32, f"{node.name}.{name}")
    return found


def _expect(met: bool, what: str) -> None:
    if not met:
        raise Unexpected(what)
