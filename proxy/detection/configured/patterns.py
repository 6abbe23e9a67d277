"""Recognizers of regular expressions: an employee's number, a case file, a code name with a check digit.

The patterns are somebody else's: each runs under a bound of time, and a text that it is not done with by then counts
as not inspected.
"""

import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import regex

from proxy.detection.configured.reading import Context, entity_type, name, score
from proxy.detection.recognizers.base import Late, Match, Recognizer, compact, near, words
from proxy.files.diagnostics import Place, Problems
from proxy.files.node import Node

BOUND_S, BOUND_PER_100K_S = 1.0, 0.5
"""How long one pattern may search one text, well below the deadline of a scan."""
CHECKS = {"mod97": "iso7064.mod_97_10", "mod11": "iso7064.mod_11_2", "mod37": "iso7064.mod_37_2"}
"""Short names; every other check is the module of python-stdnum with that name, such as `luhn` or `de.idnr`."""
_CHECK = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?")
VALUE = "value"
"""The group of a pattern that holds the value, if not all of what matched is it."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Several patterns for one type. With context words, a match counts beside one of them, and less `alone`."""

    name: str
    where: Place = field(compare=False)
    entity_type: str
    patterns: tuple[regex.Pattern[str], ...]
    score: float
    context: tuple[str, ...] = ()
    alone: float = 0.0
    check: Callable[[str], bool] | None = None
    drops = False

    @property
    def emits(self) -> Mapping[str, float]:
        """The type and its lowest score."""
        return {self.entity_type: self.alone or self.score}

    def load(self, _problems: Problems) -> Recognizer:
        """Return the recognizer; reading has compiled it."""
        beside = words(*map(re.escape, self.context)) if self.context else None

        def find(text: str) -> Iterator[Match]:
            for pattern in self.patterns:
                for found in bounded(pattern, text):
                    start, end = found.span(VALUE if VALUE in pattern.groupindex else 0)
                    value = compact(text[start:end]) or text[start:end].casefold()
                    if start < end and (self.check is None or self.check(value)):
                        weight = self.score if beside is None or near(text, start, end, beside) else self.alone
                        if weight:
                            yield Match(self.entity_type, start, end, weight, value)

        return Recognizer(self.name, self.emits, find)


def bounded(pattern: regex.Pattern[str], text: str) -> list[regex.Match[str]]:
    """Return all matches of a pattern; raises Late when that takes too long."""
    try:
        return list(pattern.finditer(text, timeout=BOUND_S + BOUND_PER_100K_S * len(text) / 100_000))
    except TimeoutError:
        raise Late from None


def read(node: Node, context: Context) -> Patterns:
    """Read one recognizer."""
    problems = context.problems
    given = node.fields(
        problems, required=("name", "type", "patterns"), optional=("score", "context", "alone", "check")
    )
    beside = tuple(item.text(problems) for item in given["context"].items(problems, least=1))
    if given["alone"].present and not given["context"].present:
        problems.error(given["alone"], "without-effect", "'alone' is the score without context words; there are none")
    return Patterns(
        name(given["name"], context),
        node.place,
        entity_type(given["type"], context),
        tuple(_pattern(item, problems) for item in given["patterns"].items(problems, least=1)),
        score(given["score"], context),
        beside,
        score(given["alone"], context, 0.0),
        _check(given["check"], problems),
    )


def _pattern(node: Node, problems: Problems) -> regex.Pattern[str]:
    text = node.text(problems)
    try:
        compiled = regex.compile(text)
    except regex.error as error:
        problems.error(node, "bad-pattern", f"not a regular expression: {error}")
        return regex.compile("(?!)")
    if text and compiled.match(""):
        problems.error(node, "bad-pattern", "it matches an empty text, hence everywhere")
    return compiled


def _check(node: Node, problems: Problems) -> Callable[[str], bool] | None:
    text = node.text(problems, _CHECK, "a check such as luhn, mod97 or de.idnr")
    if not text:
        return None
    try:
        check: Callable[[str], bool] = importlib.import_module(f"stdnum.{CHECKS.get(text, text)}").is_valid
    except (ImportError, AttributeError):
        problems.error(node, "unknown-check", "python-stdnum has no such check", f"short names: {', '.join(CHECKS)}")
        return None
    return check
