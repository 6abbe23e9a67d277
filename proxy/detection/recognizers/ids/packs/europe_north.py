"""Northern Europe and the Baltic states."""

from proxy.detection.recognizers.ids import checks
from proxy.detection.recognizers.ids.schemes import Scheme, scheme

PACKS: dict[str, tuple[Scheme, ...]] = {
    "se": (
        scheme(
            "se_pnr",
            "999999-9999! 99999999-9999! 9999999999~ 999999999999~ 999999_9999 99999999_9999",
            "se.personnummer",
            "personnummer, pnr, person nr, samordningsnummer, personnr, persnr, SSN, personal identity number",
        ),
        scheme(
            "se_samordning",
            "999999-9999! 99999999-9999! 9999999999 999999999999",
            checks.se_samordning,
            "samordningsnummer, personnummer, pnr, coordination number",
        ),
    ),
    "no": (
        scheme(
            "no_fnr",
            "99999999999! 999999_99999! 999999-99999!",
            "no.fodselsnummer",
            "fødselsnummer, fnr, personnummer, fødselsnr, D-nummer, fodselsnummer, fødsels- og personnummer",
        ),
        scheme(
            "no_konto",
            "9999.99.99999! 9999_99_99999! 99999999999",
            "no.kontonr",
            "kontonummer, kontonr, konto, bankkonto, lønnskonto",
            "BANK_ACCOUNT",
        ),
    ),
    "dk": (
        scheme(
            "dk_cpr",
            "999999-9999? 9999999999 999999_9999",
            checks.dk_cpr,
            "CPR, CPR-nummer, CPR-nr, CPR nr, personnummer, cprnr, central person register",
        ),
        scheme(
            "dk_cpr_2007",
            "999999-9999 9999999999",
            "dk.cpr",
            "CPR, CPR-nummer, CPR-nr, CPR nr, personnummer, cprnr, central person register",
        ),
    ),
    "fi": (
        scheme(
            "fi_hetu",
            "999999-999A! 999999-9999! 999999A999A! 999999A9999!",
            checks.fi_hetu,
            "hetu, henkilötunnus, henkilötunnukseni, sotu, sosiaaliturvatunnus, personbeteckning",
        ),
    ),
    "is": (scheme("is_kt", "999999-9999! 9999999999~", "is_.kennitala", "kennitala, kt, kt., kennitölu, kennitalan"),),
    "ee": (
        scheme("ee_ik", "99999999999~", "ee.ik", "isikukood, isikukoodi, IK, personal identification code, isiku kood"),
    ),
    "lv": (
        scheme(
            "lv_pk",
            "999999-99999! 99999999999",
            "lv.pvn",
            "personas kods, personas kodu, PK, personas kodi, personal code",
        ),
    ),
    "lt": (scheme("lt_ak", "99999999999~", "lt.asmens", "asmens kodas, AK, a.k., asmens kodo, asmens kodą"),),
}
