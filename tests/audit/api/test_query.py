"""What is asked, read strictly: nothing twice, nothing unknown, and nothing of it in what is said."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from audit.api.errors import ApiError
from audit.api.query import body_of, name_of, number_of, parameters, period, time_of

JSON = [(b"content-type", b"application/json; charset=utf-8")]


def request(query: str = "", headers: Any = JSON, *pieces: bytes) -> Request:
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        if not left:
            return {"type": "http.disconnect"}
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    scope = {"type": "http", "query_string": query.encode(), "headers": headers, "method": "POST", "path": "/"}
    return Request(scope, receive)


@pytest.mark.parametrize("query", ["a=1&a=2", "color=red", "a=1&A=2", "a%00=1"])
def test_what_is_unknown_or_there_twice_is_refused(query: str) -> None:
    with pytest.raises(ApiError) as refused:
        parameters(request(query), ("a", "b"))
    assert refused.value.code == "invalid_request"
    assert "red" not in refused.value.message


@pytest.mark.parametrize(
    "text", ["", "x", "1.0", "+1", " 1", "1_0", "\u0661", "0x1", "01", "-1", "9007199254740992", "9" * 5000]
)
def test_a_number_is_a_number_of_records_and_nothing_else(text: str) -> None:
    with pytest.raises(ApiError):
        number_of({"n": text}, "n")


def test_numbers_have_bounds_and_defaults() -> None:
    assert number_of({"n": "9007199254740991"}, "n") == 2**53 - 1
    assert number_of({}, "n", 7) == 7
    assert number_of({"n": "-1"}, "n", low=-1) == -1
    with pytest.raises(ApiError, match="n is needed"):
        number_of({}, "n")


@pytest.mark.parametrize(
    "text",
    [
        *("2026-13-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z"),
        *("2026-01-01T00:00:60Z", "0000-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.1Z"),
        *("2026-01-01", "", 7),
    ],
)
def test_a_time_that_is_none_is_refused(text: Any) -> None:
    with pytest.raises(ApiError, match="is not a time"):
        time_of({"from": text}, "from")


def test_times_get_their_microseconds() -> None:
    query = {"from": "2026-01-31T12:00:00Z", "to": "2028-02-29T12:00:00.000001Z"}
    assert period(query) == ("2026-01-31T12:00:00.000000Z", "2028-02-29T12:00:00.000001Z")
    assert period({}) == (None, None)
    with pytest.raises(ApiError):
        name_of({"team": "Jane Roe"}, "team")


def body(*pieces: bytes, headers: Any = JSON) -> Any:
    return asyncio.run(body_of(request("", headers, *pieces), ("a", "b"), 64))


def test_a_body_is_one_json_object_with_known_keys() -> None:
    assert body(b'{"a": ', b"null}") == {"a": None}
    deep = b'{"a":' * 12
    for wrong in (b"", b"[]", b"{", b'{"a":1,"a":2}', b'{"c":1}', b'{"a":NaN}', b'{"a":"\xff"}', b'"a"', b"null", deep):
        with pytest.raises(ApiError) as refused:
            body(wrong)
        assert refused.value.status == 400


def test_a_body_that_is_too_large_or_no_json_or_not_whole_is_refused() -> None:
    for pieces, headers, status in (
        ((b" " * 60, b" " * 60), JSON, 413),
        ((b"{}",), [], 415),
        ((b"{}",), [(b"content-type", b"text/plain")], 415),
        ((b"{}",), [(b"content-type", b"application/json; charset=latin-1")], 415),
        ((b"{}",), [*JSON, (b"content-encoding", b"gzip")], 415),
        ((), JSON, 400),
    ):
        with pytest.raises(ApiError) as refused:
            body(*pieces, headers=headers)
        assert refused.value.status == status
