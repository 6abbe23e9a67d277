# ruff: noqa: E501, RUF001 - patterns are read in one piece; people type curly quotes and dashes
"""Codes that people dial or type, told in talk: a number is one where the talk is of what opens with a code and the words before it hand it over."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.talk import ENDS, handed, in_code, own_line
from proxy.detection.recognizers.credentials.talk import named as named_else

_WORD = (
    r"(?:pass|master|start|new|old|the|an?|my|our|your|his|her|their|that|this|with|and|resident|staff|le|la|un|du|mon|notre|el|lo|il|o|um|den|der|die|ein|mit|avec|con|com|med|en|ett|de|een|nieuwe|nya?|neuer?|nouveau|(?<=[\n,:;.(–—-])|pin|door|gate|entry|access|alarm|key|unlock|lock|zugangs?|tür|tor|haus|alarm|freischalt|entsperr|pin|toegangs?|deur|poort|alarm|larm|port|dörr|pin)[- ]?(?:codes?|koden?|kod(?:u|em|y|zie)?)"
    r"|pin(?:s|en|u|em|code[sn]?|koden?|nummer)?|puk|código|codigo|codice|digicode|combinat\w{1,3}|combo|(?:zahlen)?kombination\w{0,2}|combinai\w{3,4}|combinaci[oó]n|combinazione|combinação|kombinacj\w|szyfr\w{0,2}|cijfercode"
)
_OPENS = re.compile(
    rf"(?<![\w-])(?:{_WORD}|doors?|gates?|barrier|alarms?|keypad|(?:fire |alarm )?panel|safe|vault|padlock|(?:pad|door|combination |bike |screen)?locks?|lock ?box|key ?(?:box|safe)|lockers?|unlock\w{{0,3}}|entrance|intercom|courtyard|restrictions|screen time|passcode"
    r"|(?:haus|keller|hof|garagen|eingangs|hinter|seiten|roll)?(?:tür|tor)|(?:zahlen|fahrrad|vorhänge)?schloss|alarmanlagen?|(?:schlüssel)?(?:tresor|safe|box|kasten)|(?:tasten|bildschirm)sperre|porte|portail|portillon|alarme|interphone|coffre(?:-fort)?|cadenas|immeuble|boîte à clés|déverrouill\w{1,3}|puerta|portal|portón|alarma|caja fuerte|candado|garaje|verja|oficina|desbloque\w{1,3}"
    r"|porta|portone|cancello|allarme|citofono|cassaforte|lucchetto|sblocc\w{1,3}|(?:voor|achter)?deur|poort|alarm|kluis\w{0,3}|slot|hek|ontgrendel\w{0,3}|portão|cofre|cadeado|desbloque\w{1,3}|drzwi|bram[aęy]|alarm\w{0,2}|domofon\w{0,2}|sejf\w{0,2}|kłódk\w|furtk\w|odblok\w{2,5}"
    r"|dörren?|porten|larmet|kassaskåp\w{0,2}|grinden?|hänglås\w{0,2}|skärmlås\w{0,2}|låset?|lås upp)(?![\w-])"
)
"""What opens with a code."""
_OF_ELSE = re.compile(
    r"(?<!\w)(?:errors?|exceptions?|https?|grpc|tcp|udp|fehler(?!\w)|erreurs?|errore)(?!\w)|(?:error|status|exit|return|response|http|zip|post(?:al)?|area|country|product|item|stock|discount|promo\w{0,6}|voucher|coupon|gift|qr|bar|source|dress|colou?r|currency|language|icd|diagnosis|billing|cpt|sic|nace|cost|tax|vat|dial(?:l?ing)?|key|scan|hs|swift|sort|bank|booking|reservation|referral|course|class|part|project|fehler|rabatt|gutschein|länder|landes|artikel|produkt|erreur|postal|promotionnel|promo|produit|descuento|de error|postale|errore|fout|kortings?|post|błęd\w|pocztow\w|rabatow\w|fel|rabatt|erro|morse|unicode|ascii|airport|iata|fault|trouble|stop|event|reason|job|ledger|account|gl|unit|site|store|customer|order|ticket)"
    r"[- ](?:codes?|pins?|koden?|kod\w{0,2}|código|codigo|codice)(?![\w-])|(?:código|codigo|codice|code|kod)[ ](?:postal\w?|d['’]erreur|de error|de erro|errore|di errore|erreur|promo\w{0,6}|produit|qr|barre|de barras|a barre|pocztow\w|fiscale|błędu|rabatow\w)(?!\w)|(?:fehler|rabatt|gutschein|postnummer|artikel|fout|kortings|fel|bar|strich|post|quell|source|zip)[- ]?(?:codes?|koden?)(?!\w)"
)
"""Codes that open nothing."""
_NAMES = re.compile(
    rf"(?<![\w-])(?:{_WORD}|unlock|restrictions)(?:[ \t](?!\d)[\w'’]{{1,16}}){{0,2}}[ \t]?[:=,–—-]?[ \t]{{1,2}}$"
    r"|(?<![\w-])(?:doors?|alarm|gate|tür|tor|porte|puerta|porta|deur|keypad|panel|safe|locker)(?:(?:[ \t](?!\d)[\w'’]{1,16}){0,2}[ \t]?[:=])?[ \t]{1,2}$"
)
_BY = re.compile(
    r"(?<!\w)(?:opens?|opened|(?:put|type|key|punch) it in,?|unlocks?|press(?:ed)?|tap|dial|push|punch|key|type|enter|disarm|behind|drück\w{0,2}|tipp\w{0,2}|wähl\w{0,2}|gibst? (?:man |du )?|öffnet|tape[rz]?|compose[rz]?|faire|marca[rs]?|se marca|teclea[rs]?|pulsa[rs]?|premi|premere|digit\w{1,4}|componi|toets|druk|druk op|tryck|slå|knappa in|wciśnij|wpisz|wstukaj|kodem|carrega|marque|prima|disque|unlock)(?:[ \t](?:with|by|mit|in|on|auf|op|avec|con|com|med|the|den|le|el|il|code|num))?[ \t]{1,2}$"
)
_NO_CODE = re.compile(
    r"(?:call|ring|phone|tel|extension|ext|number|room|order|ticket|invoice|account|customer|nr|no|serial|id|ref\w{0,7}|page|line|row|port|year|since|in|from|until|by|about|around|over|under|level|floor|line|build|model|version|artikel|seite|zimmer|raum|kunde|jahr|seit|telefon|durchwahl|année|depuis|chambre|poste|año|desde|sala|anno|dal|stanza|jaar|kamer|rok|pokój|år|rum|rfc|iso|din|wpa|port)[.:#]?[ \t]{1,2}$"
)
_CODE = re.compile(
    r"(?<![\w/.,:@#*+€$£-])(?P<value>[*#]?(?:\d{4,8}|[A-Za-z]\d{3,6}|\d{3,6}[A-Za-z]|\d{2,3}[A-Za-z]\d{2,4}|\d{1,2}(?:-\d{1,2}){2,5}|[A-Z]\d{1,2}(?:-[A-Z]\d{1,2}){1,4})[*#]?)(?![\w%/:@€$£-]|[.,]\d|\.\w)"
)
_ARROW = ("→", "->", "=")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(
    r"(?:(?:19|20)?\d\d-(?:0?\d|1[0-2])-(?:[0-2]?\d|3[01])|(?:[0-2]?\d|3[01])-(?:0?\d|1[0-2])-(?:(?:19|20)?\d\d)|(?:0?\d|1[0-2])-(?:[0-2]?\d|3[01])-(?:19|20)\d\d)"
)
_OR = re.compile(r"[\"'`]?[ \t]?(?:,|/|,? (?:or|oder|ou|o|of|lub|albo|eller|then|und|and|dann))[ \t]{1,2}[\"'`]?$")
_MORE = re.compile(
    r"[ \t](?:within|before|i tyle|twice|yourself|please|innerhalb|dans|dentro|med|to (?:open|unlock|get|disarm)|mot|y |then|next)(?!\w)|[ \t](?:button|again)"
)
_LEAD, FAR, BEHIND, ASKED = 64, 150, 60, 200
"""How much right before a code is read; how far before and behind it what it opens may stand, and before a line of its own."""


def find(reading: Reading) -> Iterator[Match]:
    """Yield codes; the canonical form is the code."""
    last = -1
    for found in _CODE.finditer(reading.text):
        at, stop = found.span("value")
        again = last >= 0 and _OR.fullmatch(reading.low, last, at) is not None
        if again or _told(reading, at, stop):
            last = stop
            yield Match("PASSWORD", at, stop, 0.5, found["value"])


def _told(reading: Reading, start: int, end: int) -> bool:
    """Whether what stands around a number hands it over as a code."""
    low = reading.low
    ended = ENDS.match(low, end) or _MORE.match(low, end)
    if not ended or _DAY.fullmatch(low, start, end) or in_code(reading.text, start, end):
        return False
    line = low.rfind("\n", 0, start) + 1
    if line and own_line(low, start, end):
        return low[max(0, line - ASKED) : line].rstrip().endswith("?") and _opens(low, line - ASKED, line)
    before = low[max(line, start - _LEAD) : start].rstrip("\"'`“„«*_([‘’")
    named = _NAMES.search(before) is not None
    if _NO_CODE.search(before) or named_else(before, _NO_CODE) or (_YEAR.fullmatch(low, start, end) and not named):
        return False
    if before.rstrip().endswith(_ARROW) and not low[start:end].isdigit():
        return False
    return (named or handed(before) or _BY.search(before) is not None) and _opens(low, start - FAR, end + BEHIND)


def _opens(low: str, start: int, end: int) -> bool:
    """Whether something that opens with a code is spoken of, and no code that opens nothing."""
    start = max(0, start)
    return _OPENS.search(low, start, end) is not None and _OF_ELSE.search(low, start, end) is None
