"""What callers ask: the same system message and a new question, or text of which no part was seen before."""

import itertools
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SYSTEM = (
    "You are a helpful assistant for a software team. Answer briefly and precisely, show code where it helps, say so "
    "when you are not sure, and never invent functions. Prefer the standard library to other packages."
)
SENTENCES = (
    "The build takes too long since the cache was moved to another disk.",
    "Please explain how a bounded queue keeps memory in check under load.",
    "Our test for the parser fails on empty input and on very long lines.",
    "I would like to replace the loop by a generator without changing its order.",
    "What happens to a coroutine that is cancelled while it waits for a lock?",
    "The query is slow although there is an index on both columns.",
    "Rewrite the function so that it can be tested without a network.",
    "Which of the two designs is easier to change later, and why?",
    "The chart should show the median and not the mean of all runs.",
    "Compare the two ways to read a large file line by line.",
)
REQUESTS = Path(__file__).resolve().parent / "detection" / "requests"
COLD_SYSTEM, COLD_QUESTION = 300, 1_500
"""Characters of a prompt of which nothing was seen before."""


def questions(seed: int) -> Iterator[str]:
    """Yield questions of some six hundred characters, none of them twice."""
    chosen = random.Random(seed)
    for number in itertools.count():
        yield f"Question {seed}-{number}. " + " ".join(chosen.choices(SENTENCES, k=9))


def warm(seed: int) -> Iterator[tuple[str, str]]:
    """Yield the system message, which is always the same, with a new question."""
    return ((SYSTEM, question) for question in questions(seed))


def cold(seed: int) -> Iterator[tuple[str, str]]:
    """Yield a system message and a question from anywhere in English requests, with all the words that people use."""
    chosen, text = random.Random(seed), prose()

    def piece(chars: int) -> str:
        at = chosen.randrange(len(text) - 2 * chars)
        return text[text.index(" ", at) + 1 :][:chars]

    for number in itertools.count():
        yield f"Case {seed}-{number}. {piece(COLD_SYSTEM)}", f"Part {seed}-{number}. {piece(COLD_QUESTION)}"


@cache
def prose() -> str:
    """Return what the harmless English requests of the detection benchmark say, one after the other."""
    said: list[str] = []
    for file in sorted(REQUESTS.glob("benign-*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            contents = [message.get("content") for message in row["body"].get("messages", ())]
            said += [content for content in contents if "en" in row["tags"] and isinstance(content, str)]
    return " ".join(said)
