"""What a scan cannot read: media, references to what lies elsewhere, token ids. Each makes a request `unscanned`.

The rules fail closed. Where the API gives a meaning to what stands there, an object of an unknown `type`, a part with
an unknown key and every field that refers to something (`..._id`, `..._url`) is opaque, known or not, and so is a
name of the API in other letters, for some servers do not tell them apart. In the places that are free for the caller -
JSON Schemas, metadata, a tool's input - a name has no such meaning, and only many numbers count.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any

SCHEMA_NAMES = frozenset(
    """
    model messages role content name tool_calls tool_call_id function arguments type text refusal image_url url
    detail input_audio data format file file_data file_id filename audio id custom input function_call functions
    tools tool_choice parameters description strict properties items enum required additionalProperties default
    title anyOf oneOf allOf minimum maximum minLength maxLength pattern response_format json_schema schema
    temperature top_p n stream stream_options include_usage include_obfuscation stop max_tokens
    max_completion_tokens presence_penalty frequency_penalty logit_bias logprobs top_logprobs user
    safety_identifier prompt_cache_key seed store metadata modalities prediction parallel_tool_calls
    reasoning_effort service_tier verbosity web_search_options voice
    instructions previous_response_id conversation prompt include max_output_tokens max_tool_calls truncation reasoning
    effort summary generate_summary background call_id status output encrypted_content annotations
    suffix echo best_of dimensions encoding_format prompt_cache_retention
    system tool_use_id is_error input_schema input_examples stop_sequences top_k thinking signature budget_tokens
    source media_type citations cache_control ttl user_id disable_parallel_tool_use output_config
    $defs $ref $schema const examples exclusiveMaximum exclusiveMinimum maxItems minItems prefixItems uniqueItems
    """.split()  # noqa: SIM905 - words read better than 90 lines
)
"""Keys of OpenAI's schemas (OpenAPI description of the API, 2026), Anthropic's and JSON's: in paths, not scanned."""
TEXT_PARTS = frozenset({"text", "refusal", "input_text", "output_text", "summary_text", "reasoning_text"})
PART_KEYS = frozenset(
    {"type", "text", "refusal", "annotations", "logprobs", "cache_control", "prompt_cache_breakpoint"},
)
ITEMS = frozenset(
    """
    message function_call function_call_output custom_tool_call custom_tool_call_output reasoning
    """.split()  # noqa: SIM905
)
"""Types of what stands in a response's input, and is told in words."""
BLOCKS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"type", "text", "citations", "cache_control"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type"}),  # and what it seals, which is a reference or cannot be read
    "tool_use": frozenset({"type", "id", "name", "input", "caller", "toolset_name", "cache_control"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "toolset_name", "cache_control"}),
    "document": frozenset({"type", "source", "title", "context", "citations", "cache_control"}),
    "search_result": frozenset({"type", "source", "title", "content", "citations", "cache_control"}),
}
"""Blocks of a message of Anthropic's that are told in words, each with its keys."""
SOURCES: Mapping[str, frozenset[str]] = {
    "text": frozenset({"type", "media_type", "data"}),
    "content": frozenset({"type", "content"}),
}
"""Sources of a document that are its text; the others are bytes, or name what lies elsewhere."""
TOOL_TYPES: frozenset[object] = frozenset({"function", "custom"})
CLIENT_TOOLS = frozenset(
    """
    bash_20241022 bash_20250124 memory_20250818
    text_editor_20241022 text_editor_20250124 text_editor_20250429 text_editor_20250728
    """.split()  # noqa: SIM905
)
"""Tools that Anthropic describes to its models and the caller runs: all that they are told and say is text."""
SETTINGS = frozenset(
    """
    auto any tool none enabled disabled adaptive between_tools direct
    char_location page_location content_block_location search_result_location
    clear_tool_uses_20250919 clear_thinking_20251015 input_tokens tool_uses thinking_turns all
    """.split()  # noqa: SIM905
)
"""Types in Anthropic's API of choices, of citations of what was in the request, and of what a model may forget."""
KNOWN_TYPES = frozenset(
    """
    function custom allowed_tools json_schema json_object content grammar lark regex ephemeral url_citation
    """.split()  # noqa: SIM905
).union(TEXT_PARTS, ITEMS, CLIENT_TOOLS, SETTINGS)
REFERENCES = frozenset(
    """
    attachments cached_content connectors container containers conversation deferred enable_search encrypted_content
    fallback_credit_token fallbacks file file_data file_ids files image image_url images inference_geo inline_data
    input_audio logit_bias mcp_servers models plugins preset prompt provider search_parameters signature
    thought_signature vector_store_ids video videos web_search_options
    """.split()  # noqa: SIM905
)
"""Fields whose content is elsewhere or no text, or that make a vendor ask others, work elsewhere or keep the answer."""
ON_WHEN_EMPTY = frozenset({"search_parameters", "web_search_options"})
"""Those of them that make a vendor search although nothing is said in them."""
REFERENCE_ENDS = ("_id", "_ids", "_url", "_urls", "_uri")
CITATIONS = ("file_citation", "container_file_citation", "file_path")
"""Types of what a model says of a file that it read: they name one, and ask for none."""
TEXT_DESPITE_ITS_END = frozenset({"tool_call_id", "call_id", "tool_use_id"})
PLAIN = frozenset(
    name
    for name in SCHEMA_NAMES - REFERENCES - {"audio"}
    if not name.endswith(REFERENCE_ENDS) or name in TEXT_DESPITE_ITS_END
)
"""Names of the API that refer to nothing, wherever they stand: an object of no others needs no look at each."""
FREE_KEYS = frozenset({"parameters", "schema", "metadata", "input_schema", "input_examples", "output_schema"})
MAX_COUNTED = 20_000
"""Values of an array that are looked at: it may stand in another one, which looks at them too, and so on."""


