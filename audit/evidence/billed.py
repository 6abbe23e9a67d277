"""Reads what a vendor says that it served: a day and a model, requests, tokens in and out.

Three forms, told apart by their first character and their fields:

    CSV      a header with date, model, input_tokens, output_tokens and perhaps requests; or the same as a JSON list
    OpenAI   pages of /v1/organization/usage/completions (and embeddings): buckets of `start_time`, `num_model_requests`
    Anthropic  pages of /v1/organizations/usage_report/messages: buckets of `starting_at`; they count no requests

Sources: the API references of OpenAI ("Usage") and Anthropic ("Usage and Cost API"). A file is a stranger's: whatever
is wrong with it is said with a line or a place, and never repeated.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

from audit.records.schema import MAX_INT

MAX_BYTES = 64 * 1024 * 1024
MOMENT = timedelta(microseconds=1)
PLAIN = ("date", "model", "requests", "input_tokens", "output_tokens")
NEEDED = frozenset(PLAIN) - {"requests"}

_is_model = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/*@-]{0,127}").fullmatch
_is_day = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_is_count = re.compile(r"[0-9]{1,16}").fullmatch


class BadUsage(ValueError):
    """A file that cannot be read, and where."""


@dataclass(frozen=True, slots=True)
class Billed:
    """One row. `requests` is None where the vendor does not count them."""

    day: str
    model: str
    requests: int | None
    tokens_in: int
    tokens_out: int


def read(data: bytes) -> list[Billed]:
    """Read a file; raises BadUsage."""
    if len(data) > MAX_BYTES:
        raise BadUsage(f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadUsage(f"line {data[: error.start].count(10) + 1}: it is not UTF-8") from None
    if not text.strip():
        raise BadUsage("it is empty")
    return list(_json(text) if text.lstrip()[0] in "[{" else _csv(text))


def _json(text: str) -> Iterator[Billed]:
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise BadUsage(f"line {error.lineno}: it is not JSON") from None
    except (ValueError, RecursionError):
        why = "a number is too long, a name is there twice, or it is nested too deeply"
        raise BadUsage(f"it is not JSON that can be read: {why}") from None
    pages = value if type(value) is list else [value]
    for place, page in enumerate(pages):
        where = f"page {place + 1}" if len(pages) > 1 else "the page"
        if type(page) is not dict:
            raise BadUsage(f"entry {place + 1} is no object")
        if "date" in page:
            yield _plain(page, f"entry {place + 1}")
            continue
        if page.get("has_more") is True and place + 1 == len(pages):
            raise BadUsage(f"{where} says that there are more pages: fetch them all, and give them as one list")
        for number, bucket in enumerate(_items(page.get("data"), f"{where}: data")):
            yield from _bucket(bucket, f"{where}: data[{number}]")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; of two values of one name, each could be meant."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _bucket(bucket: Any, where: str) -> Iterator[Billed]:
    if type(bucket) is not dict:
        raise BadUsage(f"{where} is no object")
    theirs = "starting_at" in bucket
    since, until = _stamped(bucket, where) if theirs else _clocked(bucket, where)
    if not (since < until and since.date() == (until - MOMENT).date()):
        raise BadUsage(f"{where} is not within a day of UTC: ask with bucket_width=1d, from midnight")
    day = since.date().isoformat()
    for number, one in enumerate(_items(bucket.get("results"), f"{where}: results")):
        place = f"{where}: results[{number}]"
        if type(one) is not dict:
            raise BadUsage(f"{place} is no object")
        yield _anthropic(one, day, place) if theirs else _openai(one, day, place)


def _openai(one: dict[str, Any], day: str, where: str) -> Billed:
    requests = _count(one.get("num_model_requests"), f"{where}: num_model_requests")
    given = _count(one.get("input_tokens", 0), f"{where}: input_tokens")
    return Billed(
        day, _model(one.get("model"), where), requests, given, _count(one.get("output_tokens", 0), f"{where}: output")
    )


def _anthropic(one: dict[str, Any], day: str, where: str) -> Billed:
    """Sum what was read: of a cache, into one, and past it, as records do."""
    written = one.get("cache_creation")
    parts = [
        *((name, one.get(name, 0)) for name in ("uncached_input_tokens", "cache_read_input_tokens")),
        *((name, part) for name, part in one.items() if name.startswith("cache_creation_")),
        *(((f"cache_creation.{name}", part) for name, part in written.items()) if type(written) is dict else ()),
    ]
    given = sum(_count(part, f"{where}: a number of tokens") for _, part in parts)
    out = _count(one.get("output_tokens"), f"{where}: output_tokens")
    return Billed(day, _model(one.get("model"), where), None, given, out)


def _plain(one: dict[str, Any], where: str) -> Billed:
    if unknown := NEEDED - one.keys():
        raise BadUsage(f"{where} lacks {', '.join(sorted(unknown))}")
    requests = None if one.get("requests") is None else _count(one["requests"], f"{where}: requests")
    tokens = (_count(one[name], f"{where}: {name}") for name in ("input_tokens", "output_tokens"))
    return Billed(_day(one["date"], where), _model(one["model"], where), requests, *tokens)


def _csv(text: str) -> Iterator[Billed]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in rows.fieldnames or ()]
        if missing := NEEDED - set(header):
            raise BadUsage(f"line 1: the header lacks {', '.join(sorted(missing))}")
        if len(set(header)) < len(header):
            raise BadUsage("line 1: a column is named twice")
        rows.fieldnames = header
        for row in rows:
            where = f"line {rows.line_num}"
            if None in row or None in row.values():
                raise BadUsage(f"{where}: it has not as many columns as the header")
            cells = {name: (row.get(name) or "").strip() for name in PLAIN}
            yield _plain({name: _cell(name, text, where) for name, text in cells.items()}, where)
    except csv.Error:
        raise BadUsage(f"line {rows.reader.line_num}: it is not CSV") from None


def _cell(name: str, text: str, where: str) -> Any:
    if name in {"date", "model"}:
        return text
    if name == "requests" and not text:
        return None
    if _is_count(text) is None:
        raise BadUsage(f"{where}: {name} is not a whole number from 0 on")
    return int(text)


def _items(value: Any, where: str) -> Iterable[Any]:
    if type(value) is not list:
        raise BadUsage(f"{where} is no list")
    return value


def _count(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INT:
        raise BadUsage(f"{where} is not a whole number from 0 on")
    return value


def _model(value: Any, where: str) -> str:
    if value is None:
        raise BadUsage(f"{where} names no model: ask with group_by=model")
    if type(value) is not str or _is_model(value) is None:
        raise BadUsage(f"{where}: model is not the name of one")
    return value


def _day(value: Any, where: str) -> str:
    if type(value) is not str or _is_day(value) is None:
        _no_time(f"{where}: date")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        _no_time(f"{where}: date")


def _clocked(bucket: dict[str, Any], where: str) -> tuple[datetime, datetime]:
    """Return when a bucket of OpenAI begins and ends."""
    since, until = (_count(bucket.get(name), f"{where}: {name}") for name in ("start_time", "end_time"))
    try:
        return datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)
    except (ValueError, OverflowError, OSError):
        _no_time(f"{where}: start_time or end_time")


def _stamped(bucket: dict[str, Any], where: str) -> tuple[datetime, datetime]:
    """Return the same of Anthropic."""
    try:
        return _zoned(bucket["starting_at"]), _zoned(bucket["ending_at"])
    except (ValueError, KeyError, TypeError, OverflowError):
        _no_time(f"{where}: starting_at or ending_at, with its time zone,")


def _zoned(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(UTC)


def _no_time(where: str) -> NoReturn:
    raise BadUsage(f"{where} is not a time")
