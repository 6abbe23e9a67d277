# ruff: noqa: E501, SIM905 - patterns are read in one piece, words as lines
"""The three shapes of a street line: number first, street word first, street word as ending of a name.

Each reads a bounded stretch on one side of a number, so a text costs time in proportion to its numbers.
"""

import re
from collections.abc import Iterator

from proxy.detection.lexicon import plain, words
from proxy.detection.lexicon.technology import TECHNOLOGY
from proxy.detection.recognizers.addresses import boxes, eastern, english, french, germanic, places, romance
from proxy.detection.recognizers.addresses.context import LABEL, in_front
from proxy.detection.recognizers.addresses.parts import BARE, NUMBER, PARTICLES, UPPER, WORD, Core, is_cased

MAX_NAME = 5
LOWER = 0.72
"""What is left of a form's certainty without capitals."""
BARE_LOWER = 0.18
YEARS = range(1900, 2100)
BEFORE, BEHIND = 64, 100

# Number first: 12 Oak Street; 12 bis, rue des Lilas

_RUN = re.compile(
    rf"(?:(?:[NSEW][0-9]{{1,5}}){{2}}|{NUMBER})(?:[ ](?:bis|ter|quater)(?!\w))?(,?[ ]{{1,2}}|,?\n)"
    rf"((?=[^\W\d_]|[0-9]{{1,3}}[a-z]{{2}})(?:(?:{WORD}|[0-9]{{1,3}}(?:st|nd|rd|th)?(?![\w.]))[ ]{{0,2}}){{1,8}})",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\s,]+")
_CODE_BEHIND = re.compile(
    rf"[ ,\n](?:{places.LETTERED_CODE}|[0-9]{{4,5}}(?![\w-])|[0-9]{{3}}-[0-9]{{4}}|Dublin[ ])|[ ](?:Apt|Apartment|Suite|Ste|Unit|Flat|APT|SUITE|STE|UNIT)\.?[ ]#?[0-9A-Z]"
)
_LOWER_CODE_BEHIND = re.compile(
    rf"[ ,\n](?:{places.LOWER_CODE}|{places.SHORT_REGION}[ ,]{{1,2}}{places.ZIP})", re.IGNORECASE
)


def number_first(text: str, start: int) -> Iterator[Core]:
    """Read a street line that begins with the number at `start`."""
    run = _RUN.match(text, start)
    if run is None:
        return
    tokens = list(_TOKEN.finditer(text, run.start(2), run.end(2)))
    low = [token[0].lower().rstrip(".-\u2019'") for token in tokens]
    core = _french(run, tokens, low) or _english(run, tokens, low)
    if core is not None:
        yield core._replace(base=min(core.base, BARE)) if "\n" in run[1] else core


def _english(run: re.Match[str], tokens: list[re.Match[str]], low: list[str]) -> Core | None:
    if low[0] in english.FUNCTION_WORDS - {"the"} or (low[0] in english.UNITS and not _street_of(tokens, low)):
        return None
    last = next((at for at in range(1, min(len(low), MAX_NAME + 1)) if low[at] in english.SUFFIXES), 0)
    name = low[: last or 1]
    if any(
        word in english.FUNCTION_WORDS and (at == 0 or word not in english.INNER)
        for at, word in enumerate(name)
        if word != "the"
    ):
        return None
    if not last:
        return _bare(run, tokens, low)
    if low[last - 1] in english.OTHER_MEANINGS.get(low[last], ()):
        return None
    for at in (last + 1, last + 2):
        if at < len(low) and low[at] in english.SUFFIXES and low[at - 1] not in english.FUNCTION_WORDS:
            last = at
    base = english.SUFFIXES[low[last]]
    following = low[last + 1] if last + 1 < len(low) else ""
    if following in english.FOLLOWED or (following.isdigit() and low[last] in english.NUMBERED):
        last, base = last + 1, max(base + 0.1, english.FAIR)
    cased = is_cased([token[0] for token in tokens[: last + 1]], PARTICLES)
    if not cased:
        base *= LOWER
    elif last + 1 < len(low) and tokens[last + 1][0][0].isupper() and not tokens[0][0].isupper():
        base -= 0.1 if base == english.STRONG else 0.2
    number = _NOT_DIGIT.split(run[0], maxsplit=1)[0]
    base -= 0.35 if _is_year(number) else 0.15 if number == "1" else 0.0
    return Core(run.start(), tokens[last].end(), base, cased)


