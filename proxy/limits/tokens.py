"""How many tokens a request may take, before it is sent, and how many it took, as far as anybody said.

No tokenizer: which one counts is known only to the model's server, whose own figures settle it afterwards.
"""

from collections.abc import Mapping
from typing import Any

BYTES_A_TOKEN = 4
"""Of English text, by the rule of thumb that vendors give."""
WANTED = ("max_completion_tokens", "max_tokens", "max_output_tokens")
"""What the endpoints call the longest answer that a caller wants."""
MOST = 10**9


def foreseen(body: Mapping[str, Any], size: int) -> int:
    """Return what a body of so many bytes asks for: its text, and the longest answer if it says one."""
    wanted = [value for name in WANTED if type(value := body.get(name)) is int and value > 0]
    return min(MOST, _of_text(size) + max(wanted, default=0))


def used(usage: Mapping[str, int], size: int, events: int) -> int:
    """Return what an answer cost: what its server reported (`in`, `out`), else the text sent and an event a token."""
    if usage:
        return min(MOST, usage.get("in", 0) + usage.get("out", 0))
    return min(MOST, _of_text(size) + events)


def _of_text(size: int) -> int:
    return -(-size // BYTES_A_TOKEN)
