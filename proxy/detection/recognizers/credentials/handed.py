# ruff: noqa: E501, RUF001 - patterns are read in one piece; people type curly quotes and dashes
"""Passwords handed over without a name beside them: what the talk is of stands before, what is handed over looks made up.

"she typed Otterlake2031", "rotated, the new one is Cobalt_Ferret_220", "log in with m.keller and Herbst!Laub22"; and
what a chat's next line answers when one was asked for it: "and the seed?" / "JBQW...".
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.prose import OPEN
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.talk import sample
from proxy.detection.recognizers.credentials.values import (
    MIN_BARE,
    SIGNS,
    clean,
    made_of_words,
    parts,
    random_like,
    secret_like,
    strong_password,
)
from proxy.detection.recognizers.credentials.words import STAND_INS

FAR, BEHIND = 240, 120
"""How many characters before what is handed over, and behind it, say what the talk is of."""
MIN_NAME, MAX_VALUE, LEAD = 6, 64, 120
_OPENING = "\"'`“„«*_(["
_SIGNS = SIGNS | {"_"}
_NUMBER = re.compile(r"\d+[!?#$%&*+@]{0,2}(?=[\s\"'`”»*_.,;:!?)]|$)")
_WORD = re.compile(r"[^\W\d_][^\s\"'`“”„«»<>()\[\]{}/\\]{4,}$")
_ASKED = (
    "?\n",
    "? \n",
    "?\r",
    "pls\n",
    "please\n",
    "plz\n",
    "bitte\n",
    "plait\n",
    "plaît\n",
    "favor\n",
    "prego\n",
    "thanks\n",
    "thx\n",
)
_TOPIC = (
    r"pass(?:word|code|phrase|wd)s?(?!less|[ -](?:manager|policy|prompt|field|form|page|hash))|(?:pw|pwd|mdp|psk|creds?|credentials?|wi-?fi|wlan)(?!\w)|keepass|bitwarden|passwor[dt]\w{0,2}|kennw[oö]rt\w{0,2}|zugangsdaten|mot de passe|contraseña|clave(?!\w)"
    r"|wachtwoord\w{0,2}|senha|palavra-passe|has[łl][oa]|lösen(?:ord\w{0,2})?(?!\w)|adgangskode\w{0,2}|salasana|heslo|parola"
)
_SUBJECT = re.compile(
    rf"(?<!\w)(?:{_TOPIC}|vpn|log(?:ged|ging|s)?[ -]?(?:in|on)(?!\w)|sign(?:ed|ing)?[ -]?in(?!\w)|unlock\w{{0,3}}|locked out|rotat\w{{2,4}}|reset|entsperr\w{{0,3}}"
    r"|anmeld\w{0,4}|einlogg\w{0,3}|logg(?:e|t|en)?(?!\w)|connexion|identifiants?|déverrouill\w{1,3}|iniciar sesión|desbloque\w{1,3}|acced\w{1,3}|accesso|inlog\w{0,5}|entrar|zalog\w{1,5}|logga in)"
)
_NAMED = re.compile(rf"(?<!\w)(?:{_TOPIC}|reset)")
_IS = r"(?:is|was|ist|war|lautet|est|es|era|è|é|jest|är)"
_CUE = re.compile(
    r"(?<![\w.])(?:its|it['’]s|that['’]s|i\.e\.|namely|nämlich|c['’]est|temp one|new one|typed?|typing|enter(?:ed)?|tried|using|used?|set|with|mit|eingegeben|avec|con|com|met|med|z"
    rf"|(?:one|it|that|this|key|code|neue[rs]?|neu|schlüssel|nuev[oa]|clave|nouveau|clé|nuov[oa]|chiave|nieuwe|nov[oa]|nowe|nya?)[ \t]{_IS}|(?:set|changed|reset|rotated|back)[ \t]to|(?:trocad|alterad|mudad|cambiad|cambiat)[ao][ \t](?:para|a|en|in)|zmienion\w{{1,2}}[ \t]na|(?:schlüssel|code|key|clé|clave|chiave|chave|klucz|nyckel|sleutel)(?:[ \t][^\n:.;]{{1,40}})?:|(?:parola|palabra|frase) (?:chiave|clave)|=|→)"
    rf"(?:[ \t](?:now|still|just|again|jetzt|nun|noch|wieder|ahora|maintenant|nu|the new|nur))?(?:[ \t]?[:,])?[ \t]{{1,2}}$"
)
_APPOSED = re.compile(r"(?<!\w)(?:one|it|this|ein(?:e?s)?|neues|un[oae]?|nouveau)(?:[ \t][\w']+){0,3},[ \t]$")
_LOGIN = re.compile(
    r"(?:log(?:ged|ge|gt?)?[ -]?(?:in|dich|on)|sign(?:ed)?[ -]?in|anmeld\w{0,4}|einlogg\w{0,3}|logg(?:t|en)?(?: \w{2,4})?|connect\w{0,3}|connecte\w{0,2}|inici\w{1,3} sesión|acced\w{1,3}|entr[aoe]\w{0,2}|inlog\w{0,5}|zalog\w{1,5}(?: się)?|logga in|access)"
    r"[^\n.;?!]{0,24}?[ \t](?:as|with|using|als|mit|avec|con|com|met|med|som|jako|z|comme|como|come)[ \t](?:user |benutzer |usuario |utente )?"
    rf"{OPEN}[\w.@+\\-]{{2,64}}[\"'`]?[ \t](?:and|und|et|y|e|en|och|oraz|i|plus|\+)[ \t](?:\w{{2,12}}[ \t])?$"
)
_NO_PASSWORD = re.compile(
    r"(?:user(?:name)?s?|host(?:name)?|ssid|server|network|machine|device|model|version|branch|ticket|id|named?|called|laptop|room|node|cluster|repo|file|folder|port|order|case|part|name"
    r"|benutzer(?:name)?|gerät|netz(?:werk)?|heißt|rechner|usuario|equipo|red|utilisateur|réseau|utente|rete)[ \t](?:\w{2,4}[ \t]){0,1}$"
)
_HAND = re.compile(r"[^\W\d_]+(?:[-_.!?#$%&*+@~^=][^\W_]+)*[-_!?#$%&*+@]?\d{1,6}[!?#$%&*+@]{0,2}")
_ALL_KINDS = re.compile(
    r"(?<![^\s\"'`“„«*(:])(?P<value>(?=\S{0,32}[a-z])(?=\S{0,32}[A-Z])(?=\S{0,32}[0-9])[A-Za-z0-9!?#$%&*^~+_-]{8,40})(?=[\s\"'`”»*),.;:]|$)"
)
_REFERENCE = re.compile(r"[A-Za-z]+#\w+\W?")
_MARKS = frozenset("!?#$%&*^~")
_GLUED = re.compile(r"[^\W\d_]\d+\W?$")
_NAME_AND_YEAR = re.compile(r"[A-ZÄÖÜÅØ][a-zäöüßåøéè]{5,}(?:19|20)\d\d[!?#$*]{0,2}")
_WHO = r"(?:\[[^\]\n]{1,24}\][ \t]?)?(?:[^\n:,.;?!]{1,32}:[ \t]{1,2})?"
_QUESTION = re.compile(
    rf"(?<![\w-])(?P<what>{_TOPIC}|pass(?!\w)|(?:totp |otp |mfa |2fa |backup |setup )?(?:seed|secret)(?!\w)|(?:(?:api|access|secret|licen[cs]e|encryption|signing|admin|auth|bot|deploy|bearer|setup)[ -])?(?:key|token)(?!\w)|clé|schlüssel|chiave"
    r"|(?P<code>(?:(?:door|gate|alarm|entry|access|garage|safe|locker|lock ?box|unlock|building|vault|tür|tor|alarm|zugangs)[- ]?(?:code|combo|combination|pin)|(?:my |the |your )?pin(?!\w))))"
    rf"[^\n?]{{0,60}}[?\w][ \t]?\r?\n{{1,2}}{_WHO}(?:(?:it['’]s|it is|is|here|sure|yes|yep|ok|hi|ja|ist|klar|oui|sí|tiens|should be|try|think)[:,]?[ \t]){{0,3}}{OPEN}(?P<value>\S{{4,128}}?)[\"'`*_.,]{{0,3}}[ \t]*(?:\r?\n|$)"
)
_ASKS = re.compile(
    r"\?|(?<!\w)(?:what|send|tell|give|need|share|drop|post|paste|schick|sag|brauche|gib|donne|envoie|manda|dime|dammi|stuur|wyślij|podaj|skicka|pls|please|bitte)(?!\w)"
)
_SEED = re.compile(r"[A-Z2-7]{16,64}={0,6}")


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords; the canonical form is the password."""
    if reading.has(*_ASKED):
        yield from _answered(reading)
    if _NAMED.search(reading.low):
        yield from _unmistakable(reading)
    for number in _NUMBER.finditer(reading.text):
        value = _WORD.search(reading.text, max(0, number.start() - MAX_VALUE), number.end())
        if value and _made_up(value[0]) and strong_password(value[0]) and _handed(reading.low, *value.span()):
            yield Match("PASSWORD", *value.span(), 0.6 if _signed(value[0]) else 0.5, value[0])


