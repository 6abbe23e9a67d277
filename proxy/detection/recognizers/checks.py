"""Check digits of national identity numbers. Each takes the compact number; sources stand with each function."""

import re
from collections.abc import Sequence
from itertools import pairwise

from proxy.detection.recognizers.cards import luhn


def weighted(number: str, weights: Sequence[int], modulus: int = 11) -> int:
    """Return the weighted sum of the leading digits, modulo."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % modulus


def plausible_date(month: str, day: str) -> bool:
    """Whether two digit pairs can be a month and a day."""
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31  # noqa: PLR2004 - a calendar


def mod11_10(number: str) -> bool:
    """ISO 7064 mod 11,10 over all digits: German tax id, Croatian OIB."""
    product = 10
    for digit in number[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(number[-1])


def de_tax(number: str) -> bool:
    """Steuer-ID: one digit of the first ten appears two or three times; ISO 7064."""
    counts = [number[:10].count(digit) for digit in "0123456789"]
    return number[0] != "0" and max(counts) in (2, 3) and mod11_10(number)


def fr_nir(number: str) -> bool:
    """NIR (INSEE): key is 97 less the remainder; Corsica counts 2A as 19 and 2B as 18."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and number[13:].isdigit() and 97 - int(body) % 97 == int(number[13:])


def es_dni(number: str) -> bool:
    """DNI and NIE: letter by remainder modulo 23; X, Y, Z stand for 0, 1, 2."""
    body = number[:-1].translate(str.maketrans("XYZ", "012"))
    return body.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23] == number[-1]


def it_cf(number: str) -> bool:
    """Codice fiscale (D.M. 12 March 1974): odd places by table, even places by value."""
    odd = dict(zip("0123456789ABCDEFGHIJ", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) * 2, strict=True))
    odd |= dict(zip("KLMNOPQRSTUVWXYZ", (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True))
    total = sum(odd[char] for char in number[0:15:2])
    total += sum(int(char) if char.isdigit() else ord(char) - 65 for char in number[1:15:2])
    return chr(65 + total % 26) == number[15]


def nl_bsn(number: str) -> bool:
    """BSN: the eleven test, the last digit negative."""
    return weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) == 0 and len(set(number)) > 1


def be_nn(number: str) -> bool:
    """Rijksregisternummer: 97 less remainder, with a 2 before the number for births since 2000."""
    return any(97 - int(prefix + number[:9]) % 97 == int(number[9:]) for prefix in ("", "2"))


def pl_pesel(number: str) -> bool:
    """PESEL: weights 1 3 7 9; the century is added to the month."""
    check = (10 - weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), 10)) % 10
    return check == int(number[10]) and plausible_date(f"{int(number[2:4]) % 20:02}", number[4:6])


def se_pnr(number: str) -> bool:
    """Personnummer: Luhn over the last ten digits; coordination numbers add 60 to the day."""
    ten = number[-10:]
    return luhn(ten) and plausible_date(ten[2:4], f"{int(ten[4:6]) % 60:02}")


def no_fnr(number: str) -> bool:
    """Fødselsnummer: two check digits modulo 11."""
    first = weighted(number, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1))
    second = weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    return first == 0 and second == 0


def fi_hetu(number: str) -> bool:
    """HETU: the check character is the remainder modulo 31."""
    body = number[:6] + number[-4:-1]
    return plausible_date(number[2:4], number[:2]) and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(body) % 31] == number[-1]


def pt_nif(number: str) -> bool:
    """NIF: weights 9 to 2, modulo 11."""
    check = 11 - weighted(number, range(9, 1, -1))
    return (0 if check > 9 else check) == int(number[8])  # noqa: PLR2004 - two digits become zero


