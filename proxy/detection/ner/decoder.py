"""Reads entities off token features as spaCy's transition-based parser does, greedily and with the same moves.

Outside an entity the parser's state is the token alone, so all tokens are scored at once; only inside an entity is it
stepped, where the one choice is to go on or to end. See `BiluoPushDown` in spaCy's `_parser_internals/ner.pyx`: an
entity cannot begin at white space or at the last token of a text, and cannot go on after the last.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proxy.detection.ner.network import largest
from proxy.detection.ner.weights import FEATURES, Floats, Moves, Unexpected

Entity = tuple[str, int, int]
"""Label, begin and end."""


class Decoder:
    """What to do at a token, by the scores that the moves get."""

    def __init__(self, moves: Moves) -> None:
        index = {name: number for number, name in enumerate(moves.names)}
        self.outer = [number for name, number in index.items() if name[:2] in {"B-", "U-", "O"} and name != "U-"]
        self.names = [moves.names[number] for number in self.outer]
        labels = {name[2:] for name in self.names} - {""}
        if "O" not in index or any(f"{kind}-{label}" not in index for kind in "BILU" for label in labels):
            raise Unexpected("moves")
        self.outside = self.names.index("O")
        self.beginning = np.array([name[0] == "B" for name in self.names])
        self.pieces, self.bias, self.missing = moves.pieces, moves.bias, moves.missing
        self.upper = np.ascontiguousarray(moves.upper[self.outer].T)
        self.upper_bias = moves.upper_bias[self.outer]
        self.inner = {
            label: (np.ascontiguousarray(moves.upper[pair].T), moves.upper_bias[pair])
            for label in labels
            for pair in ([index[f"I-{label}"], index[f"L-{label}"]],)
        }

    def first_moves(self, features: Floats, blank: NDArray[np.bool_], last: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the best move at each token if no entity is open, as an index into `names`."""
        hidden = largest(features + (self.missing[1] + self.missing[2] + self.bias), self.pieces)
        scores = hidden @ self.upper
        scores += self.upper_bias
        scores[np.ix_(last, self.beginning)] = -np.inf
        best: NDArray[np.intp] = scores.argmax(axis=1)
        best[blank] = self.outside
        return best

    def goes_on(self, state: Floats, label: str) -> bool:
        """Whether an open entity goes on after a token that is not the last; `state` is the sum of its features."""
        weights, bias = self.inner[label]
        on, end = largest(state, self.pieces) @ weights + bias
        return bool(on >= end)


class Walk:
    """One pass over texts, fed with consecutive blocks of their tokens."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._open: tuple[str, int, Floats] | None = None
        self._before: Floats | None = None

    def feed(
        self,
        features: Floats,
        blank: NDArray[np.bool_],
        last: NDArray[np.bool_],
        starts: Sequence[int],
        ends: Sequence[int],
    ) -> Iterator[Entity]:
        """Yield the entities that end in this block, by label and the positions given in `starts` and `ends`.

        `blank` tokens are white space or stand between texts, `last` ones end a text.
        """
        decoder = self._decoder
        width = features.shape[1] // FEATURES
        own, first, previous = (features[:, start : start + width] for start in range(0, FEATURES * width, width))
        inside = own + np.concatenate([previous[:1] if self._before is None else self._before, previous[:-1]])
        inside += decoder.bias
        self._before = previous[-1:].copy()
        block = _Block(inside, last.tolist(), ends)
        at = (yield from self._end(block, 0)) if self._open else 0
        moves = decoder.first_moves(own, blank, last)
        found = np.flatnonzero(moves != decoder.outside)
        for token, move in zip(found.tolist(), moves[found].tolist(), strict=True):
            if token < at:
                continue
            kind, label = decoder.names[move].split("-", 1)
            if kind == "U":
                yield label, starts[token], ends[token]
            else:
                self._open = label, starts[token], first[token].copy()
                at = yield from self._end(block, token + 1)

    def _end(self, block: "_Block", at: int) -> Generator[Entity, None, int]:
        """Yield the open entity if it ends in this block, and return the token after it."""
        assert self._open is not None  # noqa: S101 - for the type checker
        label, start, first = self._open
        for token in range(at, len(block.last)):
            if block.last[token] or not self._decoder.goes_on(block.inside[token] + first, label):
                self._open = None
                yield label, start, block.ends[token]
                return token + 1
        return len(block.last)


@dataclass(frozen=True, slots=True)
class _Block:
    """What a step inside an entity needs: the features of all tokens but the first of the entity."""

    inside: Floats
    last: list[bool]
    ends: Sequence[int]
