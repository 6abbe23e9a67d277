import asyncio
import json
from typing import Any, cast

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from proxy.cycle import Cycle

EVENT = b"data: {}\n\n"
CHUNK = b"a\r\n" + EVENT + b"\r\n"


class Transport:
    """Keeps every write apart; with what is written after the end, which nobody gets."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def answered(app: Any, method: str = "POST", *, keep_alive: bool = True, **given: Any) -> Transport:
    """Let an application answer one request."""
    transport = Transport()

    async def main() -> None:
        flow = FlowControl(cast("asyncio.Transport", transport))
        cycle = Cycle(
            {"type": "http", "method": method, "path": "/"},
            cast("asyncio.Transport", transport),
            flow,
            keep_alive=keep_alive,
            on_response=lambda: None,
            **{"expects_continue": False, **given},
        )
        cycle.more_body = False
        cycle.message_event.set()
        await cycle.run_asgi(app)

    asyncio.run(main())
    return transport


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": [*headers]}


def body(piece: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": piece, "more_body": more}


def says(*messages: Any) -> Any:
    """Return an application that sends this; a number is a time to wait, in seconds, and an exception is raised."""

    async def app(_: Any, receive: Any, send: Any) -> None:
        await receive()
        for message in messages:
            if isinstance(message, BaseException):
                raise message
            await (asyncio.sleep(message) if isinstance(message, float) else send(message))

    return app


def test_an_answer_of_known_length_leaves_in_one_write() -> None:
    transport = answered(says(start((b"content-length", b"2"), (b"x", b"y")), body(b"ok")))
    assert transport.writes == [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: y\r\n\r\nok"]
    assert not transport.closed


def test_the_head_and_each_event_of_a_stream_leave_at_once() -> None:
    head, *pieces = answered(says(start(), body(EVENT, more=True), body(EVENT, more=True), body(b""))).writes
    assert head.endswith(b"transfer-encoding: chunked\r\n\r\n")
    assert pieces == [CHUNK, CHUNK, b"0\r\n\r\n"]


@pytest.mark.parametrize("failure", [ValueError("zebra"), asyncio.CancelledError()])
def test_a_stream_that_broke_off_gets_no_end(failure: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    transport = answered(says(start(), body(EVENT, more=True), failure))
    assert transport.writes[1:] == [CHUNK]
    assert transport.closed
    assert type(failure).__name__ in caplog.text
    assert "zebra" not in caplog.text


def test_a_request_that_was_ended_unanswered_is_answered_in_the_shape_of_the_api() -> None:
    transport = answered(says(asyncio.CancelledError()))
    head, _, said = b"".join(transport.writes).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    assert json.loads(said)["error"]["code"] == "internal_error"
    assert transport.closed


@pytest.mark.parametrize("header", [(b"x", b"a\r\nset-cookie: b"), (b"x\r\ny", b"a"), (b"x y", b"a"), (b"x", b"a\x00")])
def test_no_header_can_begin_another(header: tuple[bytes, bytes]) -> None:
    (said,) = answered(says(start(header), body(b""))).writes
    assert said.startswith(b"HTTP/1.1 500 ")
    assert b"cookie" not in said


@pytest.mark.parametrize("pieces", [[b"o"], [b"oks"], [b"o", b"ks"], []])
def test_a_body_that_is_not_as_long_as_was_said_ends_the_connection(pieces: list[bytes]) -> None:
    sent = [body(piece, more=True) for piece in pieces[:-1]] + [body(piece) for piece in pieces[-1:]]
    transport = answered(says(start((b"content-length", b"2")), *sent))
    assert transport.closed
    assert b"oks" not in b"".join(transport.writes)


@pytest.mark.parametrize(
    ("method", "status", "length"),
    [("HEAD", 200, [(b"content-length", b"9")]), ("HEAD", 200, []), ("GET", 204, []), ("GET", 304, [])],
)
def test_what_has_no_body_gets_none(method: str, status: int, length: list[tuple[bytes, bytes]]) -> None:
    said = b"".join(answered(says(start(*length, status=status), body(b"x" * 9 * (method == "HEAD"))), method).writes)
    assert said.endswith(b"\r\n\r\n")
    assert b"chunked" not in said
    assert (b"content-length: 9" in said) == bool(length)


def test_a_connection_that_does_not_last_is_said_to_and_closed() -> None:
    for transport in (
        answered(says(start((b"content-length", b"0")), body(b"")), keep_alive=False),
        answered(says(start((b"connection", b"close"), (b"content-length", b"0")), body(b""))),
    ):
        assert b"".join(transport.writes).count(b"connection: close\r\n") == 1
        assert transport.closed


def test_who_waits_to_be_asked_for_its_body_is_asked_once() -> None:
    answer = (start((b"content-length", b"0")), body(b""))
    writes = answered(says(*answer), expects_continue=True).writes
    assert writes[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert len(writes) == 2