def _street_of(tokens: list[re.Match[str]], low: list[str]) -> bool:
    """Whether a unit or a month is the name of a street here."""
    named = low[0] in english.NAMES_TOO and tokens[0][0][0].isupper()
    return named and len(low) > 1 and english.SUFFIXES.get(low[1], 0.0) == english.STRONG


def _bare(run: re.Match[str], tokens: list[re.Match[str]], low: list[str]) -> Core | None:
    """Read a number and a name: an address only if a place follows."""
    number = _NOT_DIGIT.split(run[0], maxsplit=1)[0]
    if _is_year(number) or number[:1] == "0":
        return None
    if low[0] in english.NUMBERED and len(low) > 1 and len(low[1]) <= 3 and tokens[0][0][0].isupper():  # noqa: PLR2004
        return Core(run.start(), tokens[1].end(), 0.5, cased=True)
    if low[0] == "broadway":
        return Core(run.start(), tokens[0].end(), english.FAIR, cased=True)
    lower = tokens[0][0][0].islower()
    coded = (_LOWER_CODE_BEHIND if lower else _CODE_BEHIND).search(run.string, tokens[0].end(), run.end() + BEHIND)
    if not coded and (lower or in_front(run.string[max(0, run.start() - BEFORE) : run.start()]) < LABEL):
        return None
    if lower:
        return Core(run.start(), tokens[min(len(tokens), 3) - 1].end(), BARE_LOWER, cased=False)
    last = 0
    for at, token in enumerate(tokens[1:MAX_NAME], 1):
        if low[at] in NO_NAMES or any(map(str.isdigit, low[at])):
            break
        if token[0][0].isupper():
            last = at
        elif low[at] not in PARTICLES:
            break
    return Core(run.start(), tokens[last].end(), BARE if len(number) < 5 else BARE / 2, cased=True)  # noqa: PLR2004


def _french(run: re.Match[str], tokens: list[re.Match[str]], low: list[str]) -> Core | None:
    kind = french.TYPES.get(low[0])
    if kind is None or len(low) < 2 or max(map(len, low[1:])) < 3:  # noqa: PLR2004 - a street word and a name
        return None
    particle = low[1] in PARTICLES or low[1][1:2] in ("'", "\u2019")
    last, named = 1, False
    for at in range(1, min(len(low), MAX_NAME + 2)):
        if low[at] in PARTICLES:
            continue
        if named and tokens[at][0][0].islower():
            break
        last, named = at, True
    cased = is_cased([token[0] for token in tokens[1 : last + 1]], PARTICLES)
    base = kind + (0.2 if particle and cased and kind < french.STRONG else 0.0)
    return Core(run.start(), tokens[last].end(), base if cased else base * LOWER + 0.05, cased)


_WORDS_BEHIND = re.compile(rf"(?:[ ]{WORD}){{1,4}}")
_HOUSE_AND_STREET = re.compile(
    rf"(?:(?:[{UPPER}][\w'\u2019.-]*[ ]){{1,3}}(?:{english.HOUSES})|The[ ][{UPPER}][\w'\u2019-]*(?:[ ][{UPPER}][\w'\u2019-]*)?),[ \n]{{1,3}}"
    rf"((?:[{UPPER}][\w'\u2019.-]*[ ]){{1,3}}[{UPPER}][\w.]*),"
)


def spoken(text: str) -> Iterator[Core]:
    """Read street lines whose number is written in words: `forty two Maple Street`."""
    for found in _SPOKEN_END.finditer(text):
        at = found.start()
        tokens = list(_TOKEN.finditer(text, max(0, at - BEFORE), at))[-7:]
        low = [token[0].lower() for token in tokens]
        first = len(low) - 1
        while first >= 0 and not _spelled(low[first]) and first > len(low) - 4 and not _is_function(low[first]):
            first -= 1
        number = first
        while number >= 0 and _spelled(low[number]):
            number -= 1
        if number < first < len(low) - 1 and low[first + 1] not in english.UNITS and low[number + 1] != "and":
            cased = tokens[-1][0][0].isupper()
            many = first - number > 1 or "-" in low[first]
            yield Core(tokens[number + 1].start(), found.end(), 0.35 + 0.1 * cased + 0.1 * many, cased)


