"""Deny lists: words and phrases that must not leave, in any case, with or without accents.

Whole words count: what stands between two words of a phrase may be written in any way, as in `project-x`, `PROJECT_X`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from proxy.detection.configured.reading import Context, entity_type, name, score
from proxy.detection.lexicon import plain
from proxy.detection.recognizers.base import Match, Recognizer
from proxy.files.diagnostics import Place, Problems
from proxy.files.node import Node

MAX_BYTES = 4 * 1024 * 1024
MAX_WORDS = 16
"""How many words a phrase may have."""
GAP = 3
"""Characters at most between two words of a phrase."""
_WORD = re.compile(r"[^\W_]+")
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """One list for one type."""

    name: str
    where: Place = field(compare=False)
    entity_type: str
    phrases: frozenset[Phrase]
    score: float
    drops = False

    @property
    def emits(self) -> Mapping[str, float]:
        """The type and its score."""
        return {self.entity_type: self.score}

    def load(self, _problems: Problems) -> Recognizer:
        """Return the recognizer."""
        lengths: dict[str, list[int]] = {}
        for first, length in sorted({(phrase[0], len(phrase)) for phrase in self.phrases}, reverse=True):
            lengths.setdefault(first, []).append(length)

        def find(text: str) -> Iterator[Match]:
            spans = [found.span() for found in _WORD.finditer(text)]
            spelled = [plain(text[start:end]) for start, end in spans]
            for at, word in enumerate(spelled):
                for length in lengths.get(word, ()):
                    phrase, its = tuple(spelled[at : at + length]), spans[at : at + length]
                    if phrase in self.phrases and _together(its):
                        yield Match(self.entity_type, its[0][0], its[-1][1], self.score, " ".join(phrase))
                        break

        content = "\n".join(sorted(map(" ".join, self.phrases)))
        return Recognizer(self.name, self.emits, find, version=hashlib.sha256(content.encode()).hexdigest())


def _together(spans: list[tuple[int, int]]) -> bool:
    return all(after[0] - before[1] <= GAP for before, after in pairwise(spans))


def read(node: Node, context: Context) -> Words:
    """Read one list: its words stand in the file, or in one of their own, a line each."""
    problems = context.problems
    given = node.fields(problems, required=("name", "type"), optional=("words", "file", "score"))
    phrases = set(_listed(given["words"], problems)) | set(_filed(given["file"], context))
    if not (given["words"].present or given["file"].present):
        problems.error(node, "too-few", "a list needs 'words' or a 'file' of them")
    return Words(
        name(given["name"], context),
        node.place,
        entity_type(given["type"], context),
        frozenset(phrases),
        score(given["score"], context),
    )


def _listed(node: Node, problems: Problems) -> Iterator[Phrase]:
    for item in node.items(problems, least=1):
        text = item.raw if item.kind == "integer" else item.text(problems)
        phrase = _phrase(text)
        if text and not 0 < len(phrase) <= MAX_WORDS:
            problems.error(item, "bad-text", f"expected 1 to {MAX_WORDS} words of letters or digits")
        elif phrase:
            yield phrase


def _filed(node: Node, context: Context) -> Iterable[Phrase]:
    path = node.text(context.problems, None, "the path of a file")
    if not path:
        return []
    try:
        data = (context.folder / path).read_bytes()
        lines = data[: MAX_BYTES + 1].decode("utf-8").splitlines()
    except OSError as error:
        context.problems.error(node, "unreadable", f"cannot be read: {error.strerror or 'input error'}")
        return []
    except UnicodeDecodeError:
        context.problems.error(node, "not-utf8", "not UTF-8 text")
        return []
    if len(data) > MAX_BYTES:
        context.problems.error(node, "too-large", f"larger than {MAX_BYTES} bytes")
        return []
    phrases = [phrase for line in lines if not line.lstrip().startswith("#") and (phrase := _phrase(line))]
    if not phrases or max(map(len, phrases)) > MAX_WORDS:
        context.problems.error(node, "bad-text", f"expected lines of 1 to {MAX_WORDS} words of letters or digits")
    return phrases


def _phrase(text: str) -> Phrase:
    return tuple(plain(word) for word in _WORD.findall(unicodedata.normalize("NFKC", text)))
