# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Names of things: what stands right beside a name tells that it is a street's, a firm's or an address's, not somebody's.

Everything here looks at a few dozen characters around a span; what the whole text says is for `proxy.detection.passage`.
"""

import re

_STREET = r"Street|Avenue|Road|Lane|Crescent|Boulevard|Terrace|Drive|Court|Close|Square|Parade|Highway|Gardens|Grove|Mews|Row|Rise|Way|Place|Quay|Walk|St|Ave|Rd|Ln|Cres|Blvd|Tce|Dr|Ct|Pl|Pde|Hwy|Trl|Pkwy"
_BUILT = r"building|house|tower|court|suite|room|wing|ward|clinic|cent(?:er|re)|campus|terminal|stadium|arena|gallery|theat(?:er|re)|estate|farm|inn|pub|hotel|restaurant|caf[eé]|bar|shop|store|school|college|university|library|hospital|church|chapel|cathedral|abbey|museum|palace|castle|park|bridge|station|airport|harbou?r|beach|bay|island|lake|river|mountain|valley|square|plaza|law center|foundation|institute|society|association|trust|ambulance|orchestra|quartet|trophy|award|prize|medal|cup"
_TRADE = r"Group|Partners|Bank|Insurance|Logistics|Robotics|Foods|Holdings?|Industries|Technolog(?:y|ies)|Systems|Consulting|Solutions|Pharma(?:ceuticals)?|Motors|Airlines|Airways|Energy|Capital|Securities|Software|Labs|Studios?|Media|Press|Records|Books|Brothers|Bros|& Sons|& Co|Consultants|Associates|Steel|Chemicals|Marine|Shipping|Freight|Properties|Realty|Ventures"
_FIRM = r"GmbH|mbH|AG|KG|OHG|UG|SE|A/S|ApS|AS|ASA|AB|Oy|Oyj|O[ÜU]|B\.?V\.?|N\.?V\.?|Ltd|Limited|LLC|LLP|Inc|Corp|Corporation|plc|Plc|PLC|Pty|S\.?A\.?S?|S\.p\.A\.?|SpA|S\.?r\.?l\.?|SARL|Sàrl|SL|S\.L\.|Lda|Sp\. z o\.o\.|d\.o\.o\.|s\.r\.o\.|Kft|Zrt|Nyrt|AE|UAB|SIA"
STREET = re.compile(rf"(?: [^\W\d_a-z][\w'\u2019-]+)? (?:{_STREET})\b\.?(?! [a-z])")
NUMBERED = re.compile(r"(?<![\w.,])\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[^\W\d_a-z][\w'\u2019-]+ )?$")
SURE_STREET = re.compile(r"(?: [^\W\d_a-z][\w'\u2019-]+)? (?:Street|Avenue|Road|Lane|Crescent|Boulevard|Terrace)\b")
HOUSE = re.compile(r" \d{1,4}[A-Za-z]?, ?(?:[A-Z]{1,2}-)?\d{2,3} ?\d{2,3}\b")
STATE = re.compile(
    r", ?(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? ?\d{5}\b"
)
BUILT = re.compile(rf" (?:{_BUILT})\b", re.IGNORECASE)
TRADE = re.compile(rf"(?: [^\W\d_a-z][\w'\u2019&-]+)? (?:{_TRADE})(?!\w)")
FIRM = re.compile(rf"(?: (?:& )?[^\W\d_a-z][\w'\u2019&-]*){{0,3}},? (?:{_FIRM})(?![\w-])")
MADE_UP = re.compile(r"['\u2019](?![^\W\d_]| [^\W\d_a-z])")
MADE = re.compile(
    r" (?:modules?|software|platform|plug-?in|engine|series|edition|models?|scanners?|printers?|(?:arm)?chairs?|sofas?|tables?|lamps?|rackets?|trucks?|guitars?|pianos?|lens(?:es)?|algorithm|method|formula|criteria|classification|score|food|dish|rose|tulip)\b"
)
REGNAL = re.compile(r" (?:I{2,3}|IV|VI{0,3}|IX|X{1,3}(?:I{1,3}|IV|VI{0,3}|IX)?|I(?=[.,;:)\n]|$))(?!\w)")
VERSUS = (re.compile(r" v\.? [^\W\d_a-z]"), re.compile(r"[^\W\d_] v\.? $"))
KIND = re.compile(
    r"(?:^|[^\w'\u2019])(?!(?:User|Name|Customer|Client|Patient|Employee|Contact|Member|Account|Owner|Author|Person|Called|Dear|From|To|By|For|With|And|Is|Mr|Mrs|Ms|Dr)\b)[^\W\d_a-z][^\W\d_A-Z]+(?: x)? ['\u2018]$"
)
TERM = re.compile(r"\((?:the )?[\"\u201c]$")
TERM_ENDS = re.compile(r"[\"\u201d]\)")
WRITTEN = re.compile(r"[^\s<>\"'(),;=|]+@[\w-]+(?:\.[\w-]+)+")
ARTICLE = re.compile(r"(?<![\w'\u2019-])(?:the|an?) \Z", re.IGNORECASE)
KINDRED = re.compile(
    r"(?:['\u2019]s?)? (?:family|twins|brothers|sisters|siblings|household|couple|kids|children|girls?|boys?)\b"
)
BEFORE, AFTER = 64, 80


def thing(text: str, start: int, end: int) -> bool:
    """Whether a span with a person's name is a part of a thing's: of an address, a firm, a product, a case, a defined term."""
    before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
    return (
        _placed(before, after)
        or any(pattern.match(after) for pattern in (FIRM, TRADE, MADE, REGNAL, VERSUS[0]))
        or bool(VERSUS[1].search(before))
        or bool(KIND.search(before) and MADE_UP.match(after))
        or bool(TERM.search(before) and TERM_ENDS.match(after))
        or mailed(text, start, end)
    )


def _placed(before: str, after: str) -> bool:
    """Whether a place is named after somebody, or has a name that people have, too."""
    if SURE_STREET.match(after) or HOUSE.match(after) or STATE.match(after):
        return True
    return bool(BUILT.match(after) or (STREET.match(after) and NUMBERED.search(before)))


def mailed(text: str, start: int, end: int) -> bool:
    """Whether a span lies in an e-mail address, which says no more about anybody than the address itself."""
    first = max(0, start - BEFORE)
    if "@" not in text[first : end + AFTER]:
        return False
    return any(found.start() <= start and end <= found.end() for found in WRITTEN.finditer(text, first, end + AFTER))


def titled(text: str, start: int, end: int) -> bool:
    """Whether an English article makes a single name a thing's: the Lister, a Morris; not the Okafor family."""
    return bool(ARTICLE.search(text, max(0, start - BEFORE), start) and not KINDRED.match(text, end))
