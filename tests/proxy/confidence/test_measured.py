import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.confidence import measured
from proxy.confidence.gauge import Gauge
from proxy.confidence.measured import Measured
from proxy.upstreams.errors import Lost


def answer(**choice: Any) -> bytes:
    return json.dumps({"id": "c", "choices": [{"index": 0, "message": {"content": "ä b"}, **choice}]}).encode()


PROBABLE = {"logprobs": {"content": [{"token": "ä", "logprob": -0.5}]}}
STREAM = (
    b": hello\r\n\r\nevent: x\ndata: " + answer(**PROBABLE) + b"\n\ndata: not JSON\n\ndata: 5\n\ndata: [DONE]\n\ntail"
)


def streamed(body: bytes, cuts: list[int], *, asked: bool = False) -> tuple[bytes, Gauge]:
    gauge = Gauge()
    ends = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})

    async def chunks() -> AsyncIterator[bytes]:
        for start, end in itertools.pairwise(ends):
            yield body[start:end]

    async def run() -> bytes:
        return b"".join([piece async for piece in Measured(None, gauge, asked=asked).stream(chunks())])

    return asyncio.run(run()), gauge


def test_a_whole_answer_is_passed_on_without_what_nobody_asked_for() -> None:
    gauge = Gauge()
    passed = Measured(None, gauge, asked=False).whole(answer(**PROBABLE), 200)
    assert json.loads(passed) == json.loads(answer(logprobs=None))
    assert gauge.confidence_bp == 6065


@pytest.mark.parametrize("body", [answer(), answer(logprobs=None), b"not JSON", b"[]", b'{"choices": 5}'], ids=repr)
def test_what_has_nothing_to_take_out_stays_as_it_is_byte_for_byte(body: bytes) -> None:
    assert Measured(None, Gauge(), asked=False).whole(body, 200) == body


def test_what_the_caller_asked_for_stays_and_is_measured() -> None:
    gauge = Gauge()
    assert Measured(None, gauge, asked=True).whole(answer(**PROBABLE), 200) == answer(**PROBABLE)
    assert gauge.confidence_bp == 6065


def test_an_error_is_not_measured() -> None:
    gauge = Gauge()
    assert Measured(None, gauge, asked=False).whole(answer(**PROBABLE), 500) == answer(**PROBABLE)
    assert gauge.confidence_bp is None


@settings(deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_a_stream_says_the_same_however_it_is_cut(cuts: list[int]) -> None:
    passed, gauge = streamed(STREAM, cuts)
    assert b'logprob"' not in passed
    assert passed.startswith(b": hello\r\n\r\nevent: x\ndata: {")
    assert passed.endswith(b"\n\ndata: not JSON\n\ndata: 5\n\ndata: [DONE]\n\ntail")
    assert gauge.confidence_bp == 6065


@settings(deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_a_stream_for_one_who_asked_is_not_touched(cuts: list[int]) -> None:
    assert streamed(STREAM, cuts, asked=True)[0] == STREAM


def test_a_stream_that_is_too_long_to_be_held_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "MAX_HELD_BYTES", len(STREAM) - 1)
    with pytest.raises(Lost, match="answer_too_large"):
        streamed(STREAM, [5, 50])
    monkeypatch.setattr(measured, "MAX_HELD_BYTES", len(STREAM))
    assert streamed(STREAM, [5, 50])


class Louder:
    """A server's own form: JSON of other names, in events without a blank line."""

    content_type = "application/x-own"

    def whole(self, body: bytes, status: int) -> bytes:
        return answer(**PROBABLE) if body == b"own" else body

    async def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for _ in chunks:
            yield b"data: " + answer(**PROBABLE) + b"\n\n"


def test_what_another_translation_makes_of_an_answer_is_measured() -> None:
    gauge = Gauge()
    both = Measured(Louder(), gauge, asked=False)
    assert both.content_type == "application/x-own"
    assert json.loads(both.whole(b"own", 200)) == json.loads(answer(logprobs=None))
    assert gauge.confidence_bp == 6065


def test_an_answer_that_nests_too_deep_to_be_written_again_is_lost() -> None:
    deep = b'{"x": ' + b"[" * 500 + b"]" * 500 + b', "choices": [{"logprobs": {"content": [{"logprob": -1}]}}]}'
    with pytest.raises(Lost):
        Measured(None, Gauge(), asked=False).whole(deep, 200)
    with pytest.raises(Lost):
        streamed(b"data: " + deep + b"\n\n", [])
