"""What is asked: the parameters of a URL and the object of a body, strictly. What is wrong is said without it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request

from audit.api.errors import ApiError, bad_request
from audit.records.fields import NAME
from audit.records.schema import MAX_INT
from audit.records.times import full

_is_name = NAME.compile()
TIME = (
    r"[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|[12][0-9]))T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{6})?Z"
)
"""A time in UTC, to the second or the microsecond. Nobody counts whether a February has 29 days."""
_is_time = re.compile(TIME).fullmatch
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})")

Query = Mapping[str, str]


def parameters(request: Request, allowed: Iterable[str]) -> Query:
    """Return the parameters of a URL; raises ApiError (400) for an unknown one and for one that is given twice."""
    known, items = frozenset(allowed), request.query_params.multi_items()
    if not known.issuperset(name for name, _ in items):
        raise bad_request(f"parameters are {', '.join(sorted(known))}" if known else "there are no parameters here")
    query = dict(items)
    if len(query) != len(items):
        raise bad_request("a parameter is given twice")
    return query


def name_of(query: Query, name: str) -> str | None:
    """Return a name, None where it is not given; raises ApiError (400)."""
    value = query.get(name)
    if value is not None and _is_name(value) is not None:
        raise bad_request(f"{name} is not a name")
    return value


def time_of(query: Mapping[str, Any], name: str) -> str | None:
    """Return a time with its microseconds, None where it is not given; raises ApiError (400)."""
    value = query.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or _is_time(value) is None:
        raise bad_request(f"{name} is not a time such as 2026-01-31T12:00:00Z")
    return full(value)


def period(query: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return `from` and `to`; raises ApiError (400)."""
    return time_of(query, "from"), time_of(query, "to")


def number_of(query: Query, name: str, default: int | None = None, *, low: int = 0, high: int = MAX_INT) -> int:
    """Return a number; raises ApiError (400) for another, and where none is given and there is no default."""
    text = query.get(name)
    if text is None:
        if default is None:
            raise bad_request(f"{name} is needed")
        return default
    if _NUMBER.fullmatch(text) is None:
        raise bad_request(f"{name} is not a number")
    if not low <= int(text) <= high:
        raise bad_request(f"{name} must be between {low} and {high}")
    return int(text)


async def body_of(request: Request, known: Iterable[str], limit: int) -> dict[str, Any]:
    """Read the JSON object that a body is; raises ApiError: 400, 413 or 415."""
    given = request.headers.getlist("content-type")
    media, _, more = ",".join(given).partition(";")
    charset = more.partition("=")[2].strip().strip('"').lower()
    if media.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise ApiError(415, "the body must be 'application/json' in UTF-8", code="unsupported_media_type")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ApiError(415, "a compressed body is not accepted", code="unsupported_encoding")
    raw = bytearray()
    try:
        async for piece in request.stream():
            raw += piece
            if len(raw) > limit:
                raise ApiError(413, f"the body is larger than {limit} bytes", code="body_too_large")
    except ClientDisconnect:
        raise bad_request("the body is not whole") from None
    return _object(bytes(raw), frozenset(known))


def _object(raw: bytes, known: frozenset[str]) -> dict[str, Any]:
    wrong = bad_request(f"the body must be a JSON object with no other keys than {', '.join(sorted(known))}, each once")
    try:
        body = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(body, dict) or not known.issuperset(body):
        raise wrong
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _refuse_constant(_: str) -> None:
    raise ValueError