def ie_pps(number: str) -> bool:
    """PPS number: letter by weighted sum modulo 23; a second letter counts nine times."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:7], range(8, 1, -1), strict=True))
    if len(number) == 9 and number[8] != "W":  # noqa: PLR2004 - with a second letter
        total += 9 * (ord(number[8]) - 64)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == number[7]


def at_svnr(number: str) -> bool:
    """Austrian insurance number: the check digit stands fourth."""
    check = weighted(number[:3] + number[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6))
    return check == int(number[3]) and plausible_date(f"{min(int(number[6:8]), 12):02}", number[4:6])


def ean13(number: str) -> bool:
    """Swiss AHV number: EAN-13 check digit."""
    return weighted(number, (1, 3) * 6 + (1,), 10) == 0


def cz_rc(number: str) -> bool:
    """Czech and Slovak birth number: divisible by 11; women add 50 to the month."""
    month = int(number[2:4]) % 50 % 20
    return int(number) % 11 == 0 and plausible_date(f"{month:02}", number[4:6])


def ro_cnp(number: str) -> bool:
    """CNP: weights 279146358279, modulo 11; ten becomes one."""
    check = weighted(number, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9))
    return (1 if check == 10 else check) == int(number[12]) and plausible_date(number[3:5], number[5:7])  # noqa: PLR2004


def bg_egn(number: str) -> bool:
    """EGN: weights 2 4 8 5 10 9 7 3 6, modulo 11, modulo 10."""
    month = f"{int(number[2:4]) % 20:02}"
    return weighted(number, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 10 == int(number[9]) and plausible_date(month, number[4:6])


def baltic(number: str) -> bool:
    """Estonian and Lithuanian personal codes: two rounds of weights modulo 11."""
    check = weighted(number, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1))
    if check == 10:  # noqa: PLR2004 - the second round
        check = weighted(number, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 10
    return check == int(number[10]) and plausible_date(number[3:5], number[5:7])


def gr_amka(number: str) -> bool:
    """AMKA: begins with the date of birth, ends with a Luhn digit."""
    return plausible_date(number[2:4], number[:2]) and luhn(number)


def tr_tckn(number: str) -> bool:
    """T.C. kimlik no: tenth and eleventh digits from sums."""
    row = [int(digit) for digit in number]
    tenth = (sum(row[0:9:2]) * 7 - sum(row[1:8:2])) % 10
    return row[0] != 0 and tenth == row[9] and sum(row[:10]) % 10 == row[10]


def za_id(number: str) -> bool:
    """South African id: date of birth, citizenship 0 or 1, Luhn."""
    return plausible_date(number[2:4], number[4:6]) and number[10] in "012" and luhn(number)


_D = [[(i + j) % 5 if i < 5 and j < 5 else 0 for j in range(10)] for i in range(10)]  # noqa: PLR2004 - filled below
for _i in range(10):
    for _j in range(10):
        if _i < 5 and _j >= 5:  # noqa: PLR2004 - the dihedral group of order ten
            _D[_i][_j] = (_i + _j) % 5 + 5
        elif _i >= 5 and _j < 5:  # noqa: PLR2004
            _D[_i][_j] = (_i - _j) % 5 + 5
        elif _i >= 5:  # noqa: PLR2004
            _D[_i][_j] = (_i - _j) % 5
_P = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    _P.append([_P[-1][_P[1][n]] for n in range(10)])


def verhoeff(number: str) -> bool:
    """Aadhaar: Verhoeff's check over the dihedral group; numbers begin with 2 to 9."""
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = _D[check][_P[place % 8][int(digit)]]
    return check == 0 and number[0] not in "01"


def br_cpf(number: str) -> bool:
    """CPF: two check digits modulo 11."""
    first = weighted(number, range(10, 1, -1)) * -1 % 11
    second = weighted(number, range(11, 1, -1)) * -1 % 11
    return (first % 10, second % 10) == (int(number[9]), int(number[10])) and len(set(number)) > 1


def au_tfn(number: str) -> bool:
    """Australian tax file number, nine digits."""
    return weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) == 0


def au_medicare(number: str) -> bool:
    """Australian Medicare number: check digit stands ninth."""
    return number[0] in "23456" and weighted(number, (1, 3, 7, 9, 1, 3, 7, 9), 10) == int(number[8])


def sg_nric(number: str) -> bool:
    """Singapore NRIC and FIN."""
    total = weighted(number[1:8], (2, 7, 6, 5, 4, 3, 2), 10**6) + {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}[number[0]]
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "KLJNPQRTUWX"}
    place = total % 11
    return letters[number[0]][10 - place if number[0] == "M" else place] == number[8]


def kr_rrn(number: str) -> bool:
    """Korean resident number: those issued before October 2020 carry a check digit, later ones any."""
    return plausible_date(number[2:4], number[4:6]) and number[6] in "12345678"


def cn_rin(number: str) -> bool:
    """Chinese resident identity (GB 11643): ISO 7064 mod 11,2, with X for ten."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return plausible_date(number[10:12], number[12:14]) and "10X98765432"[weighted(number[:17], weights)] == number[17]


def mx_curp(number: str) -> bool:
    """CURP: check digit over an alphabet with Ñ."""
    order = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(order.index(char) * (18 - place) for place, char in enumerate(number[:17]))
    return (10 - total % 10) % 10 == int(number[17])


def cl_rut(number: str) -> bool:
    """RUT: weights 2 to 7 from the right, modulo 11, K for ten."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(number[:-1])))
    return "0K987654321"[total % 11] == number[-1]


def th_id(number: str) -> bool:
    """Thai identity number: weights 13 to 2."""
    return number[0] != "0" and (11 - weighted(number, range(13, 1, -1))) % 10 == int(number[12])


def tw_id(number: str) -> bool:
    """Taiwanese identity number: the letter stands for two digits."""
    value = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0]) + 10
    total = value // 10 + value % 10 * 9 + weighted(number[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1), 10**6)
    return total % 10 == 0


def hk_id(number: str) -> bool:
    """Hong Kong identity card: modulo 11, a space counts 36."""
    body = number[:-1].rjust(8)
    values = [36 if char == " " else int(char, 36) for char in body]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return total % 11 == (-10 if number[-1] == "A" else -int(number[-1])) % 11


def jp_mynumber(number: str) -> bool:
    """Japanese My Number: weights 6 5 4 3 2 7 6 5 4 3 2."""
    rest = weighted(number, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))
    return (0 if rest <= 1 else 11 - rest) == int(number[11])


def not_a_run(number: str) -> bool:
    """Whether digits are neither all equal nor counting up or down: for numbers that have no check digit."""
    steps = {(ord(b) - ord(a)) for a, b in pairwise(re.sub(r"\D", "", number))}
    return len(steps) > 1
