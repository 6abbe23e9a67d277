# ruff: noqa: E501, SIM905 - patterns are read in one piece, words as lines
"""What stands around a street line and makes it an address: units, cities, regions and codes behind, words before.

Each piece of evidence has a weight; the sum with the street line's own certainty decides. Reads a bounded stretch of
text on either side, so the cost of one candidate is bounded too.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from proxy.detection.recognizers.addresses import places
from proxy.detection.recognizers.addresses.english import NOT_HOUSES, STRONG, SUFFIXES
from proxy.detection.recognizers.addresses.parts import UPPER

MAX_STEPS, MAX_CITIES, BEFORE = 7, 3, 48

_LETTERS = r"[^\W\d_]*(?:['\u2019.-][^\W\d_]+)*\.?"
_CAPITAL = rf"(?:[{UPPER}'\u2019]{_LETTERS}|[0-9]{{1,2}}(?![\w.-]))"
_JOIN = r"(?:a|am|an|auf|bei|by|d|da|das|de|del|della|den|der|des|di|do|dos|du|el|en|i|im|in|la|las|le|les|los|nad|ob|of|on|op|pod|sous|sur|the|upon|v|van|y)\.?"
_CITY = rf"[{UPPER}'\u2019]{_LETTERS}(?:[ -]{{1,2}}(?:{_JOIN}[ ]){{0,2}}{_CAPITAL}){{0,4}}"
_LAZY = rf"{_CITY}?"
_ANY_CITY = rf"[^\W\d_]{_LETTERS}(?:[ ][^\W\d_]{_LETTERS}){{0,3}}"
_GAP = r"[ ,.\n-]{1,3}"

_UNIT_WORD = (
    r"ap|app|appt|apto?|appartamento|apartamento|apartments?|appartement|ate?lier|b[âa]t(?:iment)?|bl|blk|block|bloco|bloc|bldg|building|bureau|bte|bo[iî]te|bus|"
    r"casa|cj|conj|daire|depto|dpto|edif(?:icio)?|entrance|esc(?:alera|alier)?|et|[eé]tage|ext|fl|flat|floor|fracc|hab|hs|hus|int(?:erior|erno)?|"
    r"kat|kv|l(?:eve)?l|level|lgh|lok|lot|lote|m|manzana|mz|nr|of(?:fice|icina)?|office|pavilion|penthouse|ph|piso|planta|pmb|porta|portal|pta|puerta|"
    r"piano|quadra|rm|room|sala|sc|scala|shop|space|spc|ste|stiege|stock|suite|top|torre|tower|trlr|t[uü]r|unit|wing|whg|wohnung"
)
UNIT = re.compile(
    rf"(?:(?:{_UNIT_WORD})(?:\.[ ]?|[ ]|(?<=\w{{3}})(?=[0-9#]))(?:#|n[oº°r]\.?[ ]?)?(?:[0-9][\w/-]{{0,5}}|[A-Z](?![\w'\u2019])|[A-Z]-?[0-9]{{1,4}})(?!\w)"
    r"|#[ ]?[\w-]{1,6}|(?:[0-9]{1,2}(?:st|nd|rd|th)|ground|first|second|third|fourth|fifth|sixth|top|lower|upper) (?:floor|fl|flr)\b"
    r"|[0-9]{1,2}(?:[.ºª°oa]|er|[eè]me|e){1,2}[ ]?(?:og|stock|izq\w*|izda|dcha|der\w*|esq\.?|dto\.?|sal|t[vh]\.?|mf\.?|[eé]tage|[a-d])(?!\w)"
    r"|(?:hinterhaus|vorderhaus|[aá]tico|bajo|r/c|s[oó]t[aã]o|basement|penthouse|stuen|1\. sal)(?:[ ](?:izq\w*|dcha|links|rechts|[a-d]))?(?!\w))",
    re.IGNORECASE,
)
SEPARATOR = re.compile(
    r"\.?['\")]?[ \t]{0,3}(?:[,;|/\t]|-(?=[ ]?\w)|[ ][-\u2013][ ]|(?<=\.)(?=[ \n])|\n|\\n|<br[ ]?/?>|(?<=[ ])|(?=[(]))"
    r"['\"]?[ \t\n#*>|]{0,40}['\"]?"
    r"(?P<key>['\"]?(?:address[_ ]?)?(?:line[_ ]?[2-4]|city|town|village|suburb|locality|post_?al[_ ]?code|post_?code|zip(?:[_ ]?code)?|state|province|region|county"
    r"|country|plz|ort|stadt|ville|code[_ ]postal|cp|ciudad|municipio|localidad|citt[aà]|cap|cidade|localidade|bairro|uf|cep|woonplaats|plaats|postnr"
    r"|kod|miasto|colonia|district|pin(?:[_ ]?code)?|apt|unit|apartment)['\"]?[ ]?[:=][ ]{0,2}['\"]?)?",
    re.IGNORECASE,
)
_CODE = re.compile(
    rf"(?:{places.LETTERED_CODE}|{places.ZIP}|[0-9]{{4}}(?:[ ]?[A-Z]{{2}}|-[0-9]{{3}})?(?!\w)|[0-9]{{2}}-[0-9]{{3}}|{places.PIN_CODE})"
)
"""What counts as a code below the key of one."""
_STEPS = (
    (0.45, rf"(?:{_LAZY}{_GAP})?{places.REGION}{_GAP}{places.ZIP}|(?:{_LAZY}{_GAP})?(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT|Victoria|Queensland|Tasmania|New South Wales|South Australia|Western Australia)[ ,]{{1,2}}[0-9]{{4}}(?!\w)"),
    (0.4, rf"(?:{_LAZY}{_GAP})?{places.LETTERED_CODE}"),
    (0.4, rf"{places.GROUPED_CODE}[ ,\n]{{1,3}}{_CITY}|(?:{_LAZY}{_GAP}(?:CEP[ :]{{0,2}})?)?(?:[0-9]{{5}}-[0-9]{{3}}|[0-9]{{4}}-[0-9]{{3}}|[0-9]{{2}}-[0-9]{{3}}|[0-9]{{3}}-[0-9]{{4}})(?![\w-])"),
    (0.36, rf"{places.FIVE_CODE}[ ,;|\t\n]{{1,3}}{_CITY}"),
    (0.36, rf"(?:{_LAZY}{_GAP})(?:C\.?P\.? ?|PIN:? ?(?:code:? ?)?|CEP:? ?|CAP:? ?)?[-\u2013 ]{{0,3}}(?:{places.PIN_CODE}|{places.ZIP})"),
    (0.36, rf"(?:C\.?P\.? ?|PIN:? ?(?:code:? ?)?|CEP:? ?|CAP:? ?)(?:{places.PIN_CODE}|{places.ZIP})"),
    (0.25, rf"{places.FOUR_CODE}[ ,;|\t\n]{{1,3}}{_CITY}"),
    (0.15, rf"[0-9]{{4}}[ ]{_CITY}(?=[ ]?(?:[\n,;.\"'|)]|$))"),
    (0.25, rf"(?:{_CITY}(?:[/,-]|[ ]-[ ]|,[ ])){places.BRAZILIAN}"),
    (0.2, places.REGION),
    (0.2, places.COUNTRY),
    (0.2, rf"{_LAZY}[ ,]{{1,2}}{places.REGION}"),
    (0.2, rf"{_LAZY}[ ,\n-]{{1,3}}{places.FOUR_CODE}(?=[ ]?(?:[\n,;.\"'|)]|$))"),
)  # fmt: skip
_LOWER_STEPS = (
    (0.45, rf"(?:{_ANY_CITY}[ ,.\n]{{1,3}})??{places.SHORT_REGION}[ ,]{{1,2}}(?:{places.ZIP}|[0-9]{{4}}(?!\w))"),
    (0.4, rf"(?:{_ANY_CITY}?[ ,.\n]{{1,3}})??(?:{places.SHORT_REGION}[ ,]{{1,2}})?{places.LOWER_CODE}"),
    (0.4, rf"{places.GROUPED_CODE}[ ,\n]{{1,3}}[^\W\d_]{{3}}"),
    (0.36, rf"{places.FIVE_CODE}[ ,\n]{{1,3}}[^\W\d_]{{3}}"),
    (0.36, rf"{places.FOUR_CODE}[ ,\n]{{1,3}}[^\W\d_]{{3}}"),
    (0.36, rf"{_ANY_CITY}?[ ,\n-]{{1,3}}(?:{places.PIN_CODE}|{places.ZIP})"),
    (0.25, rf"{_ANY_CITY}?[ ,\n-]{{1,3}}{places.FOUR_CODE}(?=[ ]?(?:[\n,;.\"'|)]|$))"),
    (0.2, rf"{_ANY_CITY}?[ ,]{{1,2}}{places.SHORT_REGION}(?=[ ]?(?:[\n,;.\"'|)]|$))"),
    (0.2, places.COUNTRY),
)
CASED_STEPS = tuple((weight, re.compile(pattern)) for weight, pattern in _STEPS)
LOWER_STEPS = tuple((weight, re.compile(pattern, re.IGNORECASE)) for weight, pattern in _LOWER_STEPS)
LOWER_CITY = re.compile(rf"{_ANY_CITY}(?=[ ]?[,\n])")
CITY = re.compile(rf"{_CITY}(?=[ ]?(?:[\n,;.\"'|)]|$|[ ]-))")
_OPEN_LINE = re.compile(r"(?:^|[\n,;|\t\"'>]|\\n|[:*#-][ ]|\d[.)][ ])[ ]{0,8}[(\"']?$")
_CLOSED_LINE = re.compile(r"[.)\"']{0,2}[ ]{0,8}(?:[\n;|\t\"'<]|\\n|,[\"'\w]|$)")

_LABELS = """
address addresses addr addr1 adr adresa adres adresse adresszeile anschrift bezorgadres bostad bostadsadress direccion dirección
domicilio domicilié endereço endereco indirizzo lakcím morada osoite osoitteessa wohnhaft wohnort wohnadresse resident residente
residence premises eircode located situated live lives lived living reside resides residing resided lieferadresse rechnungsadresse
postanschrift firmensitz habite habito habitons vive vivo viven vit demeurant réside abito abita abitiamo moro mora moram mieszkam
mieszka zamieszkały zamieszkała wohne wohnt wohnung gemeldet woon woont bor asun rent rents rented renting
"""
LABELS = frozenset(_LABELS.split())
"""Words that say that an address follows: labels and verbs of living."""
_VERBS = """
property tenant landlord ship shipping shipped deliver delivered delivery send sent mail mailed mailing post posted courier stay stays
staying stayed move moved moving relocated pickup picked pick drop dropped grew swing home billing bill visit
premise livrer livraison envoyez envoyer enviar entrega entregar spedire wyślij umgezogen zieht zustellung lieferung schicken verhuisd
verhuis verhuist levering skicka sendes send flyttet flyttade flytter
"""
VERBS = frozenset(_VERBS.split())
"""Words that an address may follow, behind a colon or a preposition: `POST 200 OK` is none."""
PREPOSITIONS = frozenset(
    "at on to from is was near outside an zu zur zum au à en na przy do nach op aan på til till i presso der la am".split()
)
HOUSES = frozenset(
    "cottage house court lodge mansions apartments villa farm estate hall flats building tower towers".split()
)
_UNIT_NAMES = frozenset(re.sub(r"[^\w|]", "", _UNIT_WORD).split("|")) | {"apt", "apto", "apartment", "of", "lt", "co"}
_WORDS = re.compile(r"[^\W_][\w'\u2019]*|[.!?:\n](?=\s|$)|[,#]")
LABEL, VERB, PREPOSITION, WHOLE_LINE, UNIT_BEFORE, CITY_BEHIND, STREET_BEHIND = 0.3, 0.29, 0.1, 0.1, 0.2, 0.08, 0.3
KEYED_CODE, DWELLING = 0.3, 0.35
_DWELLING = re.compile(r"(?:apt|apartment|suite|ste|unit|flat)(?![^\W_])", re.IGNORECASE)
NOT_A_HOUSE, RUNS_ON = -0.6, -0.18
PLACE = 0.25
"""So much must codes and regions weigh to place a number and a name that have no street word."""
LABEL_REACH = 6
"""A label may stand so many words in front: `her address in town is`."""


class Surroundings(NamedTuple):
    """How far an address reaches behind its street line, and the weight of everything around it."""

    end: int
    weight: float


class _Piece(NamedTuple):
    """One part of an address: `place` is a code or a region."""

    kind: Literal["unit", "place", "city", "street"]
    worth: float
    end: int


def around(text: str, start: int, end: int, *, cased: bool, needs_place: bool) -> Surroundings:
    """Weigh what stands around a street line."""
    pieces = list(_behind(text, end, cased=cased))
    end = max(
        (piece.end for at, piece in enumerate(pieces) if piece.kind != "city" or (cased and at == 0)), default=end
    )
    left = text[max(0, start - BEFORE) : start]
    before = in_front(left)
    placed = {piece.worth for piece in pieces if piece.kind == "place"}
    units = max((piece.worth for piece in pieces if piece.kind == "unit"), default=0.0)
    known = sum(placed) + (units if placed or units == DWELLING else 0.0)
    if needs_place and known < PLACE and before < LABEL:
        return Surroundings(end, 0.0)
    named = max((piece.worth for piece in pieces if piece.kind in ("city", "street") and cased), default=0.0)
    alone = _OPEN_LINE.search(left) and _CLOSED_LINE.match(text, end)
    return Surroundings(end, before + sum(placed) + units + named + (WHOLE_LINE if alone else 0.0))


def _behind(text: str, at: int, *, cased: bool) -> Iterator[_Piece]:
    """Read the parts behind a street line, each parted from the one before."""
    cities = 0
    for _ in range(MAX_STEPS):
        separator = SEPARATOR.match(text, at)
        piece = separator and _piece(text, separator, cased=cased)
        if separator is None or piece is None or piece.end <= at:
            return
        if piece.kind in ("city", "street"):
            cities += 1
            if cities > MAX_CITIES or not separator[0].strip(" "):
                return
        yield piece
        at = piece.end


def _piece(text: str, separator: re.Match[str], *, cased: bool) -> _Piece | None:
    at = separator.end()
    found = _CODE.match(text, at) if separator["key"] else None
    if found:
        return _Piece("place", KEYED_CODE, found.end())
    found = UNIT.match(text, at)
    if found:
        return _Piece("unit", DWELLING if _DWELLING.match(found[0]) else UNIT_BEFORE, found.end())
    for worth, pattern in CASED_STEPS if cased else LOWER_STEPS:
        found = pattern.match(text, at)
        if found:
            return _Piece("place", worth, found.end())
    found = (CITY if cased else LOWER_CITY).match(text, at)
    if found is None:
        return None
    street = SUFFIXES.get(found[0].split()[-1].lower().rstrip("."), 0.0) >= STRONG
    return _Piece("street", STREET_BEHIND, found.end()) if street else _Piece("city", CITY_BEHIND, found.end())


def in_front(left: str) -> float:
    """Weigh the words in front of a street line."""
    words = _WORDS.findall(left)
    while words and words[-1] in "#,:\n":
        words.pop()
    if not words or words[-1] in ".!?":
        return 0.0
    low = [word.lower() for word in words]
    weight = UNIT_BEFORE if _is_unit(low) else 0.0
    label = _label(low, led=low[-1] in PREPOSITIONS or left.rstrip().endswith((":", "=")))
    if label:
        return weight + label
    if low[-1] in PREPOSITIONS or (low[-1] == "the" and low[-2:-1] and low[-2] in PREPOSITIONS):
        return weight + PREPOSITION
    if low[-1] in _UNIT_NAMES or not left.endswith((words[-1] + " ", words[-1] + " #")):
        return weight
    if low[-1] in NOT_HOUSES:
        return weight + NOT_A_HOUSE
    return weight + (RUNS_ON if words[-1][0].isupper() and not weight else 0.0)


def _label(low: list[str], *, led: bool) -> float:
    """Weigh the nearest word that an address follows; `led`: something leads from it to the address."""
    for word in low[: -LABEL_REACH - 1 : -1]:
        if word in ".!?":
            break
        if word in LABELS:
            return LABEL
        if word in VERBS and led:
            return VERB
    return 0.0


def _is_unit(low: list[str]) -> bool:
    if low[-1] in HOUSES:
        return True
    return (
        len(low) > 1 and low[-2] in _UNIT_NAMES and (low[-1][0].isdigit() or low[-1][-1].isdigit() or len(low[-1]) == 1)
    )