class Place(Enum):
    """Where in a body a value stands, as far as that changes what a name means."""

    API = auto()
    MESSAGE = auto()
    PARTS = auto()
    """The `content` of a message, the `output` of a tool, and lists within them."""
    TURN = auto()
    BLOCKS = auto()
    """The `content` of a message in Anthropic's API, and of the blocks in it."""
    SOURCE = auto()
    """Of a block that is a document."""
    FREE = auto()
    """A JSON Schema, metadata or a tool's input: names are the caller's."""

    def below(self, key: str) -> "Place":
        """Return the place of what stands under a key of an object here."""
        return Place.FREE if self is Place.FREE else _BELOW[self].get(key, Place.API)


_FREE = dict.fromkeys(FREE_KEYS, Place.FREE)
_BELOW: Mapping[Place, Mapping[str, Place]] = {
    Place.API: {**_FREE, "content": Place.PARTS},
    Place.MESSAGE: {**_FREE, "content": Place.PARTS, "output": Place.PARTS},
    Place.PARTS: {},
    Place.TURN: {**_FREE, "content": Place.BLOCKS},
    Place.BLOCKS: {"content": Place.BLOCKS, "source": Place.SOURCE, "input": Place.FREE},
    Place.SOURCE: {"content": Place.BLOCKS},
}
"""The place of what stands under a key of an object; of all others, API."""
_KNOWN: Mapping[Place, Mapping[str, frozenset[str]]] = {
    Place.PARTS: dict.fromkeys(TEXT_PARTS, PART_KEYS),
    Place.BLOCKS: BLOCKS,
    Place.SOURCE: SOURCES,
}
"""Where each object has a known type, and its keys."""


def in_object(value: dict[str, Any], place: Place) -> Iterator[tuple[str, str]]:
    """Yield (key, reason) of what is opaque about an object; the key is empty when it is the whole of it."""
    plain = value.keys() <= PLAIN
    if not plain and sum(name.isdigit() for name in value) > 1:
        yield "", "numeric_keys"
    if place is Place.FREE:
        return
    yield from _in_type(value, place)
    for name, item in () if plain else value.items():
        if item is None or not (item or name in ON_WHEN_EMPTY):
            continue
        if name in REFERENCES or (place is Place.MESSAGE and name == "audio"):
            yield name, name
        elif name.casefold().endswith(REFERENCE_ENDS) and name not in TEXT_DESPITE_ITS_END:
            yield name, "reference"


def _in_type(value: dict[str, Any], place: Place) -> Iterator[tuple[str, str]]:
    kind, known = value.get("type"), _KNOWN.get(place)
    if known is None:
        if isinstance(kind, str) and kind not in KNOWN_TYPES:
            yield "", "unknown_type"
        return
    keys = known.get(kind) if isinstance(kind, str) else None
    if keys is None or value.get("media_type", "text/plain") != "text/plain":
        yield "", "part_type"
    held = {name for name, item in value.items() if item is not None}
    if not held <= (PART_KEYS if keys is None else keys):
        yield "", "part_key"


def is_numeric(value: list[Any], most: int = 1) -> bool:
    """Whether an array holds mostly numbers at any depth, as token ids and embeddings do; `most` are just numbers.

    More than MAX_COUNTED values count as numbers, whatever they are.
    """
    numbers, strings, waiting, seen = 0, 0, [value], 0
    while waiting:
        items = waiting.pop()
        seen += len(items)
        if seen > MAX_COUNTED:
            return True
        for item in items:
            if isinstance(item, list):
                waiting.append(item)
            elif isinstance(item, dict):
                waiting.append(list(item.values()))
            elif isinstance(item, str):
                strings += 1
            elif item is not None:
                numbers += 1
    return numbers > max(most, strings)
