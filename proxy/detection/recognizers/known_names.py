"""Names in any letter case by lists of given names and surnames: `maria gonzalez`, `OKAFOR, CHIDI`, `priya.nair`.

The model finds names in prose by their capitals and their sentence; here a given name stands beside a surname, or
beside a word that no dictionary knows. Words that mean other things too (`will`, `mark`, `stone`) weigh less.
"""

import re
from collections.abc import Iterator

from proxy.detection.lexicon import eponyms, given_names, plain, products, surnames, words
from proxy.detection.lexicon.homonyms import NOT_ALONE
from proxy.detection.lexicon.languages import ENGLISH
from proxy.detection.lexicon.names import PARTICLES, PLACE_WORDS, THINGS, is_given, is_surname
from proxy.detection.lexicon.technology import TECHNOLOGY
from proxy.detection.passage import Passage, passage
from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.things import mailed, thing, titled

JOINT = re.compile(r"[ \t]{1,2}|\.[ \t]?|[._]|\n")
COMMA = re.compile(r",[ \t]?| ")
CELL_BEFORE, CELL_AFTER = re.compile(r"(?:^|[\n\t|;:\"'(])\s*$"), re.compile(r"^\s*(?:[\n\t|;\"'()]|$)")
MAX_PARTS = 5
MIN_LOWER, MIN_UNKNOWN = 3, 4
PLAIN, LOWER, AMBIGUOUS, INVERTED, UNKNOWN, INITIAL, ALONE = 0.9, 0.8, 0.7, 0.7, 0.7, 0.6, 0.5


def find(text: str) -> Iterator[Match]:
    """Yield full names, and rare given names alone; the canonical form is in lower case with single spaces."""
    around, taken = passage(text), 0
    tokens, given = around.tokens, given_names()
    for index, (begin, _, word) in enumerate(tokens):
        if begin < taken:
            continue
        if word in given or ("-" in word and is_given(word)):
            reading = _forward(around, index) or _behind_surname(around, index) or _alone(around, index)
        elif "-" in word:
            yield from _slug(around, index)
            continue
        else:
            reading = _behind_initial(around, index)
        if reading is None:
            continue
        first, last, score = reading
        name = " ".join(part for _, _, part in tokens[first : last + 1])
        start, end = tokens[first][0], tokens[last][1]
        if around.figure(name, start, end) or around.named_after(name.split()):
            continue
        taken = end
        if not thing(around.text, start, end) and not around.named_in_public(start, end):
            yield Match("PERSON", start, end, score, name)


def _forward(around: Passage, first: int) -> tuple[int, int, float] | None:
    """Read `given [initial|given|particle]... surname`."""
    tokens, text = around.tokens, around.text
    best: tuple[int, int, float] | None = None
    leading = tokens[first - 1][2] if first else ""
    if tokens[first][2] in TECHNOLOGY or tokens[first][2] in PLACE_WORDS or leading in PLACE_WORDS:
        return None
    shape = _shape(text[tokens[first][0] : tokens[first][1]])
    for last in range(first + 1, min(first + MAX_PARTS, len(tokens))):
        (_, before, previous), (start, end, word) = tokens[last - 1], tokens[last]
        gap = text[before:start]
        if not JOINT.fullmatch(gap) or (gap.startswith(".") and len(previous) > 1 and gap != "."):
            break
        if word not in PARTICLES and end - start > 1 and _shape(text[start:end]) != shape:
            break
        if best and not is_surname(word) and word not in PARTICLES:
            break
        score = None if word in TECHNOLOGY else _score(around, tokens[first][2], word, gap, (start, shape))
        if score is not None:
            best = (first, last, score)
        elif len(word) > 1 and word not in PARTICLES and word not in given_names():
            break
    return best


def _behind_surname(around: Passage, last: int) -> tuple[int, int, float] | None:
    """Read `surname, given` as registers write it, and `SURNAME given` as half of the world does."""
    tokens, text, first = around.tokens, around.text, last - 1
    gap = text[tokens[first][1] : tokens[last][0]] if first >= 0 else ""
    if not COMMA.fullmatch(gap):
        return None
    (start, end, surname), (_, stop, given) = tokens[first], tokens[last]
    if _shape(text[start:end]) == "lower" or not is_surname(surname) or {surname, given} & NOT_ALONE:
        return None
    if surname in words() or given in words() or surname in PLACE_WORDS:
        return None
    in_cell = CELL_BEFORE.search(text[max(0, start - 8) : start]) and CELL_AFTER.match(text[stop : stop + 8])
    if gap != " " and not in_cell and (is_surname(given) or surname in given_names()):
        return None
    return first, last, INVERTED


