"""Words of the files: how a rule counts, what it is about, and who has a budget each."""

from enum import StrEnum
from typing import Literal

Effect = Literal["block", "pin", "only"]
"""What a rule takes away: every zone, the vendors', or all but those that it lists."""
Pot = Literal["", "team", "app", "key"]
"""Who has so much each; empty for all callers together."""


class Mode(StrEnum):
    """Whether a rule is applied, or only recorded as what it would do."""

    ENFORCE = "enforce"
    SHADOW = "shadow"


class Direction(StrEnum):
    """What a rule is about: what callers send, or what comes back."""

    REQUEST = "request"
    ANSWER = "answer"
