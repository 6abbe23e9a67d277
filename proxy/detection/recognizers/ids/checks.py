"""Check digits of European identity numbers that python-stdnum lacks, or checks more narrowly than we need.

Each takes the number without separators, in upper case and in the form of its scheme. Sources stand with each.
"""

import re
from collections.abc import Iterable

from stdnum import luhn, verhoeff
from stdnum.dk import cpr
from stdnum.fi import hetu
from stdnum.fr import nir


def weighed(number: str, weights: Iterable[int]) -> int:
    """Return the sum of digits or letters (A is 10) by their weights."""
    return sum(int(char, 36) * weight for char, weight in zip(number, weights, strict=False))


def calendar(month: str, day: str) -> bool:
    """Whether two pairs of digits can be a month and a day."""
    return "01" <= month <= "12" and "01" <= day <= "31"


def icao(number: str) -> bool:
    """Check the last digit by the weights 7, 3, 1 (ICAO Doc 9303 part 3, 4.9)."""
    return number[-1:].isdigit() and weighed(number[:-1], (7, 3, 1) * 15) % 10 == int(number[-1])


def luhn_valid(number: str) -> bool:
    """Check by Luhn; no zeros all through."""
    return bool(luhn.is_valid(number)) and number.strip("0") != ""


def uk_nino(number: str) -> bool:
    """HMRC NIM39110: letters and prefixes that are never allotted."""
    refused = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
    return not set("DFIQUV") & set(number[:2]) and number[:2] not in refused and number[-1] in "ABCD"


def uk_licence(number: str) -> bool:
    """DVLA: five letters of the name, a decade, a month (plus 50 for women), a day, a year, initials."""
    month, day = int(number[6:8]) % 50, int(number[8:10])
    return bool(re.fullmatch(r"[A-Z]{2,5}9{0,3}", number[:5])) and 1 <= month <= 12 and 1 <= day <= 31  # noqa: PLR2004


def de_rvnr(number: str) -> bool:
    """Pension insurance: the letter as two digits, cross sums of the products (VKVN § 4)."""
    if not calendar(number[4:6], f"{int(number[2:4]) % 50:02}"):
        return False
    digits = f"{number[:8]}{ord(number[8]) - 64:02}{number[9:11]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == int(number[11])


def de_kvnr(number: str) -> bool:
    """Health insurance: the letter as two digits, then cross sums by 1 and 2 (SGB V § 290)."""
    digits = f"{ord(number[0]) - 64:02}{number[1:9]}"
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, (1, 2) * 5, strict=True))
    return total % 10 == int(number[9])


def fr_nir(number: str) -> bool:
    """NIR (INSEE): sex, year, month (20 and more where the month is not known), then the key."""
    month = int(number[3:5])
    known = 1 <= month <= 12 or 20 <= month <= 42 or month >= 50  # noqa: PLR2004
    return number[0] in "123478" and known and bool(nir.is_valid(number))


def lu_cns(number: str) -> bool:
    """Luxembourg: date of birth, a Luhn digit and a Verhoeff digit, both over the first eleven."""
    dated = number[:2] in ("18", "19", "20") and calendar(number[4:6], number[6:8])
    return dated and bool(luhn.is_valid(number[:12])) and bool(verhoeff.is_valid(number[:11] + number[12]))


def es_nuss(number: str) -> bool:
    """Spanish social security: remainder modulo 97 (Orden TAS/2865/2003)."""
    province, middle = int(number[:2]), int(number[2:10])
    body = province * 10**7 + middle if middle < 10**7 else int(number[:10])
    return 1 <= province <= 66 and body % 97 == int(number[10:])  # noqa: PLR2004 - provinces and the sea


def pt_niss(number: str) -> bool:
    """Portuguese social security: prime weights, nine less the remainder modulo 10."""
    return number[0] in "12" and 9 - weighed(number[:10], (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)) % 10 == int(number[10])


def hu_taj(number: str) -> bool:
    """Hungarian social insurance: weights 3 and 7 (1996. évi XX. törvény)."""
    return weighed(number, (3, 7) * 4) % 10 == int(number[8])


def hu_tax(number: str) -> bool:
    """Hungarian personal tax number: begins with 8, weights 1 to 9, modulo 11."""
    return number[0] == "8" and weighed(number[:9], range(1, 10)) % 11 == int(number[9])


def hu_personal(number: str) -> bool:
    """Hungarian personal number: weights 1 to 10 until 1996, 10 to 1 since, modulo 11."""
    sums = weighed(number[:10], range(1, 11)), weighed(number[:10], range(10, 0, -1))
    return calendar(number[3:5], number[5:7]) and int(number[10]) in {total % 11 for total in sums}


def pl_dowod(number: str) -> bool:
    """Polish identity card: the fourth character checks the others, weights 7 3 1 7 3 1 7 3."""
    return weighed(number[:3] + number[4:], (7, 3, 1, 7, 3, 1, 7, 3)) % 10 == int(number[3])


def se_samordning(number: str) -> bool:
    """Swedish coordination number: 60 is added to the day; Luhn over ten digits."""
    ten = number[-10:]
    return "61" <= ten[4:6] <= "91" and calendar(ten[2:4], f"{int(ten[4:6]) - 60:02}") and bool(luhn.is_valid(ten))


def dk_cpr(number: str) -> bool:
    """CPR with the check digit that all had until 2007 and most still have."""
    return bool(cpr.is_valid(number)) and cpr.checksum(number) == 0


def fi_hetu(number: str) -> bool:
    """Finland: the sign of the century was stripped where it is a hyphen."""
    return bool(hetu.is_valid(number if len(number) > 10 else f"{number[:6]}-{number[6:]}"))  # noqa: PLR2004


def mt_id(number: str) -> bool:
    """Maltese identity card: seven digits and a letter of origin."""
    return number[-1] in "MGAPLHBZ"


def ru_snils(number: str) -> bool:
    """Russian pension insurance: weights 9 to 1, modulo 101."""
    return weighed(number[:9], range(9, 0, -1)) % 101 % 100 == int(number[9:])


def by_personal(number: str) -> bool:
    """Belarusian personal number: sex and century, date of birth, region, weights 7 3 1."""
    return calendar(number[3:5], number[1:3]) and number[7] in "ABCEHKM" and icao(number)


def kz_iin(number: str) -> bool:
    """Kazakhstan: date of birth, century, two rounds of weights modulo 11."""
    check = weighed(number[:11], range(1, 12)) % 11
    if check == 10:  # noqa: PLR2004 - the second round
        check = weighed(number[:11], (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return calendar(number[2:4], number[4:6]) and number[6] in "0123456" and check == int(number[11])


def always(_: str) -> bool:
    """Hold for schemes without a check: only their form and their name count."""
    return True
