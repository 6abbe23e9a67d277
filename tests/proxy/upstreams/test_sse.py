import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.endpoints.endpoint import Dialect
from proxy.endpoints.observed import Observed
from proxy.endpoints.response_events import ResponsesDialect
from proxy.upstreams import sse
from proxy.upstreams.sse import EVENT_END, FAILED, Cutter, Event, relay

UPSTREAM_FAILED = Dialect().error_event(FAILED, "upstream_error")

STREAM = (
    b": comment\r\n\r\n"
    b'data: {"model":"m","choices":[{"delta":{"content":"h\xc3\xa9"},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,'
    b'"prompt_tokens_details":{"cached_tokens":1}}}\n\n'
    b"data: [DONE]\n\n"
)


def run(pieces: list[bytes]) -> tuple[bytes, Observed]:
    async def feed() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def collect() -> bytes:
        return b"".join([event.raw async for together in relay(feed(), dialect) for event in together])

    dialect = Dialect()
    return asyncio.run(collect()), dialect.observed


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_a_stream_is_passed_on_byte_for_byte_however_it_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    passed, observed = run([STREAM[a:b] for a, b in itertools.pairwise(edges)])
    assert passed == STREAM
    assert observed.model == "m"
    assert observed.finish == "stop"
    assert observed.usage == {"in": 3, "out": 2, "cached": 1}


@pytest.mark.parametrize("count", [True, False, -1, 2**53, 1.0, "3", [3], {"n": 3}, None])
def test_a_count_that_is_no_count_is_not_noted(count: Any) -> None:
    dialect = Dialect()
    details = {"cached_tokens": count}
    dialect.see({"usage": {"prompt_tokens": count, "completion_tokens": 2, "prompt_tokens_details": details}})
    assert dialect.observed.usage == {"out": 2}


@pytest.mark.parametrize("reason", ["zebra", True, 1, ["stop"], {"stop": 1}])
def test_a_reason_that_is_not_known_is_another_one(reason: Any) -> None:
    dialect = Dialect()
    dialect.see({"choices": [{"finish_reason": reason}]})
    assert dialect.observed.finish == "other"


def test_an_upstream_error_in_a_stream_is_replaced_and_ends_it() -> None:
    passed, observed = run([b'data: {"error":{"message":"failed on: my secret"}}\n\ndata: more\n\n'])
    assert passed == UPSTREAM_FAILED
    assert observed.failed


def test_an_error_event_by_name_is_replaced() -> None:
    passed, observed = run([b'event: error\ndata: {"message":"my secret"}\n\n'])
    assert passed == UPSTREAM_FAILED
    assert observed.failed


def test_data_that_is_not_json_is_never_passed_on() -> None:
    passed, _ = run([b"data: panic: my secret\n\n"])
    assert passed == UPSTREAM_FAILED


def test_a_tail_without_an_end_is_checked_too() -> None:
    passed, _ = run([b'data: {"error":{"message":"my secret"}}'])
    assert passed == UPSTREAM_FAILED


def test_an_endless_event_is_cut_off() -> None:
    passed, observed = run([b"data: " + b"x" * 1_000_000] * 6)
    assert observed.failed
    assert b"too large" in passed


def test_an_event_says_what_its_data_are_and_what_stands_beside_them() -> None:
    stream = b': a note\nevent: delta\r\ndata: {"a":\ndata: 1}\nid: 7\n\ndata: [DONE]\n\nretry: 5\n\n'

    async def feed() -> AsyncIterator[bytes]:
        yield stream

    async def collect() -> list[Event]:
        return [event async for together in relay(feed(), Dialect()) for event in together]

    first, *others = asyncio.run(collect())
    assert (first.data, first.answer, first.beside) == (b'{"a":\n1}', {"a": 1}, ": a note\nevent: delta\nid: 7")
    assert [(other.data, other.answer, other.beside) for other in others] == [(b"", None, ""), (b"", None, "retry: 5")]
    assert first.raw + b"".join(other.raw for other in others) == stream


def test_an_event_of_ours_says_nothing() -> None:
    async def feed() -> AsyncIterator[bytes]:
        yield b': a note\nevent: error\ndata: {"error": "my secret"}\n\n'

    async def collect() -> list[Event]:
        return [event async for together in relay(feed(), Dialect()) for event in together]

    assert asyncio.run(collect()) == [Event(UPSTREAM_FAILED)]


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"data: b"]), max_size=30), st.lists(st.integers(0, 60)))
def test_events_end_where_they_do_however_they_are_cut(parts: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(parts)
    at_once, cutter = Cutter(), Cutter()
    pieces = [whole[start:end] for start, end in itertools.pairwise(sorted({0, len(whole), *cuts}))]
    events = [event for piece in pieces for event in cutter.cut(piece)]
    assert b"".join([*events, cutter.rest]) == whole
    assert all(EVENT_END.search(event).end() == len(event) for event in events)  # type: ignore[union-attr]
    assert EVENT_END.search(cutter.rest) is None
    assert b"".join([*at_once.cut(whole), at_once.rest]) == whole


def test_no_byte_of_an_event_is_looked_at_for_each_piece_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    class Counting:
        def finditer(self, text: bytearray, start: int = 0) -> Any:
            nonlocal looked
            looked += len(text) - start
            return EVENT_END.finditer(text, start)

    monkeypatch.setattr(sse, "EVENT_END", Counting())
    run([b'data: {"a":"', *[b"a" * 100] * 1000, b'"}\n\n'])
    assert looked < 200_000


def test_what_comes_together_is_passed_on_together_up_to_what_has_to_be_remembered() -> None:
    def event(**said: Any) -> bytes:
        return b"data: " + orjson.dumps({"type": "response.output_item.added", **said}) + b"\n\n"

    plain, naming = event(), event(item={"id": "msg_1"})

    async def feed() -> AsyncIterator[bytes]:
        yield plain + plain + naming + plain
        yield plain[:20]
        yield plain[20:]

    async def collect(dialect: Dialect) -> list[int]:
        sizes = []
        async for together in relay(feed(), dialect):
            sizes.append(len(together))
            dialect.states.take(stored=True)
        return sizes

    assert asyncio.run(collect(ResponsesDialect())) == [3, 1, 1]
    assert asyncio.run(collect(Dialect())) == [4, 1]
