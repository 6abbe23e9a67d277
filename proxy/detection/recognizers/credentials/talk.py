# ruff: noqa: E501, RUF001 - patterns are read in one piece; people type curly quotes and dashes
"""Passwords in talk, told apart by how odd they are: where the talk is of one, what no word, name or number is.

The odder a token is, the less has to hand it over: a line of its own, quotes,
a user and a slash before it, or words such as "it is now", "I typed", "sigue siendo".
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.odd import Oddness, oddness
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import clean

TOPIC = re.compile(
    r"(?:(?<![\w-])(?:pass[ -]?(?:word|wrod|wor|wrd|wd|code|phrase|key)s?|pas+wor[dt]s?|pw|pwd|pswd|pass|creds?|credentials?|logi?n|logged|log[ -]in|sign[ -]in"
    r"|wi-?fi|wlan|psk|passwor[dt]\w{0,4}|pas+wort\w{0,2}|zugangsdaten|mdp|mots? de passe?|contrase[ñn]as?|claves?(?! (?:de[l]? |para el )?(?:éxito|público))"
    r"|ww|senhas?|palavras?[- ]passe|hase?[łl]\w{0,3}|lösen|parol[ae](?: d['’]ordine| chiave)?|chiave|wpa2?"
    r"|(?:encryption|restore|recovery|security|code|duress|safe|verbal|telephone)[ -](?:phrase|word|key)|unlock\w{0,3}|geheimwort|losung\w{0,4})|(?:kenn?wort|passwort|wachtwoord|lösenord)\w{0,3})(?![\w-])"
)
TOPICS = tuple(
    (  # noqa: SIM905 - words read better
        "pas|pw|pswd|cred|login|logn|logged|log in|log-in|sign in|sign-in|wifi|wi-fi|wlan|psk|zugangsdaten|mdp|"
        "mot de|mots de|contrase|clave|ww|senha|palavra|hasl|hasł|hasel|haseł|lösen|parola|parole|chiave|wpa|unlock|"
        "geheimwort|losung|wort| phrase|-phrase| word|-word| key|-key|wachtwoord"
    ).split("|")
)
"""What stands in every match of TOPIC."""
_NOT_OF_ONE = re.compile(
    r"[ -](?:manager|policy|policies|generator|strength|hash\w{0,3}|rules?|length|field|prompt|form|page|hint|requirements?|attempts?|reset (?:link|page|flow))"
)
FAR, BEHIND, NEAR = 240, 64, 110
"""How far before a value, behind it, and near it a topic counts."""
LINES = 420
"""How far before a line that is nothing but a value the talk is of one."""
_TOKEN = re.compile(r"(?<!\S)[\"'`“”„«»*_(\[‘’]{0,4}(?P<value>[^\s\"'`“”„«»<>(){}\[\]|\\‘’]{5,64})")
_CODE = re.compile(r"[{}<>]|\w\(|==|=>|&&|\|\||;[ \t]*$|\w=\S|://|\w::\w|\d\d:\d\d:\d\d[ ,.]|\":")
_CODE_LINE = re.compile(
    r"[ \t]*(?:(?:[$#>]|import|from|def|class|const|let|var|return|GET|POST|PUT|FROM|RUN)[ ]\S+(?:[ ]\S+){0,2}$|\+{3}|-{3}|@@|(?:-[ ])?[\"'`]?(?:[a-z][\w-]*|\w[\w-]*[._][\w.-]*|[A-Z_]{2,})[\"'`]?[ \t]?[:=][ \t]*[^\s\"'`]+[\"'`,]*$|\"[^\"\n]*\",?$)"
)
"""Lines of code and of settings, where other finders look."""
CODE_AROUND = 48
_OPENING = "\"'`“”„«»*_([‘’"
_QUOTES = tuple("\"'`“”„«»*’")
LABEL = 32
"""How many characters before a value name what it is."""
_IS = r"(?:(?:it|that|this|which|who)['’]s|its|is|was|are|will be|would be|should be|remains|stays|ist|war|wär|wäre|lautet\w?|heißt|bleibt|immer noch|est|était|reste|sera|c['’]était|c['’]est|es|era|sigue siendo|será|è|sarà|resta|é|continua a ser|continua|to|jest|było|będzie|är|var|blir|blev|wordt|blijft)"
_STILL = r"(?:[ \t](?:now|still|just|definitely|probably|maybe|certainly|bestimmt|sicher|wahrscheinlich|sûrement|seguro|credo|zeker|currently|again|then|like|something like|le|el|il|het|jetzt|nun|noch|wieder|immer noch|weiterhin|toujours|maintenant|encore|ahora|todavía|adesso|ancora|sempre|agora|ainda|nu|nog|nog steeds|teraz|nadal|fortfarande|the new|currently set to)){0,2}"
_CUE = re.compile(
    rf"(?<![\w'’])(?:{_IS}{_STILL}|(?:type|typed|typing|enter|entered|entering|punch(?:ed)? in|key(?:ed)? in|put in|put|try|tried|trying|use|used|using|uses|with|gave me|says|said|to|so|then|as|wrote|have"
    r"|eingegeben|eingetippt|probiert|versucht|gib|nimm|nehmt|nutze|mit|auf|steht|avec|tape[rz]?|tapé|mis|essayé|utilise[rz]?|saisi\w{0,3}|con|usar?|use|usad?|pon|puse|probé|a|para|com|usa[rm]?|usei|pus|met|gebruik\w?|ingetypt|ingevuld|geprobeerd|naar|probeer|moet ik|med|använd\w?|skriv|skrev|provade|till|wpisz\w{0,3}|wpisał[ae]?m|użyj|na"
    rf"|inserisc\w|inserito|digita\w{{0,3}}|provato|metti|messo|ho usato)){_STILL}[ \t]?[:,]?[ \t]{{1,2}}$"
)
_NAMED = re.compile(rf"{TOPIC.pattern}[ \t]{{1,2}}$")
_SURE_CUE = re.compile(rf"(?:(?<![\w'’]){_IS}{_STILL}[ \t]?:?|[:=→]|[ \t](?:->|–|—|-))[ \t]{{1,2}}$")
_PAIR = re.compile(
    r"(?<![\w/.:@\\-])(?:admin|administrator|root|user|guest|operator|maint|service|support|kiosk|sysadmin)[ \t]?[/:][ \t]?(?P<value>[^\s\"'`“”„«»<>(){}\[\]|\\‘’/:]{5,64})(?![/:\w])"
)
_TRIED = re.compile(
    r"(?<!\w)(?:typed|tried|entered|put in|punched in|eingegeben|eingetippt|probiert|versucht|tapé|mis|essayé|saisi|puse|probé|usei|coloquei|ingetypt|ingevuld|geprobeerd|skrev|provade|wpisał[ae]?m|inserito|provato|digitato|messo)[ \t]?:?[ \t]{1,2}$"
)
_SERVICE = re.compile(r"(?:log(?:ged|ging)?|sign(?:ed|ing)?)[ -]?(?:in|on)(?:to)? (?:with|using|via|to|as|on)[ \t]$")
"""What one signs in with, or to, is named there."""
_SAMPLE = re.compile(
    r"(?:for example|for instance|e\.g\.|such as|example|z\. ?b\.|zum beispiel|par exemple|por ejemplo|ad esempio|por exemplo|bijvoorbeeld|na przykład|np\.|till exempel|t\.ex\.)[:,]?[ \t]$"
)
_PAIRED = re.compile(r"(?:^|[\s(\"'`:])[\w.@+\\-]{2,48}[ \t]?/[ \t]?$")
_APPOSED = re.compile(r"(?:[:,→]|->|–|—|\+|(?<=\s)-)[ \t]{1,2}$")
_VERB = re.compile(rf"(?:{_IS}{_STILL})?[ \t]*:?[ \t]*$")
_LABEL = re.compile(
    r"(?:user(?:name)?s?|user ?id|host(?:name)?|ssid|server|network|machine|device|models?|versions?|branch|tickets?|id|named?|called|laptop|room|node|cluster|repo|files?|folder|ports?|order|case|part|serial|sku|client|app|project"
    r"|url|address|domain|e-?mail|mailbox|tenant|bucket|region|zone|account|policy|error|exception|package|library|plugin|standard|spec|product|firmware|image|tag|commit|release|build|benutzer(?:name)?|konto|gerät|netz(?:werk)?|heißt|rechner|usuario|equipo|red|correo|utilisateur|identifiant|réseau|utente|rete|gebruiker|utilizador|użytkownik|användare|login|handle|algorithm|cipher|hash)"
    r"(?:[ \t]\w{2,4})?[ \t]?[:=,]?[ \t]*$"
)
_OWN_LINE = re.compile(
    r"^[ \t>*•–—-]{0,6}(?:\[?\d{1,2}[:.]\d\d(?:[:.]\d\d)?\]?[ \t,-]{0,3})?(?:[^\n:,.;?!]{1,32}:[ \t]{1,2})?(?:(?:it['’]?s|it is|is|sure|yes|yep|ok|okay|ja|ist|klar|oui|sí|si|sì|sim|tak|here|here you go|this one|try|think|also)[:,]?[ \t]{1,2}){0,2}[\"'`“„«*_(]{0,3}$"
)
_LINE_END = re.compile(r"[\"'`”»*_).,!;]{0,3}[ \t]*(?:\r?\n|$)")
ENDS = re.compile(
    r"[\"'`”»*_)’]{0,3}[ \t]*(?:[.,;!?)\]]|\r?\n|$|\(|[–—-][ \t]|(?:and|but|or|und|aber|oder|et|ou|mais|y|o|pero|e|en|maar|of|i|ale|lub|och|eller|men|btw|pls|please|thanks|lol|haha|as|if|when|which|because|cause|bis|until|for|since|so|not|with|in|on|then|wenn|für|falls|pour|pour|si|se|para|per|voor|till|dla|same|na|am|an|ab|em|den|från|seit|from|since|um|bei|as|proberen|van|vanaf|od|depuis|desde|a partir|now|still|again|jetzt|nun|wieder|ein|eingeben|eintippen|tippen|drücken|nehmen|benutzen|verwenden|maintenant|ahora|adesso|agora|nu|teraz|gebruiken|intoetsen)(?!\w))"
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords; the canonical form is the password."""
    for pair in _PAIR.finditer(reading.text) if reading.has("/", ":") else ():
        value = clean(pair["value"])
        if oddness(value) and any(map(str.isdigit, value)):
            yield Match("PASSWORD", pair.start("value"), pair.start("value") + len(value), 0.5, value)
    for start, end in _passages(reading.low) if reading.has(*TOPICS) else ():
        for token in _TOKEN.finditer(reading.text, start, end):
            at = token.start("value")
            value = clean(token["value"])
            how = oddness(value)
            if how and _told(reading, at, at + len(value), how):
                yield Match("PASSWORD", at, at + len(value), 0.6 if how is Oddness.STRANGE else 0.5, value)


