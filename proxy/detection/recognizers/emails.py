# ruff: noqa: E501 - patterns are read in one piece
"""E-mail addresses, also written out as `name at host dot com`. Domains reserved for examples do not count (RFC 2606)."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer

PLAIN = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}\b")
SPELLED = re.compile(
    r"\b([\w.+-]{1,64})\s?(?:\(at\)|\[at\]|\{at\}|<at>|\sat\s|\s@\s?|@\s)\s?"
    r"([\w-]{1,63}(?:\s?(?:\(dot\)|\[dot\]|\{dot\}|\sdot\s|\.)\s?[\w-]{2,63}){1,4})\b",
    re.IGNORECASE,
)
_AT_DOT = re.compile(r"\s?(?:\(dot\)|\[dot\]|\{dot\}|\sdot\s)\s?", re.IGNORECASE)
RESERVED = re.compile(
    r"@(?:[\w-]+\.)*(?:example(?:\.(?:com|org|net|edu))?|(?:[\w-]+\.)?(?:test|invalid|localhost))$", re.IGNORECASE
)
SERVICE = re.compile(r"^(?:git|hg|svn)@", re.IGNORECASE)


def find(text: str) -> Iterator[Match]:
    """Yield addresses; the canonical form is in lower case."""
    if "@" in text:
        for found in PLAIN.finditer(text):
            value = found[0].lstrip(".'!#$%&*+/=?^`{|}~-").lower()
            if not RESERVED.search(value) and not SERVICE.match(value) and not value.startswith("@"):
                yield Match("EMAIL_ADDRESS", found.start(), found.end(), 0.95, value)
    lowered = text.lower()
    if " at " in lowered or "at)" in lowered or "at]" in lowered or "@ " in text or " @" in text:
        for found in SPELLED.finditer(text):
            written = "dot" in found[0].lower() or "@" in found[0]
            value = f"{found[1]}@{_AT_DOT.sub('.', found[2])}".lower().replace(" ", "")
            if written and "." in value.rpartition("@")[2] and not RESERVED.search(value):
                yield Match("EMAIL_ADDRESS", found.start(), found.end(), 0.8, value)


RECOGNIZER = Recognizer("emails", {"EMAIL_ADDRESS": 0.8}, find)
