# ruff: noqa: E501 - patterns are read in one piece
"""What the model calls a person, weighed by what the words are and where they stand.

spaCy gives one confidence for all. Lists of names and words, public figures, products, the language of the passage and
the look of the line tell more. Only evidence of the model is weighed here, never that of a pattern.
"""

import re

from proxy.detection.lexicon import eponyms, given_names, places, plain, products, words
from proxy.detection.lexicon.homonyms import NOT_ALONE
from proxy.detection.lexicon.languages import ENGLISH, function_words
from proxy.detection.lexicon.names import PARTICLES, PLACE_WORDS, is_given, is_surname
from proxy.detection.lexicon.technology import TECHNOLOGY
from proxy.detection.passage import TOKEN, Passage
from proxy.detection.things import thing, titled

KNOWN, MIXED, UNKNOWN, BOTH, CODE = 0.85, 0.75, 0.5, 0.45, 0.4
"""Scores: a known name; one among common words; unknown words; a word that is a name too; unknown words in code."""
IDENTIFIER = re.compile(
    r"[_\\/{}<>=()\[\]#$%^*|~`@]|[a-z][A-Z]\w*[A-Z]|^[a-z]+[A-Z]\w*$|^[A-Z][a-z]{3,}[A-Z]\w*$|\w\.[a-z]|\d|::|->"
)
KEY, VALUE = re.compile(r"[\"']\s?:"), re.compile(r"(?:[\w.-]+: )?\S+")
CUE_BEFORE = re.compile(
    r"(?:\b(?:mr|mrs|ms|miss|dr|prof|sir|madam|uncle|aunt|auntie|brother|sister|mother|father|mum|mom|dad|son|daughter|wife|husband|partner|fianc[eé]e?|boyfriend|girlfriend|gf|bf|friend|neighbou?r|cousin|niece|nephew|grandm\w+|grandf\w+|colleague|co-?worker|boss|manager|employee|intern|student|pupil|patient|client|customer|tenant|landlord|nurse|doctor|lawyer|teacher|candidate|applicant|tell|told|ask|asked|ping|pinged|cc|meet|met|remind|invite|thank|thanks|hi|hey|hello|dear|named|called|by name|name is|name's|i'm|i am|this is|from|regards|signed|assignee|author|owner|reviewer|contact|surname|maiden name|last name|first name|n[eé]e|hr|fr|herrn?|frau|monsieur|madame|mme|se[ñn]ora?|signora?|sig|do[ñn]a|meneer|mevrouw|pani?)\.?[,:]?\s)$",
    re.IGNORECASE,
)
CUE_AFTER = re.compile(
    r"^(?:,? (?:said|says|asked|asks|told|wrote|writes|called|calls|emailed|mailed|texted|mentioned|wants|needs|thinks|joined|left|lives|works|worked|resigned|died|married|moved|agreed|confirmed|replied|promised|forgot|complained|will send|will call|who)\b|['\u2019]s (?:wife|husband|mother|father|son|daughter|sister|brother|manager|laptop|desk|house|car|phone|address|salary|account|contract|birthday|team|office|email)\b|[,:]? \(?(?:he|she|they)\b)"
)
LINES = re.compile(r"[\n>]+")
EPONYM = re.compile(
    r"^(?:['\u2019]s?)?[ -](?:paradox|law|theorem|lemma|conjecture|test|exact|distribution|process|equation|inequality|constant|number|principle|rule|effect|index|scale|curve|diagram|syndrome|disease|sign|reflex|filter|transform|algorithm|correction|divergence|method|matrix|code|prize|award|medal|cup|trophy|street|avenue|bridge|tower|university|college|hospital|foundation|institute|museum|stadium|airport|salad|sauce|cake)\b",
    re.IGNORECASE,
)
WRITTEN = re.compile(r"(?:Mc|Mac|De|Di|La|Le|O['\u2019])?[^\W\d_a-z][^\W\d_A-Z]+(?:-[^\W\d_][^\W\d_A-Z]+)?")
BEFORE_COMMA = re.compile(r"([^\W\d_][^\W\d_]+(?:-[^\W\d_]+)?)(?:,| and| &)\s\Z")
AFTER_COMMA = re.compile(r"(?:,| and| &)\s([^\W\d_][^\W\d_]+(?:-[^\W\d_]+)?)")
SUBJECT = re.compile(
    r"(?:['\u2019]s)? (?:is|was|were|has|had|isn['\u2019]t|wasn['\u2019]t|hasn['\u2019]t|did|didn['\u2019]t|will|won['\u2019]t|would|knew|went|came|began|took|gave|got|made|said|saw|thought|wrote|felt|found|kept|[a-z]{3,}ed)\b"
)
ENDING = re.compile(r"(?:rage|[bcdfghjklmnpqrstvwxz]ing|tions?|ments?|ness|able|ware|ology|ships?|ists?|izer|iser)$")
CODED, DEGREES = re.compile(r"[B-DF-HJ-NP-TV-XZ]{2,4}"), frozenset({"md", "jr", "sr", "phd", "mba", "rn", "dds"})
MIN_LOWER, MIN_PIECE, SHORT = 4, 3, 25


