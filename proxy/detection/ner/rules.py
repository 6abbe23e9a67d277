"""spaCy's tokenizer for one run of characters, with its own expressions and special cases.

The algorithm is that of `spacy/tokenizer.pyx`: special cases, prefixes and suffixes are taken off as long as there are
any, what is left is a special case, a URL or is split at infixes. Last, special cases are put in where all that left
their parts: as in `f(x):`, whose end is a smiley.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any

from proxy.detection.ner.weights import Unexpected

RUNS = re.compile(r"\s+|\S+")
ENDING = 8
"""How much of a run is searched for one of spaCy's usual suffixes: none is longer, but for dots in a row."""

Token = tuple[str, str | None]
"""A text, and the norm that a special case gives it."""


class Rules:
    """The rules of one tokenizer; raises Unexpected for one that spaCy would not make by itself."""

    def __init__(self, tokenizer: Any) -> None:
        from spacy.attrs import NORM, ORTH  # noqa: PLC0415 - spaCy is imported by whoever loads a model
        from spacy.lang.punctuation import TOKENIZER_SUFFIXES  # noqa: PLC0415 - the same
        from spacy.util import compile_suffix_regex  # noqa: PLC0415 - the same

        searches = tokenizer.prefix_search, tokenizer.suffix_search, tokenizer.infix_finditer
        patterns: list[Any] = [getattr(search, "__self__", None) for search in searches]
        if not all(isinstance(pattern, re.Pattern) for pattern in patterns) or not tokenizer.faster_heuristics:
            raise Unexpected("tokenizer")
        self._prefix, self._suffix, self._infix = patterns
        self._token_match, self._url_match = tokenizer.token_match, tokenizer.url_match
        self._special: dict[str, list[Token]] = {
            text: [(part[ORTH], part.get(NORM)) for part in parts] for text, parts in tokenizer.rules.items()
        }
        if any(len(RUNS.findall(text)) != 1 for text in self._special):
            raise Unexpected("special cases")
        self._longest = max(map(len, self._special), default=0)
        self._anchored = all(part.startswith("^") for part in self._prefix.pattern.split("|"))
        usual = self._suffix.pattern == compile_suffix_regex(TOKENIZER_SUFFIXES).pattern
        self._ending = ENDING if usual else sys.maxsize
        self._late: dict[str, list[tuple[list[str], list[Token]]]] = {}
        for text, tokens in self._special.items():
            if any(pattern.search(text) for pattern in patterns):
                parts = [token for token, _ in self._split(text, {})]
                self._late.setdefault(parts[0], []).append((parts, tokens))

    def split(self, run: str) -> tuple[list[Token], bool]:
        """Split a run; the flag says that `late` has a change to make, for which it must see the tokens around."""
        tokens = self._special.get(run) or self._split(run, self._special)
        found = self._parts([text for text, _ in tokens])
        return tokens, any(tokens[start:end] != special for start, end, special in found)

    def late(self, texts: list[str]) -> Iterator[tuple[int, int, list[Token]]]:
        """Yield ranges of tokens, and the special case that takes their place where no white space is among them.

        The longest win over others that overlap them, then the first.
        """
        seen: set[int] = set()
        for start, end, special in sorted(self._parts(texts), key=lambda part: (part[0] - part[1], part[0])):
            if start not in seen and end - 1 not in seen:
                yield start, end, special
            seen.update(range(start, end))

    def _parts(self, texts: list[str]) -> list[tuple[int, int, list[Token]]]:
        return [
            (start, start + len(parts), special)
            for start, text in enumerate(texts)
            for parts, special in self._late.get(text, ())
            if texts[start : start + len(parts)] == parts
        ]

    def _split(self, run: str, special: dict[str, list[Token]]) -> list[Token]:
        prefixes: list[Token] = []
        suffixes: list[Token] = []
        size = 0
        while run and len(run) != size and not (self._token_match and self._token_match(run)):
            if len(run) <= self._longest and run in special:
                break
            size = len(run)
            ahead = self._prefix_length(run)
            if ahead and size - ahead <= self._longest and run[ahead:] in special:
                prefixes.append((run[:ahead], None))
                run = run[ahead:]
                break
            behind = self._suffix_length(run, ahead)
            if behind and size - behind <= self._longest and run[:-behind] in special:
                suffixes.append((run[-behind:], None))
                run = run[:-behind]
                break
            if ahead:
                prefixes.append((run[:ahead], None))
            if behind:
                suffixes.append((run[size - behind :], None))
            run = run[ahead : size - behind]
        return [*prefixes, *self._inner(run, special), *reversed(suffixes)]

    def _prefix_length(self, run: str) -> int:
        found = self._prefix.match(run) if self._anchored else self._prefix.search(run)
        return found.end() - found.start() if found else 0

    def _suffix_length(self, run: str, ahead: int) -> int:
        rest = run[ahead:] if ahead else run
        begin = max(0, len(rest) - self._ending)
        found = self._suffix.search(rest, begin)
        if begin and found and found.start() == begin:
            found = self._suffix.search(rest)
        return found.end() - found.start() if found else 0

    def _inner(self, run: str, special: dict[str, list[Token]]) -> list[Token]:
        if not run:
            return []
        if run in special:
            return special[run]
        if (self._token_match and self._token_match(run)) or (self._url_match and self._url_match(run)):
            return [(run, None)]
        tokens: list[Token] = []
        start = 0
        for found in self._infix.finditer(run):
            begin, end = found.span()
            if begin == 0:
                continue
            if begin != start:
                tokens.append((run[start:begin], None))
            if begin != end:
                tokens.append((run[begin:end], None))
            start = end
        if start < len(run):
            tokens.append((run[start:], None))
        return tokens
