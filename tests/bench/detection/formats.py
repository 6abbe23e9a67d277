"""Readers of annotated text: our marked requests, spans of presidio-research (JSON), and BIO tags (CoNLL)."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.detection import marks
from bench.detection.groups import group
from bench.detection.marks import Expected, MarkError, Request

OWN = Path(__file__).resolve().parent / "requests"
PATH = "messages[0].content"
TAGS = {"person": "PERSON", "per": "PERSON", "pers": "PERSON"}
MARKED = frozenset(TAGS.values())


def read(places: list[Path]) -> list[Request]:
    """Read files, or all files in folders; raises MarkError for what cannot be read, or if there is nothing."""
    files = [file for place in places for file in (sorted(place.iterdir()) if place.is_dir() else [place])]
    requests: list[Request] = []
    for file in files:
        requests += READERS.get(file.suffix, _nothing)(file)
    if not requests:
        raise MarkError(f"no requests in {', '.join(map(str, places))}: *.jsonl, *.json, *.conll or *.bio")
    if len({request.id for request in requests}) < len(requests):
        raise MarkError("an id comes twice")
    return requests


def _nothing(_: Path) -> Iterator[Request]:
    return iter(())


def _ask(request_id: str, tag: str, text: str, expected: list[Expected], marked: frozenset[str]) -> Request:
    body: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
    return Request(request_id, (tag,), body, tuple(expected), marked)


def _spans(file: Path) -> Iterator[Request]:
    """`[{"full_text": ..., "spans": [{"entity_type": ..., "entity_value": ...}]}]`: one request a text."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        kinds = {group(span["entity_type"]) for row in rows for span in row["spans"]}
        marked = frozenset(kind for kind in kinds if kind)
        for number, row in enumerate(rows):
            found = [(group(span["entity_type"]), span["entity_value"]) for span in row["spans"]]
            expected = [Expected(kind, value, value, PATH) for kind, value in found if kind]
            yield _ask(f"{file.stem}-{number}", file.stem, row["full_text"], expected, marked)
    except (ValueError, KeyError, TypeError) as error:
        raise MarkError(f"{file.name}: not spans of presidio-research: {type(error).__name__}: {error}") from None


def _conll(file: Path) -> Iterator[Request]:
    """One token a line with its tag in the last column, a blank line between sentences: one request a sentence."""
    lines = [line.split() for line in file.read_text(encoding="utf-8").split("\n")]
    sentences = [list(rows) for filled, rows in groupby(lines, key=lambda row: len(row) > 1) if filled]
    for number, rows in enumerate(sentences):
        names: list[tuple[str, list[str]]] = []
        for word, tag in ((row[0], row[-1]) for row in rows):
            mark, _, kind = tag.partition("-")
            if mark == "I" and names and names[-1][0] == kind:
                names[-1][1].append(word)
            else:
                names.append((kind, [word]) if mark in ("B", "I") else ("", []))
        values = [(TAGS[kind.lower()], " ".join(words)) for kind, words in names if kind.lower() in TAGS]
        expected = [Expected(kind, value, value, PATH) for kind, value in values]
        yield _ask(f"{file.stem}-{number}", file.stem, " ".join(row[0] for row in rows), expected, MARKED)


READERS = {".jsonl": marks.load, ".json": _spans, ".conll": _conll, ".bio": _conll}
