import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from proxy.canary import sink as sink_module
from proxy.canary.sink import Sink, Watching


def with_sink(story: Callable[[Sink], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        sink = Sink()
        await sink.open()
        try:
            return await story(sink)
        finally:
            sink.close()

    return asyncio.run(go())


async def send(sink: Sink, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
    try:
        writer.write(data)
        return await reader.read()
    except ConnectionError:  # it hung up before all of it was read
        return b""
    finally:
        writer.close()


async def post(sink: Sink, zone: str, body: Any, path: str = "chat/completions", url: str = "") -> int:
    target = (url or sink.url(zone)).partition(str(sink.port))[2]
    raw = json.dumps(body).encode()
    head = f"POST {target}/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n\r\n".encode()
    answer = await send(sink, head + raw)
    return int(answer.split(b" ")[1]) if answer else 0


def said(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


def test_it_counts_the_values_and_marks_that_it_was_told_of_by_zone() -> None:
    async def story(sink: Sink) -> None:
        with sink.watching(Watching(values=("one\ntwo", "three"), answers=frozenset({"onprem"}))) as seen:
            assert await post(sink, "onprem", said("x one\ntwo y")) == 200
            assert await post(sink, "cloud", said("one\ntwo three")) == 503
            assert await post(sink, "cloud", {"model": "m", "input": {"three": 1}}, "responses") == 503
        assert seen.planted == {"onprem": 1, "cloud": 3}
        assert not seen.strange
        with sink.watching(Watching(mark="a cup", answers=frozenset({"cloud"}))) as seen:
            assert await post(sink, "cloud", said("what is a cup?")) == 200
            assert await post(sink, "cloud", said("what is a jug?")) == 200
        assert (seen.marked["cloud"], seen.strange["cloud"]) == (1, 1)

    with_sink(story)


def test_what_cannot_be_read_counts_as_well() -> None:
    async def story(sink: Sink) -> None:
        target = sink.url("cloud").partition(str(sink.port))[2]
        with sink.watching(Watching(values=("one",), answers=frozenset({"cloud"}))) as seen:
            for body in (b"{no json", b"\xff", b'"one', b"[]"):
                await send(
                    sink, b"POST %b/chat HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (target.encode(), len(body), body)
                )
        assert (seen.planted["cloud"], seen.strange["cloud"]) == (1, 3)

    with_sink(story)


def test_what_comes_when_nothing_is_under_way_is_not_forgotten() -> None:
    async def story(sink: Sink) -> None:
        assert await post(sink, "cloud", said("late")) == 503
        assert await post(sink, "onprem", said("late")) == 503
        assert sink.strays(["cloud"]) == 1
        assert sink.strays(["cloud"]) == 0

    with_sink(story)


@pytest.mark.parametrize("path", sorted(sink_module.ANSWERS))
def test_it_answers_as_each_endpoint_does_and_costs_nothing(path: str) -> None:
    async def story(sink: Sink) -> None:
        with sink.watching(Watching(mark="a", answers=frozenset({"cloud"}))):
            assert await post(sink, "cloud", said("a"), path) == 200
            assert await post(sink, "cloud", said("a"), "images/edits") == 503
        assert set(sink_module.ANSWERS[path]["usage"].values()) == {0}

    with_sink(story)


def test_who_does_not_know_its_word_is_not_answered() -> None:
    async def story(sink: Sink) -> None:
        with sink.watching(Watching(values=("one",), answers=frozenset({"cloud"}))) as seen:
            for url in (f"http://x:{sink.port}/guess/cloud/v1", f"http://x:{sink.port}/v1", f"http://x:{sink.port}"):
                assert await post(sink, "cloud", said("one"), url=url) == 0
        assert not seen.planted
        assert sink.url("cloud") != Sink().url("cloud")

    with_sink(story)


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST %b/x HTTP/1.1\r\n\r\n",
        b"POST %b/x HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"POST %b/x HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n",
        b"a" * 100_000 + b"\r\n\r\n",
    ],
    ids=["empty", "get", "no length", "no number", "too long", "long head"],
)
def test_what_is_no_request_does_no_harm(data: bytes) -> None:
    async def story(sink: Sink) -> None:
        base = sink.url("cloud").partition(str(sink.port))[2].encode()
        assert await send(sink, data.replace(b"%b", base)) == b""
        with sink.watching(Watching(mark="a", answers=frozenset({"cloud"}))):
            assert await post(sink, "cloud", said("a")) == 200

    with_sink(story)


def test_it_takes_only_so_many_connections_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "MAX_OPEN", 1)

    async def story(sink: Sink) -> None:
        _, held = await asyncio.open_connection("127.0.0.1", sink.port)
        held.write(b"POST ")
        await held.drain()
        while not sink._open:  # noqa: ASYNC110 - nobody says when a connection is taken
            await asyncio.sleep(0.01)
        assert await post(sink, "cloud", said("a")) == 0
        held.close()
        while sink._open:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)

    with_sink(story)
