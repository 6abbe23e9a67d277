# ruff: noqa: E501 - patterns are read in one piece
"""Addresses that are written out, against robots or aloud: `jane at acme dot com`, `jane [at] acme.com`, `jane @ acme.com`."""

import re
from collections.abc import Iterator

from proxy.detection.lexicon import given_names, plain, words
from proxy.detection.recognizers.emails.domains import domain, is_nobodys

_DOTS = r"dot|d0t|punkt|punto|point|ponto|punt|piste|kropka|tečka"
_DOT = re.compile(
    rf"[ ]?[\[({{<][ ]?(?:{_DOTS}|\.)[ ]?[\])}}>][ ]?|[ ](?:{_DOTS})[ ]|_(?:dot)_|[ ]?\.[ ]?", re.IGNORECASE
)
_LABEL = r"[^\W_][\w-]{0,62}"
_HOST = re.compile(rf"{_LABEL}(?:(?:{_DOT.pattern}){_LABEL}){{1,4}}", re.IGNORECASE)
_LOCAL = re.compile(
    rf"[\w+-]+(?:(?:\.|[ ]?[\[({{<][ ]?(?:{_DOTS}|\.)[ ]?[\])}}>][ ]?|[ ](?:{_DOTS})[ ])[\w+-]+){{0,3}}$", re.IGNORECASE
)
_MARKED = re.compile(
    r"[\[({<][ ]?(?:at|@|ät|arroba|chiocciola|apenstaartje|małpa|snabel-a|a)[ ]?[\])}>][ ]?", re.IGNORECASE
)
_WORDS = (" at ", "_at_", " ät ", " arroba ", " chiocciola ", " apenstaartje ", " małpa ", " arobase ")
_MAIL = re.compile(
    r"(?<![^\W_])(?:e-?mails?|mail|mailto|write to|reach|contact|address|adresse|correo|posta|courriel|kontakt)(?![^\W_])[^\n]{0,30}$",
    re.IGNORECASE,
)
_WRITTEN = re.compile(rf"(?<![^\W_])(?:{_DOTS})(?![^\W_])|_dot_|[\[({{<][ ]?\.", re.IGNORECASE)
SCORE = 0.8
BEFORE = 80


def spelled(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the spans and values of addresses that are written out."""
    for kind, start, end in sorted(_ats(text)):
        host = _HOST.match(text, end)
        written = host and _WRITTEN.search(host[0])
        if (
            host is None
            or (kind == "word" and not written)
            or (kind == "sign" and text[start] != " " != text[end - 1] and not written)
        ):
            continue
        first = max(0, start - BEFORE)
        local = _LOCAL.search(text[first:start].rstrip(" "))
        name = domain(_DOT.sub(".", host[0]).lower())
        if local is None or name is None:
            continue
        value, at = _DOT.sub(".", local[0]).lower(), first + local.start()
        sure = kind == "marked" or text[start:end] == "@" or _is_mailbox(text, at, value)
        if sure and not is_nobodys(value, name):
            dots = [dot.start() for dot in _DOT.finditer(host[0])][name.count(".") :]
            yield at, end + dots[0] if dots else host.end(), f"{value}@{name}"


def _ats(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what may be read as an at sign: marked by brackets, a word, or the sign with spaces or before a written dot."""
    for found in _MARKED.finditer(text):
        yield "marked", found.start(), found.end()
    low = text.lower()
    for word in _WORDS if len(low) == len(text) else ():
        at = low.find(word)
        while at >= 0:
            yield "word", at, at + len(word)
            at = low.find(word, at + 1)
    at = text.find("@")
    while at >= 0:
        start = at - (text[at - 1 : at] == " ")
        yield "sign", start, at + 1 + (text[at + 1 : at + 2] == " ")
        at = text.find("@", at + 1)


def _is_mailbox(text: str, start: int, value: str) -> bool:
    """Whether a word before a plain `at` names a mailbox: `look at github dot com` is none."""
    if re.search(r"[._+0-9-]", value) or plain(value) in given_names() or plain(value) not in words():
        return not value.isdigit()
    return _MAIL.search(text, max(0, start - BEFORE), start) is not None
