# ruff: noqa: E501 - patterns are read in one piece
"""Values in a section of settings whose heading says that it is secret: `credentials:`, `[tokens]`, `stringData:`."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import MIN_BARE, UUID, clean, mixed_case, parts, secret_like

MAX_LINES = 40
_HEADING = re.compile(
    r"(?:^|\n)(?P<indent>[ \t]*)(?:- )?(?:\[[ \t]?[\"']?(?P<table>[\w. -]{3,64})[\"']?[ \t]?\]|[\"']?(?P<key>[\w.-]{3,64})[\"']?[ \t]?[:=]?[ \t]?(?P<open>\{)?)[ \t]*(?=\r?\n)"
)
_SECRET = frozenset({"secret", "secrets", "credential", "credentials", "encryption", "apikeys", "tokens", "signing"})
_PAIRS = frozenset(
    {("api", "keys"), ("access", "keys"), ("private", "keys"), ("string", "data"), ("random", "password")}
)
_ENTRY = re.compile(
    r"(?P<indent>[ \t]*)(?:- )?[\"']?(?P<name>[\w.-]{1,64})[\"']?[ \t]?[:=][ \t]{0,4}[\"']?(?P<value>[^\s\"',]{16,256})[\"']?,?[ \t]*\r?"
)
_OTHERS = """
id ids hash digest checksum fingerprint sha sha256 md5 public url uri host path file name version region issuer audience
algorithm alg cipher mode type provider kdf cert certificate
"""
_NOT = frozenset(_OTHERS.split())
_GATES = ("secret", "credential", "encryption", "keys", "tokens", "stringdata", "signing", "random_password")


def find(reading: Reading) -> Iterator[Match]:
    """Yield what is mixed as a key in such a section; the canonical form is the value."""
    if "\n" not in reading.text or not reading.has(*_GATES):
        return
    for heading in _HEADING.finditer(reading.text):
        its = parts(heading["table"] or heading["key"])
        if _SECRET & set(its[-1:]) or tuple(its[-2:]) in _PAIRS:
            yield from _below(reading.text, heading)


def _below(text: str, heading: re.Match[str]) -> Iterator[Match]:
    at = heading.end()
    for _ in range(MAX_LINES):
        at = text.find("\n", at) + 1
        if not at:
            return
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if line.lstrip().startswith(("[", "}")) or (not heading["table"] and indent <= len(heading["indent"])):
            return
        entry = _ENTRY.fullmatch(line)
        if entry and not _NOT & set(parts(entry["name"])):
            value = clean(entry["value"])
            if secret_like(value, least=MIN_BARE) and mixed_case(value) and not UUID.fullmatch(value):
                start = at + entry.start("value")
                yield Match("GENERIC_SECRET", start, start + len(value), 0.7, value)
