# ruff: noqa: E501 - patterns are read in one piece
"""Passports, driving licences and bank accounts: numbers that only the words before them give away."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, compact

_LINK = r"(?:\s*(?:no|nr|num|number|n[uú]mero|nummer|#|id|code|is|was|of|:|=|->|\(|\"|')\.?){0,5}\s*[#:=\"'(]?\s*"
_CODE = r"([A-Za-z]{0,5}[0-9](?:[ -]?[A-Za-z0-9]){4,19})(?![A-Za-z0-9])"
_LETTERED = r"([A-Za-z]{0,6}-?[0-9](?:[ -]?[0-9A-Za-z]){3,18})(?![A-Za-z0-9])"
PASSPORT = re.compile(
    rf"(?<![^\W_])(?:passport|pasaporte|passeport|reisepass\w*|passaporto|paspoort|paszport\w*){_LINK}{_CODE}",
    re.IGNORECASE,
)
LICENCE = re.compile(
    rf"(?<![^\W_])(?:driver'?s?[ _-]?licen[cs]e|driving[ _-]?licen[cs]e|driver'?s?[ _-]?lic|licen[cs]e[ _-]?(?:number|no|nr|#)|f[uü]hrerschein\w*|permis de conduire|carnet de conducir|patente(?: di guida)?|rijbewijs\w*|dl|dln){_LINK}{_LETTERED}",
    re.IGNORECASE,
)
ACCOUNT = re.compile(
    rf"(?<![^\W_])(?:(?:bank|checking|savings|current|beneficiary|deposit|giro)[ _-]?(?:account|acct|acc|a/c|konto)\w*|account[ _-]?(?:number|no|nr|num|#)|acct|a/c|kontonummer|konto-?nr|num[eé]ro de compte|cuenta bancaria|routing|aba|sort[ _-]?code|blz|bsb){_LINK}((?:[0-9][ -]?){{5,17}}[0-9])(?![A-Za-z0-9])",
    re.IGNORECASE,
)
US_PASSPORT = re.compile(r"[0-9]{9}|[A-Z][0-9]{8}")
UK_LICENCE = re.compile(
    r"(?<![A-Za-z0-9])[A-Z9]{5}[0-9][0156][0-9]([0-2][0-9]|3[01])[0-9][A-Z9]{2}[0-9][A-Z]{2}(?![A-Za-z0-9])"
)
MIN_DIGITS = 4


def _enough(value: str) -> bool:
    return sum(char.isdigit() for char in value) >= MIN_DIGITS


def _trim(found: re.Match[str]) -> tuple[int, int, str]:
    """Cut the words that follow a number off its last group."""
    groups = found[1].split(" ")
    while len(groups) > 1 and not any(char.isdigit() for char in groups[-1]):
        groups.pop()
    raw = " ".join(groups)
    return found.start(1), found.start(1) + len(raw), compact(raw)


def find(text: str) -> Iterator[Match]:
    """Yield numbers that follow their name."""
    for found in PASSPORT.finditer(text):
        start, end, value = _trim(found)
        if _enough(value):
            yield Match("US_PASSPORT" if US_PASSPORT.fullmatch(value) else "NATIONAL_ID", start, end, 0.9, value)
    for found in LICENCE.finditer(text):
        start, end, value = _trim(found)
        if _enough(value):
            yield Match("US_DRIVER_LICENSE", start, end, 0.85, value)
    for found in UK_LICENCE.finditer(text):
        yield Match("US_DRIVER_LICENSE", found.start(), found.end(), 0.75, found[0])
    for found in ACCOUNT.finditer(text):
        yield Match("BANK_ACCOUNT", found.start(1), found.end(1), 0.85, compact(found[1]))


RECOGNIZER = Recognizer(
    "documents", {"US_PASSPORT": 0.9, "NATIONAL_ID": 0.9, "US_DRIVER_LICENSE": 0.75, "BANK_ACCOUNT": 0.85}, find
)
