"""What a scan cannot read: media, references to what lies elsewhere, token ids. Each makes a request `unscanned`.

The rules fail closed. Where the API gives a meaning to what stands there, an object of an unknown `type`, a part with
an unknown key and every field that refers to something (`..._id`, `..._url`) is opaque, known or not. In the places
that are free for the caller - JSON Schemas and metadata - a name has no such meaning, and only numbers count.
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

TEXT_PARTS = frozenset({"text", "refusal"})
PART_KEYS = TEXT_PARTS | {"type", "cache_control"}
TOOL_TYPES = frozenset({"function", "custom"})
KNOWN_TYPES = frozenset(
    """
    text refusal function custom allowed_tools json_schema json_object content grammar lark regex ephemeral url_citation
    """.split()  # noqa: SIM905
)
REFERENCES = frozenset(
    """
    container containers conversation encrypted_content file file_data file_ids files image_url images input_audio
    logit_bias models plugins prompt provider vector_store_ids videos web_search_options
    """.split()  # noqa: SIM905
)
"""Fields whose content is elsewhere, is no text, or makes the vendor ask somebody else."""
REFERENCE_ENDS = ("_id", "_ids", "_url", "_urls", "_uri")
TEXT_DESPITE_ITS_END = frozenset({"tool_call_id"})
FREE_KEYS = frozenset({"parameters", "schema", "metadata"})


class Place(Enum):
    """Where in a body a value stands, as far as that changes what a name means."""

    API = auto()
    MESSAGE = auto()
    PARTS = auto()
    """The `content` of a message, and lists within it."""
    FREE = auto()
    """A JSON Schema or metadata: names are the caller's."""

    def below(self, key: str) -> "Place":
        """Return the place of what stands under a key of an object here."""
        if self is Place.FREE or (key in FREE_KEYS and self is not Place.PARTS):
            return Place.FREE
        return Place.PARTS if self is Place.MESSAGE and key == "content" else Place.API


def in_object(value: dict[str, Any], place: Place) -> Iterator[tuple[str, str]]:
    """Yield (key, reason) of what is opaque about an object; the key is empty when it is the whole of it."""
    if sum(name.isdigit() for name in value) > 1:
        yield "", "numeric_keys"
    if place is Place.FREE:
        return
    kind = value.get("type")
    if place is Place.PARTS and not (kind in TEXT_PARTS if isinstance(kind, str) else False):
        yield "", "part_type"
    elif isinstance(kind, str) and kind not in KNOWN_TYPES:
        yield "", "unknown_type"
    if place is Place.PARTS and not value.keys() <= PART_KEYS:
        yield "", "part_key"
    for name, item in value.items():
        if item in (None, "", [], {}):
            continue
        if name in REFERENCES or (place is Place.MESSAGE and name == "audio"):
            yield name, name
        elif name.endswith(REFERENCE_ENDS) and name not in TEXT_DESPITE_ITS_END:
            yield name, "reference"


def is_numeric(value: list[Any]) -> bool:
    """Whether an array holds mostly numbers at any depth, as token ids and embeddings do; one number is just that."""
    numbers, strings, waiting = 0, 0, list(value)
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, str):
            strings += 1
        elif item is not None:
            numbers += 1
    return numbers > 1 and numbers > strings