def _passages(low: str) -> Iterator[tuple[int, int]]:
    """Yield where passwords are spoken of, with what is around it."""
    start = end = 0
    for found in TOPIC.finditer(low):
        if found.start() - BEHIND > end:
            if end:
                yield start, end
            start = max(low.rfind("\n", 0, found.start()) + 1, found.start() - BEHIND)
        end = found.end() + LINES
    if end:
        yield start, min(len(low), end)


def in_code(text: str, start: int, end: int) -> bool:
    """Whether what lies there is part of code, of settings or of an address."""
    line, stop = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    stop = stop if stop >= 0 else len(text)
    around = max(line, start - CODE_AROUND), min(stop, end + CODE_AROUND)
    return _CODE_LINE.match(text, line, stop) is not None or _CODE.search(text, *around) is not None


def own_line(low: str, start: int, end: int) -> bool:
    """Whether a value is all that a line says, or all that somebody says in a chat."""
    line = low.rfind("\n", 0, start) + 1
    return _OWN_LINE.match(low[line:start]) is not None and _LINE_END.match(low, end) is not None


def handed(before: str) -> bool:
    """Whether words end in what hands something over: "it is now", "I typed"."""
    return any(cue.search(before) for cue in (_CUE, _SURE_CUE))


def named(before: str, label: re.Pattern[str]) -> bool:
    """Whether words end in what names something else: "the host is"."""
    return label.search(_VERB.sub("", before)[-LABEL:]) is not None


