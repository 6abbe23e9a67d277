"""Digits as they are spoken, in nine languages: `four one one one`, `soixante-dix-huit`, `einundzwanzig`.

Numbers below one hundred stand for their digits, as in telephone numbers and cards that are read out.
"""

import re
from collections.abc import Iterator, Sequence

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.windows import rewrite
from proxy.detection.lexicon import plain

_ONES = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
    "diecisiete dieciocho diecinueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
    "zeventien achttien negentien",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezasseis dezassete "
    "dezoito dezanove",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście "
    "czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście",
    "sv": "noll ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "pl": "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt "
    "dziewięćdziesiąt",
    "sv": "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio",
}
_GLUED = {"de": "{one}und{ten}", "nl": "{one}en{ten}", "it": "{ten}{one}", "sv": "{ten}{one}"}
"""How languages that write 21 to 99 as one word put the two together."""
_OTHERS = {
    "oh": 0,
    "eins": 1,
    "zwo": 2,
    "one": 1,
    "una": 1,
    "une": 1,
    "uma": 1,
    "meia": 6,
    "quatrevingt": 80,
    "veintidós": 22,
    "veintitrés": 23,
    "veintiséis": 26,
}
_REPEATS = {"double": 2, "triple": 3, "doppel": 2, "dubbel": 2, "doble": 2, "doppio": 2}
_LINKS = frozenset({"and", "und", "et", "y", "e", "och"})
_FRENCH = re.compile(r"(quatre)([\s-])(vingt)s?", re.IGNORECASE)
MIN_NUMBERS, MIN_TENS = 6, 20


def _numbers() -> dict[str, int]:
    found = dict(_OTHERS)
    for language, listed in _ONES.items():
        ones, tens = listed.split(), _TENS[language].split()
        found |= {word: value for value, word in enumerate(ones)}
        for decade, ten in enumerate(tens, 2):
            found[ten] = 10 * decade
            for value, one in enumerate(ones[1:10], 1):
                elided = ten[:-1] if language == "it" and one[0] in "uo" else ten
                found[_GLUED.get(language, "").format(one=one, ten=elided)] = 10 * decade + value
    found |= {f"veinti{one}": 20 + value for value, one in enumerate(_ONES["es"].split()[1:10], 1)}
    del found[""]
    return found | {plain(word): value for word, value in found.items()}


NUMBERS = _numbers()
_SPOKEN = frozenset((*NUMBERS, *_REPEATS, *_LINKS))
_WORD, _GAP, _SPAN = re.compile(r"[^\W\d_]+"), re.compile(r"[\s,.-]{1,3}"), re.compile(r"[\s\S]*")


def spelled(text: str, budget: Budget) -> Iterator[str]:
    """Write runs of at least six spoken numbers in digits."""
    words = text.lower().replace("-", " ").replace(",", " ").replace(".", " ").split()
    flags = bytes(map(_SPOKEN.__contains__, words))
    if b"\1" * MIN_NUMBERS in flags:
        yield from rewrite(text, list(_runs(text)), _digits, budget)


def _runs(text: str) -> Iterator[re.Match[str]]:
    """Yield what stretches over neighbouring spoken words."""
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        spoken = word[0].lower() in _SPOKEN
        if run and not (spoken and _GAP.fullmatch(text, run[-1].end(), word.start())):
            if len(run) >= MIN_NUMBERS and (span := _SPAN.match(text, run[0].start(), run[-1].end())):
                yield span
            run = []
        if spoken:
            run.append(word)
    if len(run) >= MIN_NUMBERS and (span := _SPAN.match(text, run[0].start(), run[-1].end())):
        yield span


def _digits(match: re.Match[str]) -> str | None:
    words = _WORD.findall(_FRENCH.sub("quatrevingt", match[0].lower()))
    known = sum(word in NUMBERS for word in words)
    return "".join(_read(words)) if known >= MIN_NUMBERS else None


def _read(words: Sequence[str]) -> Iterator[str]:
    """Yield the digits: a decade takes what follows it, soixante and quatre-vingt up to nineteen."""
    times, at = 1, 0
    while at < len(words):
        word, at = words[at], at + 1
        if word not in NUMBERS:
            times = _REPEATS.get(word, 1)
            continue
        value = NUMBERS[word]
        room = {"soixante": 20, "quatrevingt": 20}.get(word, 10) if value >= MIN_TENS and value % 10 == 0 else 1
        if word == "dix":
            room = 10
        ahead = at + (at < len(words) and words[at] in _LINKS)
        while ahead < len(words) and 0 < (more := NUMBERS.get(words[ahead], 0)) < room and (word != "dix" or more > 6):  # noqa: PLR2004 - dix-sept
            value, at, ahead, room = value + more, ahead + 1, ahead + 1, 10 if more == 10 else 1  # noqa: PLR2004 - dix-huit
        yield str(value) * times
        times = 1