_SPOKEN_END = re.compile(
    rf" (?:{'|'.join(f'[{word[0].upper()}{word[0]}]{word[1:]}' for word in english.SPOKEN_ENDS)})(?!\w)"
)


def _spelled(word: str) -> bool:
    return all(part in english.SPELLED_NUMBERS for part in word.split("-"))


def named_house(text: str, start: int) -> Iterator[Core]:
    """Read a house without a number by the British or Irish post code whose first digit is at `start`."""
    code = _LETTERED.match(text, start - 2) or _LETTERED.match(text, start - 1)
    found = code and _HOUSE_AND_STREET.search(text, max(0, start - BEHIND), start)
    if code and found and found[1].split()[-1].lower().rstrip(".") in english.SUFFIXES:
        yield Core(found.start(), code.end(), english.STRONG, cased=True)


_LETTERED = re.compile(rf"(?<![A-Z0-9]){places.LETTERED_CODE}")


_NOT_DIGIT = re.compile(r"[^0-9]")


def _is_year(number: str) -> bool:
    return number.isdigit() and int(number) in YEARS


# Number last: calle Fuencarral 91; ul. Długa 7; Lindenstraße 14; Lange Straße 14; An der Obererft 23

_STOP = re.compile(r"[\n\t;|<>\"(){}\[\]=&?]")
_HOUSE = re.compile(
    rf"(?<=[Kk]m )[0-9]{{1,4}}(?:[.,][0-9])?|{NUMBER}(?:[ ]?(?:bis|ter|quater|hs))?(?![\w%€$]|[:.,][0-9]|[ ]?(?:Uhr|hrs?|km|kg|GB|MB|Euro?|EUR|USD|%|€|years?|months?|weeks?|days?|hours?|minutes?|times|percent|Jahren?|Minuten|Stunden|Tagen?|Prozent)(?!\w))|s/n|snc",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"(?:#|n[º°.o]{1,2}|nr?|n[uú]m(?:ero)?|č\.?p?|km|lote)\.?:?", re.IGNORECASE)
_GLUED = re.compile(rf"([Cc]/|[^\W\d_]{{1,3}}\.)(?=[{UPPER}])")
_NAME = re.compile(r"['\u2019]?\w[^\W_]*(?:[.'\u2019/-]+[^\W_]+)*\.?")
_ENDS = tuple(germanic.ENDINGS)
TYPES = french.TYPES | romance.TYPES | eastern.TYPES


def number_last(text: str, start: int) -> Iterator[Core]:
    """Read a street line that ends with the number at `start`."""
    if text[max(0, start - 3) : start].rstrip(" ")[-1:].isdigit():
        return
    first = max(0, start - BEFORE)
    for stop in _STOP.finditer(text, first, start):
        first = stop.end()
    tokens = list(_TOKEN.finditer(text, first, start))
    marked = 0.0
    if tokens and _PREFIX.fullmatch(tokens[-1][0]):
        marked = 0.2 + 0.3 * (tokens.pop()[0] == "#" and text.find("-", start, start + 5) > 0)
    house = _HOUSE.match(text, start)
    if not tokens or house is None:
        return
    if not (tokens[-1][0][0].isalpha() or (marked and len(tokens) > 1 and _kind(tokens[-2][0].lower()) in TYPES)):
        return
    segment = len(tokens) - 1
    while segment and text[tokens[segment - 1].end()] != ",":
        segment -= 1
    tokens = tokens[segment:]
    low = [token[0].lower() for token in tokens]
    core = (
        boxes.numbered(tokens, low, house) or _typed(tokens, low, house, marked=marked) or _ending(tokens, low, house)
    )
    if core is not None:
        yield core


