"""Shared ways of reading parts of a policy file: names, patterns, scores, days.

Readers report to `problems` and return empty values; the caller checks before anything is used.
"""

import datetime as dt
import re

from proxy.files.diagnostics import Problems, did_you_mean, shown
from proxy.files.node import Node
from proxy.policy.keys import Keys
from proxy.policy.labels import on_grid
from proxy.policy.model import What, Who
from proxy.policy.vocabulary import DAY, ENDPOINTS, FUTURE, PATTERN, WHAT, WHO


def refuse_future(node: Node, problems: Problems) -> frozenset[str]:
    """Report keys that later versions may know; returns them, so that they are not reported twice."""
    ahead = frozenset(node.entries) & FUTURE.keys()
    for name in sorted(ahead):
        problems.error(node.entries[name][0], "unsupported", f"'{name}' is not supported: {FUTURE[name]} is not built")
    return ahead


def fields(node: Node, problems: Problems, keys: Keys, reported: frozenset[str] = frozenset()) -> dict[str, Node]:
    """Read a mapping with a closed set of keys, telling future vocabulary and what is `reported` from mistakes."""
    ahead = refuse_future(node, problems) | (reported & node.entries.keys())
    return node.fields(problems, required=keys.required, optional=(*keys.optional, *sorted(ahead)))


def names(
    node: Node, problems: Problems, pattern: re.Pattern[str], wanted: str, *, least: int = 0, ordered: bool = False
) -> tuple[str, ...]:
    """Read a list of distinct names, sorted unless their order has a meaning."""
    result: list[str] = []
    for item in node.items(problems, least=least):
        name = item.text(problems, pattern, wanted)
        if name and name in result:
            problems.error(item, "duplicate-item", f"{shown(name)} is listed twice")
        elif name:
            result.append(name)
    return tuple(result if ordered else sorted(result))


def patterns(node: Node, problems: Problems) -> tuple[str, ...]:
    """Read a list of exact names, `prefix*` or `*`, sorted."""
    result: list[str] = []
    for item in node.items(problems, least=1):
        text = item.raw if item.kind == "text" else ""
        if "*" in text[:-1] or any(sign in text for sign in "?[]{}"):
            hint = "write the exact name, 'prefix*' or '*'"
            problems.error(item, "glob-not-prefix", "only a trailing * is understood in a pattern", hint)
            continue
        name = item.text(problems, PATTERN, "an exact name, 'prefix*' or '*'")
        if name and name in result:
            problems.error(item, "duplicate-item", f"{shown(name)} is listed twice")
        elif name:
            result.append(name)
    return tuple(sorted(result))


def who(node: Node, problems: Problems) -> Who:
    """Read `who`; absent means everyone."""
    given = fields(node, problems, WHO)
    result = Who(*(patterns(given[name], problems) for name in WHO.optional))
    if "*" in result.not_teams or set(result.teams) & set(result.not_teams):
        problems.error(node, "rule-without-effect", "no team is left: 'teams' and 'not_teams' exclude each other")
    return result


def what(node: Node, problems: Problems) -> What:
    """Read `what`; absent means every endpoint and model."""
    given = fields(node, problems, WHAT)
    endpoints = patterns(given["endpoints"], problems)
    for item in given["endpoints"].members:
        if item.raw in endpoints and not _names_endpoint(item.raw):
            problems.error(
                item, "unknown-endpoint", f"{shown(item.raw)} is no endpoint", did_you_mean(item.raw, ENDPOINTS)
            )
    return What(endpoints, patterns(given["models"], problems))


def _names_endpoint(pattern: str) -> bool:
    if pattern.endswith("*"):
        return any(endpoint.startswith(pattern[:-1]) for endpoint in ENDPOINTS)
    return pattern in ENDPOINTS


def score(node: Node, problems: Problems) -> int:
    """Read a score on the grid of 0.05, above 0, as a grid step."""
    if not node.present:
        return 0
    exact = node.number(problems, 0, 1)
    step = on_grid(exact)
    if step is None or (step == 0 and re.fullmatch(r"0(\.0*)?", node.raw)):
        problems.error(node, "off-grid", "scores are multiples of 0.05, from 0.05 to 1.00")
        return 0
    return step


def day(node: Node, problems: Problems) -> dt.date:
    """Read a day as YYYY-MM-DD."""
    text = node.text(problems, DAY, "a day as YYYY-MM-DD")
    try:
        return dt.date.fromisoformat(text) if text else dt.date.min
    except ValueError:
        problems.error(node, "bad-date", "there is no such day")
        return dt.date.min
