"""Invented numbers with right check digits: identities, cards, accounts and wallets, drawn from a seeded generator.

A number is drawn from its form until it is valid; validity is python-stdnum's where that knows the scheme.
In a form, 9 is a digit, A a letter, C a consonant, [..] one of these, (..|..) one of these words, <..> a part of one
date of birth; everything else stands for itself.
"""

import datetime as dt
import hashlib
import ipaddress
import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import iban, luhn, numdb, verhoeff
from stdnum.ar import dni as ar_dni
from stdnum.at import vnr
from stdnum.au import tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc as cz_rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.il import idnr as il_id
from stdnum.in_ import pan
from stdnum.it import codicefiscale
from stdnum.jp import in_ as mynumber
from stdnum.kr import rrn
from stdnum.lt import asmens
from stdnum.lv import pvn
from stdnum.mx import curp, rfc
from stdnum.my import nric as mykad
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.nz import ird
from stdnum.pl import nip, pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.sk import rc as sk_rc
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import itin, rtn, ssn
from stdnum.za import idnr as za_id

CLASSES = {"9": string.digits, "A": string.ascii_uppercase, "C": "BCDFGHJKLMNPQRSTVWXYZ"}
_PART = re.compile(r"\[([^]]+)\]|\(([^)]+)\)|<([^>]+)>|([9AC])")
FIRST_BIRTH, BIRTHS = dt.date(1954, 6, 1), 16_500
"""Dates of birth until 1999: many schemes mark later centuries by signs of their own."""
_FIELD = re.compile(r"([0-9]+)!([nac])")
MAX_DRAWS = 200_000


@dataclass(frozen=True)
class Scheme:
    """A kind of number. `mask` shows how it is written in groups, `plain` that it mostly is not."""

    form: str
    valid: Callable[[str], bool]
    mask: str = ""
    plain: bool = False

    def draw(self, source: random.Random) -> str:
        """Return a valid number without separators."""
        for _ in range(MAX_DRAWS):
            number = fill(self.form, source)
            if self.valid(number):
                return number
        raise ValueError(f"nothing valid in {self.form}")


def fill(form: str, source: random.Random) -> str:
    """Draw one text of a form."""
    birth = FIRST_BIRTH + dt.timedelta(days=source.randrange(BIRTHS))

    def part(found: re.Match[str]) -> str:
        chars, words, date, kind = found.groups()
        if date:
            return birth.strftime(date)
        return source.choice(words.split("|") if words else chars or CLASSES[kind])

    return _PART.sub(part, form)


