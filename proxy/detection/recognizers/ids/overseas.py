"""Check digits of identity numbers of America, Asia, Africa and Oceania that python-stdnum lacks, or checks too widely.

Each takes the number without separators, in upper case and in the form of its scheme. Sources stand with each.
"""

import re
import string

from stdnum import luhn
from stdnum.cn import ric
from stdnum.pe import ruc
from stdnum.ve import rif

from proxy.detection.recognizers.ids.checks import calendar, weighed


def us_ssn(number: str) -> bool:
    """SSA: never 000, 666 or 9xx, no zero groups; documented samples and advertisements were issued to nobody."""
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def us_itin(number: str) -> bool:
    """IRS publication 1915: 9xx, groups 50-65, 70-88, 90-92 and 94-99."""
    group = int(number[3:5])
    return number[0] == "9" and (50 <= group <= 65 or 70 <= group <= 99) and group not in (89, 93)  # noqa: PLR2004


_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9][AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)


def us_mbi(number: str) -> bool:
    """Medicare beneficiary identifier: letters without S, L, O, I, B, Z (CMS, 2020)."""
    return bool(_MBI.fullmatch(number))


def us_npi(number: str) -> bool:
    """National provider identifier: Luhn with the prefix 80840 (45 CFR 162.406)."""
    return number[0] in "12" and bool(luhn.is_valid(f"80840{number}"))


def us_dea(number: str) -> bool:
    """DEA registration: odd places and twice the even ones (21 CFR 1301)."""
    return number[0] in "ABCDEFGHJKLMPRSTUX" and weighed(number[2:8], (1, 2) * 3) % 10 == int(number[8])


def ca_ramq(number: str) -> bool:
    """Quebec health insurance: four letters, then the date of birth (plus 50 months for women)."""
    return calendar(f"{int(number[6:8]) % 50:02}", number[8:10])


def ca_ohip(number: str) -> bool:
    """Ontario health card: Luhn over ten digits, then a version code."""
    return number[0] != "0" and bool(luhn.is_valid(number[:10]))


