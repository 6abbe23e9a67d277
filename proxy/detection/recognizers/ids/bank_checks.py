"""Check digits of national bank account numbers that python-stdnum lacks. Each takes letters and digits only."""

from proxy.detection.recognizers.ids.checks import weighed

_RIB = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
_CIN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def fr_rib(number: str) -> bool:
    """French RIB: bank, branch, account and a key modulo 97."""
    digits = number.translate(_RIB)
    key = 97 - (89 * int(digits[:5]) + 15 * int(digits[5:10]) + 3 * int(digits[10:21])) % 97
    return key == int(digits[21:])


def it_bban(number: str) -> bool:
    """Italian BBAN: the letter checks the other 22 characters (ABI)."""
    values = [int(char) if char.isdigit() else ord(char) - 65 for char in number[1:]]
    total = sum(_CIN_ODD[value] if place % 2 == 0 else value for place, value in enumerate(values))
    return chr(65 + total % 26) == number[0]


def mx_clabe(number: str) -> bool:
    """Mexican CLABE: weights 3 7 1, each product modulo 10 (Asociación de Bancos de México)."""
    total = sum(int(digit) * weight % 10 for digit, weight in zip(number[:17], (3, 7, 1) * 6, strict=False))
    return -total % 10 == int(number[17])


def hu_giro(number: str) -> bool:
    """Hungarian giro account: bank and branch in eight digits, then the account, each with weights 9 7 3 1."""
    return all(weighed(part, (9, 7, 3, 1) * 4) % 10 == 0 for part in (number[:8], number[8:]))


def pl_nrb(number: str) -> bool:
    """Polish NRB: an IBAN without its country, modulo 97."""
    return int(f"{number[2:]}2521{number[:2]}") % 97 == 1


def uk_account(number: str) -> bool:
    """Sort code and account have no published check here: the form is what counts."""
    return number[:6] not in ("000000", "123456") and len(set(number)) > 2  # noqa: PLR2004 - 11-11-11 11111111
