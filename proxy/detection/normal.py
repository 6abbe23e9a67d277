# ruff: noqa: RUF001 - look-alikes are what this module is about
"""One spelling for what looks the same: Unicode tricks that hide a value from a pattern but not from a reader.

`normalise` is safe for every text and is what all detectors read. `fold` also turns look-alike letters of other scripts
into Latin ones; it ruins honest Cyrillic or Greek, so its output is only ever read beside the normalised text.
"""

import unicodedata
from collections.abc import Callable
from itertools import chain

import regex

MARKS = r"[\p{Mn}\p{Me}]"
_LONG_MARKS = regex.compile(rf"({MARKS}{{12}}){MARKS}+")
_LOOSE_MARKS = regex.compile(rf"(?<=[\p{{Latin}}\p{{Nd}}\p{{P}}\p{{S}}]){MARKS}+")
_INVISIBLE = regex.compile(
    r"[\p{Cf}\p{Default_Ignorable_Code_Point}\u115f\u1160\u3164\uffa0[\p{Cc}--[\t\n\r\x85]]]+", regex.V1
)
_SPACES = regex.compile(r"[[\p{Zs}\u2800\x85\u2028\u2029]--[ ]]", regex.V1)
_DASHES = regex.compile(r"[[\p{Pd}\u2212\u02d7\u2043]--[-]]", regex.V1)
_FOREIGN_DIGIT = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)
_TAGS = regex.compile(r"[\U000e0020-\U000e007e]+")

_PAIRS = (
    # Cyrillic
    "аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwѵvӏlкkтtмmнhвbгrпnАAВBЕEКKМMНHОOРPСCТTХXУYЅSІIЈJԌGҮYӀIԚQԜWЗ3Ѵ" + "V"
    # Greek
    "αaοoνvρpτtυuιiκkϲcϳjεeηnγyωwχxσoΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϹC"
    # Armenian
    "օoսuհhզqցgոnԁdՏSԼLՕOսu"
    # Cherokee
    "ᎠDᎡRᎢTᎻHᎷMᎳWᏀGᏚSᏙVᏟCᏢPᏦKᏞLᏃZᏴBᎪAᎬEᏆIᎫJᎩY"
    # Latin letters of the phonetic alphabets
    "ɑaɡgıiɩiᴀAʙBᴄCᴅDᴇEꜰFɢGʜHɪIᴊJᴋKʟLᴍMɴNᴏOᴘPʀRꜱSᴛTᴜUᴠVᴡWʏYᴢZⅼlℓl"
    # Punctuation
    "․.。.｡.‚,٫.٬,ː:׃:꞉:∕/⁄/∖\\⧵\\"
)
_TABLE = {ord(_PAIRS[at]): _PAIRS[at + 1] for at in range(0, len(_PAIRS), 2)}
for _first, _base in ((0x1F150, "A"), (0x1F170, "A"), (0x1F1E6, "A")):
    _TABLE |= {_first + offset: chr(ord(_base) + offset) for offset in range(26)}
for _first in (0x2776, 0x2780, 0x278A):
    _TABLE |= {_first + offset: str(offset + 1) for offset in range(9)}
MAX_GROWTH = 3
"""NFKC may turn one character into 18; a text that grows more than this is a bomb, not a text."""


def normalise(text: str) -> str | None:
    """Return NFKC without invisible characters and loose marks, plain spaces and hyphens; None for a bomb."""
    if text.isascii():
        return text if text.isprintable() else _INVISIBLE.sub("", text)
    short = _LONG_MARKS.sub(r"\1", text)  # canonical ordering is quadratic in a run of marks
    composed = unicodedata.normalize("NFKC", short)
    if len(composed) > MAX_GROWTH * len(text) + 64:
        return None
    bare = _LOOSE_MARKS.sub("", _INVISIBLE.sub("", composed))
    return _DASHES.sub("-", _SPACES.sub(" ", bare))


def head(text: str, size: int) -> str:
    """Return the first `size` characters that a reader sees, at the cost of those and the invisible before them."""
    return _edge(text, size, lambda taken: text[:taken])[:size]


def tail(text: str, size: int) -> str:
    """Return the last `size` characters that a reader sees."""
    return _edge(text, size, lambda taken: text[-taken:])[-size:]


def _edge(text: str, size: int, take: Callable[[int], str]) -> str:
    """Take more of a text until enough of it is visible; a bomb stays as it is, for the scan to refuse."""
    taken = 2 * size
    while True:
        raw = take(taken)
        seen = normalise(raw)
        if seen is None:
            return raw
        if len(seen) >= size or taken >= len(text):
            return seen
        taken *= 4


def apart(text: str) -> str:
    """Return the text with a space for every run of invisible characters: they may also hide a word's end."""
    return _INVISIBLE.sub(" ", text)


def has_invisible(text: str) -> bool:
    """Whether something was there that a reader does not see."""
    return _INVISIBLE.search(text) is not None


def fold(text: str) -> str:
    """Replace look-alikes of Latin letters and digits of any script by the plain ones."""
    if text.isascii():
        return text
    return _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text.translate(_TABLE))


def tagged(text: str) -> str:
    """Return the ASCII that invisible tag characters spell: a reader sees nothing of it, a model does."""
    runs = _TAGS.findall(text)
    return "".join(chr(ord(char) - 0xE0000) for char in chain.from_iterable(runs))
