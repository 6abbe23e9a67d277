# ruff: noqa: E501 - patterns are read in one piece
"""Card security codes: three or four digits after their name, or behind a card number and its expiry."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.recognizers.cards import find as find_cards

NAMED = re.compile(
    r"(?<![^\W_])(?:cvv2?|cvc2?|cvn2?|cav2?|cid|csc|(?:card )?(?:security|verification)[ _-]?(?:code|value|number)|pr[uü]fziffer)"
    r"(?:\s*(?:no|code|number|is|:|=|#|-|\(|\"|')){0,4}\s*([0-9]{3,4})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
BEHIND = re.compile(
    r"[\s,;:|/-]{1,4}(?:exp\w*[\s:.]*)?(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?[0-9]{2}[\s,;:|/-]{1,4}([0-9]{3,4})(?![0-9])",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Match]:
    """Yield codes. Four digits after `cid` and the like mean something only with that word."""
    for found in NAMED.finditer(text):
        yield Match("CARD_SECURITY_CODE", found.start(1), found.end(1), 0.9, found[1])
    for card in find_cards(text) if BEHIND.search(text) else ():
        behind = BEHIND.match(text, card.end)
        if behind:
            yield Match("CARD_SECURITY_CODE", behind.start(1), behind.end(1), 0.9, behind[1])


RECOGNIZER = Recognizer("security_codes", {"CARD_SECURITY_CODE": 0.9}, find)
