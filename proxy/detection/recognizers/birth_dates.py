# ruff: noqa: E501 - patterns are read in one piece
"""Dates of birth: a date close behind a word that says so. Other dates say nothing about anybody."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer

_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[czs]|ene|abr|ago|dic|janv|f[eé]vr|avr|juin|juil|ao[uû]t)[a-zéû]*\.?"
DATE = (
    r"(?:[0-3]?[0-9][./ -][01]?[0-9][./ -](?:19|20)?[0-9]{2}|[01]?[0-9][./-][0-3]?[0-9][./-](?:19|20)?[0-9]{2}"
    r"|(?:19|20)[0-9]{2}[./ -]?[01][0-9][./ -]?[0-3][0-9]"
    rf"|[0-3]?[0-9](?:st|nd|rd|th|\.)?\s(?:of\s|de\s)?{_MONTH}(?:\sde)?,?\s(?:19|20)?[0-9]{{2}}"
    rf"|{_MONTH}\s[0-3]?[0-9](?:st|nd|rd|th)?,?\s(?:19|20)[0-9]{{2}})"
)
NAMED = re.compile(
    r"(?<![^\W_])(?:d\.?o\.?b\.?|dates?[ _-]?of[ _-]?birth|birth[ _-]?(?:date|day)|birthdate|born(?: on)?|geb(?:oren|urtsdatum|\.)?(?: am)?"
    r"|n[eé]e? le|date de naissance|naissance|fecha de nacimiento|nacid[oa] el|data di nascita|nat[oa] il|geboortedatum|data de nascimento|data urodzenia|f[oö]delsedatum)"
    rf"[^0-9\n]{{0,24}}?(?<![0-9])({DATE})(?![0-9])",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Match]:
    """Yield dates of birth; the canonical form is the text without its separators."""
    for found in NAMED.finditer(text):
        value = re.sub(r"[\W_]+", "-", found[1]).strip("-").casefold()
        yield Match("DATE_OF_BIRTH", found.start(1), found.end(1), 0.9, value)


RECOGNIZER = Recognizer("birth_dates", {"DATE_OF_BIRTH": 0.9}, find)
