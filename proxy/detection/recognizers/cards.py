"""Payment cards: 12 to 19 digits in any grouping, right by Luhn, of a known issuer or beside a word for cards.

Issuer prefixes: ISO/IEC 7812 ranges as published by the card networks. The test numbers that networks and payment
services publish are nobody's, and neither is a number that is called an order, a tracking number or an article.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from stdnum import ean, luhn

from proxy.detection.recognizers.base import Match, Recognizer, near, words
from proxy.detection.recognizers.samples import CARDS as SAMPLES

# Digits with at most three separator characters between neighbours; split into groups below.
SEQUENCE = re.compile(r"(?<![0-9])[0-9](?:[ \t.,·•/|*_+-]{0,3}[0-9]){11,}(?![0-9])")
GROUP = re.compile(r"[0-9]+")
CONTEXT = words(
    *(
        "(?:credit|debit|bank|payment|master|gift|corporate)?cards?",
        "pan",
        "visa",
        "maestro",
        "amex",
        "american express",
    ),
    *(
        "discover",
        "diners",
        "jcb",
        "union ?pay",
        "credit",
        "debit",
        "primary account",
        "cvv2?",
        "cvc2?",
        "cc ?(?:no|num|number|nr)",
    ),
    *(
        r"\w*karten?(?:nummer|nr)?",
        "cartes?",
        "cb",
        "tarjetas?",
        "cart[aã]o",
        "carta",
        r"kart\w{0,3}",
        r"\w*kort(?:nummer)?",
    ),
    *(r"luottokort\w*", "expiry", "expires", "expiration"),
)
OTHER = re.compile(
    r"(?<![^\W_])(?:order|invoice|ticket|track(?:ing)?|shipment|parcel|sku|ean(?:-?13)?|gtin|upc|isbn|barcode|article|imei|"
    r"iccid|imsi|serial|timestamp|ts|epoch|trace|span|request|session|message|event|tweet|status|channel|guild|user|object|"
    r"transaction|txn?|hash|seed|build|batch|lot|amount|total|bytes|size|offset|id|ref|reference)"
    r"[ _-]?(?:no|nr|num|number|id|code)?[^0-9A-Za-z\n]{0,6}\Z",
    re.IGNORECASE,
)
"""What a number is called that only happens to be right by Luhn, as one in ten is."""
LAYOUTS = frozenset(
    {
        *((size,) for size in range(12, 20)),
        (4, 4, 4, 4),
        (4, 6, 5),
        (4, 6, 4),
        *((4, 4, 4, 4, rest) for rest in (1, 2, 3)),
        (4, 4, 4, 1),
        (4, 5, 6),
        (4, 4, 5),
        (4, 4, 4),
        (4, 4, 4, 3),
        (6, 13),
        (4, 4, 4, 2),
        (4, 4, 11),
        (8, 8),
        (6, 6, 4),
        (6, 10),
        (5, 5, 6),
        (4, 8, 4),
        (4, 12),
    }
)
_GLUED, _TRACK_2 = re.compile(r"[^\W_]\Z"), re.compile(r"D[0-9]{4}")
_ROW_BEFORE = re.compile(r"\.\Z|(?<![^\W_])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{4}[ ,.-]{1,2}\Z")
_ROW_BEHIND = re.compile(r"\.[0-9]|[ ,.-]{1,2}(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{4}(?![^\W_])")
"""Tables of numbers with four digits, hexadecimal ones too, look like cards in a row."""
_LONG = re.compile(r"(?<![0-9])[0-9]{17,20}(?![0-9])")
"""Of random numbers of 19 digits one in a hundred is right: those in lists are hashes or seeds."""
AROUND = 40
_ATTACHED, _ATTACHED_BEHIND = re.compile(r"[^\W_][./_-]\Z"), re.compile(r"[/_-][^\W_]")
BEHIND = re.compile(
    r"[\s,;:|/\"'-]{1,6}(?:exp\w*[\s:.\"']*)?(?:0[1-9]|1[0-2])\s?[/.|-]?\s?(?:20)?[0-9]{2}[\s,;:|/\"'-]{1,6}([0-9]{3,4})(?![0-9])",
    re.IGNORECASE,
)
"""An expiry behind a card number, then the security code."""
MIN_DIGITS, MAX_DIGITS = 12, 19
USUAL = (15, 16)
CLOCK = re.compile(
    r"1[4-9][0-9]{11}(?:[0-9]{3}|[0-9]{6})?|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{7}(?:[0-9]{3})?"
)
"""Milli-, micro- and nanoseconds since 1970; dates with times."""
BRANDS = re.compile(
    r"""
      4(?:\d{12}|\d{15}|\d{18})                                                   # Visa
    | (?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}          # Mastercard
    | 3[47]\d{13}                                                                 # American Express
    | 3(?:0[0-5]|095|[689]\d)\d{11,16}                                            # Diners Club
    | (?:6011|64[4-9]\d|65\d{2})\d{12,15}                                         # Discover
    | 35(?:2[89]|[3-9]\d)\d{12,15} | (?:2131|1800)\d{11}                          # JCB
    | (?:62|81)\d{14,17}                                                          # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|6761|6762|6763|0604)\d{8,15}               # Maestro
    | 220[0-4]\d{12,15}                                                           # Mir
    | (?:60|65|81|82|508|9792)\d{12,14}                                           # RuPay, Troy
    """,
    re.VERBOSE,
)


def _score(number: str, text: str, start: int, end: int, *, usual: bool) -> float | None:
    """Return the score of a number that is right by Luhn; lengths that few issuers use need a word for cards."""
    branded = BRANDS.fullmatch(number) is not None
    if not luhn.is_valid(number) or _nobodys(number, branded=branded):
        return None
    if near(text, start, end, CONTEXT):
        return 0.99 if branded else 0.85
    if not (branded and usual):
        return None
    if text[start:end] != number:
        return 0.95
    if _called_otherwise(text, start, end) or ean.is_valid(number):
        return None
    return 0.95 if len(number) in USUAL else 0.6


def _called_otherwise(text: str, start: int, end: int) -> bool:
    """Whether plain digits are a fraction, part of a path or a name, or the number of something else."""
    attached = _ATTACHED.search(text, max(0, start - 2), start) or _ATTACHED_BEHIND.match(text, end)
    if end - start > max(USUAL):
        around = _LONG.finditer(text, max(0, start - AROUND), end + AROUND + 1)  # one more: a number goes on there
        if any(other[0] != text[start:end] for other in around if other.end() <= end + AROUND):
            return True
    return bool(attached or OTHER.search(text, max(0, start - 24), start))


def _nobodys(number: str, *, branded: bool) -> bool:
    """Whether it is zeros, a time, or what a network or service documents for tests; Stripe's begin with 4000 00."""
    published = number in SAMPLES or number.startswith("4000000000")
    few = len(set(number)) <= 2  # noqa: PLR2004 - 0000 0000 0000 0000
    return few or published or CLOCK.fullmatch(number) is not None or (number[0] == "0" and not branded)


