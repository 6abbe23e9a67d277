"""Secrets that Kingfisher leaves out: passwords people tell, values below a name, addresses, headers, keys, files.

Placeholders (`<password>`, `${TOKEN}`, `your_key_here`, the EXAMPLE keys of documentation) are not secrets.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator

from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.recognizers.credentials import (
    answers,
    calls,
    codes,
    columns,
    commands,
    dialled,
    files,
    handed,
    headers,
    keys,
    labelled,
    literals,
    logins,
    one_time,
    pieces,
    private_keys,
    prose,
    sections,
    spoken,
    talk,
    tokens,
    uris,
)
from proxy.detection.recognizers.credentials.reading import Reading

FINDERS: tuple[Callable[[Reading], Iterator[Match]], ...] = (
    private_keys.find,
    tokens.find,
    uris.find,
    headers.find,
    labelled.find,
    prose.find,
    keys.find,
    logins.find,
    codes.find,
    answers.find,
    pieces.find,
    commands.find,
    calls.find,
    columns.find,
    files.find,
    one_time.find,
    sections.find,
    literals.find,
    handed.find,
    talk.find,
    dialled.find,
    spoken.find,
)
_VAGUE = ("PASSWORD", "GENERIC_SECRET")


def find(text: str) -> Iterator[Match]:
    """Yield secrets; the canonical form is the secret itself. What several finders see is one secret, of one type."""
    reading = Reading(text)
    found = [match for finder in FINDERS for match in finder(reading)]
    found.sort(key=lambda match: (match.entity_type in _VAGUE, -match.score, match.start - match.end))
    taken: list[tuple[int, int]] = []
    for match in found:
        at = bisect_right(taken, (match.start, match.end))
        before = taken[at - 1][1] if at else 0
        after = taken[at][0] if at < len(taken) else match.end
        if before <= match.start and match.end <= after:
            taken.insert(at, (match.start, match.end))
            yield match


LEAST = 0.5
RECOGNIZER = Recognizer(
    "credentials",
    {
        "PRIVATE_KEY": LEAST,
        "JWT": 0.95,
        "CLOUD_CREDENTIAL": LEAST,
        "API_KEY": LEAST,
        "CONNECTION_STRING": 0.7,
        "PASSWORD": LEAST,
        "GENERIC_SECRET": LEAST,
    },
    find,
)
