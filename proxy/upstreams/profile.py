"""What a model can do, as far as it is known: configured, told by its server, or by the kind of server it runs on."""

from dataclasses import dataclass, fields, replace
from typing import Self

ABILITIES = ("chat", "tools", "parallel_tools", "vision", "json_schema", "logprobs", "embeddings")
"""What a model can or cannot do, as files, errors and records name it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Sizes in tokens, abilities as yes or no; None where nobody said."""

    context_window: int | None = None
    """How many tokens a prompt and its answer can have together."""
    max_output: int | None = None
    chat: bool | None = None
    """Whether it writes answers at all; a model for embeddings does not."""
    tools: bool | None = None
    parallel_tools: bool | None = None
    vision: bool | None = None
    json_schema: bool | None = None
    logprobs: bool | None = None
    embeddings: bool | None = None

    def over(self, other: "Profile") -> Self:
        """Return what this one says, and where it says nothing, what the other does."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: getattr(other, name) if value is None else value for name, value in said.items()})


UNKNOWN = Profile()