def _windows(groups: list[re.Match[str]], text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield ranges of groups that could be one card, and whether they are written as cards are."""
    for first in range(len(groups)):
        total = 0
        for last in range(first, len(groups)):
            total += len(groups[last][0])
            if total > MAX_DIGITS:
                break
            if total < MIN_DIGITS:
                continue
            layout = tuple(len(group[0]) for group in groups[first : last + 1])
            whole = len(groups) == len(layout)
            joints = {text[one.end() : two.start()] for one, two in pairwise(groups[first : last + 1])}
            spelled = set(layout) == {1}
            if not (layout in LAYOUTS or (whole and len(joints) <= 1 and (spelled or min(layout) > 1))):
                continue
            row = len(layout) > 1 and _row(text, groups[first].start(), groups[last].end())
            usual = layout in LAYOUTS or spelled
            yield first, last, usual and not row and len(joints) <= 1 and not any("," in joint for joint in joints)


def find(text: str) -> Iterator[Match]:
    """Yield every card in the text, and the code behind its expiry."""
    for sequence in SEQUENCE.finditer(text):
        groups = list(GROUP.finditer(text, sequence.start(), sequence.end()))
        for first, last, usual in _windows(groups, text):
            start, end = groups[first].start(), groups[last].end()
            if _inside(text, start, end):
                continue
            number = "".join(group[0] for group in groups[first : last + 1])
            score = _score(number, text, start, end, usual=usual)
            if score is None:
                continue
            yield Match("CREDIT_CARD", start, end, score, number)
            code = BEHIND.match(text, end)
            if code is not None:
                yield Match("CARD_SECURITY_CODE", code.start(1), code.end(1), 0.9, code[1])


def _inside(text: str, start: int, end: int) -> bool:
    """Whether letters or digits go on at either side, as in hashes; the tracks of a magnetic stripe do so, too."""
    before, behind = text[max(0, start - 2) : start], text[end : end + 5]
    glued = _GLUED.search(before) and before != "%B"
    return bool(glued or (behind[:1].isalpha() and not _TRACK_2.match(behind)))


def _row(text: str, start: int, end: int) -> bool:
    return bool(_ROW_BEFORE.search(text, max(0, start - 8), start) or _ROW_BEHIND.match(text, end))


RECOGNIZER = Recognizer("cards", {"CREDIT_CARD": 0.6, "CARD_SECURITY_CODE": 0.9}, find)
