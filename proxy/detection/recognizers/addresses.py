# ruff: noqa: E501 - patterns are read in one piece
"""Street addresses: a street word with a house number, in the order that each country writes them.

United States, United Kingdom, Germany, France, Spain, Italy, Netherlands, Portugal, Poland, India.
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer

_NAME = r"[A-Z0-9][\w'\u2019.-]{0,24}"
_NAMES = rf"(?:{_NAME}[ ,]{{1,2}}){{0,3}}?{_NAME}"
_SUFFIX = (
    r"(?:street|avenue|boulevard|road|lane|drive|court|place|square|terrace|parkway|highway|circle|crescent|close|gardens|grove"
    r"|alley|way|trail|mews|quay|row|heights|hill|loop|plaza|pike|turnpike|expressway|walk|wharf|st|ave?|blvd|rd|ln|dr|ct|pl|sq|ter|pkwy|hwy|cir|cres|wy|trl)"
)
_UNIT = r"(?:,?\s(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|#)\.?\s?#?\s?[\w-]{1,6})?"
_CITY = r"(?:[,\n]\s?[A-Z][\w'\u2019. -]{1,28})?"
_ZIP = r"(?:[,\n ]\s?(?:[A-Z]{2}\s)?[0-9]{5}(?:-[0-9]{4})?)?"

ENGLISH = re.compile(
    rf"(?<![\w.,/-])[0-9]{{1,6}}[A-Za-z]?(?:-[0-9]{{1,4}})?,?\s(?:[NSEW]{{1,2}}\.?\s|North\s|South\s|East\s|West\s)?{_NAMES}\s(?i:{_SUFFIX})\b\.?(?:\s[NSEW]{{1,2}}\b)?{_UNIT}{_CITY}{_ZIP}"
)
LOWER = re.compile(
    r"(?<![\w.,/-])[0-9]{1,5}\s(?!(?:minute|hour|day|week|month|year|step|way|mile|car|lane|second|meter|foot)s?\b)(?:[a-z'\u2019]{2,18}\s){1,3}(?:street|avenue|boulevard|road|lane|drive|court|st|ave|blvd|rd)\b\.?(?=[\s,.;!?]|$)"
)
GERMAN = re.compile(
    r"(?<!\w)(?:[A-ZÄÖÜ][\wäöüß.-]{1,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|chaussee|steig|hof|markt)"
    r"|(?:[A-ZÄÖÜ][\wäöüß.-]{1,20}[ -]){1,3}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer)"
    r"|(?:Am|An der|Auf der|Im|In der|Zum|Zur)\s[A-ZÄÖÜ][\wäöüß-]{2,24})"
    r"\s[0-9]{1,3}\s?[a-z]?(?![0-9])(?:,?\s(?:D-)?[0-9]{4,5}\s[A-ZÄÖÜ][\wäöüß-]+)?"
)
DUTCH = re.compile(
    r"(?<!\w)(?:[A-Z][\w'\u2019.-]{1,20}\s){0,2}[A-Z][\w'\u2019.-]{1,24}(?:straat|laan|weg|plein|gracht|kade|dijk|singel|hof|dreef|pad|steeg)\s[0-9]{1,4}(?:[ -]?[a-zA-Z0-9]{1,3})?(?!\w)(?:,?\s[0-9]{4}\s?[A-Z]{2}\b)?"
)
FRENCH = re.compile(
    r"(?<![\w.,])[0-9]{1,4}(?:\s?(?:bis|ter|quater))?,?\s(?i:rue|avenue|av\.|boulevard|bd|place|chemin|all[eé]e|impasse|quai|cours|route|square|passage|faubourg)\s"
    r"(?i:de\s|du\s|des\s|de la\s|de l['\u2019]|d['\u2019])?(?:[A-ZÀ-Ý][\wÀ-ÿ'\u2019-]*[ -]?){1,5}(?:,?\s[0-9]{5}\s[A-ZÀ-Ý][\wÀ-ÿ-]+)?"
)
_BEFORE = (
    r"(?i:calle|c/|avenida|avda\.?|paseo|plaza|camino|carrera|ronda|traves[ií]a|via|viale|piazza|piazzale|corso|largo|vicolo|strada"
    r"|rua|av\.|travessa|pra[cç]a|estrada|alameda|ul\.|ulica|al\.|aleja|os\.|osiedle|pl\.)"
)
NUMBER_LAST = re.compile(
    rf"(?<!\w){_BEFORE}\s(?i:de\s|del\s|de la\s|de los\s|da\s|do\s|dos\s|di\s|della\s|dei\s)?(?:[A-ZÀ-ÝŁŚŻŹĆ][\wÀ-ž.'\u2019-]*\s?){{1,5}},?\s?(?:n[º°.]?\s?|nr\s?)?[0-9]{{1,5}}(?:/[0-9]{{1,4}}|[a-zA-Z])?(?![0-9])(?:,?\s(?:[0-9]{{5}}|[0-9]{{4}}-[0-9]{{3}}|[0-9]{{2}}-[0-9]{{3}})\s[A-ZÀ-ÝŁ][\wÀ-ž-]+)?"
)
INDIAN = re.compile(
    r"(?<!\w)(?i:flat|house|plot|door|h\.?\s?no|shop|villa|bungalow)\s?(?i:no|number|#)?\.?\s?[:#-]?\s?[0-9][\w/-]{0,8},\s[^\n]{4,90}?\b[1-9][0-9]{2}\s?[0-9]{3}\b"
)
WITH_UNIT = re.compile(
    r"(?<![\w.,/-])[0-9]{1,6}\s(?:[^\W\d_][\w'\u2019.-]{0,24}[ ,]{1,2}){1,5}(?:[0-9]{1,5}[a-zA-Z]?\.?,?\s{1,6})?(?:Apt|Apartment|Suite|Ste|Flat|Unit)\.?\s?#?[0-9]{1,5}",
)
WITH_CODE = re.compile(
    r"(?<![\w.,/-])[0-9]{1,6}\s(?:[A-ZÀ-ÝÁ-Ž][\w'\u2019.-]{0,24}\s){0,4}[A-ZÀ-ÝÁ-Ž][\w'\u2019.-]{1,24}(?:\s[0-9]{1,4}[a-zA-Z]?\.?)?\s{0,3}[,\n]\s{0,4}[A-ZÀ-ÝÁ-Ž][^\d\n]{1,40}\n?[^\d\n]{0,40}\b[0-9]{4,6}(?![0-9])"
)
PO_BOX = re.compile(
    r"(?<!\w)(?:P\.?\s?O\.?\s?Box|Post Office Box|Postfach|Apartado|PSC|Unit)\s[0-9]{2,6}(?:,?\s(?:Box|APO|FPO)\s\w+)?(?![0-9])",
    re.IGNORECASE,
)
UK_POSTCODE = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]{1,2}[0-9][A-Z0-9]?)\s[0-9][ABD-HJLNP-UW-Z]{2}(?![A-Za-z0-9])")
US_CITY = re.compile(
    r"(?<!\w)[0-9]{2,6}\s(?:[A-Z][\w'\u2019.-]+\s?){1,4}(?:\s(?:Apt|Suite|Unit|#)\.?\s?[0-9]+)?[,\n]\s?(?:[A-Z][\w'\u2019.-]+\s?){1,3},?\s(?:[A-Z]{2})\s[0-9]{5}(?:-[0-9]{4})?(?![0-9])"
)
NAMED = re.compile(
    r"(?<![^\W_])(?:(?:home|street|postal|mailing|billing|shipping|delivery|residential|work)[ _]?)?(?:address|adresse|direcci[oó]n|indirizzo|adres|anschrift)(?:[ _]?(?:line)?[ _]?1)?(?:\s(?:of|to|for)\s[^\n:=]{1,40}?)?\s?(?:is|[:=])\s?(?=[^\n]{0,40}[0-9])([^\n@{}\[\]<>]{8,90})",
    re.IGNORECASE,
)
_URL = re.compile(r"https?:|www\.|0x|\d+\.\d+\.\d+\.\d+|memory|pointer|e-?mail", re.IGNORECASE)
GATE = re.compile(r"[0-9]")

_FORMS = (
    (ENGLISH, 0.85),
    (LOWER, 0.6),
    (GERMAN, 0.85),
    (DUTCH, 0.85),
    (FRENCH, 0.85),
    (NUMBER_LAST, 0.85),
    (INDIAN, 0.85),
    (PO_BOX, 0.75),
    (UK_POSTCODE, 0.7),
    (WITH_UNIT, 0.8),
    (WITH_CODE, 0.7),
    (US_CITY, 0.85),
)
_NOT_STREETS = re.compile(
    r"^[0-9]+\s(?:(?:[A-Z]\w+\s)?(?:st|dr|pl|ct|row|way|square|close|drive|court|place|walk|loop|hill)\b)$",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Match]:
    """Yield addresses; the canonical form keeps words and numbers only."""
    if not GATE.search(text):
        return
    for pattern, score in _FORMS:
        for found in pattern.finditer(text):
            if not _NOT_STREETS.match(found[0]):
                yield Match("STREET_ADDRESS", found.start(), found.end(), score, _canonical(found[0]))
    for found in NAMED.finditer(text):
        if not _URL.search(found[0]):
            yield Match("STREET_ADDRESS", found.start(1), found.end(1), 0.75, _canonical(found[1]))


def _canonical(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


RECOGNIZER = Recognizer("addresses", {"STREET_ADDRESS": 0.6}, find)
