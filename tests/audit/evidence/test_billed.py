import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.evidence import billed
from audit.evidence.billed import BadUsage, Billed, read

CSV = "date,model,requests,input_tokens,output_tokens\n2026-03-01,gpt-4o-mini,4,1000,200\n"
RESULT = {
    "object": "organization.usage.completions.result",
    "input_tokens": 1000,
    "output_tokens": 500,
    "input_cached_tokens": 800,
    "num_model_requests": 5,
    "model": "gpt-4o-mini-2024-07-18",
    "project_id": None,
}
BUCKET = {"object": "bucket", "start_time": 1772323200, "end_time": 1772409600, "results": [RESULT]}
OPENAI = {"object": "page", "data": [BUCKET], "has_more": False, "next_page": None}
USED = {
    "uncached_input_tokens": 100,
    "cache_read_input_tokens": 20,
    "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
    "output_tokens": 50,
    "model": "claude-sonnet-4-20250514",
}
DAY = {"starting_at": "2026-03-01T00:00:00Z", "ending_at": "2026-03-02T00:00:00Z", "results": [USED]}
TOKYO = {**DAY, "starting_at": "2026-03-01T00:00:00+09:00", "ending_at": "2026-03-02T00:00:00+09:00"}
ANTHROPIC = {"data": [DAY], "has_more": False, "next_page": None}


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_a_plain_table_is_read_with_or_without_requests() -> None:
    assert read(b"\xef\xbb\xbf" + CSV.encode()) == [Billed("2026-03-01", "gpt-4o-mini", 4, 1000, 200)]
    assert read(CSV.replace("requests,", "").replace("4,", "").encode())[0].requests is None
    rows = [{"date": "2026-03-01", "model": "m", "requests": 1, "input_tokens": 2, "output_tokens": 3}]
    assert read(as_bytes(rows)) == [Billed("2026-03-01", "m", 1, 2, 3)]


def test_pages_of_openai_and_anthropic_are_read() -> None:
    assert read(as_bytes(OPENAI)) == [Billed("2026-03-01", "gpt-4o-mini-2024-07-18", 5, 1000, 500)]
    assert read(as_bytes([OPENAI, OPENAI])) == read(as_bytes(OPENAI)) * 2
    assert read(as_bytes(ANTHROPIC)) == [Billed("2026-03-01", "claude-sonnet-4-20250514", None, 127, 50)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"date\n\xff", "line 2: it is not UTF-8"),
        (b"date,model\n", "line 1: the header lacks input_tokens, output_tokens"),
        (CSV.replace("1000", "1e3").encode(), "line 2: input_tokens is not a whole number"),
        (CSV.replace("1000", "-1").encode(), "line 2: input_tokens is not a whole number"),
        ((CSV + "2026-03-02,m\n").encode(), "line 3: it has not as many columns"),
        ((CSV + "2026-02-30,m,1,1,1\n").encode(), "line 3: date is not a time"),
        ((CSV + "2026-03-01,<script>,1,1,1\n").encode(), "line 3: model is not the name"),
        ((CSV + '"2026').encode(), "line 3: it is not CSV"),
        (CSV.replace("model,", "date,", 1).encode(), "line 1: the header lacks model"),
        (b"[\n{]", "line 2: it is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "a number is too long"),
        (b"[1]", "entry 1 is no object"),
        (b'[{"date": "2026-03-01", "date": "2026-03-02"}]', "a name is there twice"),
        (b'{"data": 1}', "the page: data is no list"),
        (b'{"data": [1]}', r"the page: data\[0\] is no object"),
        (as_bytes({**OPENAI, "has_more": True}), "more pages"),
        (as_bytes({"data": [{**BUCKET, "end_time": 1782409600}]}), "not within a day of UTC"),
        (as_bytes({"data": [{**BUCKET, "start_time": 1772323201, "end_time": 1772409601}]}), "not within a day of UTC"),
        (as_bytes({"data": [{**BUCKET, "end_time": BUCKET["start_time"]}]}), "not within a day of UTC"),
        (as_bytes({"data": [TOKYO]}), "not within a day of UTC"),
        (as_bytes({"data": [{**BUCKET, "start_time": 1e9}]}), "start_time is not a whole number"),
        (as_bytes({"data": [{**BUCKET, "start_time": 2**52}]}), "start_time or end_time is not a time"),
        (as_bytes({"data": [{**BUCKET, "results": [{**RESULT, "model": None}]}]}), "group_by=model"),
        (as_bytes({"data": [{**BUCKET, "results": [7]}]}), r"results\[0\] is no object"),
        (as_bytes({"data": [{**BUCKET, "results": [{**RESULT, "num_model_requests": True}]}]}), "num_model_requests"),
        (as_bytes({"data": [{**DAY, "starting_at": "2026-03-01T00:00:00"}]}), "is not a time"),
        (as_bytes({"data": [{**DAY, "starting_at": 7}]}), "is not a time"),
        (as_bytes({"data": [{**DAY, "results": [{**USED, "cache_creation_x": "1"}]}]}), "a number of tokens"),
        (as_bytes([{"date": "2026-03-01", "model": "m"}]), "entry 1 lacks input_tokens, output_tokens"),
        (as_bytes([{"date": 7, "model": "m", "input_tokens": 1, "output_tokens": 1}]), "date is not a time"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(data: bytes, says: str) -> None:
    with pytest.raises(BadUsage, match=says) as told:
        read(data)
    assert "script" not in str(told.value)


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billed, "MAX_BYTES", 10)
    with pytest.raises(BadUsage, match="larger"):
        read(CSV.encode())


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*RESULT, *BUCKET, *OPENAI, *USED, *DAY, "date"]), inner, max_size=4)
    ),
)


@settings(max_examples=150, deadline=None)
@given(ANY | st.binary(max_size=60) | st.text(max_size=60))
def test_no_file_makes_it_fail_in_another_way(value: Any) -> None:
    data = value if isinstance(value, bytes) else value.encode("utf-8", "replace") if isinstance(value, str) else None
    with contextlib.suppress(BadUsage):
        read(json.dumps(value).encode() if data is None else data)
