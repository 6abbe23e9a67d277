"""The table: requests first, then values, time and memory, then one line a type; files of what went wrong in dev."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.detection.found import units
from bench.detection.groups import HARD, SECRETS, SOFT
from bench.detection.score import Judged, Rates, Tally, ratio

from proxy.detection.assembly import line

HALVES = ("dev", "held", "all")
Tallies = dict[str, dict[str, Tally]]
"""By system, then by half or tag."""
Costs = dict[str, dict[str, float]]
"""By title, then by system."""
AROUND = 60
COLUMNS = ("P", "R", "F2", "any", "FP")
NAME, NARROW = 46, 7
MIN_TAG = 5


def tally(judged: dict[str, list[Judged]]) -> Tallies:
    """Count everything, by half."""
    counted: Tallies = {}
    for system, answers in judged.items():
        counted[system] = {half: Tally() for half in HALVES}
        for item in answers:
            counted[system][item.request.half].add(item)
            counted[system]["all"].add(item)
    return counted


def by_tag(judged: dict[str, list[Judged]]) -> Tallies:
    """Count everything, by tag."""
    counted: Tallies = {}
    for system, answers in judged.items():
        counted[system] = {tag: Tally() for tag in sorted({tag for item in answers for tag in item.request.tags})}
        for item in answers:
            for tag in set(item.request.tags):
                counted[system][tag].add(item)
    return counted


def table(counted: Tallies, costs: Costs | None = None) -> str:
    """Return all figures as text. `costs` are time and memory, as rows of a title and a figure for some systems."""
    halves = [half for half in HALVES if next(iter(counted.values()))[half].requests]
    halves = halves if len(halves) > 2 else halves[:1]
    lines = [_sizes(next(iter(counted.values())), halves)]
    lines += _heads(counted, halves)
    for title, rows in _requests():
        lines.append(title)
        lines += [
            _row(f"  {name}", [_share(*cell(tallies[half])) for tallies in counted.values() for half in halves])
            for name, cell in rows
        ]
    if costs:
        lines.append("time and memory")
        blank = [""] * (len(halves) - 1)
        for title, figures in costs.items():
            cells = [figures.get(name, math.nan) for name in counted]
            lines.append(_row(f"  {title}", [text for cell in cells for text in (*blank, _figure(cell, 2))]))
    lines += ["", *_types(counted, halves[-1])]
    return "\n".join(lines)


def tags(counted: Tallies) -> str:
    """Return request figures, one line a tag that is not rare."""
    first = next(iter(counted.values()))
    heads = [head for name in counted for head in (f"{name}: caught", "false")]
    lines = [_row("tag", heads, 18)]
    for tag in (name for name in first if first[name].requests >= MIN_TAG):
        cells = []
        for tallies in counted.values():
            hard = tallies[tag].hard
            cells += [f"{_share(hard.caught, hard.sensitive)} of {hard.sensitive}", f"{hard.false} of {hard.benign}"]
        lines.append(_row(tag, cells, 18))
    return "\n".join(lines)


def _sizes(tallies: dict[str, Tally], halves: Sequence[str]) -> str:
    parts = [
        f"{half}: {tallies[half].requests} requests, {tallies[half].hard.sensitive} with hard identifiers, "
        f"{tallies[half].chars:,} characters"
        for half in halves
    ]
    return "\n".join(parts) + "\n"


def _heads(counted: Tallies, halves: Sequence[str]) -> list[str]:
    names = [name if half == halves[0] else "" for name in counted for half in halves]
    return [_row("", names), _row("requests", [half for _ in counted for half in halves])]


def _requests() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Yield the rows over requests, each as (part, whole) of a tally."""

    def rates(pick: Any) -> list[tuple[str, Any]]:
        return [
            ("precision", lambda tallied: (pick(tallied).precision, 1)),
            ("recall: a value is found", lambda tallied: (pick(tallied).recall, 1)),
            ("recall: all its values are", lambda tallied: (pick(tallied).whole, pick(tallied).sensitive)),
            ("F2", lambda tallied: (pick(tallied).f2, 1)),
            ("false positives, of those without", lambda tallied: (pick(tallied).false_rate, 1)),
        ]

    def values(groups: frozenset[str]) -> list[tuple[str, Any]]:
        return [
            ("recall, as its type", lambda tallied: (tallied.total(groups).found, tallied.total(groups).expected)),
            (
                "recall, as any type",
                lambda tallied: (tallied.total(groups).found_as_any, tallied.total(groups).expected),
            ),
            ("precision", lambda tallied: (tallied.total(groups).right, tallied.total(groups).findings)),
            ("F2", lambda tallied: (tallied.total(groups).f2, 1)),
            ("findings about nothing", lambda tallied: (tallied.total(groups).alarms, None)),
        ]

    yield "requests with hard identifiers", rates(lambda tallied: tallied.hard)
    yield "requests with others than secrets", rates(lambda tallied: tallied.personal)
    yield "requests with secrets", rates(lambda tallied: tallied.secrets)
    yield "values: hard identifiers", values(HARD)
    yield "values: others than secrets", values(HARD - SECRETS)
    yield "values: secrets", values(SECRETS)
    yield "all", [("not inspected, or no language for it", lambda tallied: (tallied.withheld, None))]


