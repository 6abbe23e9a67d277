"""National numbering plans, compiled from the metadata of `phonenumbers`: a hundred times the speed of its parser.

A national number says nothing of its country, so the plans are tried in order; the first that knows it gives the
canonical form. Where that guess is wrong it is wrong every time, so equal numbers still are one value.
"""

import re
from functools import cache, lru_cache

import phonenumbers

REGIONS = """
US GB DE FR ES IT NL PL PT SE CH AT BE IE AU IN BR DK NO FI CZ NZ ZA MX TR RO HU GR SK HR SI JP KR SG HK IL AE KE NG EG
PH MY TH VN ID PK AR CL CO PE LT LV EE LU IS BG RS UA CY MT
""".split()  # noqa: SIM905 - words read better
_BARE = ("54", "55", "91")
"""Countries whose trunk prefix people leave out: Argentina, Brazil, India."""
_KINDS = ("fixed_line", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "uan", "pager")


@cache
def _plans() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Return country code, trunk prefix and numbers of each region: all mobile ones, then all others."""
    found = map(phonenumbers.PhoneMetadata.metadata_for_region, REGIONS)
    regions = [data for data in found if data is not None]
    plans = []
    for kinds in (("mobile",), _KINDS):
        for data in regions:
            patterns = [
                getattr(data, kind).national_number_pattern for kind in kinds if getattr(data, kind) is not None
            ]
            every = "|".join(pattern for pattern in patterns if pattern)
            if every:
                code = str(data.country_code)
                plans.append((code, "" if code in _BARE else data.national_prefix or "", re.compile(every)))
    return tuple(plans)


def warm() -> None:
    """Read the metadata of all countries now, which `phonenumbers` otherwise imports one by one when first needed."""
    phonenumbers.PhoneMetadata.load_all()
    _plans()


def north_american(digits: str) -> bool:
    """Whether ten digits are a number of the North American plan."""
    return any(code == "1" and every.fullmatch(digits[-10:]) for code, _, every in _plans()) and digits[:-10] in (
        "",
        "1",
    )


@lru_cache(maxsize=4096)
def national(digits: str) -> str | None:
    """Return the E.164 form of a number as it is dialled within some country; None where nobody could dial it."""
    for code, trunk, every in _plans():
        if code in _BARE:
            number = digits.removeprefix("0")
        elif trunk and trunk != "1" and digits.startswith(trunk):
            number = digits[len(trunk) :]
        elif code == "1" and len(digits) > 10 and digits[0] == "1":  # noqa: PLR2004 - with its country code
            number = digits[1:]
        elif trunk == "0":
            continue
        else:
            number = digits
        if every.fullmatch(number):
            return f"+{code}{number}"
    return None


def international(digits: str) -> tuple[str, bool] | None:
    """Return the E.164 form of a number with its country code, and whether it is valid; None if it has no country."""
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    written = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return written, bool(phonenumbers.is_valid_number(number))
