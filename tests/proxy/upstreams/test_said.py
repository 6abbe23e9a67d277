import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from proxy.upstreams import said
from proxy.upstreams.errors import Lost


class Chunks:
    """An open answer, as a connection gives it."""

    def __init__(self, status: int, headers: dict[str, str], chunks: Sequence[bytes | Exception]) -> None:
        self.status_code = status
        self.headers = headers
        self._chunks = list(chunks)
        self.closed = False

    async def read(self) -> bytes:
        chunk = self._chunks.pop(0) if self._chunks else b""
        if isinstance(chunk, Exception):
            raise chunk
        return chunk

    def close(self) -> None:
        self.closed = True


def refused(status: int, *chunks: bytes | Exception, **headers: str) -> tuple[Lost, bool]:
    answer = Chunks(status, {name.replace("_", "-"): value for name, value in headers.items()}, chunks)
    return asyncio.run(said.refusal(answer)), answer.closed  # type: ignore[arg-type]


QUOTA = orjson.dumps({"error": {"message": "the prompt was: zebra", "type": "insufficient_quota", "code": None}})


def test_only_words_that_are_listed_are_taken_from_an_error() -> None:
    assert said.code({"error": {"code": "exceed_context_size_error", "type": "x"}}) == "context_length_exceeded"
    assert said.code({"error": {"code": 400, "type": "insufficient_quota"}}) == "insufficient_quota"


@pytest.mark.parametrize("answer", [None, [], {}, {"error": "zebra"}, {"error": {"code": ["x"], "type": "zebra"}}])
def test_anything_else_says_nothing(answer: Any) -> None:
    assert said.code(answer) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("20", 20), ("0", 0), ("99999", 86400), ("9999999", None), ("1.5", None), ("-1", None), ("²", None), ("", None)],
)
def test_the_time_to_wait_is_a_number_of_seconds_up_to_a_day(header: str, seconds: int | None) -> None:
    assert said.retry_after({"retry-after": header}) == seconds


def test_a_refusal_for_want_of_quota_is_told_from_a_rate_limit_and_keeps_none_of_its_text() -> None:
    failure, closed = refused(429, QUOTA, retry_after="7")
    assert (failure.answered, failure.code, failure.retry_after_s, closed) == (429, "insufficient_quota", 7, True)
    assert "zebra" not in repr(vars(failure)) + str(failure)


@pytest.mark.parametrize("chunks", [(b"zebra",), (QUOTA[:9], Lost("connection_lost")), (b"[" * 80_000,)])
def test_a_refusal_that_cannot_be_read_is_one_by_its_status(chunks: tuple[bytes | Exception, ...]) -> None:
    failure, closed = refused(429, *chunks)
    assert (failure.answered, failure.code, failure.retry_after_s, closed) == (429, None, None, True)


def test_of_a_server_that_failed_only_the_status_is_taken() -> None:
    failure, closed = refused(503, Lost("nothing of it is read"), retry_after="3")
    assert (failure.reason, failure.code, failure.retry_after_s, closed) == ("http_503", None, 3, True)
