# ruff: noqa: E501 - patterns are read in one piece
"""Telephone numbers: international ones by `phonenumbers`, national ones by their form or the words beside them.

Numbers that the North American plan reserves for fiction (555-0100 to 555-0199) do not count.
"""

import re
from collections.abc import Iterator

import phonenumbers

from proxy.detection.recognizers.base import Match, Recognizer, digits, near, words

CANDIDATE = re.compile(
    r"(?<![\w+./-])(?:(?<![0-9],)|(?=\+)|(?![0-9]{3}(?![0-9])))(?:tel:)?"
    r"\+?\(?[0-9](?:[ \t().\-/]{0,3}[0-9]){6,15}(?!\w)(?![.-][0-9])",
    re.IGNORECASE,
)
NANP = re.compile(
    r"(?:(?:\+|00)?1[ .-]?)?\(?[0-9]{3}\)?[ .\-/]{1,2}[0-9]{3}[ .-][0-9]{4}|(?:\+?1[ .-]?)?\([0-9]{3}\) ?[0-9]{3}[ .-]?[0-9]{4}"
)
FICTION = re.compile(r"555 ?01[0-9]{2}$")
CONTEXT = words(
    r"phones?",
    r"tele?",
    r"telephone",
    r"telefon\w*",
    r"t[eé]l(?:[eé]phone)?",
    r"tel[eé]fono",
    r"mobile?s?",
    r"m[oó]vil",
    r"cell(?:ular|phone)?",
    r"handy\w*",
    r"portable",
    r"call(?:ed|ing)?(?!_)",
    r"ring",
    r"dial",
    r"text(?: me)?",
    r"sms",
    r"whats ?app",
    r"fax",
    r"contact",
    r"reach\w*",
    r"answer\w*",
    r"(?:my|his|her|your|their|our|its|whose) (?:(?:new|old|work|home|private|direct) )?number is",
    r"hotline",
    r"landline",
    r"pager",
    r"ph",
    r"celular",
    r"telefoon",
    r"numer telefonu",
)
REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "NL",
    "PL",
    "PT",
    "SE",
    "CH",
    "AT",
    "BE",
    "IE",
    "AU",
    "IN",
    "BR",
    "ZA",
    "DK",
    "NO",
    "FI",
)
NO_PHONE = re.compile(
    r"0\.[0-9]+$|(?:19|20)[0-9]{2}[-./ ][01]?[0-9][-./ ][0-3]?[0-9]|[0-3]?[0-9][-./ ][0-3]?[0-9][-./ ](?:19|20)[0-9]{2}"
)
MIN_DIGITS, WHOLE, MAX_DIGITS = 7, 9, 15


def warm() -> None:
    """Read the metadata of all countries now, which `phonenumbers` otherwise imports one by one when first needed."""
    phonenumbers.PhoneMetadata.load_all()


def find(text: str) -> Iterator[Match]:
    """Yield numbers; the canonical form is E.164 where the country is known, else the digits."""
    for found in CANDIDATE.finditer(text):
        raw = re.sub(r"^tel:", "", found[0], flags=re.IGNORECASE)
        bare = digits(raw)
        if (
            not MIN_DIGITS <= len(bare) <= MAX_DIGITS
            or NO_PHONE.match(raw)
            or FICTION.search(bare)
            or len(set(bare)) == 1
        ):
            continue
        scored = _score(raw, bare, near(text, found.start(), found.end(), CONTEXT, before=40, after=12))
        if scored is not None:
            yield Match("PHONE_NUMBER", found.start(), found.end(), *scored)


def _score(raw: str, bare: str, context: bool) -> tuple[float, str] | None:
    if raw.startswith(("+", "00", "(+")) and len(bare) >= WHOLE:
        number = _parse("+" + (bare if "+" in raw else bare.removeprefix("00")), None)
        if number is not None and phonenumbers.is_valid_number(number):
            return 0.95, _e164(number)
        if number is not None and "+" in raw:
            return 0.75, _e164(number)
    if NANP.fullmatch(raw):
        return (0.85 if context else 0.7), "+1" + bare[-10:]
    separated = any(char in raw for char in " ().-/")
    value = _canonical(bare) if separated or len(bare) >= WHOLE else bare
    if context:
        return (0.6 if value == bare else 0.8), value
    trunk = separated and bare.startswith("0") and len(bare) > WHOLE and value != bare
    return (0.65, value) if trunk else None


def _canonical(bare: str) -> str:
    for region in REGIONS:
        number = _parse(bare, region)
        if number is not None and phonenumbers.is_valid_number(number):
            return _e164(number)
    return bare


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


RECOGNIZER = Recognizer("phones", {"PHONE_NUMBER": 0.6}, find)
