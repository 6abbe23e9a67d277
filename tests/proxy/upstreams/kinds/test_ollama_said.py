import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from proxy.upstreams.kinds import ollama_said
from proxy.upstreams.kinds.ollama_said import Failed
from proxy.upstreams.upstream import Upstream

OWN = Upstream("o", "ollama", "onprem", "http://127.0.0.1:11434/v1", vendor=False)
VENDOR = Upstream("v", "ollama", "cloud-us", "https://ollama.com/v1")
SECRET = "Martina's diagnosis"


def failure(said: Any, status: int = 200) -> str:
    with pytest.raises(Failed) as failed:
        ollama_said.whole(said if isinstance(said, bytes) else json.dumps(said).encode(), status)
    return failed.value.code


def read(*pieces: bytes) -> list[Any]:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def run() -> list[Any]:
        return [line async for line in ollama_said.lines(chunks())]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "text",
    [
        "the input length exceeds the context length",
        "the prompt is longer than the context length currently available to the model; shorten the prompt",
        json.dumps(
            {"error": {"code": 400, "message": "request (9 tokens) exceeds the available context size (4 tokens)"}}
        ),
        "input length (9 tokens) exceeds the model's maximum context length (4 tokens)",
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_every_way_to_say_that_a_prompt_is_too_long_has_one_code(text: str, status: int) -> None:
    assert failure({"error": text}, status) == "context_length_exceeded"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"error": "model 'x' not found"}, 404, "model_not_found"),
        ({"error": "boom"}, 500, ""),
        ({"error": {"message": "context length"}}, 400, ""),
        ({"error": ""}, 200, ""),
        ([], 200, ""),
        (b"<html>", 200, ""),
        (b"", 503, ""),
    ],
)
def test_all_else_has_a_code_only_where_there_is_something_to_say(said: Any, status: int, code: str) -> None:
    assert failure(said, status) == code


def test_no_error_of_ours_holds_the_servers_text() -> None:
    assert failure({"error": f"context length of {SECRET}"}, 400) == "context_length_exceeded"
    for code in ollama_said.TEXTS:
        error = ollama_said.error(code)["error"]
        assert SECRET not in str(error)
        assert sorted(error) == ["code", "message", "param", "type"]


def test_lines_are_read_however_they_are_cut() -> None:
    text = b'{"a": 1}\n\r\n{"b": "\xc3\xa9"}\n{"c": 3}'
    expected = [{"a": 1}, {"b": "\u00e9"}, {"c": 3}]
    assert read(text) == expected
    assert read(*(text[at : at + 1] for at in range(len(text)))) == expected


@pytest.mark.parametrize("pieces", [(b'{"a": 1}\n{"b"',), (b"[1]\n",), (b'{"error": "x"}\n',), (b"x" * 5_000_000,)])
def test_a_line_that_is_none_ends_a_stream(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(Failed):
        read(*pieces)


def test_an_answer_from_another_host_is_withheld_and_said_aloud(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL), pytest.raises(Failed) as failed:
        ollama_said.own({"remote_host": "https://ollama.com", "message": {"content": SECRET}}, OWN)
    assert failed.value.code == "answered_elsewhere"
    assert "upstream o" in caplog.text
    assert "OLLAMA_NO_CLOUD" in caplog.text
    assert SECRET not in caplog.text


def test_a_vendors_server_may_answer_from_wherever_it_likes() -> None:
    said = {"remote_host": "https://ollama.com"}
    assert ollama_said.own(said, VENDOR) is said
    assert ollama_said.own({"message": {}}, OWN) == {"message": {}}