def _behind_initial(around: Passage, last: int) -> tuple[int, int, float] | None:
    """Read `m.papadopoulos`, as user names are written."""
    first = last - 1
    if first < 0 or len(around.tokens[first][2]) != 1:
        return None
    start, end, word = around.tokens[last]
    if len(word) < MIN_LOWER + 2 or not is_surname(word) or word in words() or word in NOT_ALONE:
        return None
    begin, stop, _ = around.tokens[first]
    before = around.text[begin - 1 : begin] if begin else " "
    joined = around.text[stop:start] in (".", "_") and around.text[begin:end].islower()
    return (first, last, INITIAL) if joined and before in "/\\@ \t\n\"':=<(" else None


def _slug(around: Passage, index: int) -> Iterator[Match]:
    """Yield a given name that is a part of a longer word of small letters: `offboarding-dmitri`."""
    start, end, _ = around.tokens[index]
    for part in re.finditer(r"[^\W\d_]+", around.text[start:end] if around.text[start:end].islower() else ""):
        word = plain(part[0])
        known = word in given_names() and word not in surnames() and len(word) > MIN_LOWER + 1
        if known and not _homonym(around, word) and not mailed(around.text, start, end):
            yield Match("PERSON", start + part.start(), start + part.end(), ALONE, word)


def _homonym(around: Passage, word: str) -> bool:
    """Whether a name alone is as likely something else."""
    other = word in words() or word in NOT_ALONE or word in TECHNOLOGY or word in eponyms() or word in products()
    return other or word in around.figures_words


def _alone(around: Passage, index: int) -> tuple[int, int, float] | None:
    """Read a given name that is hardly anything else, in English: `hours_goran`, `ask Ifeanyi`."""
    start, end, word = around.tokens[index]
    if len(word) < MIN_LOWER + 1 or _homonym(around, word):
        return None
    written = around.text[start:end]
    if written[1:] != written[1:].lower() or around.language(start, end) != ENGLISH:
        return None
    leading = around.tokens[index - 1] if index else (0, 0, "")
    if (leading[2] in PLACE_WORDS and start - leading[1] <= 2) or titled(around.text, start, end):  # noqa: PLR2004 - St. Maria
        return None
    if around.text[start:end] in around.assistants:
        return None
    if around.text[start - 1 : start] in ("/", ".", "\\") or around.in_code(start) or around.public(start, end):
        return None
    following = around.tokens[index + 1][2] if index + 1 < len(around.tokens) else ""
    return None if following in THINGS else (index, index, ALONE)


def _shape(word: str) -> str:
    if word.islower():
        return "lower"
    return "upper" if word.isupper() and len(word) > 1 else "title"


def _score(around: Passage, given: str, last: str, gap: str, place: tuple[int, str]) -> float | None:
    """Return how likely two words are a full name; None when they are as likely something else."""
    start, shape = place
    lower = shape == "lower"
    if (
        len(last) < (MIN_LOWER if lower else 2)
        or last in PARTICLES
        or last in THINGS
        or (lower and len(given) < MIN_LOWER)
    ):
        return None
    rare = (given not in words()) + (last not in words())
    if is_surname(last):
        if rare == 2:  # noqa: PLR2004 - neither is a word of another meaning
            homonym = given in NOT_ALONE and (lower or last in NOT_ALONE or around.language(start, start) != ENGLISH)
            return None if homonym else LOWER if lower else PLAIN
        return AMBIGUOUS if rare and not lower and gap != "_" and given not in NOT_ALONE else None
    if rare < 2 or lower or gap == "_" or min(len(last), len(given)) < MIN_UNKNOWN:  # noqa: PLR2004
        return None
    if last in given_names() or given in NOT_ALONE or around.language(start, start) != ENGLISH:
        return None
    return UNKNOWN


RECOGNIZER = Recognizer("known_names", {"PERSON": 0.5}, find, joins=False)