def weighed(number: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the digits by their weights."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def uk_nino(number: str) -> bool:
    """HMRC, NIM39110: prefixes that are never allotted."""
    return number[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"} and not set("DFIQUV") & set(number[:2])


def de_rvnr(number: str) -> bool:
    """Pension insurance number, VKVN § 4: the letter as two digits, cross sums of the weighed digits."""
    digits = f"{number[:8]}{ord(number[8]) - 64:02}{number[9:11]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == int(number[11])


def sg_nric(number: str) -> bool:
    """Singapore: weights 2 7 6 5 4 3 2, four more for T and G."""
    rest = (weighed(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + 4 * (number[0] in "TG")) % 11
    return number[8] == ("JZIHGFEDCBA" if number[0] in "ST" else "XWUTRQPNMLK")[rest]


def tw_id(number: str) -> bool:
    """Taiwan: the letter as a number of two digits, then weights 1, 9 ... 1, 1."""
    place = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0]) + 10
    return (place // 10 + place % 10 * 9 + weighed(number[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def hk_id(number: str) -> bool:
    """Hong Kong: a blank (36) and the letter before the digits, weights 9 to 1, modulo 11."""
    check = 10 if number[7] == "A" else int(number[7])
    return (36 * 9 + (ord(number[0]) - 55) * 8 + weighed(number[1:7], (7, 6, 5, 4, 3, 2)) + check) % 11 == 0


def hu_taj(number: str) -> bool:
    """Hungarian social insurance: weights 3 and 7."""
    return weighed(number, (3, 7) * 4) % 10 == int(number[8])


def au_medicare(number: str) -> bool:
    """Services Australia: the ninth digit checks the eight before."""
    return weighed(number, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(number[8])


def us_npi(number: str) -> bool:
    """CMS: Luhn over the number with the prefix 80840."""
    return bool(luhn.is_valid(f"80840{number}"))


def us_dea(number: str) -> bool:
    """DEA: the last digit of the odd places and twice the even ones."""
    return (weighed(number[2:8], (1, 2) * 3)) % 10 == int(number[8])


def mx_rfc(number: str) -> bool:
    """Mexican tax number of a person, with its check digit."""
    return bool(rfc.is_valid(number, validate_check_digits=True))


def always(number: str) -> bool:
    """Hold for schemes without a check digit."""
    return bool(number)


_LETTER = "[ACDEFGHJKMNPQRTUVWXY]"
_EITHER = "[ACDEFGHJKMNPQRTUVWXY0123456789]"
SCHEMES: dict[str, Scheme] = {
    "us_ssn": Scheme("999999999", lambda text: bool(ssn.is_valid(f"{text[:3]}-{text[3:5]}-{text[5:]}")), "###-##-####"),
    "us_itin": Scheme("[9]99999999", itin.is_valid, "###-##-####"),
    "us_mbi": Scheme(f"[123456789]{_LETTER}{_EITHER}9{_LETTER}{_EITHER}9{_LETTER}{_LETTER}99", always, "####-###-####"),
    "us_npi": Scheme("[12]999999999", us_npi),
    "us_dea": Scheme("[ABFGM]A9999999", us_dea),
    "us_aba": Scheme("[0123]99999999", rtn.is_valid),
    "uk_nino": Scheme("AA999999[ABCD]", uk_nino, "## ## ## ## #", plain=True),
    "uk_nhs": Scheme("[4567]999999999", nhs.is_valid, "### ### ####"),
    "de_tax": Scheme("[123456789]9999999999", idnr.is_valid, "## ### ### ###", plain=True),
    "de_rvnr": Scheme("(12|13|15|24|42|53|65)<%d%m%y>A999", de_rvnr, "## ###### # ###", plain=True),
    "fr_nir": Scheme("[12]<%y%m>(13|31|33|44|59|69|75|78)99999999", nir.is_valid, "# ## ## ## ### ### ##", plain=True),
    "es_dni": Scheme("99999999A", dni.is_valid),
    "es_nie": Scheme("[XYZ]9999999A", nie.is_valid),
    "it_cf": Scheme("CCCCCC<%y>[ABCDEHLMPRST](04|11|17|23|28|45|52|66)[ABCDEFGHILM]999A", codicefiscale.is_valid),
    "nl_bsn": Scheme("[123456789]99999999", bsn.is_valid, "####.##.###", plain=True),
    "be_nn": Scheme("<%y%m%d>99999", nn.is_valid, "##.##.##-###.##"),
    "pl_pesel": Scheme("<%y%m%d>99999", pesel.is_valid),
    "pl_nip": Scheme("[123456789]999999999", nip.is_valid, "###-###-##-##"),
    "se_pnr": Scheme("<%y%m%d>9999", personnummer.is_valid, "######-####"),
    "no_fnr": Scheme("<%d%m%y>99999", fodselsnummer.is_valid, "###### #####", plain=True),
    "dk_cpr": Scheme("<%d%m%y>[0123]999", cpr.is_valid, "######-####"),
    "fi_hetu": Scheme("<%d%m%y>-999[0123456789ABCDEFHJKLMNPRSTUVWXY]", hetu.is_valid),
    "pt_nif": Scheme("[123]99999999", nif.is_valid, "### ### ###", plain=True),
    "ie_pps": Scheme("9999999A(A|B|)", pps.is_valid),
    "at_svnr": Scheme("[123456789]999<%d%m%y>", vnr.is_valid, "#### ######"),
    "ch_ahv": Scheme("7569999999999", ahv.is_valid, "###.####.####.##"),
    "cz_rc": Scheme("<%y%m%d>9999", cz_rc.is_valid, "######/####"),
    "sk_rc": Scheme("<%y%m%d>9999", sk_rc.is_valid, "######/####"),
    "ro_cnp": Scheme("[12]<%y%m%d>(12|22|35|40|41)9999", cnp.is_valid),
    "bg_egn": Scheme("<%y%m%d>9999", egn.is_valid),
    "hr_oib": Scheme("99999999999", oib.is_valid),
    "ee_ik": Scheme("[34]<%y%m%d>9999", ik.is_valid),
    "lt_ak": Scheme("[34]<%y%m%d>9999", asmens.is_valid),
    "lv_pk": Scheme("<%d%m%y>19999", pvn.is_valid, "######-#####"),
    "gr_amka": Scheme("<%d%m%y>99999", amka.is_valid),
    "hu_taj": Scheme("999999999", hu_taj, "### ### ###"),
    "si_emso": Scheme("<%d%m>[9]<%y>50[05]999", emso.is_valid),
    "tr_tckn": Scheme("[123456789]9999999999", tckimlik.is_valid),
    "il_id": Scheme("[0123]99999999", il_id.is_valid),
    "za_id": Scheme("<%y%m%d>9999[01]89", za_id.is_valid, "###### #### ## #", plain=True),
    "in_aadhaar": Scheme("[23456789]99999999999", verhoeff.is_valid, "#### #### ####"),
    "in_pan": Scheme("AAAPA9999A", pan.is_valid),
    "br_cpf": Scheme("99999999999", cpf.is_valid, "###.###.###-##"),
    "ca_sin": Scheme("[1234567]99999999", sin.is_valid, "### ### ###"),
    "au_tfn": Scheme("[123456789]99999999", tfn.is_valid, "### ### ###"),
    "au_medicare": Scheme("[23456]99999999[123456789]", au_medicare, "#### ##### #"),
    "nz_ird": Scheme("[1]99999999", ird.is_valid, "###-###-###"),
    "sg_nric": Scheme("[STFG]9999999A", sg_nric),
    "kr_rrn": Scheme("<%y%m%d>[12]999999", rrn.is_valid, "######-#######"),
    "cn_rin": Scheme("(110105|310104|330102|440304|510104)<%Y%m%d>999[0123456789X]", ric.is_valid),
    "tw_id": Scheme("A[12]99999999", tw_id),
    "hk_id": Scheme("A999999[0123456789A]", hk_id, "#######(#)"),
    "jp_mynumber": Scheme("999999999999", mynumber.is_valid, "#### #### ####"),
    "th_id": Scheme("[12345]999999999999", pin.is_valid, "#-####-#####-##-#"),
    "my_nric": Scheme("<%y%m%d>(01|07|10|12|14)9999", mykad.is_valid, "######-##-####"),
    "mx_curp": Scheme("C[AEIOU]CC<%y%m%d>[HM](DF|JC|NL|MC|PL)CCC99", curp.is_valid),
    "mx_rfc": Scheme("C[AEIOU]CC<%y%m%d>A9[0123456789A]", mx_rfc),
    "ar_dni": Scheme("[1234]9999999", ar_dni.is_valid, "##.###.###"),
    "cl_rut": Scheme("[12]9999999[0123456789K]", rut.is_valid, "##.###.###-#"),
    "co_cc": Scheme("10[0123456789]9999999", always, "#.###.###.###", plain=True),
    "visa": Scheme("4999999999999999", luhn.is_valid, "#### #### #### ####", plain=True),
    "visa13": Scheme("4999999999999", luhn.is_valid, "#### #### #####", plain=True),
    "visa19": Scheme("4999999999999999999", luhn.is_valid, "#### #### #### #### ###", plain=True),
    "mastercard": Scheme(
        "(2221|2720|5123|5256|5375|5412|5521)999999999999", luhn.is_valid, "#### #### #### ####", plain=True
    ),
    "amex": Scheme("3[47]9999999999999", luhn.is_valid, "#### ###### #####", plain=True),
    "discover": Scheme("(6011|6445|6500)999999999999", luhn.is_valid, "#### #### #### ####", plain=True),
    "jcb": Scheme("35[345678]9999999999999", luhn.is_valid, "#### #### #### ####", plain=True),
    "unionpay": Scheme("62[012345678]9999999999999", luhn.is_valid, "#### #### #### ####", plain=True),
    "maestro12": Scheme("(5018|5020|6304|6759)99999999", luhn.is_valid, "#### #### ####", plain=True),
    "maestro18": Scheme("(5018|5020|6304|6759)99999999999999", luhn.is_valid, "#### #### #### #### ##", plain=True),
    "diners": Scheme("3[68]999999999999", luhn.is_valid, "#### ###### ####", plain=True),
}
BANKS = {"GB": "BARC|NWBK|LOYD|HBUK", "NL": "ABNA|INGB|RABO", "IE": "AIBK|BOFI|IPBS", "RO": "BTRL|RNCB|INGB"}
"""Where an account begins with the letters of a bank."""
IBANS = numdb.get("iban")


def account(country: str, source: random.Random) -> str:
    """Return an IBAN, by its structure in the registry; what a country checks within it is drawn until it is right."""
    structure = IBANS.info(country)[0][1].get("bban", "")
    form = "".join({"n": "9", "a": "A", "c": "9"}[kind] * int(size) for size, kind in _FIELD.findall(structure))
    form = f"({BANKS[country]}){form[4:]}" if country in BANKS else form
    for _ in range(MAX_DRAWS if form else 0):
        body = fill(form, source)
        number = f"{country}{iban.calc_check_digits(f'{country}00{body}')}{body}"
        if iban.is_valid(number):
            return number
    raise ValueError(f"no valid IBAN of {country}")


def styled(number: str, mask: str, style: str, *, plain: bool) -> str:
    """Write a number: as it mostly is, or `plain`, `spaced`, `dashed`, `dotted`."""
    joint = {"spaced": " ", "dashed": "-", "dotted": "."}.get(style)
    if style == "plain" or (joint is None and (plain or not mask)):
        return number
    mask = mask or " ".join("#" * 4 for _ in range(0, len(number), 4))
    chars = iter(number)
    shown = "".join(next(chars, "") if char == "#" else char for char in mask).strip()
    return re.sub(r"[^0-9A-Za-z]+", joint, shown).strip(joint) if joint else shown


BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def btc(source: random.Random) -> str:
    """Return a Bitcoin address of the first kind: version 0, a hash, four bytes of a double SHA-256, in base 58."""
    body = b"\0" + source.randbytes(20)
    number = int.from_bytes(body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4], "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = BASE58[digit] + digits
    return f"1{digits}"


def btc_bech32(source: random.Random) -> str:
    """Return a segregated witness address (BIP 173), version 0, of 20 bytes."""
    bits = f"{int.from_bytes(source.randbytes(20), 'big'):0160b}"
    data = [0, *(int(bits[at : at + 5], 2) for at in range(0, 160, 5))]
    check = 1
    for value in [3, 3, 0, 2, 3, *data, *[0] * 6]:  # "bc" expanded, the data, room for the checksum
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(_BECH32_GENERATOR):
            check ^= term if top >> bit & 1 else 0
    check ^= 1
    return "bc1" + "".join(BECH32[value] for value in [*data, *(check >> 5 * (5 - at) & 31 for at in range(6))])


def eth(source: random.Random) -> str:
    """Return an Ethereum address without the optional checksum of letter case."""
    return f"0x{source.randbytes(20).hex()}"


def mac(source: random.Random) -> str:
    """Return the address of a device, under vendors' prefixes."""
    vendor = source.choice(["3c:22:fb", "f0:18:98", "00:1b:63", "b8:27:eb", "dc:a6:32", "00:50:56", "a4:83:e7"])
    return ":".join([vendor, *(f"{byte:02x}" for byte in source.randbytes(3))])


def ipv4(source: random.Random) -> str:
    """Return a public address."""
    while True:
        address = ipaddress.IPv4Address(source.randrange(1 << 24, 224 << 24))
        if address.is_global:
            return str(address)


def ipv6(source: random.Random) -> str:
    """Return a public address out of what registries have given to providers."""
    prefix = source.choice(["2a02", "2a01", "2607", "2600", "2401", "2804"])
    return ":".join([prefix, *(f"{source.randrange(1, 1 << 16):x}" for _ in range(7))])


PLAIN: dict[str, Callable[[random.Random], str]] = {
    "btc": btc,
    "btc_bech32": btc_bech32,
    "eth": eth,
    "mac": mac,
    "ipv4": ipv4,
    "ipv6": ipv6,
}
