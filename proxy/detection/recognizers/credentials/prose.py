# ruff: noqa: E501, RUF001 - patterns are read in one piece; people type curly quotes and dashes
"""Passwords that people tell each other: "the password is ...", "use ... as the password", in many languages."""

import re
from collections.abc import Iterator

from proxy.detection import lexicon
from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.labelled import namesake
from proxy.detection.recognizers.credentials.names import Name
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.talk import ENDS
from proxy.detection.recognizers.credentials.values import (
    MAX_PASSWORD,
    UUID,
    clean,
    made_of_words,
    password_like,
    phrase,
    strong_password,
)
from proxy.detection.recognizers.credentials.words import said

OPEN = r"[\"'`“„«»*_(<\[]{0,4}"
VALUE = rf"{OPEN}(?P<value>[^\s\"'`“”„«»<>]{{3,128}})"
_OF = (
    r"(?:[ \t]+(?:for|to|of|on|at|in|from|für|fürs|zum|zur|vom|am|im|der|des|de|del|della|di|dello|nel|du|da|do|dla|la|le|el|al|till|för|på|voor|van"
    r"|op|naar|pour|para|per|til)[ \t]+[^\n.;:=]{1,60}?)?"
)
_IS = (
    r"(?:(?:is|was|has been|were|got|now|wurde) (?:re)?(?:set|changed) (?:back )?to|changed to|set to|wurde auf|is now|is|was|are|will be|should be|=|ist|lautet"
    r"|war|est|es|era|è|é|to|jest|är|er|on|je)"
)
_NOW = r"(?:(?:now|currently|still|just|simply|always|probably|jetzt|nun|noch|the same|:|-|—)[ \t]+){0,2}"
_TOLD = re.compile(
    rf"(?: d'ordine| d'accesso)?(?:['’]?s?{_OF},?[ \t]*(?:[ \t](?:{_IS}|c['’]est)[ \t]?:?|[ \t]?[:=]|[ \t][-–—]|\?)|['’]s)(?P<gap>\s{{1,12}}){_NOW}{VALUE}"
)
_BESIDE = re.compile(rf"['’]?s?[ \t]+{VALUE}")
_TO = re.compile(rf"{_OF}[ \t]+(?:to|as|auf|als|en|como|come|comme|a|à|naar|till|na|para)[ \t]+{VALUE}")
_CHANGED = re.compile(
    r"(?:change|changed|set|reset|update|updated|switched|rotated|made|gesetzt|geändert)[ \t]+(?:[\w'’]+[ \t]+){0,3}$"
)
_FAR = re.compile(rf"[^\n.:;=?!]{{1,60}}?(?:[:=]|\b(?:is|was|to|auf|est|ist|war|es|era|è))[ \t]{{1,3}}{VALUE}")
_PHRASE = re.compile(
    r"(?:(?:pass|key |restore |recovery |backup |unlock |security |secret |vault |disk |code )(?:phrase|sentence)|passs?atz|kennsatz|schlüsselsatz|phrase (?:secrète|de passe)|frase (?:de paso|de recuperación|segreta|d'ordine|secreta)|wachtwoordzin)"
    rf"{_OF}(?:[ \t]?[:=]|,?[ \t](?:is|was|are|ist|lautet|est))[ \t]+{OPEN}(?P<value>[^\W\d_]{{2,14}}(?:[ -][^\W\d_]{{1,14}}){{3,8}})[\"'`“”»*_]{{0,3}}[ \t]*(?=[.,;)]|\n|$)"
)
_AS = re.compile(
    rf"(?:use|try|enter|type|with)[ \t]+{VALUE}[\"'`]?[ \t]+(?:as|for|is|als|comme|como|come)[ \t]+(?:\w+[ \t]+){{0,3}}$"
)
_IS_THE = re.compile(
    rf"(?<!\S){VALUE}[\"'`]?[ \t]+(?:(?:is|was|ist|est|es|è|é)[ \t]+(?:\w+[ \t]+){{0,3}}|\((?:\w+ ){{0,2}})$"
)
_JUDGED = re.compile(
    rf"(?<!\S){OPEN}(?P<value>(?=[a-z]{{0,32}}\d)[^\W_]{{8,64}})[\"'`”]?(?:[ \t](?!has|have|had|not|needs?|wants?|requires?|uses?)[\w']+){{0,4}}[ \t](?:as|a|an|the|my|our|als|ein|une?|como|come|una)(?:[ \t]\w+){{0,2}}[ \t]$"
)
_SWAPPED = re.compile(
    rf"(?<!\w)(?:from|von|de|da|z|från|van)[ \t]{OPEN}(?P<old>(?=[^\s]{{0,32}}\d)[^\s\"'`“”„«»()/:]{{6,64}})[\"'`”»]?[ \t](?:to|auf|zu|a|à|para|na|till|naar)[ \t]{OPEN}(?P<new>(?=[^\s]{{0,32}}\d)[^\s\"'`“”„«»()/:]{{6,64}})[^\n.;:=?!]{{0,24}}$"
)
_ENDS = re.compile(
    r"[\"'`”«»*_)]{0,3}[ \t]*(?:[.,;!?)]|\n|$|\(|(?:and|but|und|aber|et|y|e|en|i|och|btw|please|pls|thanks)\b)"
)
_USER = re.compile(r"user|login|account|name|benutzer|usuario|u:")
_SENTENCE = re.compile(r"[^\W\d_]+(?=[?!.,;])")
_NO_START = re.compile(r"[&/.,);:]|\?\w+=")
_ABOUT = re.compile(
    r"[ \t](?:manager|policy|field|prompt|form|page|hash|strength|generator|rules?|length|history|hint|dialog|protection|hashing|reset)(?!\w|[ \t]?:|[ \t]to(?!\w))"
)
"""What has to do with passwords and is none."""
_ELSE = re.compile(
    r"[€£¥$]\d|\d{1,2}/\d{1,2}(?!\d)|(?:[0-9a-f]{2}[:-]){3,}|\[?[\w-]+(?:\.[\w-]+)+\]?:\d+$|[\w-]+(?:\.[\w-]+)+\]",
    re.IGNORECASE,
)
"""What has digits and signs and is known to be something else: sums, days, addresses of devices, a host and its port."""
BEFORE = 160
LEAST_FAR, LEAST_WORDS, LEAST_MIXED = 6, 4, 8


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords that are told; the canonical form is the password."""
    for name in reading.names:
        if name.kind == "password" and not name.variable and name.before not in ("_", "="):
            yield from _behind(reading, name)
            yield from _ahead(reading, name)
    if reading.has("phrase", "sentence", "satz", "frase", "zin"):
        for found in _PHRASE.finditer(reading.low):
            if phrase(found["value"].replace("-", " "), least=LEAST_WORDS):
                at = found.span("value")
                yield Match("PASSWORD", *at, 0.6, reading.text[slice(*at)])


def _behind(reading: Reading, name: Name) -> Iterator[Match]:
    low, text = reading.low, reading.text
    if _ABOUT.match(low, name.end):
        return
    told, beside = _TOLD.match(low, name.end), _BESIDE.match(low, name.end)
    if told:
        yield from tell(text, told, 0.8, words=not (name.vague or "\n" in told["gap"] or text[name.end] == "?"))
    if beside and (not name.vague or _USER.search(low, max(0, name.start - 48), name.start)):
        yield from tell(text, beside, 0.7)
    if beside and "phrase" in name.text.lower() and made_of_words(clean(beside["value"]), words=3):
        value = clean(text[beside.start("value") : beside.end("value")])
        yield Match("PASSWORD", beside.start("value"), beside.start("value") + len(value), 0.6, value)
    changed = _TO.match(low, name.end)
    if changed and _CHANGED.search(low, max(0, name.start - BEFORE), name.start):
        yield from tell(text, changed, 0.75, words=True)
    far = _FAR.match(low, name.end)
    if far and not name.vague and len(far["value"]) >= LEAST_FAR:
        yield from tell(text, far, 0.5, ends=True)


def _ahead(reading: Reading, name: Name) -> Iterator[Match]:
    start = max(0, name.start - BEFORE)
    before = reading.low[start : name.start]
    for swapped in _SWAPPED.finditer(before):
        for group in ("old", "new"):
            at = start + swapped.start(group)
            value = clean(reading.text[at : start + swapped.end(group)])
            if strong_password(value) and not _ELSE.match(value):
                yield Match("PASSWORD", at, at + len(value), 0.5, value)
    about = _ABOUT.match(reading.low, name.end)
    for pattern in (_AS, _IS_THE, _JUDGED):
        used = pattern.search(before)
        if used and not about:
            at = start + used.start("value")
            value = clean(reading.text[at : start + used.end("value")])
            if strong_password(value) and (pattern is not _JUDGED or _mixed(value)):
                yield Match("PASSWORD", at, at + len(value), 0.75, value)


def _uncommon(text: str, start: int, value: str) -> bool:
    """Whether a word that a list of words lacks stands where something else may go on behind a password."""
    return value.lower() not in lexicon.words() and value.isalpha() and ENDS.match(text, start + len(value)) is not None


def _mixed(value: str) -> bool:
    """Whether letters and digits make one long word, as in no term."""
    return (
        len(value) >= LEAST_MIXED and value.isalnum() and any(map(str.isdigit, value)) and any(map(str.isupper, value))
    )


def tell(text: str, found: re.Match[str], score: float, *, words: bool = False, ends: bool = False) -> Iterator[Match]:
    """Yield a password that a pattern points to; with `ends` it must end a clause.

    With `words` it may be a word or a number, if that ends a clause.
    """
    start = found.start("value")
    value = clean(text[start : found.end("value")])
    sentence = _SENTENCE.match(value.lower())
    if (
        _NO_START.match(value)
        or _ELSE.match(value)
        or UUID.fullmatch(value)
        or len(value) >= MAX_PASSWORD
        or (sentence and said(sentence[0]))
    ):
        return
    ended = _ENDS.match(text, start + len(value)) is not None
    if strong_password(value) and (ended or not ends):
        yield Match("PASSWORD", start, start + len(value), score, value)
    elif (
        words and (ended or _uncommon(text, start, value)) and password_like(value) and not namesake(text, start, value)
    ):
        yield Match("PASSWORD", start, start + len(value), 0.6, value)
