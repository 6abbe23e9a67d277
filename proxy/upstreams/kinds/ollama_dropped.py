"""What Ollama does not obey of a request, without a word.

Source: Ollama's docs/openai.md and its request types (`openai/openai.go`, `openai/responses.go`,
`anthropic/anthropic.go`), August 2026, after what is written for its own API. JSON members that its types do not have
are skipped, so all that is not known to be obeyed counts as dropped.
"""

from collections.abc import Iterator
from typing import Any

from proxy.upstreams.kinds.kind import Body, Dropped

OBEYED = {
    "chat": frozenset(
        """
        model messages stream stream_options max_tokens max_completion_tokens seed stop temperature top_p
        frequency_penalty presence_penalty response_format tools tool_choice reasoning reasoning_effort logprobs
        top_logprobs
        """.split()  # noqa: SIM905 - words read better than lines
    ),
    "embeddings": frozenset({"model", "input", "dimensions", "encoding_format"}),
    "completions": frozenset(
        """
        model prompt suffix stream stream_options max_tokens seed stop temperature top_p frequency_penalty
        presence_penalty
        """.split()  # noqa: SIM905 - the same
    ),
    "responses": frozenset(
        """
        model input instructions stream max_output_tokens temperature top_p text tools tool_choice reasoning
        """.split()  # noqa: SIM905 - the same
    ),
    "messages": frozenset(
        """
        model messages system stream max_tokens temperature top_p top_k stop_sequences tools tool_choice thinking
        output_config
        """.split()  # noqa: SIM905 - the same
    ),
}
"""Names that an endpoint obeys, if not every value of them."""
KNOWN = frozenset(
    """
    audio background best_of conversation echo function_call functions include logit_bias logprobs max_tool_calls
    metadata modalities n parallel_tool_calls prediction previous_response_id prompt prompt_cache_key
    prompt_cache_retention safety_identifier service_tier store top_logprobs truncation user verbosity
    web_search_options
    """.split()  # noqa: SIM905 - the same
)
"""Names of the API that some endpoint drops; any other is a word of the caller's."""
NEEDED = frozenset(
    """
    audio background best_of conversation echo function_call functions max_tool_calls modalities n previous_response_id
    prompt web_search_options
    """.split()  # noqa: SIM905 - the same
)
"""Without these, an answer is not one to the request, unless they say what is so anyway."""
IDLE = {
    "background": (False,),
    "best_of": (1,),
    "echo": (False,),
    "function_call": ("auto", "none"),
    "logprobs": (False, 0),
    "modalities": (["text"],),
    "n": (1,),
    "parallel_tool_calls": (True,),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "truncation": ("disabled",),
}
"""Values that ask for what is so anyway, beside none at all."""
OTHER = "other"
FREE = ("auto", None)
FORMATS = ("text", "json_object", "json_schema")
READ = ("text", "refusal", "input_audio")


def dropped(endpoint: str, body: Body) -> Dropped:
    """Say what of a request is not obeyed at an endpoint."""
    obeyed = OBEYED.get(endpoint)
    if obeyed is None:
        return Dropped()
    said = [name for name, value in body.items() if name not in obeyed and value is not None and _says(name, value)]
    needed = {name for name in said if name in NEEDED} | set(_unmet(endpoint, body))
    reported = {name if name in KNOWN else OTHER for name in said} - needed
    reported |= {"name"} if endpoint == "chat" and _named(body) else set()
    return Dropped(tuple(sorted(reported)), tuple(sorted(needed)))


def _says(name: str, value: Any) -> bool:
    return value not in IDLE.get(name, ()) and value not in ([], {})


def _unmet(endpoint: str, body: Body) -> Iterator[str]:
    """Yield names that are obeyed, but not with this value."""
    choice = body.get("tool_choice")
    if endpoint == "messages":
        choice = choice.get("type") if isinstance(choice, dict) else choice
    left_out = endpoint == "chat" and choice == "none"
    if body.get("tools") and choice not in FREE and not left_out:
        yield "tool_choice"
    if endpoint == "chat":
        wanted = body.get("response_format")
        if isinstance(wanted, dict) and wanted.get("type") not in FORMATS:
            yield "response_format"
        yield from {kind for message in _objects(body.get("messages")) for kind in _unseen(message)}
    if endpoint == "embeddings" and any(not isinstance(each, str) for each in _texts(body.get("input"))):
        yield "input"
    if endpoint == "completions" and not isinstance(body.get("prompt"), str):
        yield "prompt"


def _unseen(message: Body) -> Iterator[str]:
    """Yield the kinds of parts of a message that it cannot be shown: it fetches no image, and reads no file."""
    for part in _objects(message.get("content")):
        kind = part.get("type")
        if kind == "image_url":
            given = part.get("image_url")
            url = given.get("url") if isinstance(given, dict) else given
            if not isinstance(url, str) or not url.startswith("data:"):
                yield "image_url"
        elif kind not in READ:
            yield kind if kind == "file" else OTHER


def _named(body: Body) -> bool:
    return any(message.get("name") and message.get("role") != "tool" for message in _objects(body.get("messages")))


def _objects(value: Any) -> list[Body]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