def _types(counted: Tallies, half: str) -> Iterator[str]:
    """Yield the table of types for one half.

    `any` is recall as any hard type; `FP` the share of the requests without hard identifiers in which something of the
    type is found that is none.
    """
    first = next(iter(counted.values()))[half]
    kinds = {name for tallies in counted.values() for name in tallies[half].kinds}
    width = len(COLUMNS) * NARROW
    yield f"{'':<{NAME + NARROW}}" + "".join(f"{name:>{width}}" for name in counted)
    yield _row(f"types, {half}", ["n", *(column for _ in counted for column in COLUMNS)], NARROW)
    for name in sorted(kinds, key=lambda kind: (kind in SOFT, kind in SECRETS, kind)):
        cells = [str(first.kinds[name].expected)]
        for tallies in counted.values():
            kind = tallies[half].kinds[name]
            found_as_any, false = (
                ratio(kind.found_as_any, kind.expected),
                ratio(kind.alarmed, tallies[half].hard.benign),
            )
            cells += map(_figure, (kind.precision, kind.recall, kind.f2, found_as_any, false))
        yield _row(f"  {name}", cells, NARROW)


def _share(part: Any, whole: Any) -> str:
    return str(part) if whole is None else _figure(ratio(part, whole))


def _figure(value: float, places: int = 3) -> str:
    return "-" if math.isnan(value) else f"{value:,.{places}f}"


def _row(name: str, cells: Sequence[str], width: int = 10) -> str:
    return f"{name:<{NAME}}" + "".join(f"{cell:>{width}}" for cell in cells)


def as_json(counted: Tallies) -> dict[str, Any]:
    """Return all counts and the figures made of them."""
    return {
        system: {half: _counts(tallied) for half, tallied in tallies.items()} for system, tallies in counted.items()
    }


def _counts(tallied: Tally) -> dict[str, Any]:
    def rates(counts: Rates) -> dict[str, float | None]:
        return {
            **vars(counts),
            "precision": _number(counts.precision),
            "recall": _number(counts.recall),
            "f2": _number(counts.f2),
            "false_positive_rate": _number(counts.false_rate),
        }

    return {
        "requests": tallied.requests,
        "withheld": tallied.withheld,
        "ms_per_1000_characters": _number(ratio(tallied.us, tallied.chars)),
        "hard": rates(tallied.hard),
        "without_secrets": rates(tallied.personal),
        "secrets": rates(tallied.secrets),
        "types": {
            name: {
                **vars(kind),
                "precision": _number(kind.precision),
                "recall": _number(kind.recall),
                "f2": _number(kind.f2),
                "false_positive_rate": _number(ratio(kind.alarmed, tallied.hard.benign)),
            }
            for name, kind in sorted(tallied.kinds.items())
        },
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def write_misses(answers: Iterable[Judged], file: Path) -> int:
    """Write each value of the dev half that was not found as its type; returns how many."""
    rows = [
        {
            "id": item.request.id,
            "type": value.entity_type,
            "found_as": sorted(hits),
            "value": value.value,
            **({"written": value.written} if value.written != value.value else {}),
            "path": value.path,
            "context": context(item, value.written, value.path),
            "tags": list(item.request.tags),
        }
        for item in answers
        if item.request.half == "dev"
        for value, hits in item.values
        if value.entity_type not in hits
    ]
    return _write(rows, file)


def write_alarms(answers: Iterable[Judged], file: Path) -> int:
    """Write each finding of the dev half that hits no value, or only values of other types; returns how many."""
    rows = [
        {
            "id": item.request.id,
            "type": found.entity_type,
            "hits": sorted(types),
            "text": found.text,
            "score": found.score,
            "detector": found.detector,
            "path": found.path,
            "context": context(item, found.text, found.path),
            "tags": list(item.request.tags),
        }
        for item in answers
        if item.request.half == "dev"
        for found, types in item.findings
        if found.group not in types
    ]
    return _write(rows, file)


def _write(rows: list[dict[str, Any]], file: Path) -> int:
    rows.sort(key=lambda row: (row["type"], row["id"]))
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return len(rows)


def context(item: Judged, text: str, path: str | None) -> str:
    """Return what stands around a text in the string at a path; empty where it is not written like that."""
    for unit in units(item.request.body):
        for segment in unit.segments:
            if path in (None, segment.path) and (at := segment.text.find(text)) >= 0:
                shown = segment.text[max(0, at - AROUND) : at + len(text) + AROUND]
                return line(segment.key, shown)
    return ""
