"""Entities of many texts in one pass: the same that spaCy's pipeline finds in each.

Whether they are is tried when a model is loaded; where they are not, or cannot be, spaCy's pipeline itself runs.
"""

import bisect
import logging
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Protocol

import numpy as np

from proxy.detection.ner.blas import use_one_thread
from proxy.detection.ner.decoder import Decoder, Entity, Walk
from proxy.detection.ner.lexemes import Lexemes
from proxy.detection.ner.network import encode
from proxy.detection.ner.tokens import Placed, Tokens
from proxy.detection.ner.weights import read

PIECE = 4000
"""Characters that are tokenized at once. A longer run without white space is cut: no language has such words."""
OVERLAP = 120
"""How far beyond its piece spaCy's pipeline reads, more than a name is long."""
BLOCK = 512
"""Tokens that go through the network at once: with its weights, they fit a core's cache."""
SPACES = re.compile(r"\s*")
SAMPLES = (
    "",
    "  \n\n",
    "Hi, I'm Maria Gonzalez (maria@example.org) and I've moved from 12 Elm St. in Springfield, IL to Berlin last May.",
    "| Name | City |\n|---|---|\n| Li Wei | Paris |\n| JOHN O'NEIL | new york |\n",
    '{"patient": "Dr. Amélie Dupont-Lévy", "employer": "Acme Corp.", "amount": 12.50, "url": "https://example.com/a?b"}',
    "def charge(user: Customer):  # asked by Tom Hanson of the U.S. team :)\n    return user.name == 'Priya Raman'\n",
    "Yesterday chancellor Angela Merkel met $3bn investors of Deutsche Bank at the Eiffel Tower\u2026 don't ask!",
    "😀😀 x" + "y" * 300 + ")" * 40 + " 5km/h, \u201cwe\u2019ll see,\u201d said Olga\tIvanova of Kyiv.",
)
log = logging.getLogger(__name__)


class Finder(Protocol):
    """What finds entities. One thread may use it at a time."""

    def find(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Return the entities of each text, by label, begin and end, in order."""


def recogniser(nlp: Any) -> Finder:
    """Return the fast way to run a pipeline if it is seen to find the same, else the pipeline."""
    whole = Pipeline(nlp)
    try:
        fast = Recogniser(nlp)
        same = fast.find(SAMPLES) == whole.find(SAMPLES)
    except Exception as error:  # noqa: BLE001 - whatever it is, the model is not what this code was written for
        log.warning("entities are found by spaCy's pipeline, which is slow: %s: %s", type(error).__name__, error)
        return whole
    if not same:
        log.warning("entities are found by spaCy's pipeline, which is slow: the fast way found others")
    return fast if same else whole


class Pipeline:
    """spaCy itself, piece by piece; what it learns of new words is forgotten after each, so that it does not grow."""

    def __init__(self, nlp: Any) -> None:
        self._nlp = nlp

    def find(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Return the entities of each text; where a text is cut, they may differ from those of the whole."""
        return [list(self._find(text)) for text in texts]

    def _find(self, text: str) -> Iterator[Entity]:
        done = 0
        for offset, piece in pieces(text):
            cut = offset + len(piece)
            with self._nlp.memory_zone():
                spans = self._nlp(text[offset : cut + OVERLAP]).ents
                found = [(span.label_, offset + span.start_char, offset + span.end_char) for span in spans]
            for label, start, end in found:
                if done <= start < cut:
                    done = end
                    yield label, start, end


class Recogniser:
    """A model read out of a spaCy pipeline; raises Unexpected, or whatever else a foreign model makes it raise."""

    def __init__(self, nlp: Any) -> None:
        use_one_thread()
        self.weights = read(nlp)
        self.decoder = Decoder(self.weights.moves)
        self.lexemes = Lexemes(self.weights.embedding, nlp.vocab)
        self.tokens = Tokens(nlp.tokenizer, self.lexemes)

    def find(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Return the entities of each text, of any length: time is linear, memory that of texts and entities."""
        if self.lexemes.full:
            self.tokens.clear()
            self.lexemes.clear()
        found: list[list[Entity]] = [[] for _ in texts]
        bases = list(accumulate(map(len, texts), initial=0))
        for label, start, end in self._entities(texts, bases):
            index = bisect.bisect_right(bases, start) - 1
            found[index].append((label, start - bases[index], end - bases[index]))
        return found

    def _entities(self, texts: Sequence[str], bases: Sequence[int]) -> Iterator[Entity]:
        tape = _Tape(self)
        for base, text in zip(bases, texts, strict=False):
            for offset, piece in pieces(text):
                tape.add(self.tokens.read(piece, base + offset, opens=offset == 0))
                if len(tape) >= BLOCK:
                    yield from tape.wind()
            tape.part()
        yield from tape.wind()


class _Tape:
    """The tokens of all texts in a row, with empty places around each text, run through the network in blocks.

    To either side of a token the network reads as many places as it has layers: that is the margin of a block.
    """

    def __init__(self, model: Recogniser) -> None:
        self._model = model
        self._walk = Walk(model.decoder)
        self._margin = len(model.weights.layers)
        self._empty: list[Placed] = [(0, 0, 0)] * self._margin
        self._placed = self._empty[:]
        self._vectors, self._blank = model.lexemes.look_up([0] * self._margin)

    def __len__(self) -> int:
        """Return the number of places that wait."""
        return len(self._placed)

    def add(self, tokens: list[Placed]) -> None:
        """Append tokens of a text."""
        self._placed += tokens

    def part(self) -> None:
        """End a text."""
        self._placed += self._empty

    def wind(self) -> Iterator[Entity]:
        """Yield the entities that end in what was added, but for its last places, which wait for what follows."""
        rows, starts, ends = zip(*self._placed, strict=True)
        vectors, blank = self._model.lexemes.look_up(rows[len(self._vectors) :])
        vectors, blank = np.concatenate([self._vectors, vectors]), np.concatenate([self._blank, blank])
        empty = np.equal(rows, 0)
        last = ~empty[:-1] & empty[1:]
        margin = self._margin
        end = len(rows) - margin
        for start in range(margin, end, BLOCK):
            stop = min(start + BLOCK, end)
            features = encode(self._model.weights, vectors[start - margin : stop + margin])[margin:-margin]
            here = slice(start, stop)
            yield from self._walk.feed(features, blank[here], last[here], starts[here], ends[here])
        rest = slice(max(0, end - margin), None)
        self._placed, self._vectors, self._blank = self._placed[rest], vectors[rest], blank[rest]


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text behind white space, so that every piece can be tokenized alone."""
    start = 0
    while len(text) - start > PIECE:
        cut = max(text.rfind(space, start, start + PIECE) for space in (" ", "\n")) + 1
        cut = cut or text.rfind(",", start + PIECE // 2, start + PIECE) + 1 or start + PIECE
        found = SPACES.match(text, cut)
        cut = found.end() if found else cut
        yield start, text[start:cut]
        start = cut
    if start < len(text):
        yield start, text[start:]
