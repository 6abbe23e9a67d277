import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import harness
import pytest
from harness import StandIn, chat_body, eventually
from inside import inside
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from proxy import connections
from proxy.api.shield import Shield
from proxy.connections import BoundedConfig, BoundedProtocol
from proxy.forwarded import Network, networks

POST = b"POST /x HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Say what arrived; `/early` answers before the body, `/slow` a second late."""
    request = Request(scope, receive)
    size = -1 if scope["path"] == "/early" else len(await request.body())
    await asyncio.sleep(0.6 if scope["path"] == "/slow" else 0)
    said = {"size": size, "authorization": request.headers.get("authorization")}
    await JSONResponse(said, status_code=401 if size == -1 else 200)(scope, receive, send)


Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def run(story: Callable[[Open], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving(Shield(app)) as connect, asyncio.timeout(20):
            await story(connect)

    asyncio.run(main())


states: list[ServerState] = []
"""Of what `serving` serves, the newest last."""


@asynccontextmanager
async def serving(
    served: ASGIApp, trusted: tuple[Network, ...] = (), state: ServerState | None = None
) -> AsyncIterator[Open]:
    """Serve an application with small buffers in the kernel, so that little can be sent that nobody takes."""
    config = BoundedConfig(served, lifespan="off", ws="none", proxy_headers=False, log_config=None)
    config.load()
    config.trusted = trusted
    state, listening = state or ServerState(), socket.create_server(("127.0.0.1", 0))
    states.append(state)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedProtocol(config=config, server_state=state, app_state={}), sock=listening
    )
    opened: list[asyncio.StreamWriter] = []

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*listening.getsockname(), limit=4096)
        opened.append(writer)
        return reader, writer

    try:
        yield connect
    finally:
        for writer in opened:
            writer.close()
        server.close()
        await asyncio.sleep(0.05)


