# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Secrets of HTTP: Authorization in any notation, bearer tokens in talk, session cookies, basic credentials in base64."""

import base64
import binascii
import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import (
    MIN_BARE,
    MIN_WORD,
    UUID,
    clean,
    phrase,
    random_like,
    secret_like,
    stands_in,
    strong_password,
)

_AUTHORIZATION = re.compile(
    r"authorization\\{0,3}[\"'\]]{0,2}\s{0,2}[:=,]\s{0,2}\\{0,3}[fb]?[\"'`]{0,2}(?:(?:bearer|token|apikey|api-key|key|splunk|bot|negotiate|genie\w*|sso-key|aws4-hmac-sha256)\s{1,3})?"
    r"(?!basic\b)(?P<value>[^\s\"'`,;<>\\]{8,4096})"
)
_BEARER = re.compile(r"(?<![\w-])bearer\s{1,3}[\"'`]?(?P<value>[A-Za-z0-9_.~+/=-]{16,4096})", re.IGNORECASE)
_BASIC = re.compile(r"(?<![\w-])basic\s{1,3}[\"'`]?(?P<value>[A-Za-z0-9+/]{8,512}={0,2})(?![\w+/=])", re.IGNORECASE)
_AUTH_FIELD = re.compile(
    r"[\"'_]auth\\{0,3}[\"']?\s?[:=]\s?\\{0,3}[\"']?(?P<value>[A-Za-z0-9+/]{8,512}={0,2})(?![\w+/=])", re.IGNORECASE
)
_ACCOUNT = re.compile(
    r"(?:[\"'_.-]|(?<![\w]))(?:basic[_.-]?auth|auth|credentials?|creds|user[_.-]?info|user_?pass|user_?pwd|login)\\{0,3}[\"']?\s?[:=,]\s?\\{0,3}[\"']?"
    r"[A-Za-z][\w.@+-]{1,60}:(?P<value>[^\s\"'\\:/]{5,64})(?=[\s\"'\\,;}]|$)",
    re.IGNORECASE,
)
"""A user and a password in one setting: `basic.auth.user.info=bob:...`."""
_COOKIES = re.compile(
    r"(?:cookies?|document\.cookie)\\{0,3}[\"'\]]{0,2}\s{0,2}[:=,]\s{0,2}\\{0,3}[\"'`{]{0,2}(?P<value>[^\n]{8,4096})"
)
_PAIR = re.compile(r"(?<![\w.-])(?P<name>[\w.-]{2,48})\\?[\"']?\s?[=:]\s?\\?[\"']?(?P<value>[^\s;,\"'\\}]{16,2048})")
_LISTED = re.compile(
    r"name\\{0,3}[\"']?\s?:\s?\\{0,3}[\"']?(?P<name>[\w.-]{2,48})\\{0,3}[\"']?[,\s]{1,24}\\{0,3}[\"']?value\\{0,3}[\"']?\s?:\s?\\{0,3}[\"']?(?P<value>[^\s;,\"'\\}]{16,2048})"
)
_SESSION = re.compile(
    r"sess|sid$|^sid|auth|token|jwt|remember|login|identity|\.aspx|credential|^at$|^rt$|access|refresh|^__(?:host|secure)|^id$|ssid|^(?:sapisid|hsid|apisid)$|user"
)
_NOT_SESSION = re.compile(
    r"csrf|xsrf|_ga|_gid|utm|consent|analytics|visitor|device|lang|locale|theme|cf_|__cf|user_?id|client_?id"
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield what authenticates a request; the canonical form is the credential without its scheme."""
    text, low = reading.text, reading.low
    if "authorization" in low:
        for found in _AUTHORIZATION.finditer(low):
            yield from _if_secret(text, found, 0.85)
    if "bearer" in low:
        for found in _BEARER.finditer(text):
            yield from _if_secret(text, found, 0.8)
    yield from _accounts(reading)
    if "cookie" in low:
        yield from _cookies(reading)


def _accounts(reading: Reading) -> Iterator[Match]:
    """Yield a user's password in a header or a setting that holds both, in base64 or as it is."""
    text = reading.text
    if reading.has("basic", 'auth"', "auth'", "_auth"):
        for pattern in (_BASIC, _AUTH_FIELD):
            for found in pattern.finditer(text):
                if pair_of(found["value"]):
                    yield Match("PASSWORD", found.start("value"), found.end("value"), 0.9, found["value"])
    if reading.has(":") and reading.has("auth", "credential", "creds", "user", "login"):
        for found in _ACCOUNT.finditer(text):
            if strong_password(found["value"]):
                yield Match("PASSWORD", found.start("value"), found.end("value"), 0.7, found["value"])


def _if_secret(text: str, found: re.Match[str], score: float) -> Iterator[Match]:
    value = clean(text[found.start("value") : found.end("value")])
    if secret_like(value, least=MIN_BARE, ids=True):
        yield Match("GENERIC_SECRET", found.start("value"), found.start("value") + len(value), score, value)


def pair_of(encoded: str) -> bool:
    """Whether base64 holds a user and a password that is no placeholder (RFC 7617)."""
    try:
        user, colon, password = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    if not colon or user.startswith("{") or not (user + password).isprintable() or stands_in(password):
        return False
    return (
        strong_password(password)
        or random_like(password)
        or phrase(password)
        or (password.isalnum() and len(password) > MIN_WORD and user != password)
    )


def _cookies(reading: Reading) -> Iterator[Match]:
    for pair in _LISTED.finditer(reading.text):
        yield from _cookie(pair)
    for found in _COOKIES.finditer(reading.low):
        for pair in _PAIR.finditer(reading.text, found.start("value"), found.end("value")):
            yield from _cookie(pair)


def _cookie(pair: re.Match[str]) -> Iterator[Match]:
    name, value = pair["name"].lower(), clean(pair["value"])
    if _SESSION.search(name) and not _NOT_SESSION.search(name) and random_like(value) and not UUID.fullmatch(value):
        yield Match("GENERIC_SECRET", pair.start("value"), pair.start("value") + len(value), 0.8, value)