def sample(before: str) -> bool:
    """Whether words end in what announces an example."""
    return _SAMPLE.search(before[-LABEL:]) is not None


def _told(reading: Reading, start: int, end: int, how: Oddness) -> bool:
    """Whether what stands around a token hands it over as a password."""
    text, low = reading.text, reading.low
    if in_code(text, start, end):
        return False
    line = low.rfind("\n", 0, start) + 1
    if line and own_line(low, start, end):
        return _about(low, start, end, LINES, 0)
    before = low[max(line, start - FAR) : start].rstrip(_OPENING)
    if named(before, _LABEL) or sample(before) or (how < Oddness.STRANGE and _SERVICE.search(before)):
        return False
    ended = ENDS.match(low, end) is not None
    if how is Oddness.JOINED:
        sure = _SURE_CUE.search(before) or _TRIED.search(before)
        return ended and sure is not None and _about(low, start, end, NEAR, 0)
    handing = _PAIRED.search(before) or (
        (ended or how is Oddness.STRANGE) and (handed(before) or _NAMED.search(before))
    )
    if handing:
        return _about(low, start, end, FAR, BEHIND)
    quoted = text[start - 1 : start] in _QUOTES and text[end : end + 1] in _QUOTES
    apposed = how is Oddness.STRANGE and _APPOSED.search(before) is not None
    return (quoted or apposed) and _about(low, start, end, NEAR, BEHIND)


def _about(low: str, start: int, end: int, far: int, behind: int) -> bool:
    """Whether the talk before a value, or just behind it, is of a password and not of rules for them."""
    for first, last in ((max(0, start - far), start), (end, end + behind)):
        for topic in TOPIC.finditer(low, first, last):
            if not _NOT_OF_ONE.match(low, topic.end()):
                return True
    return False