async def answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    """Read one answer; (0, None) when the connection was closed without one."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = await reader.read(1)
        if not byte:
            return 0, None
        head += byte
    length = next(int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: "))
    return int(head.split(b" ")[1]), json.loads(await reader.readexactly(length))


async def closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


def refusal(*pieces: bytes, pause_s: float = 0.05) -> tuple[int, str]:
    """Send pieces, read the one answer and see the connection closed."""
    got: list[tuple[int, Any]] = []

    async def story(connect: Open) -> None:
        reader, writer = await connect()
        read = asyncio.create_task(answer(reader))
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause_s)
            if read.done():
                break
        got.append(await read)
        assert await closed(reader)

    run(story)
    status, body = got[0]
    return status, body["error"]["code"] if body else ""


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (connections.HEAD_S, connections.PAUSE_S, connections.BODY_S) == (10.0, 30.0, 300.0)
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    monkeypatch.setattr(connections, "PAUSE_S", 0.3)
    monkeypatch.setattr(connections, "BODY_S", 0.9)


def test_requests_on_one_connection_are_answered_one_after_another(hurry: None) -> None:
    async def story(connect: Open) -> None:
        reader, writer = await connect()
        for size in (0, 5, 300_000):
            writer.write(POST + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
            assert await answer(reader) == (200, {"size": size, "authorization": None})
            await asyncio.sleep(0.4)
        writer.write((POST + b"Content-Length: 1\r\n\r\nx") * 2)
        assert [(await answer(reader))[0] for _ in range(2)] == [200, 200]

    run(story)


@pytest.mark.parametrize(
    "pieces",
    [
        (POST + b"A: " + b"x" * 70_000 + b"\r\n\r\n",),
        (POST + b"A: 1\r\n" * 15_000 + b"\r\n",),
        (POST, *[b"A: " + b"x" * 1000 + b"\r\n"] * 70),
        (POST + b"A: ", *[b"x" * 10_000] * 8),
        (b"GET /", *[b"x" * 10_000] * 8),
        (CHUNKED + b"1\r\nx\r\n0\r\nA: ", *[b"x" * 10_000] * 8),
        (CHUNKED + b"1;", *[b"x" * 10_000] * 8),
    ],
)
def test_more_than_64_kib_that_are_no_body_are_refused(pieces: tuple[bytes, ...]) -> None:
    assert refusal(*pieces, pause_s=0.01) == (431, "headers_too_large")


def test_headers_that_do_not_end_in_time_are_refused_however_they_trickle(hurry: None) -> None:
    assert refusal(POST) == (408, "request_timeout")
    assert refusal(POST, *[b"A: 1\r\n"] * 8) == (408, "request_timeout")


def test_a_connection_that_says_nothing_is_closed_without_an_answer(hurry: None) -> None:
    assert refusal() == (0, "")
    assert refusal(*[b"\r\n"] * 8) == (0, "")


def test_a_body_that_stops_or_never_ends_is_refused(hurry: None, caplog: pytest.LogCaptureFixture) -> None:
    assert refusal(POST + b"Content-Length: 9\r\n\r\nx") == (408, "request_timeout")
    assert refusal(POST + b"Content-Length: 99\r\n\r\n", *[b"x"] * 15, pause_s=0.1) == (408, "request_timeout")
    assert "unexpected" not in caplog.text


def test_a_body_that_keeps_coming_may_take_longer_than_one_pause(hurry: None) -> None:
    async def story(connect: Open) -> None:
        reader, writer = await connect()
        writer.write(POST + b"Content-Length: 6\r\n\r\n")
        for _ in range(6):
            await asyncio.sleep(0.1)
            writer.write(b"x")
        assert (await answer(reader))[1]["size"] == 6

    run(story)


def test_a_request_that_was_answered_before_its_body_gets_no_second_answer(hurry: None) -> None:
    async def story(connect: Open) -> None:
        reader, writer = await connect()
        writer.write(POST.replace(b"/x", b"/early") + b"Content-Length: 9\r\n\r\nx")
        assert (await answer(reader))[0] == 401
        assert await closed(reader)

    run(story)


def test_an_answer_may_take_longer_than_a_request(hurry: None) -> None:
    async def story(connect: Open) -> None:
        reader, writer = await connect()
        writer.write(POST.replace(b"/x", b"/slow") + b"Content-Length: 1\r\n\r\nx")
        assert (await answer(reader))[0] == 200

    run(story)


def test_a_server_that_stops_answers_what_it_has_begun_and_begins_nothing_that_waits_behind_it() -> None:
    begun: list[str] = []

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        begun.append(scope["path"])
        await asyncio.sleep(0.1)
        await JSONResponse({})(scope, receive, send)

    async def story() -> None:
        state = ServerState()
        async with serving(slow, state=state) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(3)))
            while not begun:  # noqa: ASYNC110 - another task says so
                await asyncio.sleep(0.01)
            for connection in list(state.connections):
                connection.shutdown()
            assert await answer(reader) == (200, {})
            assert await closed(reader)

    asyncio.run(story())
    assert begun == ["/0"]


@pytest.mark.parametrize("requests", [1, 2])
def test_whoever_works_for_a_caller_that_left_hears_of_it_whatever_else_came_on_the_connection(requests: int) -> None:
    heard: list[str] = []

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        await Request(scope, receive).body()
        heard.append("asked")
        heard.append((await receive())["type"])

    async def main() -> None:
        async with serving(waiting) as connect, asyncio.timeout(5):
            _, writer = await connect()
            writer.write((POST + b"Content-Length: 1\r\n\r\nx") * requests)
            await asyncio.to_thread(eventually, lambda: heard)
            writer.close()
            await asyncio.to_thread(eventually, lambda: heard == ["asked", "http.disconnect"])

    asyncio.run(main())


def test_a_caller_that_stays_and_takes_nothing_gives_its_place_at_the_model_server_back(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STALLED_S", 0.2)
    monkeypatch.setattr(harness, "WORDS", ("lantern " * 10_000,) * 50)

    async def main() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor) as ring, serving(ring.app) as connect:
            _, writer = await connect()
            head, body = (
                "".join(f"{name}: {value}\r\n" for name, value in ring.key().items()),
                json.dumps(chat_body(stream=True)),
            )
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(f"POST /v1/chat/completions HTTP/1.1\r\n{head}{body}".encode())
            while not (outcomes := await ring.records("route.outcome")):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)
            (stands,) = ring.runtime.estate.report(ring.runtime.activation.active.registry)
            assert stands["in_flight"] == 0
            return outcomes

    (outcome,) = asyncio.run(main())
    assert outcome["status"] == "client_abort"


@pytest.mark.parametrize("takes", [True, False])
def test_the_rest_of_a_whole_answer_may_be_taken_slowly_but_not_be_left_there(
    monkeypatch: pytest.MonkeyPatch, *, takes: bool
) -> None:
    monkeypatch.setattr(connections, "STALLED_S", 0.2)
    size, got = 1_000_000, 0

    async def main() -> None:
        nonlocal got
        async with serving(Response(b"x" * size)) as connect, asyncio.timeout(20):
            reader, writer = await connect()
            writer.write(POST + b"\r\n")
            await asyncio.sleep(0 if takes else 1)
            with suppress(ConnectionError):
                while got < size and (piece := await reader.read(50_000)):
                    got += len(piece)
                    await asyncio.sleep(0.03)

    asyncio.run(main())
    assert (got >= size) == takes


def test_a_trailer_is_no_header() -> None:
    async def story(connect: Open) -> None:
        reader, writer = await connect()
        writer.write(CHUNKED + b"1\r\nx\r\n0\r\nAuthorization: Bearer rf-x\r\n\r\n")
        assert await answer(reader) == (200, {"size": 1, "authorization": None})

    run(story)


@pytest.mark.parametrize(
    "garbage",
    [
        b"NONSENSE zebra\r\n\r\n",
        b"\x16\x03\x01\x02",
        CHUNKED + b"zz\r\nx\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_shape_of_the_api(garbage: bytes) -> None:
    assert refusal(garbage) == (400, "malformed_request")


def test_connections_beyond_the_limit_are_told_and_then_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connections.MAX_CONNECTIONS >= 64
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    monkeypatch.setattr(connections, "SPARE_CONNECTIONS", 1)

    async def story(connect: Open) -> None:
        held = [await connect() for _ in range(2)]
        reader, writer = await connect()
        writer.write(POST + b"\r\n")
        status, body = await answer(reader)
        assert (status, body["error"]["code"]) == (503, "too_many_connections")
        assert await closed(reader)
        held[0][1].write(POST + b"\r\n")
        assert (await answer(held[0][0]))[0] == 200
        _, beyond = await connect(), await connect()
        assert await closed(beyond[0])

    run(story)


def test_a_process_may_open_as_many_files_as_its_connections_need() -> None:
    program = (
        "import resource\n"
        "hard = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))\n"
        "from proxy import connections\n"
        "connections.allow_files()\n"
        "soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]\n"
        "print(soft <= hard, soft >= 2 * connections.MAX_CONNECTIONS + connections.OWN_FILES, hard)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[:2] == ["True", "True"]


@pytest.mark.parametrize(("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.7")])
def test_a_request_comes_from_where_a_trusted_balancer_says(trusted: str, seen: str) -> None:
    async def where(scope: Any, receive: Any, send: Any) -> None:
        await JSONResponse(scope["client"][0])(scope, receive, send)

    async def main() -> None:
        async with serving(where, trusted=networks(trusted)) as connect:
            reader, writer = await connect()
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n\r\n")
            assert await answer(reader) == (200, seen)

    asyncio.run(main())


def test_whoever_connected_just_before_the_server_stops_may_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "FRESH_S", 0.3)

    async def story(connect: Open) -> None:
        asks, says_nothing = await connect(), await connect()
        await asyncio.sleep(0.05)
        for connection in list(states[-1].connections):
            connection.config.closing = True  # type: ignore[union-attr]
            connection.shutdown()
        asks[1].write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await answer(asks[0]))[0] == 200
        for reader, _ in (asks, says_nothing):
            assert await reader.read() == b"", "and then it ends"

    run(story)
