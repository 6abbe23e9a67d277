# ruff: noqa: E501, RUF001 - patterns are read in one piece; people type curly quotes and dashes
"""Codes that open things, in the languages covered: PINs, doors, gates, alarms, safes, padlocks, boxes of keys."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.prose import OPEN
from proxy.detection.recognizers.credentials.reading import Reading

_END = r"(?![\w-]|[.,:]\w|[ \t]?(?:%|€|£|\$|euro?s?\b|eur\b))"
_DIGITS = rf"{OPEN}(?P<value>\d{{4,8}})(?![\w-]|\.\d)"
_CODE_VALUE = rf"{OPEN}(?P<value>[*#]?(?:\d{{4,8}}[a-z]?|[a-z]\d{{4,6}}|\d{{2,3}}[a-z]\d{{2,4}}|\d{{1,3}}#\d{{3,6}}|\d{{1,2}}(?:-\d{{1,2}}){{2,3}})[*#]?){_END}"
_BOX = (
    r"lock ?box|key ?(?:safe|box)|padlock|combination lock|schlüssel(?:tresor|kasten|box|safe)|zahlenschloss|vorhängeschloss|tresor"
    r"|boîte à clés?|cadenas|coffre-fort|caja (?:fuerte|de llaves)|candado|cassaforte|lucchetto|cassetta (?:di sicurezza|delle chiavi)"
    r"|sleutelkluis(?:je)?|hangslot|kluis|cofre|cadeado|sejf\w{0,2}|kłódk\w{1,2}|kassaskåp\w{0,2}|hänglås\w{0,2}|nyckelskåp\w{0,2}"
)
_PLACE = (
    rf"(?:{_BOX}|(?:front|back|side|main|garage|office|building)?[ -]?door|gate|barrier|alarm|keypad|garage|safe|locker|vault|(?<= )building(?! code)|entrance|intercom|shed|bike ?lock"
    r"|(?:haus|keller|hof|garagen|eingangs)?(?:tür|tor)|eingang|haustüre|alarmanlagen?|garage|briefkasten|spind|porte|portail|alarme|immeuble|portillon|interphone|coffre"
    r"|puerta|portal|alarma|garaje|verja|edificio|portón|porta|portone|cancello|allarme|citofono|(?:voor|achter|garage)?deur|poort|slot(?! )|portão|garagem|prédio"
    r"|drzwi|bram[ay]|alarmu|domofonu?|garażu|furtki|klatki|port(?=kod)|porten|(?:ytter)?dörr(?:en)?|entrén?|larm(?:et)?|grind(?:en)?|garaget)"
)
_CODE = r"(?:access |entry |key ?)?(?:code|combination|combo|pin|kombination|combinaison|combinación|combinazione|combinatie|código|codice|kod|szyfr|combinação|kombinacja)(?:s|en|et|n)?"
_OF = r"(?: (?:for|to|of|on|from|für|zum|zur|vom|am|der|die|das|den|des|de|du|la|le|el|del|della|dello|al|di|do|da|van|voor|op|het|para|till|för|på|our|the|unsere?n?|l['’]|notre|dell['’]|of the)){1,3}[ ]?(?:\w{2,16} ){0,2}?"
_IS = r"(?:['’]s|[ ,](?:is|was|are|reads|now|ist|lautet|jetzt|est(?: le)?|es(?: el)?|è(?: il)?|é(?: o)?|to|jest|är|changed to)(?: now| still| again| nu| jetzt| maintenant| ahora| adesso| agora| teraz)?:?|[ ]?[:=]|[ ][-–—→])"
_LATER = rf"(?: [^\n.;:=!?]{{1,48}}?)?{_IS}\s{{1,3}}"
_TELLS = rf"(?:{_LATER}|[ \t](?!(?:19|20)\d\d(?!\d)))"
_ANCHOR = re.compile(
    r"(?:code|pin|puk|panel|pad|gate|door|alarm|comb|komb|kod|código|codice|szyfr|box|key ?safe|padlock|zahlenschloss|hängeschloss|tresor|kasten|boîte|cadenas|coffre"
    r"|caja|candado|cassa|cassetta|lucchetto|kluis|hangslot|cofre|cadeado|sejf|kłódk|skåp|hänglås)(?=[^\n]{0,100}?\d\d)"
)
_AROUND, _AHEAD = 40, 160
"""How many characters before and behind an anchor are read."""
_PATTERNS = (
    re.compile(
        r"(?<![\w/])(?<!gpio )pin(?:'s)?(?:[- ]?(?:code(?! \d{6}\b)(?!: ?\d{6}\b)|number|nummer))?(?: (?:for|to|of|on|für|der|zur|zum|del|della|de|da|do|van|till) [^\n.;:]{1,40}?)?"
        r"(?: is| was| ist| war| lautet| est(?: le)?| c['’]est(?: le)?| es(?: el)?| è(?: il)?| é(?: o)?| är|:|=|(?= \d{4}(?:\D|$)))\s?"
        + _DIGITS
    ),
    re.compile(rf"(?<!\w)(?:{_PLACE}s?|entry|access|zugangs|zutritts|toegangs)[- ]?{_CODE}(?!\w){_TELLS}{_CODE_VALUE}"),
    re.compile(rf"(?<!\w){_CODE}{_OF}{_PLACE}(?!\w){_TELLS}{_CODE_VALUE}"),
    re.compile(rf"(?<!\w)(?:{_BOX})(?!\w)[^\n.;!?]{{0,64}}?(?<!\w){_CODE}(?!\w){_TELLS}{_CODE_VALUE}"),
    re.compile(
        rf"(?<!\w)(?:{_PLACE}|panel|pad)(?!\w)(?:[^\n.:;=!?]{{0,48}}?(?:{_IS}|[ ](?:with|mit|avec|con|com|met))\s|\s){OPEN}(?P<value>[*#]\d{{3,8}}[*#]?|\d{{3,8}}[*#])(?![\w-])"
    ),
    re.compile(
        r"(?<!\w)(?:(?:tür|tor|haustür|alarm|zugangs|garagen|eingangs)code|(?:door|gate|alarm|entry|access) ?code)(?!\w)[^\n.:;=!?]{0,60}?"
        rf"(?:,|now|jetzt|lautet|changed to|geändert auf)[ ](?:now |jetzt |auf )?{_CODE_VALUE}"
    ),
    re.compile(rf"(?<!\w)puk(?:[ -]?code)?(?: is| ist| est| es| è|:|=)?[ \t]{OPEN}(?P<value>\d{{8}})(?![\w-])"),
    re.compile(rf"(?<!\w)(?:{_BOX}|digicode)(?!\w)(?:{_IS}\s|[ \t](?!(?:19|20)\d\d(?!\d))){_CODE_VALUE}"),
)
"""`pin code` before six digits is where letters go in India."""


def find(reading: Reading) -> Iterator[Match]:
    """Yield PINs and codes; the canonical form is the code."""
    for start, end in _passages(reading.low):
        for pattern in _PATTERNS:
            for found in pattern.finditer(reading.low, start, end):
                at = found.span("value")
                yield Match("PASSWORD", *at, 0.5, reading.text[slice(*at)])


def _passages(low: str) -> Iterator[tuple[int, int]]:
    """Yield where something that opens with a code is spoken of and digits follow: the patterns are slow."""
    start = end = 0
    for anchor in _ANCHOR.finditer(low):
        if anchor.start() - _AROUND > end:
            if end:
                yield start, end
            start = anchor.start() - _AROUND
        end = anchor.end() + _AHEAD
    if end:
        yield start, end
