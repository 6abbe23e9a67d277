"""International bank account numbers: country, length and the check of ISO 13616 (remainder 1 modulo 97).

The examples of the registry are nobody's accounts.
"""

import re
from collections.abc import Iterator

from stdnum.iso7064 import mod_97_10

from proxy.detection.recognizers.base import Match, Recognizer, compact
from proxy.detection.recognizers.samples import IBANS as SAMPLES

# Lengths: SWIFT IBAN registry, release 101.
_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
    "YE30"
)
LENGTHS = {entry[:2]: int(entry[2:]) for entry in _LENGTHS.split()}
_GROUPS = re.compile(r"[0-9A-Za-z]+")
START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?[0-9]{2}(?=[ -]?[A-Za-z0-9])")


def _written(raw: str) -> bool:
    """Whether it is written as accounts are: half of it digits, in groups of one size or in capitals."""
    groups = _GROUPS.findall(raw)
    even = len({len(group) for group in groups[:-1]}) <= 1
    return sum(map(str.isdigit, raw)) * 2 >= len("".join(groups)) and (even or raw == raw.upper())


def _counts(number: str) -> bool:
    return number not in SAMPLES and bool(mod_97_10.is_valid(number[4:] + number[:4]))


def find(text: str) -> Iterator[Match]:
    """Yield IBANs, grouped or not, whatever follows them."""
    for start in START.finditer(text):
        wanted = LENGTHS.get(start[0][:2].upper())
        if wanted is None:
            continue
        end, taken = start.start(), 0
        while end < len(text) and taken < wanted:
            if text[end].isascii() and text[end].isalnum():
                taken += 1
            elif text[end] not in " -.":
                break
            end += 1
        number = compact(text[start.start() : end])
        if (
            len(number) == wanted
            and not text[end : end + 1].isalnum()
            and _written(text[start.start() : end])
            and _counts(number)
        ):
            yield Match("IBAN_CODE", start.start(), end, 1.0, number)


RECOGNIZER = Recognizer("iban", {"IBAN_CODE": 1.0}, find)
