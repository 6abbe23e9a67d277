# ruff: noqa: E501 - patterns are read in one piece
"""Secrets that a program puts together from constants: `api_key = a + b`, `[A, B].join("")`, `"${P1}${P2}"`."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.labelled import type_of
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import MIN_BARE, random_like, refers, stands_in, strong_password

MAX_PIECES = 12
_CONSTANT = re.compile(
    r"(?<![\w.$-])\$?(?P<name>[A-Za-z_]\w{0,40})(?:[ \t]?:[ \t]?\w{1,20})?[ \t]{0,8}:?=[ \t]{0,8}(?P<quote>[\"'`])(?P<value>[^\s\"'`$\\]{4,128})(?P=quote)"
)
_EXPRESSION = re.compile(
    r"[\])\"']{0,2}(?:[ \t]?:[ \t]?\w{1,20})?[ \t]{0,8}(?::?=|:|=>)[ \t]{0,8}(?P<expression>[^\n;]{3,300})"
)
_JOINED = re.compile(r"[+.&]|\|\||join|concat|format|sprintf|\$\{?\w|\{\w|%s|\w\)?[ \t]+\$?\w")
_IDENTIFIER = re.compile(r"(?<![\w])[A-Za-z_]\w{0,40}")


def find(reading: Reading) -> Iterator[Match]:
    """Yield the constants that a secret is made of; the canonical form is the piece."""
    named = [name for name in reading.names if not name.option]
    if not named:
        return
    constants: dict[str, re.Match[str]] = {}
    for constant in _CONSTANT.finditer(reading.text):
        constants.setdefault(constant["name"], constant)
    done = 0
    for name in named if len(constants) > 1 else ():
        found = _EXPRESSION.match(reading.text, name.end) if name.start >= done else None
        if found is None:
            continue
        done = found.end()
        if not _JOINED.search(found["expression"]):
            continue
        used = dict.fromkeys(_IDENTIFIER.findall(found["expression"]))
        pieces = [constants[its] for its in used if its in constants and its != name.text]
        pieces = [piece for piece in pieces if not found.start() <= piece.start() < found.end()][:MAX_PIECES]
        whole = "".join(piece["value"] for piece in pieces)
        if len(pieces) > 1 and _whole(whole, password=name.kind == "password"):
            kind = "PASSWORD" if name.kind == "password" else type_of(name.text)
            for piece in pieces:
                yield Match(kind, piece.start("value"), piece.end("value"), 0.7, piece["value"])


def _whole(value: str, *, password: bool) -> bool:
    """Whether all pieces together are a secret."""
    if stands_in(value) or refers(value):
        return False
    return strong_password(value) if password else len(value) >= MIN_BARE and random_like(value)