def weigh(around: Passage, start: int, end: int) -> float | None:
    """Return the score of a PERSON of the model; None for the name of a thing, a word of code or a public figure."""
    span = around.text[start:end]
    start, end = _core(around.text, start, end)
    name, edges = around.text[start:end], around.text[max(0, start - 1) : start] + around.text[end : end + 1]
    whole = " ".join(map(plain, TOKEN.findall(name)))
    if len(name) < 2 or IDENTIFIER.search(name) or "_" in edges:  # noqa: PLR2004 - an initial
        return None
    if around.figure(whole, start, end) or thing(around.text, start, end):
        return None
    tongue = around.tongue(start, end)
    parts = [part for part in map(plain, TOKEN.findall(name)) if part not in PARTICLES and part not in TECHNOLOGY]
    parts = [part for part in parts if tongue == ENGLISH or part not in function_words(tongue)]
    if EPONYM.match(around.text[end : end + 20]) or not parts or parts[0] in PLACE_WORDS or around.named_after(parts):
        return None
    if len(parts) == 1:
        if not _cued(around.text, start, end) and _nobody(parts[0], around, start, end, tongue):
            return None
        cut = any(word.islower() for word in TOKEN.findall(span.replace(name, "")))
        return _weigh_one(parts[0], around, start, end, tongue, cut=cut)
    return _weigh_more(parts, around, start, name, tongue)


def _weigh_more(parts: list[str], around: Passage, start: int, name: str, tongue: str) -> float | None:
    score = None if around.named_in_public(start, start + len(name)) or _coded(name) else _likeness(parts)
    if tongue != ENGLISH and (name.islower() or not any(part in given_names() for part in parts)):
        return None
    if score == UNKNOWN and name.islower():
        return None
    return CODE if score == UNKNOWN and around.in_code(start) else score


def _weigh_one(part: str, around: Passage, start: int, end: int, tongue: str, *, cut: bool) -> float | None:
    """Weigh a single word: many of code and of JSON are taken for a name, and things have people's names.

    Where the model's span was `cut`, because it went on in small letters, it was the beginning of something else.
    """
    name = around.text[start:end]
    cued = _cued(around.text, start, end)
    given, surname = is_given(part), is_surname(part)
    if around.in_code(start) or KEY.match(around.text, end) or not (cued or ((given or tongue == ENGLISH) and not cut)):
        return None
    homonym = part in words() or part in NOT_ALONE or part in eponyms() or part in products() or part in places()
    if name.islower():
        rare = given and not homonym and tongue == ENGLISH and len(part) >= MIN_LOWER
        return KNOWN if rare and not VALUE.fullmatch(around.line(start)) else None
    private = cued or not around.public(start, end)
    if homonym:
        return BOTH if (given or surname) and (cued or (given and private and part in words())) else None
    if given or surname:
        return KNOWN
    unknown = private and tongue == ENGLISH and len(part) >= MIN_LOWER and WRITTEN.fullmatch(name)
    return UNKNOWN if unknown and len(around.tokens) > 1 and not _derived(part) else None


