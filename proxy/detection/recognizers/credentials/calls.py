"""Passwords among the arguments of a call that logs in, and among the values of an SQL statement."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.columns import judged, wanted
from proxy.detection.recognizers.credentials.names import kind_of
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import (
    MIN_BARE,
    UUID,
    dotted_words,
    given_password,
    made_of_words,
    random_like,
    secret_like,
    stands_in,
    strong_password,
)
from proxy.detection.recognizers.tables import Statement, inserts

_CALL = re.compile(
    r"(?:getconnection|networkcredential|basicauth\w*|basic_auth|auth|login|sign_?in|authenticate|connect|mysqli?|pdo|credentials?(?:\.\w{1,12})?|passwordauthentication"
    r"|plain_?auth|sequelize|wifi\.begin|addap|create_?user|add_?user|(?:set|change|reset)_?password|setbasicauth|with_?credentials|log_in|logon)\s?=?\s?\((?P<arguments>[^()\n]{3,400})"
)
_BY_PLACE = re.compile(r"passwordauthentication|credentials?|networkcredential|basicauth|basic_auth|getconnection")
"""Calls whose second string is a password whatever it looks like."""
_KEYWORD, MAX_KEYWORD = re.compile(r"\w[ \t]?[=:][ \t]?[rbfu]?$"), 8
"""What names an argument: a password among these is read by its name."""
_PAIR = re.compile(
    r"(?<![\w.])\$?(?:u|usr|user|user_?name|login|account|email)[ \t]?,"
    r"[ \t]?\$?(?:p|pw|pwd|pass|passwd|password)\)?[ \t]?:?=[ \t]?\(?"
    r"([\"'])[^\"'\n]{1,64}\1[ \t]?,[ \t]?([\"'])(?P<value>[^\"'\s]{4,64})\2",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"set\s{1,8}[\w\"`]{0,20}value[\"`]?\s?=\s?'(?P<value>[^'\n]{4,256})'\s{1,8}where\s{1,8}[\w\"`.]{1,40}\s?=\s?'(?P<name>[\w.-]{3,64})'",
    re.IGNORECASE,
)
_KEYED = re.compile(
    r"(?:jwt\.\w{4,12}|createhmac|hmac\.new|new_?hmac|fernet|secretkeyspec|aes\.new|create(?:de)?cipher\w{0,2}|secretbox|serializer|client)\((?P<arguments>[^()\n]{12,400})"
)
_STRING = re.compile(r"([\"'])(?P<value>[^\"'\n]{1,128})\1")
_KEYS = ("jwt.", "hmac", "fernet(", "keyspec(", "aes.new", "cipher", "secretbox(", "serializer(", "client(")
_CALLS = (
    "connect",
    "credential",
    "auth",
    "login",
    "mysql",
    "pdo",
    "sign",
    "log_in",
    "logon",
    "sequelize",
    "wifi.begin",
    "addap",
    "user(",
    "password(",
)
_CREATE = re.compile(
    r"create table (?:if not exists )?(?P<name>[\w.\"`\[\]]{1,80})\s{0,4}\(\s{0,4}\n"
    r"(?P<columns>[^;]{1,4000}?)\n\s{0,4}\)",
    re.IGNORECASE,
)
_VALUES = re.compile(r"insert into (?P<name>[\w.\"`\[\]]{1,80})\s{1,4}values\b", re.IGNORECASE)
_ROW = re.compile(r"\((?P<cells>(?:[^()'\"]|'[^'\n]{0,400}'|\"[^\"\n]{0,400}\"){1,800})\)")
_CELL = re.compile(r"\s*(?:N?'([^'\n]*)'|\"([^\"\n]*)\"|([^,]*))\s*(?:,|$)")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\.\w+|[\w-]+(?:\.[\w-]+){2,}|\d+")


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords; the canonical form is the password."""
    if reading.has(*_CALLS):
        for found in _CALL.finditer(reading.low):
            yield from _called(reading.text, found)
    if reading.has(*_KEYS):
        for found in _KEYED.finditer(reading.low):
            yield from _keyed(reading.text, found)
    if reading.has("="):
        yield from _paired(reading)
    for found in _UPDATED.finditer(reading.text) if reading.has("update") else ():
        kind = kind_of(found["name"])
        yield from judged(found["value"], kind, found.start("value")) if kind else ()
    for statement in (*inserts(reading.text), *_headless(reading)):
        yield from _inserted(reading.text, statement)


def _keyed(text: str, call: re.Match[str]) -> Iterator[Match]:
    """Yield each string that is mixed as a key among what is given to sign, to encrypt or to connect."""
    for found in _STRING.finditer(text, call.start("arguments"), call.end("arguments")):
        value = found["value"]
        made_up = strong_password(value) and made_of_words(value) and not call[0].startswith("client")
        if (secret_like(value, least=MIN_BARE) and "." not in value) or made_up:
            yield Match("GENERIC_SECRET", found.start("value"), found.end("value"), 0.7, found["value"])


def _called(text: str, call: re.Match[str]) -> Iterator[Match]:
    """Yield each string behind the first that could be a password: before it stands the user or the server."""
    strings = list(_STRING.finditer(text, call.start("arguments"), call.end("arguments")))
    by_place = _BY_PLACE.match(call[0]) is not None
    for found in strings[1:]:
        value = found["value"]
        if (
            UUID.fullmatch(value)
            or _ADDRESS.fullmatch(value)
            or stands_in(value)
            or text[found.end() : found.end() + 1] in (":", "]")
            or _KEYWORD.search(text, max(0, found.start() - MAX_KEYWORD), found.start())
        ):
            continue
        if strong_password(value) or random_like(value) or (by_place and _given(value)):
            yield Match("PASSWORD", found.start("value"), found.end("value"), 0.75, value)


def _given(value: str) -> bool:
    return given_password(value) or dotted_words(value)


def _paired(reading: Reading) -> Iterator[Match]:
    """Yield the second of two strings that a user and a password are set to together: `user, pw = "x", "y"`."""
    for found in _PAIR.finditer(reading.text):
        if _given(found["value"]):
            yield Match("PASSWORD", found.start("value"), found.end("value"), 0.7, found["value"])


def _headless(reading: Reading) -> Iterator[Statement]:
    """Yield the INSERT statements that name no columns; those are read in the CREATE of their table."""
    if not reading.has("create table"):
        return
    tables = {
        table["name"]: [column.strip(' \t"`[]').split(" ")[0].strip('"`[]') for column in table["columns"].split("\n")]
        for table in _CREATE.finditer(reading.text)
    }
    for found in _VALUES.finditer(reading.text):
        heads = [head for head in tables.get(found["name"], []) if head]
        if heads:
            stop = reading.text.find(";\n", found.end())
            yield Statement(heads, found.end(), stop if stop >= 0 else len(reading.text))


def _inserted(text: str, statement: Statement) -> Iterator[Match]:
    columns = wanted(statement.heads)
    for row in _ROW.finditer(text, statement.start, statement.end) if columns else ():
        cells = [cell for cell in _CELL.finditer(row["cells"]) if cell[0]]
        for at, kind in columns.items():
            group = next((number for number in (1, 2) if at < len(cells) and cells[at][number]), 0)
            if group:
                yield from judged(cells[at][group], kind, row.start("cells") + cells[at].start(group))
