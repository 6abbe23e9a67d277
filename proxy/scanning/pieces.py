"""The strings of an answer, or of one event of it, each with the text that it is a piece of.

No list of fields says what is text: every string is visited, at any depth, known or not, and a key that is no plain
name as well. Pieces of one text are recognised by their way: the event's type, the keys, and the indexes of the objects
on it, so that the choices of one answer do not mix. Ids tell no texts apart: they may change from event to event.
Numbers are no text: token counts, and embeddings, also in base64.
"""

import re
from array import array
from base64 import b64decode
from binascii import Error as NoBase64
from functools import lru_cache
from typing import Any, NamedTuple

MAX_DEPTH = 64
MAX_KNOWN, LONGEST_KNOWN = 1000, 1024
"""How many names are remembered, and of how many characters."""
NAMES = frozenset(
    """
    id object type model role status finish_reason native_finish_reason stop_reason system_fingerprint service_tier
    provider obfuscation item_id call_id response_id tool_call_id previous_response_id event
    """.split()  # noqa: SIM905 - words read better than twenty lines
)
"""Keys whose strings are names and not pieces of a longer text. They are scanned, each by itself."""
INDEXES = ("output_index", "index", "content_index", "summary_index", "annotation_index")
"""Numbers that tell texts apart; that of the whole item first."""
_NO_INDEX = frozenset(INDEXES).isdisjoint
MIN_DIMENSIONS, LEAST, MOST = 8, 1e-3, 1e2
"""What tells the largest number of an embedding from text that is read as numbers."""
_SHORT = re.compile(r"[a-z_.]{0,48}|(?!.*\d{5}|(?:\D*\d){7}|.*\d\.\d+\.\d)[A-Za-z0-9_.-]{0,16}")
"""Too short to hold anything; a number of a person, of a telephone or of a device is not."""
_KEY, LONGEST_KEY = re.compile(r"(?!.*\d{5})[A-Za-z_$][A-Za-z0-9_.$-]{0,31}"), 32

Way = tuple[str | int, ...]


class Piece(NamedTuple):
    """One string. `way` names the text that it goes on with; `scope` the choice or item that this is a part of.

    An empty way: a string that stands alone.
    """

    way: Way
    scope: Way
    text: str


class TooDeepError(ValueError):
    """An answer that is nested beyond all reason."""


class Said(NamedTuple):
    """What an event says: its strings in their order, and the choices and items that it is about."""

    pieces: list[Piece]
    scopes: set[Way]
    known: set[str]
    """What need not be read as a name: it was, or is too short to hold anything."""


def pieces(answer: dict[str, Any], known: set[str] | None = None) -> Said:
    """Read an answer or event; raises TooDeepError. `known` grows from one event of an answer to the next."""
    said = Said([], {()}, set() if known is None else known)
    kind = answer.get("type") or answer.get("object")
    _object(answer, (kind if isinstance(kind, str) else "",), (), said)
    return said


def _object(value: dict[str, Any], way: Way, scope: Way, said: Said) -> None:
    if len(way) > MAX_DEPTH:
        raise TooDeepError
    if not _NO_INDEX(value) and (numbers := tuple([value[at] for at in INDEXES if type(value.get(at)) is int])):
        way += numbers
        scope = scope or numbers[:1]
        said.scopes.add(scope)
    known = said.known
    for key, item in value.items():
        if len(key) > LONGEST_KEY or not _plain(key):
            said.pieces.append(Piece((), scope, key))
        kind = type(item)
        if kind is str:
            if item not in known or key not in NAMES:
                _string(item, key, way, scope, said)
        elif kind is dict:
            _object(item, (*way, key), scope, said)
        elif kind is list:
            _list(item, key, way, scope, said)


def _list(value: list[Any], key: str, way: Way, scope: Way, said: Said) -> None:
    if len(way) > MAX_DEPTH:
        raise TooDeepError
    for item in value:
        kind = type(item)
        if kind is str:
            _string(item, key, way, scope, said)
        elif kind is dict:
            _object(item, (*way, key), scope, said)
        elif kind is list:
            _list(item, key, (*way, "[]"), scope, said)


def _string(value: str, key: str, way: Way, scope: Way, said: Said) -> None:
    if key in NAMES:
        if not _SHORT.fullmatch(value):
            said.pieces.append(Piece((), scope, value))
        elif len(said.known) < MAX_KNOWN:
            said.known.add(value)
    elif key != "embedding" or not is_vector(value):
        said.pieces.append(Piece((*way, key), scope, value))


def is_vector(text: str) -> bool:
    """Whether a string is an embedding in base64: 32-bit floats, little endian, of the size that these have."""
    try:
        numbers = array("f", b64decode(text, validate=True))
    except (NoBase64, ValueError):
        return False
    return len(numbers) >= MIN_DIMENSIONS and LEAST <= max(map(abs, numbers)) <= MOST


@lru_cache(maxsize=4096)
def _plain(key: str) -> bool:
    return _KEY.fullmatch(key) is not None
