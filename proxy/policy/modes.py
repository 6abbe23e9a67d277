"""How a rule counts, and what it is about."""

from enum import StrEnum


class Mode(StrEnum):
    """Whether a rule is applied, or only recorded as what it would do."""

    ENFORCE = "enforce"
    SHADOW = "shadow"


class Direction(StrEnum):
    """What a rule is about: what callers send, or what comes back."""

    REQUEST = "request"
    ANSWER = "answer"
