"""Prose in a language of Latin script for which nobody measured that names are found: nobody may find one in it.

A passage is judged by its function words. Short texts, code, lists and names have none: they say nothing, and what
cannot be told apart counts as covered.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from proxy.detection.lexicon import plain, words
from proxy.detection.lexicon.languages import COVERED, KNOWN, function_words, languages_of
from proxy.detection.passage import passage

MIN_WORDS, MAX_WORDS = 8, 40
"""Words of a passage; longer ones are judged piece by piece, lines that are shorter with their neighbours."""
MIN_OWN, MIN_SHARE = 2, 0.12
"""Different function words of the language that none of the covered languages has; their share of all words."""
MARGIN, MIN_LISTED, MIN_MOST = 2, 4, 0.25
"""By how many different function words it must lead if it has no two of its own; how many; their share of the words."""
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"(?<![\w@/\\.$#%&=<>{}_-])[^\W\d_]+(?:['\u2019-][^\W\d_]+)*(?![\w@/\\$#%=<>{}_(]|\.\w|::)")
_COMMON = frozenset().union(*map(function_words, COVERED))
_OWN = {
    name: frozenset(word for word in function_words(name) - _COMMON if len(word) > 1 and word not in words())
    for name in sorted(KNOWN - COVERED)
}
_OWNERS: dict[str, tuple[str, ...]] = {}
for _name, _listed in _OWN.items():
    for _word in _listed:
        _OWNERS[_word] = (*_OWNERS.get(_word, ()), _name)


def uncovered(text: str) -> Iterator[tuple[str, int]]:
    """Yield each language that nobody covers, with the offset of a passage in it."""
    if not any(word in _OWNERS for _, _, word in passage(text).tokens):
        return
    seen: set[str] = set()
    for start, found in _passages(text):
        name = _tongue(found)
        if name is not None and name not in seen:
            seen.add(name)
            yield name, start


def _passages(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the words of lines, of pieces of long lines, and of neighbouring short lines, each with its offset."""
    start, waiting = 0, list[str]()
    for line in _LINE.finditer(text):
        found = list(_WORD.finditer(line[0]))
        for at in range(0, len(found), MAX_WORDS):
            if not waiting:
                start = line.start() + found[at].start()
            waiting += [word[0] for word in found[at : at + MAX_WORDS]]
            if len(waiting) >= MIN_WORDS:
                yield start, waiting
                waiting = []


def _tongue(found: Sequence[str]) -> str | None:
    """Return the language that a passage is clearly in, if it is not covered.

    Either it has several function words of its own, and more of them than any covered language has that it has not; or
    it has by far the most function words.
    """
    spelled = [plain(word) for word in found]
    own = Counter(name for word in spelled for name in _OWNERS.get(word, ()))
    if not own:
        return None
    counts = Counter(name for word in {*spelled} if len(word) > 1 for name in languages_of(word))
    best = max(own, key=lambda name: (own[name], counts[name]))
    listed = function_words(best)
    theirs = Counter(name for word in spelled if word not in listed for name in languages_of(word) if name in COVERED)
    several = own[best] >= max(MIN_OWN, MIN_SHARE * len(spelled)) and len(_OWN[best] & {*spelled}) >= MIN_OWN
    if several and own[best] > max(theirs.values(), default=0):
        return best
    covered = max((count for name, count in counts.items() if name in COVERED), default=0)
    return best if counts[best] >= max(covered + MARGIN, MIN_MOST * len({*spelled}), MIN_LISTED) else None
