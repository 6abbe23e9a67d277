"""The auditors' API: records by page and by id. Every read is itself a record, committed before the answer is given.

Who may read is decided by the `authorize` that the server injects. A filter's value must have the form of a name or a
time; what is wrong with one is said without repeating it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from audit.access import MAX_LIMIT, Filters, Page, Records
from audit.errors import AuditUnavailable
from audit.log import AuditLog
from audit.records.fields import NAME, STAMP, TIME, UUID7
from audit.records.record import DECISION, LATEST
from audit.records.schema import MAX_INT

DEFAULT_LIMIT = 100
NAMES = ("app", "team", "decision", "zone", "class", "rule", "kind")
PARAMETERS = frozenset((*NAMES, "from", "to", "after", "limit"))

_is_name, _is_stamp, _is_time, _is_id = NAME.compile(), STAMP.compile(), TIME.compile(), UUID7.compile()


class Reader(Protocol):
    """Who reads: the `actor` object of the record that says so."""

    @property
    def actor(self) -> dict[str, Any]:
        """Return the record's `actor`."""


Authorize = Callable[[Request], Awaitable[Reader]]
Explain = Callable[[dict[str, Any]], dict[str, Any]]
"""Explains the body of a decision, as plain values."""


class _BadQueryError(ValueError):
    """A parameter that cannot be used."""


def router(log: AuditLog, authorize: Authorize, explain: Explain | None = None) -> APIRouter:
    """Build the routes. `authorize` returns the reader, or raises what the server answers instead.

    `explain`, which knows what this package does not, adds an explanation to a decision that is read by its id.
    """
    routes = APIRouter(prefix="/audit/v1")
    records = Records(log.place)

    @routes.get("/records")
    async def read_page(request: Request) -> JSONResponse:
        reader = await authorize(request)
        try:
            query = _query(request)
            filters = _filters(query)
            after = _number(query, "after", -1, low=-1, high=MAX_INT)
            limit = _number(query, "limit", DEFAULT_LIMIT, low=1, high=MAX_LIMIT)
        except _BadQueryError as error:
            return _error(400, "invalid_request", str(error))
        try:
            page = await run_in_threadpool(records.page, filters, after=after, limit=limit)
            await log.append("audit.read", _read(reader, query, page, filters, limit))
        except AuditUnavailable as error:
            return _error(503, error.code, str(error))
        return JSONResponse({"records": [asdict(record) for record in page.records], "next": page.next})

    @routes.get("/records/{record_id}")
    async def read_one(request: Request, record_id: str) -> JSONResponse:
        reader = await authorize(request)
        if _is_id(record_id) is not None:
            return _error(404, "not_found", "there is no such record")
        try:
            found = await run_in_threadpool(records.one, record_id)
            body = {"actor": reader.actor, "filters": ["id"], "record": record_id, "rows": 0 if found is None else 1}
            await log.append("audit.read", body)
        except AuditUnavailable as error:
            return _error(503, error.code, str(error))
        if found is None:
            return _error(404, "not_found", "there is no such record")
        answer = asdict(found)
        if explain is not None and found.body["kind"] == DECISION:
            answer["explanation"] = await run_in_threadpool(explain, found.body)
        return JSONResponse(answer)

    return routes


def _query(request: Request) -> dict[str, str]:
    items = request.query_params.multi_items()
    if not PARAMETERS.issuperset(name for name, _ in items):
        raise _BadQueryError(f"parameters are {', '.join(sorted(PARAMETERS))}")
    query = dict(items)
    if len(query) != len(items):
        raise _BadQueryError("a parameter is given twice")
    return query


def _filters(query: dict[str, str]) -> Filters:
    for name in NAMES:
        if name in query and _is_name(query[name]) is not None:
            raise _BadQueryError(f"{name} is not a name")
    if "kind" in query and query["kind"] not in LATEST:
        raise _BadQueryError("kind is not a kind of record")
    names = {name: query.get(name) for name in NAMES if name != "class"}
    return Filters(since=_time(query, "from"), until=_time(query, "to"), class_=query.get("class"), **names)


def _time(query: dict[str, str], name: str) -> str | None:
    value = query.get(name)
    if value is None:
        return None
    if _is_time(value) is not None:
        raise _BadQueryError(f"{name} is not a time such as 2026-01-31T12:00:00Z")
    return value if _is_stamp(value) is None else f"{value[:-1]}.000000Z"


def _number(query: dict[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = query.get(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise _BadQueryError(f"{name} is not a number") from None
    if not low <= value <= high:
        raise _BadQueryError(f"{name} must be between {low} and {high}")
    return value


def _read(reader: Reader, query: dict[str, str], page: Page, filters: Filters, limit: int) -> dict[str, Any]:
    """Describe a read: which filters were used, not the values of names, which come from outside."""
    body: dict[str, Any] = {
        "actor": reader.actor,
        "filters": sorted(query.keys() - {"limit"}),
        "rows": len(page.records),
        "limit": limit,
    }
    if "after" in query:
        body["after"] = int(query["after"])
    if filters.since is not None:
        body["from"] = filters.since
    if filters.until is not None:
        body["to"] = filters.until
    return body


def _error(status: int, code: str, message: str) -> JSONResponse:
    kind = "service_unavailable" if status == 503 else "invalid_request_error"  # noqa: PLR2004 - HTTP
    error = {"message": message, "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, status_code=status)
