# ruff: noqa: RUF001 - labels in the letters of their languages
"""Central and eastern Europe, the Balkans and central Asia."""

from proxy.detection.recognizers.ids import bank_checks, checks
from proxy.detection.recognizers.ids.schemes import Scheme, scheme

_JMBG = (
    "JMBG, ЈМБГ, JMB, ЈМБ, EMBG, ЕМБГ, matični broj, jedinstveni matični broj, MBG, lični broj, матичен број, "
    "matični broj građana"
)
_BIRTH = "rodné číslo, RČ, r.č., rodného čísla, rodne cislo, RC, birth number, rodnécislo"

PACKS: dict[str, tuple[Scheme, ...]] = {
    "pl": (
        scheme(
            "pl_pesel",
            "99999999999~ 999999_99999 999999-99999",
            "pl.pesel",
            "PESEL, numer PESEL, nr PESEL, peselu, peselem, PESEL-u",
        ),
        scheme(
            "pl_nip", "999-999-99-99 999-99-99-999 9999999999 999_999_99_99", "pl.nip", "NIP, numer NIP, NIP-u, nr NIP"
        ),
        scheme(
            "pl_dowod",
            "AAA999999 AAA_999999 AAA-999999",
            checks.pl_dowod,
            "dowód osobisty, dowodu osobistego, dowód, nr dowodu, seria i numer dowodu, numer dowodu, dowodu, seria "
            "i numer, dowodem osobistym",
        ),
        scheme(
            "pl_nrb",
            "99_9999_9999_9999_9999_9999_9999! 99999999999999999999999999!",
            bank_checks.pl_nrb,
            "konto, nr konta, numer konta, rachunek, nr rachunku, numer rachunku, NRB, rachunku",
            "BANK_ACCOUNT",
        ),
    ),
    "cz": (
        scheme("cz_rc", "999999/9999! 9999999999~ 999999_9999 999999-9999", "cz.rc", _BIRTH),
        scheme("cz_rc_old", "999999/999 999999999", "cz.rc", _BIRTH),
    ),
    "sk": (scheme("sk_rc", "999999/9999! 9999999999 999999_9999 999999-9999", "sk.rc", _BIRTH),),
    "hu": (
        scheme(
            "hu_taj",
            "999999999 999_999_999 999-999-999",
            checks.hu_taj,
            "TAJ, TAJ szám, TAJ-szám, TAJ-kártya, társadalombiztosítási azonosító jel, TAJ-számom, TAJ-száma",
        ),
        scheme("hu_tax", "9999999999", checks.hu_tax, "adóazonosító, adóazonosító jel, adószám, adóazonosítóm"),
        scheme(
            "hu_personal",
            "9-999999-9999 9_999999_9999 99999999999~",
            checks.hu_personal,
            "személyi szám, személyi azonosító, személyi, személyi azonosító szám",
        ),
        scheme(
            "hu_giro",
            "99999999-99999999-99999999! 99999999-99999999! 999999999999999999999999 9999999999999999",
            bank_checks.hu_giro,
            "számlaszám, bankszámla, bankszámlaszám, számlaszámom, számla",
            "BANK_ACCOUNT",
        ),
    ),
    "ro": (scheme("ro_cnp", "9999999999999?", "ro.cnp", "CNP, cod numeric personal, C.N.P., codul numeric personal"),),
    "bg": (
        scheme("bg_egn", "9999999999~", "bg.egn", "EGN, ЕГН, единен граждански номер"),
        scheme("bg_pnf", "9999999999", "bg.pnf", "LNCh, ЛНЧ, личен номер на чужденец"),
    ),
    "si": (
        scheme("si_emso", "9999999999999?", "si.emso", "EMŠO, EMSO, enotna matična številka, EMŠA"),
        scheme("si_tax", "99999999", "si.ddv", "davčna številka, davčna, ID za DDV, davčno številko"),
    ),
    "hr": (scheme("hr_oib", "99999999999", "hr.oib", "OIB, osobni identifikacijski broj, OIB-om, OIB broj"),),
    "rs": (scheme("rs_jmbg", "9999999999999?", "si.emso", _JMBG),),
    "ba": (scheme("ba_jmbg", "9999999999999?", "si.emso", _JMBG),),
    "mk": (scheme("mk_embg", "9999999999999?", "si.emso", _JMBG),),
    "me": (scheme("me_jmbg", "9999999999999?", "si.emso", _JMBG),),
    "ru": (
        scheme("ru_inn", "999999999999~", "ru.inn", "ИНН, INN"),
        scheme(
            "ru_snils",
            "999-999-999_99! 99999999999 999-999-999-99!",
            checks.ru_snils,
            "СНИЛС, SNILS, страховой номер",
        ),
    ),
    "ua": (
        scheme(
            "ua_rnokpp",
            "9999999999",
            "ua.rntrc",
            "РНОКПП, ІПН, ИНН, ідентифікаційний код, RNOKPP, IPN, ідентифікаційний номер",
        ),
    ),
    "by": (
        scheme(
            "by_personal",
            "9999999A999AA9!",
            checks.by_personal,
            "личный номер, идентификационный номер, personal number",
        ),
    ),
    "md": (scheme("md_idnp", "9999999999999", "md.idno", "IDNP, cod personal"),),
    "kz": (scheme("kz_iin", "999999999999~", checks.kz_iin, "ИИН, ЖСН, IIN"),),
}
