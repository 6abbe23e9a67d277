# ruff: noqa: E501 - patterns are read in one piece
"""How odd a token is: how unlike a word, a name, a number, an address or a reference, as passwords that people make are."""

import re
from enum import IntEnum

from proxy.detection.recognizers.credentials.values import (
    MIN_PART,
    SIGNS,
    UUID,
    made_of_words,
    parts,
    refers,
    stands_in,
)
from proxy.detection.recognizers.credentials.words import STAND_INS, TECHNICAL, said

SHORTEST, FEWEST_LETTERS = 6, 3


class Oddness(IntEnum):
    """What a token is made of; the more, the less it can be anything but a password."""

    ORDINARY = 0
    JOINED = 1
    """Words run together or joined by a sign that names have as well: `RiverOtter`, `plum-otter`, `k4x-22-ab`."""
    MIXED = 2
    """Words and numbers, or words around a sign that no name has: `otter2031`, `Sn0wplough`, `Plum&Otter`."""
    STRANGE = 3
    """Letters, digits and such a sign: `Otter#31`."""


_INSIDE = frozenset("!#$%&*+?^~@=§€£")
_OUTSIDE = frozenset(",;")
_SIGNS = SIGNS | frozenset("!?+=@")
_MADE = re.compile(r"[^\W\d_]+(?:[-_.!?#$%&*+@~^=/]{1,2}[^\W_]+)*[-_!?#$%&*+@]{0,3}")
_WORD_NUMBER = re.compile(r"[^\W\d_]{3,24}\d{2,6}[a-zA-Z]?")
_NUMBERED = re.compile(r"[^\W\d_]+[-.]\d+")
_LEET = re.compile(r"[^\W\d_]+\d{1,3}[^\W\d_]+\w*")
_MIXED = re.compile(r"(?=\w*[a-z])(?=\w*[A-Z])[^\W_]*\d[^\W\d_]+[^\W_]*")
_TITLE = re.compile(r"[A-ZÄÖÜÉ][a-zäöüßéèáíóúñç]{2,}(?:[A-ZÄÖÜÉ][a-zäöüßéèáíóúñç]{3,}){1,3}")
_REFERENCE = re.compile(
    r"(?-i:[A-Z]{1,8}[-_#/]?\d+[\w-]*|[A-Z\d-]+)|(?:q|h|w|kw|v|fy|rev|no|nr|n°|art|abs|bug|issue|pr|id|ticket|case|step|room|level|stage|tier|phase|top|kb|cve|rfc|iso|din|en)[-_.#]?\d[\d.-]*\w?|.*x{3}.*|\d+(?:st|nd|rd|th|er|e|º|ª|x|h|am|pm|min|mb|gb|kb|tb|k|m|px|ms|kg|km|cm|mm)\b.*|\d[\d.,:/-]*\w{0,3}"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+|[\w-]+@v?\d[\d.]*|\w[\w-]*(?:\.[\w-]+){3,}|(?:0x)?[0-9a-f]{16,}|@\w[\w.-]*|#\w+|[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|dev|de|fr|es|it|nl|pt|pl|se|be|eu|uk|co|lan|local|internal|energy|app|cloud|ch|at)(?:[:/].*)?|\w*[:;/].*|\w+[-_]?(?:call|toolu|chatcmpl|msg|req|run|job|file)[-_]\w*|(?:call|toolu|chatcmpl|msg|req|run|job|file|sha\d*)[-_:]\w+",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"[A-Z0-9_.-]+")


def oddness(value: str) -> Oddness:
    """Say how odd a token is."""
    bare = value.rstrip("!?")
    if len(value) < SHORTEST or _known(value, bare):
        return Oddness.ORDINARY
    if any(map(str.isdigit, value)):
        return _with_digits(value, bare) if sum(map(str.isalpha, value)) >= FEWEST_LETTERS else Oddness.ORDINARY
    if set(bare[1:-1]) & _INSIDE - {"@", "="} and _MADE.fullmatch(value) and _plain(value):
        return Oddness.MIXED
    return Oddness.JOINED if _TITLE.fullmatch(value) or made_of_words(value) else Oddness.ORDINARY


def _known(value: str, bare: str) -> bool:
    """Whether it is known what else a token is."""
    if stands_in(value) or refers(value) or set(value) & _OUTSIDE or value.endswith("="):
        return True
    return any(shape.fullmatch(bare) for shape in (TECHNICAL, UUID, _REFERENCE))


def _with_digits(value: str, bare: str) -> Oddness:
    if bare != value or set(value[1:-1]) & _SIGNS:
        return Oddness.STRANGE if set(bare[1:] if bare != value else bare[1:-1]) & _INSIDE else Oddness.MIXED
    if _CAPITALS.fullmatch(value):
        return Oddness.ORDINARY
    if _NUMBERED.fullmatch(value):
        return Oddness.JOINED
    made = _MIXED.fullmatch(value) or (
        _plain(value) and any(shape.fullmatch(value) for shape in (_MADE, _WORD_NUMBER, _LEET))
    )
    return Oddness.MIXED if made else Oddness.JOINED


def _plain(value: str) -> list[str]:
    """Return the words in a token that are neither short, nor parts of identifiers, nor said of passwords."""
    return [
        part
        for part in parts(value)
        if len(part) > MIN_PART and part.isalpha() and part not in STAND_INS and not said(part)
    ]
