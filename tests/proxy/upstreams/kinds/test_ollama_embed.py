import asyncio
import base64
import json
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest

from proxy.upstreams.kinds.ollama_embed import EmbedTranslation, written
from proxy.upstreams.upstream import Upstream

OWN = Upstream("o", "ollama", "onprem", "http://127.0.0.1:11434/v1", vendor=False)
SAID = {"model": "nomic", "embeddings": [[0.5, -0.25], [1.0, 0.0]], "prompt_eval_count": 7}


def translated(said: Any, status: int = 200, **body: Any) -> Any:
    return json.loads(EmbedTranslation(OWN, body).whole(json.dumps(said).encode(), status))


def test_a_request_is_written_with_what_the_other_api_knows_and_never_cut() -> None:
    asked = {"model": "nomic", "input": ["a", "b"], "dimensions": 2, "encoding_format": "base64", "user": "u"}
    assert written(asked) == {"model": "nomic", "input": ["a", "b"], "truncate": False, "dimensions": 2}
    assert written({"model": "nomic", "input": "a"}) == {"model": "nomic", "input": "a", "truncate": False}


def test_vectors_come_as_numbers_with_their_places() -> None:
    answer = translated(SAID)
    assert [(row["index"], row["object"], row["embedding"]) for row in answer["data"]] == [
        (0, "embedding", [0.5, -0.25]),
        (1, "embedding", [1.0, 0.0]),
    ]
    assert (answer["object"], answer["model"], answer["usage"]) == (
        "list",
        "nomic",
        {"prompt_tokens": 7, "total_tokens": 7},
    )


def test_or_packed_as_the_official_clients_want_them() -> None:
    rows = translated(SAID, encoding_format="base64")["data"]
    assert [struct.unpack("<2f", base64.b64decode(row["embedding"])) for row in rows] == [(0.5, -0.25), (1.0, 0.0)]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"error": "the input length exceeds the context length"}, 400, "context_length_exceeded"),
        ({"error": "model 'x' not found"}, 404, "model_not_found"),
        ({**SAID, "remote_host": "https://ollama.com"}, 200, "answered_elsewhere"),
        ({"embeddings": None}, 200, None),
        ({"embeddings": [{}]}, 200, None),
        ({"embeddings": [["a"]]}, 200, None),
        ({}, 200, None),
    ],
)
def test_what_is_no_answer_is_an_error_of_the_api(said: Any, status: int, code: str | None) -> None:
    assert translated(said, status, encoding_format="base64")["error"]["code"] == code


def test_a_stream_is_an_error_as_there_is_none() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"{}"

    async def run() -> list[bytes]:
        return [event async for event in EmbedTranslation(OWN, {}).stream(chunks())]

    assert b'"error"' in asyncio.run(run())[0]


def test_what_nests_too_deep_to_be_written_is_no_answer() -> None:
    deep = b'{"embeddings": [' + b"[" * 500 + b"]" * 500 + b"]}"
    assert "error" in json.loads(EmbedTranslation(OWN, {}).whole(deep, 200))
