"""Tables with a column of passwords or keys: CSV, Markdown, what database clients print, HTML."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.names import Kind, kind_of
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import (
    MIN_BARE,
    clean,
    made_of_words,
    pin,
    secret_like,
    secret_word,
    strong_password,
)
from proxy.detection.recognizers.tables import cells

MAX_HEADING, MAX_YEAR = 32, 5
_TITLE = re.compile(r"[\w.-]+(?: [\w.()/-]+){0,2}")
_ACCOUNT = re.compile(r"[A-Za-z][\w.@-]{1,60}[:/](?P<password>[^\s:/]{5,64})")
"""A user and a password in one cell."""
_EDGES = " \t\"'`*"
_VAGUE = frozenset({"pass", "pw", "key", "keys", "auth", "token", "tokens", "credentials", "pat", "clave"})
_SHORT = frozenset({"pass", "pw", "clave"})
"""Titles that mean a password only beside a column that says whose it is or what it opens."""
_OPENED = re.compile(
    r"(?:user|login|log-?in|account|system|host|server|service|portal|site|e-?mail|url|ssid|device|app|application|router|database|db"
    r"|benutzer|konto|anmeldung|dienst|gerät|anwendung|utilisateur|identifiant|compte|serveur|système|usuario|cuenta|servidor|sistema"
    r"|utente|conto|servizio|gebruiker|systeem|dienst|utilizador|conta|użytkownik|konto|serwer|användare|inloggning|tjänst)s?"
    r"(?:[ _-]?(?:name|id|naam|namn|kennung))?"
)
_CELL = re.compile(
    r"<t[hd]\b[^>]{0,80}>\s{0,8}(?:<[a-z]{1,6}>)?(?P<text>[^<>]{0,200}?)\s{0,8}(?:</[a-z]{1,6}>\s{0,4})?</t[hd]>",
    re.IGNORECASE,
)


def find(reading: Reading) -> Iterator[Match]:
    """Yield what stands in a column whose head names a secret; the canonical form is the cell."""
    if reading.names:
        for kind, start, end in cells(reading.text, wanted):
            yield from judged(reading.text[start:end], kind, start)
    if "<th" in reading.low:
        yield from _markup(reading.text)


def wanted(cells: list[str]) -> dict[int, Kind]:
    """Return which columns hold secrets, by their titles; none if all do: that is a list of names."""
    found: dict[int, Kind] = {}
    titles = [cell.strip(_EDGES) for cell in cells]
    opened = any(_OPENED.fullmatch(title.lower()) for title in titles)
    for at, title in enumerate(titles):
        kind = kind_of(title) if len(title) <= MAX_HEADING and _TITLE.fullmatch(title) else None
        if kind and (title.lower() not in _VAGUE or (opened and title.lower() in _SHORT)):
            found[at] = kind
    if any(title.startswith("(") for title in titles):
        return {}  # a row of SQL
    return found if len(found) < len(cells) or len(cells) == 1 else {}


def judged(cell: str, kind: Kind, start: int) -> Iterator[Match]:
    """Yield a match if a cell below such a heading holds a secret."""
    value = clean(cell)
    if kind == "token" and (pair := _ACCOUNT.fullmatch(value)) and strong_password(pair["password"]):
        yield Match("PASSWORD", start + pair.start("password"), start + len(value), 0.7, pair["password"])
    elif kind == "password":
        number = pin(value) and len(value) > MAX_YEAR
        if number or strong_password(value) or (secret_word(value) and value.islower()) or made_of_words(value):
            yield Match("PASSWORD", start, start + len(value), 0.7, value)
    elif secret_like(value, least=MIN_BARE, ids=kind in ("secret", "token")):
        yield Match("GENERIC_SECRET", start, start + len(value), 0.7, value)


def _markup(text: str) -> Iterator[Match]:
    cells = list(_CELL.finditer(text))
    heads = [cell["text"] for cell in cells if cell[0][:3].lower() == "<th"]
    columns = wanted(heads)
    data = [cell for cell in cells if cell[0][:3].lower() == "<td"] if columns else []
    for number, cell in enumerate(data):
        kind = columns.get(number % len(heads))
        if kind:
            yield from judged(cell["text"], kind, cell.start("text"))
