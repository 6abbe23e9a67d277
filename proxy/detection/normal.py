# ruff: noqa: RUF001 - look-alikes are what this module is about
"""One spelling for what looks the same: Unicode tricks that hide a value from a pattern but not from a reader.

`normalise` is safe for every text and is what all detectors read. `fold` also turns look-alike letters of other scripts
into Latin ones; it ruins honest Cyrillic or Greek, so its output is only ever read beside the normalised text.
Most texts hold few characters beyond ASCII, and fewer that need any of this: these are told by the set of them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

import regex

MARKS = r"[\p{Mn}\p{Me}]"
_LONG_MARKS = regex.compile(rf"({MARKS}{{12}}){MARKS}+")
_LOOSE_MARKS = regex.compile(rf"(?<=[\p{{Latin}}\p{{Nd}}\p{{P}}\p{{S}}\p{{Z}}]){MARKS}+")
_INVISIBLE = regex.compile(
    r"[\p{Cf}\p{Default_Ignorable_Code_Point}\u115f\u1160\u3164\uffa0[\p{Cc}--[\t\n\r\x85]]]+", regex.V1
)
_SPACES = regex.compile(r"[[\p{Zs}\u2800\x85\u2028\u2029]--[ ]]", regex.V1)
_DASHES = regex.compile(r"[[\p{Pd}\u2212\u02d7\u2043]--[-]]", regex.V1)
_FOREIGN_DIGIT = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)
_COMBINES = regex.compile(r"[\p{M}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
"""Marks, and the parts of Korean syllables: what becomes of them depends on their neighbours."""
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_SPELLED = {0xE0000 + code: code for code in range(0x20, 0x7F)}
_BACKWARDS = re.compile("\u202e([^\u202c\u202d\u2066-\u2069\n]{2,4000})")
"""What is shown right to left, whatever it is (Unicode UAX 9)."""
_CONTROLS = bytes(code for code in range(128) if (code < 32 or code == 127) and chr(code) not in "\t\n\r")  # noqa: PLR2004 - ASCII

_PAIRS = (
    # Cyrillic
    "аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwѵvӏlкkтtмmнhвbгrпnАAВBЕEКKМMНHОOРPСCТTХXУYЅSІIЈJԌGҮYӀIԚQԜWЗ3Ѵ" + "V"
    # Greek
    "αaοoνvρpτtυuιiκkϲcϳjεeηnγyωwχxσoΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϹC"
    # Armenian
    "օoսuհhզqցgոnԁdՏSԼLՕOսu"
    # Cherokee
    "ᎠDᎡRᎢTᎻHᎷMᎳWᏀGᏚSᏙVᏟCᏢPᏦKᏞLᏃZᏴBᎪAᎬEᏆIᎫJᎩY"
    # Lisu
    "ꓐBꓑPꓓDꓔTꓖGꓗKꓙJꓚCꓜZꓝFꓟMꓠNꓡLꓢSꓣRꓦVꓧHꓪWꓫXꓬYꓮAꓰEꓲIꓳOꓴU"
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
_WORD, _PLAIN = re.compile(r"[\w.@+/=-]+"), re.compile(r"[A-Za-z0-9]")
MAX_GROWTH = 3
"""NFKC may turn one character into 18; a text that grows more than this is a bomb, not a text."""
FEW = 12
"""So many different characters are replaced one by one; beyond that, in one pass."""


@lru_cache(maxsize=1 << 14)
def _alone(char: str) -> str | None:
    """Return what becomes of a character beyond ASCII wherever it stands; None if that depends on its neighbours."""
    composed = unicodedata.normalize("NFKC", char)
    if _COMBINES.search(composed):
        return None
    return _tidy(composed)


@lru_cache(maxsize=1 << 14)
def _is_invisible(char: str) -> bool:
    return _INVISIBLE.match(char) is not None


@lru_cache(maxsize=1 << 14)
def _unlike(char: str) -> bool:
    return ord(char) in _TABLE or _FOREIGN_DIGIT.match(char) is not None


def _tidy(text: str) -> str:
    return _DASHES.sub("-", _SPACES.sub(" ", _INVISIBLE.sub("", text)))


def normalise(text: str) -> str | None:
    """Return NFKC without invisible characters and loose marks, plain spaces and hyphens; None for a bomb."""
    if text.isascii():
        return text if text.isprintable() else text.encode("ascii").translate(None, _CONTROLS).decode("ascii")
    changed: list[tuple[str, str]] = []
    for char in set(text):
        if not char.isascii() or not char.isprintable():
            becomes = _alone(char) if char not in "\t\n\r" else char
            if becomes is None or len(changed) > FEW:
                return _normalise(text)
            if becomes != char:
                changed.append((char, becomes))
    made = text
    for char, becomes in changed:
        made = made.replace(char, becomes)
        if len(made) > MAX_GROWTH * len(text) + 64:
            return None
    return made


def _normalise(text: str) -> str | None:
    short = _LONG_MARKS.sub(r"\1", text)  # canonical ordering is quadratic in a run of marks
    composed = unicodedata.normalize("NFKC", short)
    if len(composed) > MAX_GROWTH * len(text) + 64:
        return None
    return _DASHES.sub("-", _SPACES.sub(" ", _LOOSE_MARKS.sub("", _INVISIBLE.sub("", composed))))


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


def has_invisible(text: str) -> bool:
    """Whether something was there that a reader does not see."""
    if text.isascii():
        return not text.isprintable() and text.encode("ascii").translate(None, _CONTROLS) != text.encode("ascii")
    return any(map(_is_invisible, set(text)))


def invisible(text: str) -> Iterator[re.Match[str]]:
    """Yield runs of characters that a reader does not see: each may also hide a word's end."""
    present = "".join(sorted(filter(_is_invisible, set(text))))
    return iter(re.finditer(f"[{re.escape(present)}]+", text) if present else ())


def has_look_alikes(text: str) -> bool:
    """Whether `fold` changes anything."""
    return not text.isascii() and any(map(_unlike, set(text)))


def look_alikes(text: str) -> Iterator[re.Match[str]]:
    """Yield the characters that `fold` replaces, in order."""
    if text.isascii():
        return iter(())
    present = sorted(filter(_unlike, set(text)))
    return iter(re.finditer(f"[{re.escape(''.join(present))}]+", text) if present else ())


def fold(text: str) -> str:
    """Replace look-alikes of Latin letters and digits of any script by the plain ones."""
    if not has_look_alikes(text):
        return text
    return _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0], digit[0])), text.translate(_TABLE))


def mixed(text: str) -> Iterator[re.Match[str]]:
    """Yield words of which some characters are plain and some only look so: nobody writes these honestly."""
    if has_look_alikes(text):
        for word in _WORD.finditer(text):
            if not word[0].isascii() and _PLAIN.search(word[0]):
                yield word


def mend(text: str) -> str:
    """Fold only those words."""
    pieces, end = [], 0
    for word in mixed(text):
        pieces += [text[end : word.start()], fold(word[0])]
        end = word.end()
    return "".join([*pieces, text[end:]]) if pieces else text


def concealed(text: str) -> Iterator[str]:
    """Yield what invisible characters spell, which a model reads, and what they turn round, as a reader sees it."""
    if not text.isascii():
        lines = [line for line in map("".join, map(_TAGS.findall, text.split("\n"))) if line]
        for joint in ("", "\n")[: len(lines)]:
            yield joint.join(lines).translate(_SPELLED)
        yield from (found[1][::-1] for found in _BACKWARDS.finditer(text))