def _unmistakable(reading: Reading) -> Iterator[Match]:
    """Yield what has all kinds of characters, as only a password has where the talk is of one."""
    for found in _ALL_KINDS.finditer(reading.text):
        start, end = found.span("value")
        value = reading.text[start:end]
        if sample(reading.low[max(0, start - LEAD) : start].rstrip(_OPENING)):
            continue
        if not strong_password(value) or _REFERENCE.fullmatch(value) or not set(value[1:-1]) & _MARKS:
            continue
        if _NAMED.search(reading.low, max(0, start - FAR), start) or _NAMED.search(reading.low, end, end + BEHIND):
            yield Match("PASSWORD", start, end, 0.5, value)


def _handed(low: str, start: int, end: int) -> bool:
    """Whether what stands before a value hands it over, and the talk is of logging in."""
    before = low[max(0, start - LEAD) : start].rstrip(_OPENING)
    if _LOGIN.search(before):
        needed = None if _signed(low[start:end]) or _GLUED.search(low, start, end) else _NAMED
    elif _APPOSED.search(before):
        needed = _SUBJECT
    else:
        cue = _CUE.search(before)
        if cue is None or _NO_PASSWORD.search(before, max(0, cue.start() - 24), cue.start()):
            return False
        needed = _SUBJECT if _signed(low[start:end]) or _GLUED.search(low, start, end) else _NAMED
    return needed is None or bool(
        needed.search(low, max(0, start - FAR), start) or needed.search(low, end, end + BEHIND)
    )