def _typed(tokens: list[re.Match[str]], low: list[str], house: re.Match[str], *, marked: float) -> Core | None:
    for at, word in enumerate(low):
        kind = _kind(word)
        glued = None if kind in TYPES else _GLUED.match(tokens[at][0])
        if glued and glued[1].lower() in TYPES:
            kind = glued[1].lower()
        if kind not in TYPES:
            continue
        names = [token[0] for token in tokens[at + 1 :]]
        if glued:
            names.insert(0, tokens[at][0][glued.end() :])
        dotted = bool(glued) or word.endswith((".", "/"))
        core = _named(kind, names, dotted=dotted, marked=marked, capital=tokens[at][0][0].isupper())
        if core and not (kind == "al." and at and low[at - 1] == "et"):
            return Core(tokens[at].start(), house.end(), *core)
    return None


def _kind(word: str) -> str:
    return word if word in TYPES else word.rstrip(".")


def _named(kind: str, names: list[str], *, dotted: bool, marked: float, capital: bool) -> tuple[float, bool] | None:
    """Return how certain a street word and a name are, and whether they have capitals; None if that is no name."""
    content = [name for name in names if name.lower() not in PARTICLES]
    if not content or len(names) > MAX_NAME + 2 or plain(content[0]) in TECHNOLOGY:
        return None
    if not all(_NAME.fullmatch(name) and not _is_function(name) for name in names):
        return None
    base, cased = TYPES[kind], not content[0][0].islower()
    if cased:
        if base < 0.5:  # noqa: PLR2004 - a weak one
            base += 0.15 * (capital and plain(content[0]) not in words())
            base += marked or 0.2 * (names[0].lower() in PARTICLES)
        return base, True
    if len(kind) < 3 and not dotted:  # noqa: PLR2004 - `ul li 3`
        return None
    return base * LOWER + marked / 2, False


def _is_function(word: str) -> bool:
    return word.lower() in english.FUNCTION_WORDS and word.lower() not in PARTICLES


def _ending(tokens: list[re.Match[str]], low: list[str], house: re.Match[str]) -> Core | None:
    names = [token[0] for token in tokens]
    street, first = low[-1], _name_start(names, low)
    opening = next((at for at, word in enumerate(low[:-1]) if word in germanic.OPENINGS), len(names))
    if not _NAME.fullmatch(names[-1]):
        return None
    if street in germanic.WORDS and first < len(names) - 1:
        base = germanic.WORDS[street]
    elif len(street) > 5 and street.endswith(_ENDS) and not _is_noun(street):  # noqa: PLR2004 - a compound
        base = max(worth for end, worth in germanic.ENDINGS.items() if street.endswith(end))
        if base < germanic.STRONG and _comma(tokens[-1]):
            return None
    elif names[-1][0].isupper() and not _comma(tokens[-1]) and street not in _NO_STREETS:
        first, base = min(first, opening), BARE + 0.05 * (opening < len(names))
    else:
        return None
    cased = names[-1][0].isupper() or names[first][0].isupper()
    number = re.match("[0-9]+", house[0])
    if number and (_is_year(number[0]) or number[0][0] == "0"):
        base -= 0.3
    return Core(tokens[first].start(), house.end(), base if cased else base * LOWER, cased)


NO_NAMES = frozenset(
    "apartment apt box flat floor haus house level lot no nr number room stand suite unit zimmer".split()
)
_NO_STREETS = english.NOT_HOUSES | english.UNITS | NO_NAMES


def _is_noun(word: str) -> bool:
    return word in germanic.NOT_STREETS or plain(word) in words()


def _comma(token: re.Match[str]) -> bool:
    return token.string[token.end() : token.end() + 1] == ","


def _name_start(names: list[str], low: list[str]) -> int:
    """Return where a name begins that ends with the last word: capitals, and particles between them."""
    first = len(names) - 1
    for at in range(first - 1, -1, -1):
        if low[at] in germanic.ARTICLES or names[at][-1] == ":" or low[at].rstrip(".") in english.FUNCTION_WORDS:
            break
        if not names[at][0].isupper() and low[at] not in ("van", "von", "de", "der"):
            break
        first = at
    return first
