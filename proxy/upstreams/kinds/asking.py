"""What several kinds of server need to ask, and to read out of answers that may have any shape."""

from collections.abc import Awaitable, Collection, Mapping
from typing import Any, TypeVar

from proxy.upstreams.errors import UpstreamError

T = TypeVar("T")
NOT_THERE = frozenset({"http_401", "http_403", "http_404", "http_405", "http_501"})
"""Answers of a server that is up and does not have, or does not show, what it was asked for."""
MOST_TOKENS = 10**8
IDLE: Mapping[str, tuple[Any, ...]] = {
    "best_of": (1,),
    "echo": (False,),
    "function_call": ("auto", "none"),
    "functions": ([],),
    "modalities": (["text"],),
    "options": ({},),
    "service_tier": ("auto", "default"),
    "suffix": ("",),
    "truncation": ("disabled",),
}
"""Values that ask for what happens anyway."""


async def if_there(answer: Awaitable[T]) -> T | None:
    """Return an answer, None where the server has none to give; raises UpstreamError for a server that is not up."""
    try:
        return await answer
    except UpstreamError as error:
        if error.reason in NOT_THERE:
            return None
        raise


def below(answer: Any, *names: str) -> Any:
    """Return what stands under these names, one in the other; None where there is no such thing."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def rows(answer: Any, name: str = "data") -> list[dict[str, Any]]:
    """Return the objects of a list; empty where there is none."""
    found = below(answer, name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def tokens(value: Any) -> int | None:
    """Return a number of tokens; None for what is none."""
    return value if type(value) is int and 0 < value <= MOST_TOKENS else None


def truth(value: Any) -> bool | None:
    """Return yes or no; None for anything else."""
    return value if isinstance(value, bool) else None


def asked(body: Mapping[str, Any], names: Collection[str]) -> tuple[str, ...]:
    """Return those of these parameters that ask for something."""
    return tuple(name for name in names if body.get(name) is not None and body[name] not in IDLE.get(name, ()))
