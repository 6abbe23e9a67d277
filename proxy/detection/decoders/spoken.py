"""Mail addresses as people of several countries spell them out: `ada punkt lo (ät) mail punkt de`.

English `at` and `dot` are read by the recognizer of addresses itself.
"""

import re
from collections.abc import Iterator

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.windows import rewrite

_NAMED = ("klammeraffe", "arroba", "chiocciola", "apenstaartje", "małpa", "malpa", "snabel", "arobas", " ät ")
_SIGNS = "klammeraffe|arroba|chiocciola|apenstaartje|małpa|malpa|snabel-?a|arobase?"
_DOTS = "dot|punkt|point|punto|ponto|punt|kropka|prick"
BRACKETED = re.compile(rf"[(\[{{<]\s?(?:at|ät|a|@|{_SIGNS})\s?[)\]}}>]", re.IGNORECASE)
WORDED = re.compile(rf"[\s_](?:ät|{_SIGNS})[\s_]", re.IGNORECASE)
_DOT = rf"(?:\s?[(\[{{<]\s?(?:{_DOTS}|\.)\s?[)\]}}>]\s?|[\s_](?:{_DOTS})[\s_]|\.)"
_BEFORE = re.compile(rf"[\w+-]{{1,64}}(?:{_DOT}[\w+-]{{1,64}}){{0,3}}[\s_]?\Z", re.IGNORECASE)
_BEHIND = re.compile(rf"[\s_]?[\w-]{{1,63}}(?:{_DOT}[\w-]{{2,63}}){{1,3}}", re.IGNORECASE)
_EACH, _BLANK, _SPAN = re.compile(_DOT, re.IGNORECASE), re.compile(r"\s"), re.compile(r"[\s\S]*")
MAX_LOCAL = 100


def spoken(text: str, budget: Budget) -> Iterator[str]:
    """Write addresses with their signs."""
    yield from _written(text, BRACKETED, budget)
    lowered = text.lower()
    if any(sign in lowered for sign in _NAMED):
        yield from _written(text, WORDED, budget)


def _written(text: str, at: re.Pattern[str], budget: Budget) -> Iterator[str]:
    def address(match: re.Match[str]) -> str:
        return _BLANK.sub("", _EACH.sub(".", at.sub("@", match[0])))

    yield from rewrite(text, _addresses(text, at), address, budget)


def _addresses(text: str, at: re.Pattern[str]) -> Iterator[re.Match[str]]:
    for sign in at.finditer(text):
        local = _BEFORE.search(text, max(0, sign.start() - MAX_LOCAL), sign.start())
        host = _BEHIND.match(text, sign.end())
        if local and host and (span := _SPAN.match(text, local.start(), host.end())):
            yield span
