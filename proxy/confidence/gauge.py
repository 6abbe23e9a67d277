"""How sure an answer to a chat is, read as it passes, whole or event by event. Keeps its beginning and no more.

Its confidence is the geometric mean of the probabilities that the model gave the tokens it chose: `exp` of the mean of
the `logprob` values. That says how expected the words were, and not whether they are true. An answer without any is
judged by the other rules alone. Source of the form: OpenAI's API reference, `chat.completion` and `.chunk`.
"""

import math
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from proxy.policy.local_first import BASIS, LocalFirst

Why = Literal["", "unsure", "short", "refused", "cut", "empty"]
BEGINNING = 100
"""Characters of an answer that are kept, to see how it begins."""
REFUSALS = (
    "as an ai",
    "i am not able to",
    "i am sorry, but",
    "i am unable to",
    "i apologize",
    "i can't",
    "i cannot",
    "i do not know",
    "i don't know",
    "i'm not able to",
    "i'm sorry, but",
    "i'm sorry, i",
    "i'm unable to",
    "sorry, but",
    "sorry, i",
    "unfortunately, i can",
)
"""How an English answer begins that refuses or gives up; other languages have no such list."""
LEAST = -1e9
"""Below this no sum of tokens leaves the numbers that there are."""


class Verdict(NamedTuple):
    """Whether an answer stands, or why not."""

    why: Why
    confidence_bp: int | None
    """In basis points; None where the server gave no probabilities."""

    @property
    def sure(self) -> bool:
        """Whether it stands."""
        return not self.why


class Gauge:
    """Measures one answer, of its first choice."""

    def __init__(self) -> None:
        self._beginning = ""
        self._characters = 0
        self._tokens = 0
        self._logprobs = 0.0
        self._refused = self._called = self._cut = False

    def see(self, answer: dict[str, Any]) -> None:
        """Take note of a whole answer or of one event; tolerates any shape."""
        for choice in _dicts(answer.get("choices")):
            if choice.get("index", 0) == 0:
                self._choice(choice)

    @property
    def confidence_bp(self) -> int | None:
        """What was measured until now."""
        return int(math.exp(self._logprobs / self._tokens) * BASIS) if self._tokens else None

    def verdict(self, threshold: LocalFirst, *, limited: bool = False) -> Verdict:
        """Judge the answer, once it is whole. One whose length the caller `limited` is not cut, but as long as that."""
        return Verdict(self._why(threshold, limited=limited), self.confidence_bp)

    def _why(self, threshold: LocalFirst, *, limited: bool) -> Why:
        begins = self._beginning.lstrip().replace("\u2019", "'").casefold()
        if self._refused or begins.startswith(REFUSALS):
            return "refused"
        if self._cut and not limited:
            return "cut"
        if not self._called and not begins:
            return "empty"
        if not self._called and self._characters < threshold.min_characters:
            return "short"
        measured = self.confidence_bp
        return "unsure" if measured is not None and measured < threshold.confidence else ""

    def _choice(self, choice: dict[str, Any]) -> None:
        for said in (choice.get("message"), choice.get("delta")):
            if isinstance(said, dict):
                self._read(said.get("content"))
                self._refused |= bool(said.get("refusal"))
                self._called |= bool(said.get("tool_calls") or said.get("function_call"))
        self._cut |= choice.get("finish_reason") == "length"
        self._refused |= choice.get("finish_reason") == "content_filter"
        found = choice.get("logprobs")
        for token in _dicts(found.get("content")) if isinstance(found, dict) else ():
            logprob = token.get("logprob")
            if isinstance(logprob, (int, float)) and not isinstance(logprob, bool):
                self._tokens += 1
                self._logprobs += min(0.0, max(LEAST, logprob))

    def _read(self, content: object) -> None:
        texts = [content] if isinstance(content, str) else [part.get("text") for part in _dicts(content)]
        for text in texts:
            if isinstance(text, str):
                # Blanks before the first word are none of its beginning.
                kept = text if self._beginning else text.lstrip()
                self._beginning = (self._beginning + kept[:BEGINNING])[:BEGINNING]
                self._characters += len(text)


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
