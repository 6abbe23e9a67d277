"""National identity, tax and insurance numbers of 35 countries, by form and check digit.

`alone` is the score without a word of context, None where only context makes the number mean something.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from proxy.detection.recognizers import checks
from proxy.detection.recognizers.base import Match, Recognizer, compact, near, words
from proxy.detection.recognizers.cards import luhn


@dataclass(frozen=True, slots=True)
class Scheme:
    """One country's number."""

    pattern: re.Pattern[str]
    valid: Callable[[str], bool]
    context: re.Pattern[str]
    alone: float | None
    entity_type: str = "NATIONAL_ID"


_GENERIC = (
    r"national ?(?:id|identity|identification)\w*",
    r"id(?:entity)? ?(?:card|number|no|nr)",
    r"identity",
    r"personal ?(?:id|code|number)\w*",
    r"tax ?(?:id|number|no|payer)\w*",
    r"tin",
    r"citizen\w*",
    r"identification",
)


def _scheme(
    pattern: str,
    valid: Callable[[str], bool],
    *context: str,
    alone: float | None = None,
    entity_type: str = "NATIONAL_ID",
) -> Scheme:
    edges = rf"(?<![A-Za-z0-9.-])(?:{pattern})(?![A-Za-z0-9])(?![.-][0-9])"
    return Scheme(re.compile(edges, re.IGNORECASE), valid, words(*context, *_GENERIC), alone, entity_type)


