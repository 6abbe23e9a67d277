"""One text out of the many small strings of a unit, with a way back from an offset to the path it came from.

One NER call over `key: value` lines costs a fraction of one call a string, and gives numbers the context of their key.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from proxy.detection.findings import Segment

# Names of the API itself. A scalar that is exactly one of these says nothing about anybody, and is no context either.
SCHEMA_WORDS = frozenset(
    """
    api_key arguments array assistant audio auto batch boolean chat.completion code content data default description developer
    detail effort end_turn enum file format frequency_penalty function function_call high image image_url include_usage
    input input_audio input_text input_image instructions integer json_object json_schema low max_completion_tokens
    max_output_tokens max_tokens medium message messages metadata minimal minimum maximum model modalities n name none
    null number object output output_text parallel_tool_calls parameters parts prediction presence_penalty properties
    reasoning reasoning_effort refusal required response_format role schema seed stop store stream stream_options strict string
    system temperature text tool tool_call_id tool_calls tool_choice tools top_logprobs top_p type url usage user true false value
    additionalProperties id call_id
    """.split()
) - {"api_key", "value"}


@dataclass(frozen=True, slots=True)
class Assembled:
    """Lines `key: value` and, for each line, its first offset and path."""

    text: str
    starts: tuple[int, ...]
    paths: tuple[str, ...]

    def path_at(self, offset: int) -> str:
        """Return the path of the line that an offset lies in."""
        return self.paths[max(0, bisect_right(self.starts, offset) - 1)]


def is_schema_word(text: str) -> bool:
    """Whether a scalar is only a word of the API."""
    return text in SCHEMA_WORDS


def line(key: str, text: str) -> str:
    """Return the text with its key as context, unless the key is a word of the API."""
    return text if not key or key in SCHEMA_WORDS else f"{key}: {text}"


def assemble(entries: Iterable[tuple[str, str]]) -> Assembled:
    """Join (path, line) pairs."""
    starts: list[int] = []
    paths: list[str] = []
    lines: list[str] = []
    offset = 0
    for path, text in entries:
        starts.append(offset)
        paths.append(path)
        lines.append(text)
        offset += len(text) + 1
    return Assembled("\n".join(lines), tuple(starts), tuple(paths))


def entries(segments: Iterable[Segment]) -> list[tuple[str, str]]:
    """Return what is worth reading of a unit's segments."""
    return [
        (segment.path, line(segment.key, segment.text))
        for segment in segments
        if segment.text and not segment.text.isspace() and not is_schema_word(segment.text)
    ]
