"""What an endpoint is, and how its answers are read as they pass."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from proxy.content.token_ids import NO_TEXTS, Texts, Tokenizers
from proxy.content.walk import Content
from proxy.endpoints.observed import Observed
from proxy.endpoints.states import States
from proxy.errors import RingfenceError


@dataclass(slots=True)
class Dialect:
    """Reads one answer as it passes, whole or event by event, and says our own errors as this endpoint writes them.

    This one is of chat, which completions and embeddings share: OpenAI's API, `chat.completion` and `.chunk`.
    """

    observed: Observed = field(default_factory=Observed)
    states: States = field(default_factory=States)
    hides_usage: bool = False
    """Whether a stream's usage was asked for by us alone: then the caller does not get the event that holds only it."""

    def see(self, answer: dict[str, Any]) -> None:
        """Take note of one answer object or event; tolerates any shape."""
        self.observed.named(answer.get("model"))
        choices = answer.get("choices")
        for choice in choices if isinstance(choices, list) else []:
            if isinstance(choice, dict):
                self.observed.finished(choice.get("finish_reason"))
        usage = answer.get("usage")
        if isinstance(usage, dict):
            cached = below(usage, "prompt_tokens_details").get("cached_tokens")
            self.observed.used(
                **{"in": usage.get("prompt_tokens"), "out": usage.get("completion_tokens"), "cached": cached}
            )

    def is_error(self, answer: dict[str, Any]) -> bool:
        """Whether an event, or a whole answer with status 200, is the upstream's report of an error."""
        return bool(answer.get("error"))

    def passed(self, event: bytes, answer: dict[str, Any]) -> bytes:
        """Return an event as it is passed on: unchanged, but for stated repairs; empty if it is not."""
        return b"" if self.hides_usage and answer.get("choices") == [] and below(answer, "usage") else event

    def error_event(self, message: str, code: str) -> bytes:
        """Frame an error of ours as the last event of a stream."""
        shape = {"error": {"message": message, "type": "upstream_error", "param": None, "code": code}}
        return b"data: " + orjson.dumps(shape) + b"\n\n"

    def refusal_event(self, error: RingfenceError) -> bytes:
        """Frame a refusal of ours as the last event of a stream, with all that it says elsewhere."""
        return b"data: " + orjson.dumps(error.body()) + b"\n\n"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the API, as Ringfence serves it and as it asks model servers."""

    name: str
    """As policies and records name it."""
    path: str
    """Below `/v1`, here and at a model server."""
    read: Callable[[dict[str, Any], int], Content]
    """Reads a body that is nested at most so many levels; raises RequestRefused where it is none of this endpoint."""
    dialect: Callable[[], Dialect] = Dialect
    at_vendors: tuple[tuple[str, Any], ...] = ()
    """Fields that a vendor is sent with this value, whatever the caller said."""
    some_store: bool = False
    """Whether some vendors keep its answers unless they are told not to; those that always do have it `at_vendors`."""
    op: str = ""
    """As records name what is asked for beside a new answer; empty where that is what is asked for."""
    key_header: str = ""
    """A header in which this API's clients send their key, beside `authorization`."""
    id_headers: tuple[str, ...] = ("x-request-id",)
    """Headers in which this API's clients look for the id of their request."""
    method: str = "POST"
    bodiless: bool = False
    """Whether it is about what a model server keeps, which the path names: nothing else is sent, not even a model."""
    ids: str = ""
    """The field that may hold token ids in place of a text."""
    usage_if_asked: bool = False
    """Whether a stream says what it cost only where `stream_options` asks for it."""

    def said(self, body: dict[str, Any], max_depth: int, tokenizers: Tokenizers) -> Content:
        """Read a body with the text of token ids in their place, where the model's tokenizer is known; as `read`."""
        texts = tokenizers.texts(body, self.ids)
        if texts is NO_TEXTS:
            return self.read(body, max_depth)
        return replace(self.read({**body, **texts.fields}, max_depth), texts=texts)

    def final(
        self,
        body: dict[str, Any],
        model: str,
        texts: Texts = NO_TEXTS,
        *,
        vendor: bool,
        stores: bool = False,
        unasked: bool = False,
        usage: bool = False,
    ) -> dict[str, Any]:
        """Return what is sent: the object that was scanned, with the model mapped; empty where nothing is.

        At a vendor nothing is stored, unless the policy lets it (`stores`) and the caller does not say otherwise. Where
        it would be `unasked`, the vendor is told so.
        With `usage`, a stream is asked to say what it cost.
        Token ids that were read go there as their text; so they go to an own model to which they would say another.
        """
        if self.bodiless:
            return {}
        asked = with_usage(body) if usage and self.hides_usage(body) else body
        sent = {**asked, **texts.instead(model, vendor=vendor), "model": model}
        if vendor:
            sent |= {name: value for name, value in self.at_vendors if name != "store" or not stores}
            if not stores and (sent.get("store") or (unasked and self.some_store)):
                sent["store"] = False
        return sent

    def hides_usage(self, body: dict[str, Any]) -> bool:
        """Whether this asks for a stream that would not say what it cost."""
        return self.usage_if_asked and body.get("stream") is True and not _asks_for_usage(body)

    def stored(self, body: dict[str, Any], *, vendor: bool, stores: bool) -> bool:
        """Whether the model server keeps its answer, as far as that was left to it."""
        return self.bodiless or (body.get("store") is not False and (stores or not vendor))


def below(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object under a key; an empty one where there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def with_usage(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body that asks for the usage of its stream as well."""
    return {**body, "stream_options": {**below(body, "stream_options"), "include_usage": True}}


def _asks_for_usage(body: dict[str, Any]) -> bool:
    return below(body, "stream_options").get("include_usage") is True