D = "[0-9]"
SCHEMES: tuple[Scheme, ...] = (
    _scheme(rf"{D}{{2}} ?{D}{{3}} ?{D}{{3}} ?{D}{{3}}", checks.de_tax, r"steuer\w*", r"idnr", r"tax id"),
    _scheme(
        rf"[12] ?{D}{{2}} ?(?:0[1-9]|1[0-2]|[2-9]{D}) ?(?:{D}{{2}}|2[AB]) ?{D}{{3}} ?{D}{{3}} ?{D}{{2}}",
        checks.fr_nir,
        r"nir",
        r"insee",
        r"s[eé]cu(?:rit[eé])?(?: sociale)?",
        alone=0.85,
    ),
    _scheme(
        rf"(?:[XYZ]-?{D}{{7}}|{D}{{2}}\.?{D}{{3}}\.?{D}{{3}})-?[A-Z]", checks.es_dni, r"dni", r"nie", r"nif", alone=0.8
    ),
    _scheme(
        r"[A-Z]{6} ?[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2} ?[A-Z][0-9LMNPQRSTUV]{3}[A-Z]",
        checks.it_cf,
        r"codice fiscale",
        r"c\.?f\.?",
        alone=0.95,
    ),
    _scheme(rf"{D}{{4}}[. ]?{D}{{2}}[. ]?{D}{{3}}", checks.nl_bsn, r"bsn", r"burger\w*", r"sofi\w*"),
    _scheme(
        rf"{D}{{2}}\.{D}{{2}}\.{D}{{2}}-{D}{{3}}\.{D}{{2}}",
        checks.be_nn,
        r"rijks\w*",
        r"registre national",
        r"niss",
        alone=0.9,
    ),
    _scheme(rf"{D}{{11}}", checks.be_nn, r"rijks\w*", r"registre national", r"niss"),
    _scheme(rf"{D}{{11}}", checks.pl_pesel, r"pesel", alone=0.5),
    _scheme(rf"(?:19|20)?{D}{{6}}[-+]{D}{{4}}", checks.se_pnr, r"person\w*", alone=0.7),
    _scheme(rf"(?:19|20)?{D}{{10}}", checks.se_pnr, r"personnummer", r"pnr"),
    _scheme(rf"{D}{{6}} ?{D}{{5}}", checks.no_fnr, r"f[oø]dselsnummer", r"fnr", alone=0.6),
    _scheme(
        rf"(?:0[1-9]|[12]{D}|3[01])(?:0[1-9]|1[0-2]){D}{{2}}-?{D}{{4}}", checks.not_a_run, r"cpr\w*", r"personnummer"
    ),
    _scheme(rf"{D}{{6}}[-+A-FU-Y]{D}{{3}}[0-9A-Y]", checks.fi_hetu, r"hetu", r"henkil[oö]tunnus", alone=0.9),
    _scheme(rf"{D}{{3}} ?{D}{{3}} ?{D}{{3}}", checks.pt_nif, r"nif", r"contribuinte", r"fiscal"),
    _scheme(rf"{D}{{7}}[A-W][A-IW]?", checks.ie_pps, r"pps\w*", alone=0.5),
    _scheme(rf"{D}{{4}} ?{D}{{6}}", checks.at_svnr, r"svnr", r"sozialversicherung\w*", r"sv-?nummer"),
    _scheme(rf"756\.?{D}{{4}}\.?{D}{{4}}\.?{D}{{2}}", checks.ean13, r"ahv\w*", r"avs", alone=0.9),
    _scheme(rf"{D}{{6}}/{D}{{4}}", checks.cz_rc, r"rodn[eé]\w*", r"rč", alone=0.8),
    _scheme(rf"{D}{{10}}", checks.cz_rc, r"rodn[eé]\w*", r"rč"),
    _scheme(rf"[1-8]{D}{{12}}", checks.ro_cnp, r"cnp", alone=0.7),
    _scheme(rf"{D}{{10}}", checks.bg_egn, r"egn", r"егн"),
    _scheme(rf"{D}{{11}}", checks.mod11_10, r"oib"),
    _scheme(rf"[1-6]{D}{{10}}", checks.baltic, r"isikukood", r"asmens kodas"),
    _scheme(rf"{D}{{11}}", checks.gr_amka, r"amka", r"αμκα"),
    _scheme(rf"[1-9]{D}{{10}}", checks.tr_tckn, r"tckn", r"kimlik", r"t\.?c\.?", alone=0.6),
    _scheme(rf"{D}{{9}}", luhn, r"teudat", r"israel\w*", r"zehut"),
    _scheme(rf"{D}{{6}} ?{D}{{4}} ?{D}{{3}}", checks.za_id, r"south africa\w*", r"rsa", alone=0.75),
    _scheme(
        rf"{D}{{4}} {D}{{4}} {D}{{4}}|{D}{{4}}-{D}{{4}}-{D}{{4}}",
        checks.verhoeff,
        r"aadhaar",
        r"aadhar",
        r"uidai",
        alone=0.75,
    ),
    _scheme(rf"{D}{{12}}", checks.verhoeff, r"aadhaar", r"aadhar", r"uidai"),
    _scheme(
        rf"[A-Z]{{3}}[ABCFGHLJPTK][A-Z]{D}{{4}}[A-Z]", checks.not_a_run, r"pan", r"permanent account\w*", alone=0.6
    ),
    _scheme(rf"{D}{{3}}\.{D}{{3}}\.{D}{{3}}-{D}{{2}}", checks.br_cpf, r"cpf", alone=0.95),
    _scheme(rf"{D}{{11}}", checks.br_cpf, r"cpf", alone=0.55),
    _scheme(rf"{D}{{3}}([ -]){D}{{3}}\1{D}{{3}}|{D}{{9}}", luhn, r"sin", r"social insurance\w*", r"nas"),
    _scheme(rf"{D}{{3}} ?{D}{{3}} ?{D}{{3}}", checks.au_tfn, r"tfn", r"tax file\w*"),
    _scheme(rf"{D}{{4}} ?{D}{{5}} ?{D}", checks.au_medicare, r"medicare", entity_type="HEALTH_PLAN_ID"),
    _scheme(rf"[STFGM]{D}{{7}}[A-Z]", checks.sg_nric, r"nric", r"fin", alone=0.9),
    _scheme(rf"{D}{{6}}-[1-8]{D}{{6}}", checks.kr_rrn, r"rrn", r"resident reg\w*", alone=0.8),
    _scheme(rf"[1-9]{D}{{16}}[0-9X]", checks.cn_rin, r"resident id\w*", alone=0.9),
    _scheme(rf"[A-Z][AEIOUX][A-Z]{{2}}{D}{{6}}[HM][A-Z]{{5}}[0-9A-Z]{D}", checks.mx_curp, r"curp", alone=0.95),
    _scheme(rf"{D}{{1,2}}\.{D}{{3}}\.{D}{{3}}-[0-9K]", checks.cl_rut, r"rut", r"run", alone=0.9),
    _scheme(rf"{D}{{7,8}}-[0-9K]", checks.cl_rut, r"rut", r"run"),
    _scheme(rf"{D}([ -]?){D}{{4}}\1{D}{{5}}\1{D}{{2}}\1{D}", checks.th_id, r"thai\w*", r"citizen\w*", alone=0.6),
    _scheme(rf"[A-Z][1289]{D}{{8}}", checks.tw_id, r"taiwan\w*", alone=0.7),
    _scheme(rf"[A-Z]{{1,2}}{D}{{6}}\([0-9A]\)", checks.hk_id, r"hkid", alone=0.9),
    _scheme(rf"{D}{{4}}[ -]?{D}{{4}}[ -]?{D}{{4}}", checks.jp_mynumber, r"my ?number"),
    _scheme(
        rf"[A-Z]{{3}}{D}{{7}}|{D}{{12}}|{D}{{6}}-{D}{{2}}-{D}{{4}}",
        checks.not_a_run,
        r"mykad",
        r"nric",
        r"voter\w*",
        r"epic",
    ),
)
GATE = re.compile(r"[0-9]{3}")


def find(text: str) -> Iterator[Match]:
    """Yield numbers whose check digit is right, alone or in context as their scheme demands."""
    if not GATE.search(text):
        return
    for scheme in SCHEMES:
        for found in scheme.pattern.finditer(text):
            context = near(text, found.start(), found.end(), scheme.context)
            if scheme.alone is None and not context:
                continue
            number = compact(found[0])
            if scheme.valid(number) and len(set(number)) > 2:  # noqa: PLR2004 - 000-00-0001
                score = 0.95 if context else scheme.alone or 0.95
                yield Match(scheme.entity_type, found.start(), found.end(), score, number)


RECOGNIZER = Recognizer("national_ids", {"NATIONAL_ID": 0.5, "HEALTH_PLAN_ID": 0.95}, find)
