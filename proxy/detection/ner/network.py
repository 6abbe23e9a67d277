"""The forward pass of spaCy's token vectors: hash embeddings, mixed, then convolutions over three tokens each.

A row is a token. Rows of zeros stand before, between and after texts, as many as there are convolutions, so that texts
do not see each other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from proxy.detection.ner.weights import Embedding, Floats, Maxout, Weights

EPSILON = 1e-8
"""thinc's: added to the variance."""


def maxout(inputs: Floats, layer: Maxout) -> Floats:
    """Apply one layer: the largest of the pieces, normalised."""
    blocks = inputs @ layer.weights
    blocks += layer.bias
    best = largest(blocks, layer.pieces)
    width = best.shape[1]
    best -= best.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", best, best) / np.float32(width) + np.float32(EPSILON)
    best *= (np.float32(1) / np.sqrt(variance))[:, None]
    best *= layer.gain
    best += layer.shift
    return best


def largest(blocks: Floats, pieces: int) -> Floats:
    """Return the largest of the blocks of columns, element by element, as an array of its own."""
    width = blocks.shape[-1] // pieces
    best = blocks[..., :width].copy()
    for start in range(width, blocks.shape[-1], width):
        np.maximum(best, blocks[..., start : start + width], out=best)
    return best


def embed(embedding: Embedding, attributes: NDArray[np.uint64], orths: Sequence[int]) -> Floats:
    """Return the vectors of words by the hashes of their attributes, a row each, and of their texts."""
    parts = []
    for column, (table, seed) in enumerate(embedding.tables):
        ids = np.ascontiguousarray(attributes[:, column])
        parts.append(embedding.ops.gather_add(table, embedding.ops.hash(ids, seed) % len(table)))
    if embedding.vectors is not None:
        rows = np.array([embedding.vectors.rows.get(orth, -1) for orth in orths])
        known = rows >= 0
        projected = np.zeros_like(parts[0])
        projected[known] = embedding.vectors.data[rows[known]] @ embedding.vectors.projection
        parts.append(projected)
    return maxout(np.concatenate(parts, axis=1), embedding.mix)


def encode(weights: Weights, vectors: Floats) -> Floats:
    """Return what the decoder reads of each token: right for all rows but as many at each end as there are layers."""
    rows, width = vectors.shape
    vectors = vectors.copy()
    window = np.zeros((rows, 3 * width), np.float32)
    for layer in weights.layers:
        window[1:, :width] = vectors[:-1]
        window[:, width : 2 * width] = vectors
        window[:-1, 2 * width :] = vectors[1:]
        vectors += maxout(window, layer)
    inner = np.matmul(vectors, weights.linear)
    inner += weights.linear_bias
    features: Floats = np.matmul(inner, weights.moves.lower)
    return features
