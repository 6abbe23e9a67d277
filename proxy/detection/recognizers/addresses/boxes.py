# ruff: noqa: E501 - patterns are read in one piece
"""Post office boxes: a box number is an address by itself."""

import re

from proxy.detection.recognizers.addresses.parts import Core

SURE, UNSURE = 0.75, 0.25
_NAMES = (
    "po box|p.o. box|p.o box|p. o. box|p.o.box|pobox|pob|p.o.b.|post office box|gpo box|locked bag|private bag|postfach|postbus|postboks|apartado"
    "|apartado de correos|apartado postal|casella postale|caixa postal|skrytka pocztowa|skr. poczt."
)
NAMES = {tuple(name.split()): SURE for name in _NAMES.split("|")} | {
    (name,): UNSURE for name in ("bp", "b.p.", "cp", "cs", "box", "rr", "bte")
}
"""The unsure ones mean other things as well (blood pressure): they need a post code and a city behind."""
LAST_WORDS = frozenset(name[-1] for name in NAMES)
LONGEST = max(map(len, NAMES))
_MORE = re.compile(r"(?:[ ][0-9]{2,3}){1,2}(?![\w])(?![ ][a-z])")


def numbered(tokens: list[re.Match[str]], low: list[str], house: re.Match[str]) -> Core | None:
    """Return the box whose number is `house`, if the words before it name one."""
    if low[-1] not in LAST_WORDS:
        return None
    for count in range(min(LONGEST, len(low)), 0, -1):
        base = NAMES.get(tuple(low[-count:]))
        if base:
            more = _MORE.match(house.string, house.end())
            return Core(
                tokens[-count].start(), more.end() if more else house.end(), base, cased=tokens[-1][0][0].isupper()
            )
    return None
