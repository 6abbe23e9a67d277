# ruff: noqa: RUF001 - labels and months in the letters of their languages
"""Dates of birth: a date beside a word that says so, its key, the head of its column, or a question that it answers.

Other dates say nothing about anybody, and neither does an age or a year.
"""

import re
from collections.abc import Iterator
from itertools import chain

from proxy.detection.lexicon import plain
from proxy.detection.lexicon.figures import mentioned
from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.recognizers.ids.context import FAR, Around, Vocabulary, labels
from proxy.detection.recognizers.ids.context import plain as letters

_MONTH_WORDS = """
jan january januar janvier janv januari janeiro januarie ianuarie ian jaanuar janvaris sausio januara ledna tammikuuta
ocak января січня janner jän enero ene gennaio gen stycznia siječnja ιανουαρίου
feb february februar fevrier fevr febrero febbraio fevereiro fev februari februarie veebruar februaris vasario
februara unora helmikuuta subat февраля лютого lutego veljače φεβρουαρίου
mar march märz maart mrt marzo março mars marca martie marts märts kovo brezna marcius maaliskuuta mart marta марта
березня maret ožujka marec μαρτίου
apr april avril avr abril abr aprile aprilie aprilis aprila balandzio dubna huhtikuuta nisan апреля квітня kwietnia
travnja απριλίου
may mai mayo maggio maio mei maj maja majs mag geguzes kvetna majus toukokuuta mayis мая травня svibnja μαΐου
jun june juni juin junio giugno giu junho czerwca iunie juuni junijs birzelio juna cervna junius kesakuuta haziran
июня червня lipnja ιουνίου
jul july juli juillet juil julio luglio lug julho lipca iulie juuli julijs liepos jula cervence julius heinakuuta
temmuz июля липня srpnja ιουλίου
aug august août agosto ago sierpnia augustus augusti augusts rugpjucio augusta srpna augusztus elokuuta agustos
agustus августа серпня kolovoza avgusta αυγούστου
sep sept september septembre septiembre setiembre settembre setembro set wrzesnia septembrie septembris rugsejo
septembra zari szeptember syyskuuta eylul сентября вересня rujna σεπτεμβρίου
oct okt october oktober octobre octubre ottobre ott outubro out października octombrie oktobris oktoober spalio
oktobra rijna lokakuuta ekim октября жовтня listopada οκτωβρίου
nov november novembre noviembre novembro noiembrie novembris lapkricio novembra listopadu marraskuuta kasim ноября
studenoga νοεμβρίου
dec december dezember décembre diciembre dicembre dezembro dez dic grudnia decembrie detsember decembris gruodzio
decembra prosince joulukuuta aralik desember декабря грудня prosinca δεκεμβρίου
"""
_MONTHS = "|".join(sorted({letters(word) for word in _MONTH_WORDS.split()}, key=len, reverse=True))
_DAY = r"[0-3]?[0-9]"
_YEAR = r"(?:19|20)[0-9]{2}"
_SHORT_YEAR = rf"(?:{_YEAR}|'?[0-9]{{2}})"
_NAMED = rf"{_DAY}(?:st|nd|rd|th|er|\.|º|o)?[ -]?(?:of |de |d')?(?:{_MONTHS})\.?,?(?: del?)?[ -]?{_SHORT_YEAR}"
DATE = re.compile(
    rf"(?<![0-9A-Za-z_./-])(?:{_YEAR}(?P<a>[./ -]|\. )(?:0?[1-9]|1[0-2])(?P=a){_DAY}"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])[0-3][0-9]"
    rf"|{_DAY}(?P<b>[./ -]{{1,2}})[0-3]?[0-9](?P=b)(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_NAMED}"
    rf"|{_YEAR}(?:\.|,| m\.)? (?:(?:on|am|le|el|il) )?(?:the )?(?:{_DAY}(?:st|nd|rd|th|\.)? )?(?:{_MONTHS})(?: {_DAY})?"
    rf"|(?P<day>{_DAY}(?:st|nd|rd|th)?,? {_SHORT_YEAR}(?![0-9:]))"
    rf"|(?P<era>(?:{_YEAR}|[0-9]{{1,2}}) ?[年년] ?[0-9]{{1,2}} ?[月월] ?[0-9]{{1,2}} ?[日일])"
    rf"|(?P<compact>[0-9]{{6}}))(?![0-9]|[-./+][0-9])",
    re.IGNORECASE,
)
"""A date from its first digit on, in plain letters; `day` has a month before it, an `era` may have its name there."""
_MONTH = re.compile(rf"(?<![^\W_])(?:{_MONTHS})\.? \Z", re.IGNORECASE)
_ERA = re.compile(r"(?:明治|大正|昭和|平成|令和)\Z")
_COMPACT = re.compile(
    r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}"
)
_UNIT = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEEN = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS = rf"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -]{_UNIT})?)"
_ORDINAL = (
    r"(?:(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|"
    r"tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth)"
)
_SPOKEN_YEAR = (
    rf"(?:nineteen[ -](?:hundred (?:and )?)?(?:oh[ -]{_UNIT}|{_TENS}|{_TEEN})|two thousand"
    rf"(?: (?:and )?(?:{_TENS}|{_TEEN}|{_UNIT}))?|twenty[ -](?:oh[ -]{_UNIT}|{_TENS}|{_TEEN})|{_YEAR})"
)
_SPOKEN_DAY = re.compile(rf"(?<![^\W_])(?:{_ORDINAL}|premier|primero|primo)(?=,? [^\W_])", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"(?:of )?(?:{_MONTHS}),? (?:of )?{_SPOKEN_YEAR}(?![^\W_])", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"(?<![^\W_])(?:{_MONTHS}) (?:the )?{_ORDINAL}\Z", re.IGNORECASE)
_YEAR_BEHIND = re.compile(rf",? (?:of )?{_SPOKEN_YEAR}(?![^\W_])", re.IGNORECASE)
_SPOKEN_HINTS = (
    *("nineteen", "two thousand", "twenty", "premier ", "primero ", "primo "),
    *(f" of {month}" for month in "jan feb mar apr may jun jul aug sep oct nov dec".split()),  # noqa: SIM905
)
"""One of these is in every text with such a date."""
FORM = labels(
    "DOB, D.O.B., d/o/b, date of birth, birth date, birthdate, dateofbirth, date birth dt, DOB MM/DD/YYYY, patient "
    "dob, child born, geb, geb., geb.-datum, geburtsdatum, gebdatum, gebtag, geb. datum, date de naissance, ddn, date "
    "naissance, fecha de nacimiento, fecha nacimiento, fnac, f. nac, f. nacimiento, f. de nacimiento, fec nac, fecha "
    "nac, data di nascita, data nascita, data de nascimento, data nascimento, nascimento, nacimiento, naissance, "
    "nascita, dt nasc, data nasc, data de nasc, geboortedatum, födelsedatum, född, född den, fødselsdato, født, "
    "født den, fødd, syntymäaika, data urodzenia, data ur, datum narození, narození, nar., dátum narodenia, születési "
    "dátum, születési idő, szül, szül., data nașterii, data nasterii, datum rođenja, datum rojstva, datum narodenja, "
    "дата рождения, дата народження, дата на раждане, род., г.р., ημερομηνία γέννησης, ημ. γέννησης, γέννησης, gimimo "
    "data, dzimšanas datums, sünniaeg, sünnikuupäev, doğum tarihi, doğum, d. tarihi, dogum t, 生年月日, 出生日期, "
    "생년월일, 출생, fæðingardagur, breith, تاريخ الميلاد, תאריך לידה, जन्म तिथि, जन्मतिथि, ngày sinh, "
    "tanggal lahir, tgl lahir, lahir, วันเกิด, ur, ur., birth dt"
)
"""Words of forms."""
TOLD = labels(
    "born, born on, born in, geboren, geboren am, geboren in, geboren op, geb, geb in, geb. am, geb am, né, née, né à, "
    "née à, né en, né le, née le, nés, nacido, nacida, nacido en, nacida en, nacido el, nacida el, nací, nació, nato, "
    "nata, nato il, nata il, nato a, nata a, nascido, nascida, nasceu, nasceu em, nasc, född, född den, født, født "
    "den, urodzony, urodzona, urodzony dnia, ur, narozen, narozena, narodený, narodená, született, syntynyt, rođen, "
    "rođena, rojen, rojena, născut, născută, родился, родилась, народився, народилася, роден, родена, γεννήθηκε, "
    "γεννηθείς, γεννηθείσα, kelahiran, doğdu"
)
"""Words of tales, which public figures are told of in, too."""
SMALL = labels(
    "birthday, bday, b-day, birth day, geburtstag, geboortedag, fødselsdag, birth, birth time, naiss, nac, nasc, "
    "nacim, geburt, geburts"
)
"""Things, too, have these, and other words begin so: their date stands directly beside the word."""
LABELS = FORM | TOLD | SMALL
BETWEEN = 2
"""How many words may stand between a label and its date."""
TALE, LEFT, LONGEST_MONTH = 160, 90, 13
_TALE_WORDS = (
    r"born|geboren|geb\.?|n[e]e?(?:\(e\))?|nacid[oa]|naci|nacio|nat[oa]|nascid[oa]|nasceu|nasc\.?|fodd|fodt|ur\.?|"
    r"urodzon[ya]|narozena?|naroden[ay]|szuletett|syntynyt|rodena?|rojena?|nascuta?|родился|родилась|народився|"
    r"народилася|роден[а]?|γεννηθηκε|γεννηθει[ςσ]α?|kelahiran|dogdu"
)
_TOLD_BEFORE = re.compile(rf"(?<![^\W_])(?:{_TALE_WORDS})(?![^\W_])(?P<between>[^\n;]{{0,80}})\Z", re.IGNORECASE)
_AT = re.compile(
    r"\s*(?:in|a|at|te|en|em|w|we|v|ve|i|u|na|near|zu)\s[^\n;:0-9]{2,60}?,?\s"
    r"(?:on|on the|il|le|el|am|den|op|dnia|dne|dana|dia|em|aos?|no dia|pa)\s*(?:the )?\Z",
    re.IGNORECASE,
)
"""Where somebody was born, of however many words, up to the word before the date."""
_TURN = re.compile(r",\s*(?!(?:on|am|le|il|el|op|dnia|den|em|aos|a)\s)[^\W\d_]+[:.]?\s*\Z", re.IGNORECASE)
"""Another thing that has a date: `geb. Roth, Termin 12.03.2024`."""
_SIGN = re.compile(r"[^\W\d_][\w.'-]*(?:,? \(?|\()\* ?\Z|(?:, |\()b\. ?\Z|\(b \Z")
_BEHIND = re.compile(
    r"\s?(?:r\.\s)?[,(]?\s?(?:dogumlu|г\.?\s?р(?![^\W_])|год[ау]? рожд|рожд|生(?!産)|出生|생(?!산)|에 태어|szuletesu)",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"\?[\"'”»*_)]*\s*(?:(?:\[[0-9:.]+\]|>|[-–]|[^\n?:.]{1,30}:)\s*)*"
    r"(?:(?:sure|yes|yeah|yep|ok|okay|um+|uh|hi|so|well|of course|certainly|it'?s|that'?s|it is|that is|i'?m|i was|on|"
    r"the|my|born|dob|ja|klar|also|am|der|oui|c'est le|le|si|claro|es el|el|sim|sì|il|tak)(?![^\W_])[,. …-]*)*\Z",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(?:e\.?g\.?|z\. ?B\.?|p\. ?ex\.?|ej\.?|such as|like|format|example:?)[ :(]*\Z", re.IGNORECASE)
_NOBODYS = frozenset({"1900-01-01", "01-01-1900", "19000101"})
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_VOCABULARY = Vocabulary(LABELS)


def find(text: str) -> Iterator[Match]:
    """Yield dates of birth; the canonical form is the text with one separator."""
    flat = letters(text)
    around: Around | None = None
    for start, end, compact in chain(_written(flat), _spoken(flat)):
        around = around or Around(text, _VOCABULARY.present(text))
        value = re.sub(r"[\W_]+", "-", text[start:end]).strip("-").casefold()
        if value in _NOBODYS or _EXAMPLE.search(flat, max(0, start - 10), start):
            continue
        if _named(text, flat, start, end, around, compact=compact) or (
            not compact and (_signed(text, flat, start, end) or _answers(text, start))
        ):
            yield Match("DATE_OF_BIRTH", start, end, 0.9, value)


def _written(flat: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the dates that begin with a digit, or with a month or an era before it, and whether one is six digits."""
    for found in DATE.finditer(flat):
        start = found.start()
        if found["compact"] is not None and not _COMPACT.fullmatch(found["compact"]):
            continue
        if found["day"] is not None:
            month = _MONTH.search(flat, max(0, start - LONGEST_MONTH), start)
            if month is None:
                continue
            start = month.start()
        elif found["era"] is not None:
            era = _ERA.search(flat, max(0, start - 2), start)
            start = era.start() if era else start
        yield start, found.end(), found["compact"] is not None


def _spoken(flat: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the dates whose day is an ordinal in letters, before or behind its month."""
    lowered = flat.lower()
    for day in _SPOKEN_DAY.finditer(flat) if any(hint in lowered for hint in _SPOKEN_HINTS) else ():
        start = day.start()
        behind = _DAY_FIRST.match(flat, day.end() + 1)
        if behind is None and (behind := _YEAR_BEHIND.match(flat, day.end())):
            month = _MONTH_FIRST.search(flat, max(0, start - LONGEST_MONTH - 4), day.end())
            if month is None:
                continue
            start = month.start()
        if behind is not None:
            yield start, behind.end(), False


def _named(text: str, flat: str, start: int, end: int, around: Around, *, compact: bool) -> bool:
    """Whether a label names a date."""
    if around.empty:
        return False
    near = around.labels(start, end)
    if compact:
        return near.nearest(FORM) == 0
    if near.nearest(FORM - TOLD) <= BETWEEN or near.nearest(SMALL) == 0:
        return True
    if near.nearest(TOLD) == FAR or _famous(text, start):
        return False
    told = _TOLD_BEFORE.search(flat, max(0, start - LEFT), start)
    if told is None:
        return near.nearest(FORM) == 0
    between = told["between"]
    return bool(_AT.fullmatch(between)) or (near.nearest(TOLD) <= BETWEEN and not _TURN.search(between))


def _famous(text: str, start: int) -> bool:
    """Whether the tale is of a public figure, whose date of birth stands in every encyclopaedia."""
    return bool(mentioned([plain(word) for word in _WORD.findall(text, max(0, start - TALE), start)]))


def _signed(text: str, flat: str, start: int, end: int) -> bool:
    """Whether a sign before a date or a word behind it, which mean nothing elsewhere, say that it is of birth."""
    sign = _SIGN.search(flat, max(0, start - LEFT), start)
    return (sign is not None and not _famous(text, start)) or _BEHIND.match(flat, end) is not None


def _answers(text: str, start: int) -> bool:
    """Whether a date answers a question for one of birth."""
    answered = _ANSWERED.search(text, max(0, start - LEFT), start)
    if answered is None:
        return False
    question = re.split(r"[.!?\n]\s", text[max(0, answered.start() - LEFT) : answered.start()])[-1]
    return bool(_VOCABULARY.present(question))


RECOGNIZER = Recognizer("birth_dates", {"DATE_OF_BIRTH": 0.9}, find)
