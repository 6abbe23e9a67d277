"""What model servers keep: `/v1/responses/{id}`, asked for only where it is, and only by the team that made it.

Nothing of a caller's is sent but the id, which its model server gave, and query parameters of a fixed form. Each is a
decision of its own all the same: a team that may no longer use a zone gets nothing out of it.
Source: OpenAI's API reference, "Responses".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.types import ASGIApp

from audit.records.record import new_id
from proxy.api.exchange import CALLERS, Exchange
from proxy.api.guard import Guard
from proxy.api.requests import authenticate
from proxy.api.shield import client_address
from proxy.content.walk import Content, Reference
from proxy.endpoints.response_events import KeptDialect
from proxy.endpoints.responses import RESPONSES
from proxy.errors import RequestRefused
from proxy.evidence import Ask
from proxy.holders import not_found
from proxy.identity import KeyStore
from proxy.pipeline import Pipeline
from proxy.traces import notes

ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
FLAG = re.compile(r"true|false")
INCLUDED = re.compile(
    r"(file_search_call\.results|web_search_call\.(results|action\.sources)|message\.(input_image\.image_url"
    r"|output_text\.logprobs)|computer_call_output\.output\.image_url|reasoning\.encrypted_content"
    r"|code_interpreter_call\.outputs)"
)
NUMBER = re.compile(r"[0-9]{1,9}")
MAX_BODY = 64
"""Bytes of a body that says nothing: libraries send `{}`, or none."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do with a stored response: as records name it, how it is asked for, and what may be said with it."""

    name: str
    method: str
    below: str = ""
    query: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of the operation, below `/v1`."""
        return f"{RESPONSES.path}/{{id}}{self.below}"


_INCLUDE = {"include": INCLUDED, "include[]": INCLUDED}
OPERATIONS = (
    Operation(
        "retrieve",
        "GET",
        query={**_INCLUDE, "stream": FLAG, "starting_after": NUMBER, "include_obfuscation": FLAG},
    ),
    Operation(
        "input_items",
        "GET",
        "/input_items",
        {**_INCLUDE, "limit": NUMBER, "order": re.compile(r"asc|desc"), "after": ID},
    ),
    Operation("cancel", "POST", "/cancel"),
    Operation("delete", "DELETE"),
)


async def ask_holder(
    request: Request, operation: Operation, pipeline: Pipeline, keys: KeyStore, guard: Guard
) -> ASGIApp:
    """Ask the model server that keeps a response; raises RequestRefused: 400 for a query or a body, 404 for the id."""
    caller = authenticate(request, keys, CALLERS)
    clock = notes.clock(f"{RESPONSES.name} {operation.name}")
    name = str(request.path_params["id"])
    if ID.fullmatch(name) is None:
        raise not_found("response_id")
    query = _query(request, operation)
    await _nothing(request)
    references = [Reference("response", name, "response_id")]
    references += [Reference("item", value, "after") for key, value in query if key == "after"]
    path = operation.path.format(id=name) + ("?" if query else "")
    path += "&".join(f"{quote(key)}={quote(value)}" for key, value in query)
    endpoint = replace(
        RESPONSES,
        path=path,
        op=operation.name,
        method=operation.method,
        bodiless=True,
        dialect=KeptDialect,
        read=partial(_refer, tuple(references)),
    )
    raw = f"{operation.method} {path}".encode()
    body = {"stream": ("stream", "true") in query}  # for its record; nothing of it is sent
    ask = Ask(new_id(), endpoint, caller, client_address(request.scope), body, raw, clock)
    return guard.around(request, ask, pipeline.activation.active.limits, partial(Exchange, pipeline))


def _refer(references: tuple[Reference, ...], body: dict[str, Any], max_depth: int) -> Content:  # noqa: ARG001 - as `read`
    return Content((), (), 0, 0, references)


def _query(request: Request, operation: Operation) -> list[tuple[str, str]]:
    """Return the query; raises RequestRefused (400) for a parameter or a value that is not of a known form."""
    query = request.query_params.multi_items()
    for key, value in query:
        if key not in operation.query:
            text = f"A query parameter is not known here; known are: {', '.join(operation.query) or 'none'}."
            raise RequestRefused(text)
        if operation.query[key].fullmatch(value) is None:
            raise RequestRefused(f"The query parameter '{key}' has no such value.", param=key)
    return query


async def _nothing(request: Request) -> None:
    """Read the body to its end; raises RequestRefused (400) for one that says something."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            break
    if bytes(body).strip() not in {b"", b"{}"}:
        raise RequestRefused("This takes no body.")