def _coded(name: str) -> bool:
    """Whether words end in letters that are nobody's: a terminal, a unit, a department."""
    last = name.rsplit(None, 1)[-1]
    return (
        CODED.fullmatch(last) is not None
        and not name.isupper()
        and plain(last) not in DEGREES
        and not is_surname(plain(last))
    )


def _cued(text: str, start: int, end: int) -> bool:
    """Whether something right beside a word speaks of somebody: a title, a relative, what people do."""
    return bool(CUE_BEFORE.search(text[max(0, start - 40) : start]) or CUE_AFTER.match(text[end : end + 40]))


def _nobody(part: str, around: Passage, start: int, end: int, tongue: str) -> bool:
    """Whether a single word without a cue is the model's own name, a thing with an article, or no given name at all."""
    if around.text[start:end] in around.assistants or (tongue == ENGLISH and titled(around.text, start, end)):
        return True
    return not (is_given(part) or _private(around, start, end))


def _derived(part: str) -> bool:
    """Whether a word that no list has is made of English words: demurrage, dockerfiles."""
    if ENDING.search(part):
        return True
    cuts = range(MIN_PIECE, len(part) - MIN_PIECE + 1)
    return any((part[:cut] in words() or part[:cut] in TECHNOLOGY) and part[cut:] in words() for cut in cuts)


def _private(around: Passage, start: int, end: int) -> bool:
    """Whether there is a sign that a word which is no given name means somebody; a short text may have none."""
    if len(around.tokens) < SHORT or around.register(start, end)[1] or SUBJECT.match(around.text, end):
        return True
    return _listed(around.text, start, end)


def _listed(text: str, start: int, end: int) -> bool:
    """Whether a word stands in a list beside a given name."""
    beside = (BEFORE_COMMA.search(text, max(0, start - 40), start), AFTER_COMMA.match(text, end))
    return any(found is not None and is_given(plain(found[1])) for found in beside)


def _core(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a span that may be a name: the model runs over line ends, house numbers and verbs.

    Where the longest line has capitals, it is the longest run of words with them, and of particles between.
    """
    rows: list[tuple[int, int]] = []
    at = start
    for row in LINES.split(text[start:end]):
        begin = text.index(row, at) if row else at
        rows.append((begin, begin + len(row)))
        at = begin + len(row)
    begin, stop = max(rows, key=lambda row: row[1] - row[0])
    tokens = list(TOKEN.finditer(text, begin, stop))
    runs: list[list[re.Match[str]]] = [[]]
    for token in tokens:
        if token[0][0].islower() and token[0] not in PARTICLES:
            runs.append([])
        elif runs[-1] or token[0] not in PARTICLES:
            runs[-1].append(token)
    run = max(runs, key=len) or tokens
    return (run[0].start(), run[-1].end()) if run else (begin, stop)


def _likeness(parts: list[str]) -> float | None:
    """Return how likely several words that the model calls a person are one, by what the lists know of them.

    Shares of true names among such spans of the development data: one known .9, unknown words .6, common words 0.
    """
    known = unknown = common = both = 0
    for part in parts:
        listed, word = is_given(part) or is_surname(part), part in words()
        known += listed and not word
        both += listed and word
        common += word and not listed
        unknown += not listed and not word
    if unknown and not known and any(part in places() or part in products() for part in parts):
        return None
    if known:
        return KNOWN if not common else MIXED
    if common:
        return None
    return BOTH if both else UNKNOWN


def identifier(text: str) -> bool:
    """Whether a span is one token that only a program writes."""
    return not any(char.isspace() for char in text) and IDENTIFIER.search(text) is not None
