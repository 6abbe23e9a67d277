import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from proxy.traces import notes
from proxy.traces.around import Around
from proxy.traces.notes import Trace

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0"


def ask(*headers: tuple[bytes, bytes], endpoint: str = "chat", fails: bool = False) -> list[Trace]:
    """Let an application answer one request; returns the traces that were taken."""
    taken: list[Trace] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if endpoint:
            notes.clock(endpoint)
        if fails:
            raise ValueError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(_: Message) -> None:
        pass

    async def run() -> None:
        unused: Any = None
        await Around(app, taken.append)({"type": "http", "headers": list(headers)}, unused, send)
        notes.judged()
        assert all(not trace.notes for trace in taken), "what happens behind it is no part of it"

    asyncio.run(run())
    return taken


def test_a_request_to_an_endpoint_that_decides_is_taken_when_it_has_ended() -> None:
    (trace,) = ask((b"traceparent", PARENT + b"1"))
    assert (trace.endpoint, trace.status) == ("chat", 200)
    assert (trace.caller.trace, trace.caller.span) == (PARENT.decode()[3:35], PARENT.decode()[36:52])


def test_one_to_anything_else_is_not() -> None:
    assert ask(endpoint="") == []


def test_nor_one_whose_caller_does_not_keep_its_trace() -> None:
    assert ask((b"traceparent", PARENT + b"0")) == []


def test_one_that_fails_is_taken_and_fails() -> None:
    taken: list[Trace] = []
    with pytest.raises(ValueError):  # noqa: PT011 - it is the one of the application
        taken += ask(fails=True)