def _signed(value: str) -> bool:
    """Whether a sign stands in a value that names of things do not have."""
    return bool(_SIGNS & set(value)) or "!" in value[:-1]


def _made_up(value: str) -> bool:
    """Whether a value is of the kind that people make up: capitals or signs beside words and a number."""
    if _NAME_AND_YEAR.fullmatch(value):
        return parts(value)[0] not in STAND_INS
    if not _HAND.fullmatch(value) or value.isalnum():
        return False
    return made_of_words(value) or (made_of_words(value, words=1) and bool((SIGNS | set("!+")) & set(value)))


def _answered(reading: Reading) -> Iterator[Match]:
    """Yield what is all that the line says that follows a question for it."""
    for asked in _QUESTION.finditer(reading.low):
        line = reading.low.rfind("\n", 0, asked.start()) + 1
        if not _ASKS.search(reading.low, line, asked.start("value")):
            continue
        start = asked.start("value")
        value = clean(reading.text[start : asked.end("value")])
        if asked["code"]:
            if value.strip("#*").isdigit():
                yield Match("PASSWORD", start, start + len(value), 0.6, value)
        elif _SEED.fullmatch(value) and random_like(value):
            yield Match("GENERIC_SECRET", start, start + len(value), 0.6, value)
        elif "key" in asked["what"] or "token" in asked["what"]:
            if secret_like(value, least=MIN_BARE, ids=True):
                yield Match("GENERIC_SECRET", start, start + len(value), 0.6, value)
        elif strong_password(value) and (not value.isalnum() or len(value) > MIN_NAME):
            yield Match("PASSWORD", start, start + len(value), 0.6, value)
