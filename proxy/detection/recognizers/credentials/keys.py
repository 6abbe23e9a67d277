# ruff: noqa: E501, RUF001 - patterns are read in one piece; people type curly quotes and dashes
"""Keys and tokens that people tell each other: "our datadog api key is ...", "use this token: ..."."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.labelled import key_like, type_of
from proxy.detection.recognizers.credentials.names import Name
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import (
    LONG,
    MIN_BARE,
    MIN_SECRET,
    clean,
    mixed_case,
    secret_like,
    strong_password,
)

GAP, MAX_WORDS, BEFORE, AHEAD = 56, 7, 24, 240
"""How far behind its name a key may stand, in characters and in words, how far before it what it opens is named, and
how far before it a key may stand."""
_RUN = re.compile(r"[A-Za-z0-9_+/~.%!@#$^&*-]{16,512}={0,2}")
_HUMP = re.compile(r"[a-z][A-Z]")
_FOREIGN = re.compile(
    r"(?:clé|clave|chiave|chave|klucz|sleutel|nyckel|nøgle|avain)[ -](?:d[e']\s?)?(?:l'|la )?(?:api|acceso|accès|accesso|acesso|secr\w+|chiffrement|signature|cifrado|firma|cifratura|criptografia|szyfrowania)"
    r"|api[- ](?:schlüssel|sleutel|nyckel|nøgle|klucz)|jeton"
)
_FOREIGN_WORDS = (
    "clé",
    "clave",
    "chiave",
    "chave",
    "klucz",
    "sleutel",
    "nyckel",
    "nøgle",
    "avain",
    "schlüssel",
    "jeton",
)
_STARTS = frozenset(" \t\r\n\"'`*:=()|>→—–])_-")
_NOT_BETWEEN = re.compile(
    r"[\"'],|[;{}]|[.!?](?:\s|$)|\n\s*\n\s*\S+\s\S+\s|https?:"
    r"|\b(?:commit|integrity|sha\d*|hash|digest|checksum|etag|md5|uuid|id|ids|fingerprint|version|revision|image|file|path|trace|request|build|branch|tag|log"
    r"|repo|usage|count|limit|model|is (?:not|in|on|at|stored|sent|valid|a|an|the)|name|named|called|type|with|by|from|under|at|like|such|begin\w*"
    r"|start\w*|look\w*|prefix\w*)\b"
)
_QUOTED = re.compile(
    r"[\"'`*](?P<value>[A-Za-z0-9_+/~.%!@#$^&*=-]{16,512})[\"'`*]{1,2}[^\n.:;=?!\"'`]{0,64}?(?<![\w.])(?:a|an|the|our|my|your|as|for|new|ein|als|der|die|das|le|la|comme|como|el|il)(?:[ \t]\w{2,20}){0,2}[ \t][\"'`*]?$"
)
_TOLD = re.compile(
    r"[^\n.:;=?!]{0,40}?(?: (?:is|was|ist|war|lautet|est|es|è|é)|:)[ \t][\"'`*]{0,2}(?P<value>[A-Za-z0-9_+~%!@#$^&*-]{8,64})(?=[\s\"'`*.,;)]|$)"
)
_LEADS = re.compile(
    r"(?:\b(?:is|was|are|ist|lautet|est|es|est|è|é|jest|är|to|auf)|[:=>→|—–-]|[\"'`*(\[“])\s*[\"'`*(\[“]*$"
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield keys that are told; the canonical form is the key."""
    for name in reading.names:
        if name.kind != "password" and not name.variable and not name.option and not _HUMP.search(name.text):
            said = reading.low[max(0, name.start - BEFORE) : name.end]
            yield from _behind(reading.text, name.end, said, strong=name.kind == "secret")
            if name.kind == "secret":
                yield from _told(reading.text, name)
                yield from _ahead(reading.text, name.start, name.text)
    if reading.has(*_FOREIGN_WORDS):
        for found in _FOREIGN.finditer(reading.low):
            yield from _behind(reading.text, found.end(), "api key", strong=True)


def _told(text: str, name: Name) -> Iterator[Match]:
    """Yield what a sentence says that a secret is, where it is shorter than a key: `the shared secret is otter9lamp!`."""
    found = _TOLD.match(text, name.end) if name.text.lower().endswith("secret") else None
    value = clean(found["value"]) if found else ""
    if found and len(value) >= MIN_SECRET and strong_password(value) and any(map(str.isdigit, value)):
        yield Match(type_of(name.text), found.start("value"), found.start("value") + len(value), 0.6, value)


def _ahead(text: str, end: int, name: str) -> Iterator[Match]:
    """Yield what stands in quotes and is said to be the named thing later in the sentence."""
    start = max(0, end - AHEAD)
    found = _QUOTED.search(text[start:end])
    if found and secret_like(found["value"], least=MIN_BARE) and mixed_case(found["value"]):
        at = start + found.start("value")
        yield Match(type_of(name), at, at + len(found["value"]), 0.6, found["value"])


def _behind(text: str, end: int, name: str, *, strong: bool) -> Iterator[Match]:
    if text[end : end + 1] not in _STARTS:
        return
    first = _RUN.search(text, end, end + GAP + MIN_BARE)
    run = _RUN.match(text, first.start()) if first else None
    if run is None or run.start() == end:
        return
    gap = text[end : run.start()].lower()
    if _NOT_BETWEEN.search(gap) or len(gap.split()) > (MAX_WORDS if _LEADS.search(gap) else 0):
        return
    value = clean(run[0])
    if {"@", "/"} <= set(value) or not secret_like(value, least=MIN_BARE) or not any(char.isdigit() for char in value):
        return
    if strong or (len(value) >= LONG and key_like(value) and (_LEADS.search(gap) or not gap.strip())):
        yield Match(type_of(name), run.start(), run.start() + len(value), 0.7 if strong else 0.5, value)
