# ruff: noqa: E501 - patterns are read in one piece
"""Addresses in forms: labelled values, street and house number under keys of their own, columns of tables.

The label says what the value is, so a number and a name are enough. What programs call an address is none: `0x7ffe`,
`10.0.0.5`, `page 12`.
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.addresses import english
from proxy.detection.recognizers.addresses.parts import Core
from proxy.detection.recognizers.tables import Cell, cells, titled

STEMS = re.compile(
    r"a(?:ddr|dres|nschrift)|d(?:irecc|omicil)|endere|gat(?:enavn|uad)|indiriz|logradouro|morada|str(?:aat|as|aß|eet|tnm)|adrline|ulic|vejnavn|wohnort"
    r"|(?:rue|v(?:oie|ia)|calle|rua|line[_ ]?1|osoite)[\"']?[ ]?[:=,;]"
)
_STREET = r"stra(?:ss|ß)e|street(?:[_ ]?(?:name|address|1))?|strtnm|straat(?:naam)?|ulica|logradouro|gatuadress|vejnavn|gatenavn"
_WHOLE = r"adrline|addr(?:ess(?:es)?)?(?:[_ ]?(?:line)?[_ ]?[1])?|adress(?:e|zeile)?|anschrift|wohnort|direcci[oó]n(?:[_ ](?:postal|envio))?|domicilio|indirizzo|endere[cç]o|morada|adres(?:a)?|adresse[_ ]postale|bezorgadres|osoite"
_SHORT = r"(?<![^\W_])(?:rue|voie|calle|via|rua|line[_ ]?1)"
_IS = r"['\"*]{0,3}[ ]?(?:[:=>]|is(?=[ ]))[ \t]{0,4}['\"*]{0,3}"
KEY = re.compile(rf"(?:(?P<street>{_STREET}|{_SHORT})|(?P<whole>{_WHOLE})){_IS}", re.IGNORECASE)
_LEADS = re.compile(r"[:=>]|[ ]is[ ]", re.IGNORECASE)
_NUMBER = (
    r"(?:house|building|street|civic|str)[_ ]?(?:number|no|nr|num)|number|hausnummer|haus[_ ]?nr|huisnummer|husnummer|num[eé]ro|n[uú]mero|n[uú]m|numero[_ ]civico|civico"
    r"|bldgnb|nr[_ ]?domu|num(?:ero)?[_ ]ext(?:erior)?|no|nr"
)
_HOUSE = r"[0-9]{1,5}[ ]?[a-zA-Z]?(?:[/-][0-9]{1,4})?"
_NUMBER_KEY = re.compile(rf"(?<![^\W_])(?:{_NUMBER}){_IS}({_HOUSE})(?![\w.-])", re.IGNORECASE)
HEADER = re.compile(rf"(?:\w{{1,12}}[_ ])?(?:{_STREET}|{_SHORT}|{_WHOLE}|street|adresse)", re.IGNORECASE)
NUMBER_HEADER = re.compile(_NUMBER, re.IGNORECASE)
_HEADING = re.compile(rf"{HEADER.pattern}|{_NUMBER}", re.IGNORECASE)
_VALUE = re.compile(r"[^\n\t\"|<>{}\[\]]{3,110}")
_HAS_NUMBER = re.compile(r"(?<![\w.:/=#$€£-])[0-9]{1,5}(?:[ -]?[A-Za-z])?(?:[/-][0-9]{1,4})?(?![\w.:%@]|,[0-9])")
_HAS_NAME = re.compile(r"(?<![\w@./-])[^\W\d_][^\W\d_'\u2019-]{2,}(?![\w@(=/:])")
_NO_VALUE = re.compile(
    r"://|www\.|0x|@|[=;$%\\`^~_]|\w\(|memory|pointer|byte|offset|page|port|example|string|section|issue|\.(?:py|js|c|h|md|json)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:base|bitcoin|bus|contract|destination|e-?mails?|from|gateway|host|ip(?:v[46])?|listen|local|mac|memory|network|peer|physical|register|remote"
    r"|sender|server|source|start|target|url|virtual|wallet|web)[ _-]?$",
    re.IGNORECASE,
)
"""What else has an address."""
NEAR, BEFORE, MAX_WORDS = 120, 28, 14
LABELLED, LOWER, STREET_AND_NUMBER = 0.5, 0.3, 0.7


def labelled(text: str) -> Iterator[Core]:
    """Yield values that a key, a label or a header calls an address."""
    low = text.lower()
    hints = [found.start() for found in STEMS.finditer(low if len(low) == len(text) else text)]
    done = -1
    for hint in hints:
        key = _LEADS.search(text, hint, hint + BEFORE) and KEY.search(text, max(done, hint - BEFORE, 0), hint + BEFORE)
        if not key or key.end() <= done or _OTHER.search(text, max(0, key.start() - 12), key.start()):
            continue
        done = key.end()
        if key["street"]:
            yield from _with_number(text, key)
        value = _VALUE.match(text, key.end())
        if value:
            yield from _plausible(text, *value.span())
    if hints:
        yield from _columns(text)


def _columns(text: str) -> Iterator[Core]:
    """Yield the cells of columns of addresses, and of streets with the house number of another column."""
    numbers: dict[int, int] = {}
    streets: list[Cell[str]] = []
    for cell in cells(text, titled(_HEADING)):
        if not NUMBER_HEADER.fullmatch(cell.column):
            streets.append(cell)
        elif re.fullmatch(_HOUSE, text[cell.start : cell.end]):
            numbers[text.rfind("\n", 0, cell.start)] = cell.end
    for cell in streets:
        number = numbers.get(text.rfind("\n", 0, cell.start))
        if number and _HAS_NAME.search(text, cell.start, cell.end):
            yield Core(cell.start, max(cell.end, number), STREET_AND_NUMBER, cased=True)
        else:
            yield from _plausible(text, cell.start, cell.end)


def _with_number(text: str, key: re.Match[str]) -> Iterator[Core]:
    """Join a street with the house number that stands under a key of its own beside it."""
    value = _VALUE.match(text, key.end())
    if value is None or not _HAS_NAME.search(value[0]) or _NO_VALUE.search(value[0]):
        return
    name_end = value.end()
    behind = _NUMBER_KEY.search(text, name_end, name_end + NEAR)
    if behind:
        yield Core(key.end(), behind.end(1), STREET_AND_NUMBER, cased=True)
        return
    for before in _NUMBER_KEY.finditer(text, max(0, key.start() - NEAR), key.start()):
        yield Core(before.start(1), name_end, STREET_AND_NUMBER, cased=True)


def _plausible(text: str, start: int, end: int) -> Iterator[Core]:
    value = text[start:end].rstrip(" ,;.'")
    words = value.lower().split()
    if (
        not _HAS_NUMBER.search(value)
        or not _HAS_NAME.search(value)
        or _NO_VALUE.search(value)
        or len(words) > MAX_WORDS
    ):
        return
    if (
        sum(word in english.FUNCTION_WORDS - english.INNER for word in words)
        or words[0].strip(".:") in english.NOT_HOUSES
    ):
        return
    if value.islower() and "," not in value:
        return
    yield Core(start, start + len(value), LOWER if value.islower() else LABELLED, cased=not value.islower())