def au_medicare(number: str) -> bool:
    """Australian Medicare: the ninth digit checks the eight before (Services Australia)."""
    return number[0] in "23456" and weighed(number[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(number[8])


def nz_nhi(number: str) -> bool:
    """Check the New Zealand health index (HISO 10046), both formats: letters without I and O, weights 7 to 2."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    if set(number) & set("IO"):
        return False
    values = [int(char) if char.isdigit() else letters.index(char) + 1 for char in number]
    total = sum(value * weight for value, weight in zip(values, range(7, 1, -1), strict=False))
    if number[-1].isdigit():
        return total % 11 != 0 and (11 - total % 11) % 10 == values[-1]
    return letters[23 - total % 24] == number[-1]


def sg_nric(number: str) -> bool:
    """Singapore NRIC and FIN: weights 2 7 6 5 4 3 2; T and G add four, M adds three."""
    if number[0] not in "STFGM":
        return False
    place = (weighed(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(number[0], 0)) % 11
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "XWUTRQPNJLK"}.get(number[0], "XWUTRQPNMLK")
    return letters[place] == number[8]


def kr_rrn(number: str) -> bool:
    """South Korea: numbers since October 2020 carry no check digit."""
    return calendar(number[2:4], number[4:6]) and number[6] in "12345678"


def tw_id(number: str) -> bool:
    """Taiwan: the letter stands for two digits."""
    value = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0]) + 10
    total = value // 10 + value % 10 * 9 + weighed(number[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))
    return number[1] in "1289" and total % 10 == 0


def cn_rin(number: str) -> bool:
    """China (GB 11643); python-stdnum does not get over some prefectures without counties."""
    try:
        return bool(ric.is_valid(number))
    except KeyError:
        return False


def hk_id(number: str) -> bool:
    """Hong Kong: a blank counts 36, weights 9 to 1, modulo 11."""
    values = [36] * (9 - len(number)) + [int(char, 36) for char in number]
    total = sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True))
    return number[-1] in "0123456789A" and total % 11 == 0


def lk_nic(number: str) -> bool:
    """Sri Lanka until 2016: year, day of the year (plus 500 for women), V or X."""
    return 1 <= int(number[2:5]) % 500 <= 366 and number[-1] in "VX"  # noqa: PLR2004 - days of a leap year


def vn_cccd(number: str) -> bool:
    """Vietnam: province 001 to 096, then sex and century."""
    return "001" <= number[:3] <= "096" and number[3] in "0123"


def in_pan(number: str) -> bool:
    """Indian PAN of a person: the fourth letter is P (Income Tax Department)."""
    return number[3] == "P" and number[5:9] != "0000"


def ae_id(number: str) -> bool:
    """Emirates ID: country 784, year of birth, Luhn."""
    return number[:5] in ("78419", "78420") and bool(luhn.is_valid(number))


def sa_id(number: str) -> bool:
    """Saudi national id (1) and iqama (2): Luhn."""
    return number[0] in "12" and bool(luhn.is_valid(number))


def kw_civil(number: str) -> bool:
    """Kuwait: century, date of birth, weights modulo 11."""
    check = 11 - weighed(number[:11], (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11
    return number[0] in "123" and calendar(number[3:5], number[5:7]) and check == int(number[11])


def ir_melli(number: str) -> bool:
    """Iran: weights 10 to 2, modulo 11."""
    rest = weighed(number[:9], range(10, 1, -1)) % 11
    return (rest if rest < 2 else 11 - rest) == int(number[9]) and len(set(number)) > 1  # noqa: PLR2004


def gh_card(number: str) -> bool:
    """Ghana card: the country's letters."""
    return number.startswith("GHA")


def eg_id(number: str) -> bool:
    """Egypt: century, date of birth, governorate."""
    return (
        number[0] in "23"
        and calendar(number[3:5], number[5:7])
        and ("01" <= number[7:9] <= "35" or number[7:9] == "88")
    )


def br_cns(number: str) -> bool:
    """Brazilian health card: weights 15 to 1, divisible by 11 (DATASUS)."""
    return number[0] in "12789" and weighed(number, range(15, 0, -1)) % 11 == 0


def br_pis(number: str) -> bool:
    """Brazilian PIS, PASEP and NIS: weights 3 2 9 8 7 6 5 4 3 2, modulo 11."""
    check = 11 - weighed(number[:10], (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (check if check < 10 else 0) == int(number[10])  # noqa: PLR2004 - two digits become zero


def ar_cuil(number: str) -> bool:
    """Argentine CUIL of a person: 20, 23, 24 or 27 before the DNI, modulo 11."""
    total = weighed(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    return number[:2] in ("20", "23", "24", "27") and total % 11 == 0


def cl_rut(number: str) -> bool:
    """Chilean RUT of a person: below 50 million, weights 2 to 7 from the right, K for ten."""
    total = weighed(number[-2::-1], (2, 3, 4, 5, 6, 7, 2, 3))
    return int(number[:-1]) < 50_000_000 and "0K987654321"[total % 11] == number[-1]  # noqa: PLR2004


def pe_ruc(number: str) -> bool:
    """Peruvian RUC of a person: begins with 10."""
    return number.startswith("10") and bool(ruc.is_valid(number))


def ve_ci(number: str) -> bool:
    """Venezuelan cédula: V for citizens, E for foreigners."""
    return number[0] in "VE"


def ve_rif(number: str) -> bool:
    """Venezuelan RIF of a person."""
    return number[0] in "VE" and bool(rif.is_valid(number))


def co_cc(number: str) -> bool:
    """Colombian cédula: of ten digits since 2000, which begin with 1, of eight before."""
    return len(number) == 8 or number[0] == "1"  # noqa: PLR2004


def uy_ci(number: str) -> bool:
    """Uruguayan cédula: weights 2 9 8 7 6 3 4, modulo 10."""
    return -weighed(number[:-1].zfill(7), (2, 9, 8, 7, 6, 3, 4)) % 10 == int(number[-1])


def sv_dui(number: str) -> bool:
    """Salvadoran DUI: weights 9 to 2, modulo 10."""
    return -weighed(number[:8], range(9, 1, -1)) % 10 == int(number[8])


def ni_cedula(number: str) -> bool:
    """Nicaraguan cédula: municipality, date of birth, a letter."""
    return calendar(number[5:7], number[3:5])


def mx_rfc(number: str) -> bool:
    """Mexican RFC of a person: four letters, the date of birth, a homoclave."""
    return calendar(number[6:8], number[8:10]) and number[1] in "AEIOUX" and number[-1] in string.digits + "A"
