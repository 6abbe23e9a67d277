"""The tokens of texts: those of spaCy's tokenizer, as rows of a table of vectors; no Doc is made.

Runs of white space and of other characters are split each for itself, so what was made of a run can be kept.
"""

from itertools import accumulate, pairwise
from typing import Any

from proxy.detection.ner.lexemes import KEPT, Lexemes
from proxy.detection.ner.rules import RUNS, Rules, Token

MOST_RUNS = 8192
"""How many runs are remembered."""

Placed = tuple[int, int, int]
"""A token's row in the table of vectors, its begin and its end."""


class Tokens:
    """A tokenizer and what it remembers."""

    def __init__(self, tokenizer: Any, lexemes: Lexemes) -> None:
        self._lexemes = lexemes
        self._rules = Rules(tokenizer)
        self._runs: dict[str, tuple[list[Placed], bool]] = {}

    def clear(self) -> None:
        """Forget all runs: whenever the table forgets its words."""
        self._runs.clear()

    def read(self, text: str, base: int, *, opens: bool) -> list[Placed]:
        """Return the tokens of a text, or of a piece of one that was cut before a run; only the first piece `opens` it.

        Positions count from `base`. As in spaCy, one space after a word belongs to that word.
        """
        placed: list[Placed] = []
        at = base
        remembered = self._runs
        incomplete = False
        for run in RUNS.findall(text):
            own = run
            if run[0] == " " and (placed or not opens):
                at += 1
                if len(run) == 1:
                    continue
                own = run[1:]
            tokens, late = remembered.get(own) or self._learn(own)
            placed += [(row, at + start, at + end) for row, start, end in tokens]
            at += len(own)
            incomplete |= late
        return self._complete(placed, text, base) if incomplete else placed

    def _learn(self, run: str) -> tuple[list[Placed], bool]:
        tokens, late = self._rules.split(run)
        placed = self._place(tokens, 0)
        if max(placed)[0] <= KEPT:
            if len(self._runs) >= MOST_RUNS:
                self._runs.clear()
            self._runs[run] = placed, late
        return placed, late

    def _place(self, tokens: list[Token], at: int) -> list[Placed]:
        """Give tokens that follow each other their rows and positions."""
        ends = list(accumulate((len(text) for text, _ in tokens), initial=at))
        return [(self._lexemes.row(*token), *span) for token, span in zip(tokens, pairwise(ends), strict=True)]

    def _complete(self, placed: list[Placed], text: str, base: int) -> list[Placed]:
        """Put special cases in place of their parts, from the last to the first."""
        texts = [text[start - base : end - base] for _, start, end in placed]
        for start, end, special in sorted(self._rules.late(texts), reverse=True):
            at = placed[start][1]
            if placed[end - 1][2] - at == sum(map(len, texts[start:end])):
                placed[start:end] = self._place(special, at)
        return placed
