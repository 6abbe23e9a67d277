"""What every route of the auditors' API stands on: who asks, the log that is read, and the record of each read."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from audit.access import Records
from audit.api.errors import ApiError, refused, unavailable
from audit.api.gate import Gate
from audit.api.roles import PREFIX, ROLES
from audit.errors import AuditUnavailable
from audit.log import AuditLog

READ = "audit.read"
P = ParamSpec("P")
T = TypeVar("T")


class Reader(Protocol):
    """Who reads: the `actor` object of the record that says so."""

    @property
    def actor(self) -> dict[str, Any]:
        """Return the record's `actor`."""


Authorize = Callable[[Request, frozenset[str]], Awaitable[Reader]]
"""Returns the caller, who has one of the roles, or raises what the server answers instead. How is not said here."""
Explain = Callable[[dict[str, Any]], dict[str, Any]]
"""Explains the body of a decision, as plain values."""


@dataclass(frozen=True, slots=True)
class Service:
    """One log, for all that read it."""

    log: AuditLog
    records: Records
    gate: Gate = field(default_factory=Gate)

    async def heavy(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Do what has much to read in a thread, when its turn comes."""
        async with self.gate.turn():
            return await run_in_threadpool(work, *given, **named)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request by somebody who may."""

    service: Service
    request: Request
    reader: Reader

    async def record(self, what: str, rows: int, filters: list[str] | None = None, *, id: str = "", **more: Any) -> str:  # noqa: A002
        """Commit the record of this read, and return its id: which filters were used, not the values of names."""
        said = {name: value for name, value in more.items() if value is not None}
        if "since" in said:
            said["from"] = said.pop("since")
        if "until" in said:
            said["to"] = said.pop("until")
        body = {"actor": self.reader.actor, "what": what, "filters": sorted(filters or ()), "rows": rows, **said}
        return (await self.service.log.append(READ, body, id=id or None)).id


def said(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer in JSON, whose bytes are made at once: a large one is to be made in a thread."""
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


Handler = Callable[[Asked], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(service: Service, authorize: Authorize, path: str, handlers: Mapping[str, Handler]) -> Endpoint:
    """Return what answers at a path: by method, for those whom the table of roles names, errors in their shape."""
    allowed = ROLES[path]
    if allowed.keys() != handlers.keys():
        raise ValueError(f"{PREFIX}{path} is not served as the table of roles says")

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        reader = await authorize(request, allowed[method])
        try:
            return await handlers[method](Asked(service, request, reader))
        except ApiError as error:
            return refused(error)
        except AuditUnavailable as error:
            return refused(unavailable(error))

    return answer
