"""A comparison of two bundles for a person's terminal, or as plain values for a program."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from proxy.policy.diff import Comparison, Line
from proxy.policy.groups import CALL, CALLER, told
from proxy.policy.labels import written
from proxy.policy.points import MOST
from proxy.policy.shift import ORDER, Shift
from proxy.policy.verify import CAVEAT

_WIDTH = len("changed") + 2


def text(comparison: Comparison) -> str:
    """Write what is decided otherwise, what is said otherwise, and whether nothing looser is proved."""
    parts: list[tuple[Comparison, Callable[[Shift], str]]] = [(comparison, str)]
    if comparison.answers:
        parts.append((comparison.answers, _passing))
    lines = [_line(line, part, said) for part, said in parts for line in part.lines]
    for change in comparison.changes:
        where = f"  [{change.where}]" if change.where.file else ""
        lines.append(f"{'LOOSER' if change.looser else 'changed':<{_WIDTH}}{change}{where}")
    lines += [
        f"{'open':<{_WIDTH}}{atom} can be met in more than {MOST} ways, which were not tried"
        for part, _ in parts
        for atom in part.undecided
    ]
    return "\n".join([*lines, _verdict(comparison)])


def _passing(shift: Shift) -> str:
    """Say from which zones an answer passes now, or no longer."""
    before, after = set(shift.before.zones), set(shift.after.zones)
    changes = ((after - before, "block => allow"), (before - after, "allow => block"))
    return ", ".join(f"answers from {', '.join(sorted(zones))}  {change}" for zones, change in changes if zones)


def _line(line: Line, comparison: Comparison, said: Callable[[Shift], str]) -> str:
    dimensions = zip((*CALLER, *CALL), line.scope, comparison.every, strict=True)
    scope = [told(name, chosen, every) for name, chosen, every in dimensions]
    days = [f"from {line.since}" if line.since else "", f"until {line.until}" if line.until else ""]
    parts = [", ".join(line.requests), said(line.shift), *scope, " ".join(filter(None, days))]
    return f"{line.shift.verdict.value.upper():<{_WIDTH}}{'  '.join(filter(None, parts))}"


def _verdict(comparison: Comparison) -> str:
    answers = comparison.answers
    effort = f"{comparison.decisions + (answers.decisions if answers else 0)} decisions; {CAVEAT}"
    if comparison.proved:
        also = f"; and every answer ({_kinds(answers)}) from the zones that both bundles know" if answers else ""
        return (
            f"not looser: proved for every caller and call ({_kinds(comparison)} that the names and prefixes of "
            f"both bundles tell apart), every request, every day from {comparison.since} on, and whichever zones have "
            f"an upstream{also}; {effort}"
        )
    if not comparison.looser:
        return f"nothing looser was found, and nothing is proved; {effort}"
    counted = Counter(line.shift.verdict for line in (*comparison.lines, *(answers.lines if answers else ())))
    weaker = Counter(change.kind for change in comparison.changes if change.looser)
    figures = [f"{counted[verdict]} {verdict.value}" for verdict in ORDER]
    figures += [f"{weaker['zone']} weaker zones", *([f"{weaker['budget']} looser budgets"] if weaker["budget"] else ())]
    return f"looser: {', '.join(figures)}; {effort}"


def _kinds(comparison: Comparison) -> str:
    return f"{comparison.cells} kind{'' if comparison.cells == 1 else 's'}"


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return the same as plain values, with one request that shows each line.

    `answers` is the same of answers, in the same form, or null where no bundle has rules on them; its zones are those
    from which an answer passes.
    """
    return {
        "looser": comparison.looser,
        "proved": comparison.proved,
        "undecided": list(comparison.undecided),
        "decisions_differ": [_line_json(line, comparison) for line in comparison.lines],
        "changes": [
            {
                "kind": change.kind,
                "name": change.name,
                "action": change.action,
                "details": list(change.details),
                "looser": change.looser,
                "file": change.where.file,
                "line": change.where.line,
            }
            for change in comparison.changes
        ],
        "since": comparison.since.isoformat(),
        "cells": comparison.cells,
        "decisions": comparison.decisions,
        "caveat": CAVEAT,
        "answers": as_json(comparison.answers) if comparison.answers else None,
    }


def _line_json(line: Line, comparison: Comparison) -> dict[str, Any]:
    dimensions = zip((*CALLER, *CALL), line.scope, comparison.every, strict=True)
    example = line.example
    return {
        "change": line.shift.verdict.value,
        "requests": list(line.requests),
        "before": line.shift.before.as_json(),
        "after": line.shift.after.as_json(),
        "since": line.since.isoformat() if line.since else None,
        "until": line.until.isoformat() if line.until else None,
        "scope": {name: sorted(chosen) for name, chosen, every in dimensions if chosen != every},
        "example": {
            "team": example.who.team,
            "app": example.who.app,
            "key": example.who.key,
            "endpoint": example.call.endpoint,
            "model": example.call.model,
            "resolved": example.call.resolved,
            "findings": {kind: [float(written(score)) for score in s] for kind, s in sorted(example.findings.items())},
            "on": example.on.isoformat(),
        },
    }
