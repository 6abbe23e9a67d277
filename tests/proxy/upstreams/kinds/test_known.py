"""What is so of every kind of model server."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from harness import chat_body
from model_servers import Told, observed

from proxy.addresses import is_loopback
from proxy.upstreams.kinds.kind import MAX_LISTED
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.upstream import ENDPOINTS, VARIABLE, Upstream

ODD: list[Any] = [None, 7, "x", [], [[]], {"data": 7}, {"data": [[], 7, {"id": ["a"]}], "models": [7, {"key": 7}]}]
NAMES = ("aliases", "meta", "architecture", "top_provider", "supported_parameters", "capabilities", "loaded_instances")
ODD += [
    {name: [{"id": "a", "key": "a", **dict.fromkeys(NAMES, value)}] for name in ("data", "models")} for value in ODD
]
"""Answers of a server that is broken or bad."""
PLAIN = chat_body(temperature=0, max_tokens=5, stream=True)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_its_name_its_endpoints_and_a_usual_place_if_any(name: str) -> None:
    kind = KINDS[name]
    assert kind.name == name
    assert re.fullmatch("[a-z]+", name)
    assert set(kind.endpoints) <= set(ENDPOINTS)
    assert set(kind.cuts) <= set(kind.endpoints)
    url = urlsplit(kind.base_url)
    assert not kind.base_url or url.scheme == "https" or is_loopback(url.hostname or "")
    assert not kind.key_variable or VARIABLE.fullmatch(kind.key_variable)


@pytest.mark.parametrize("name", KINDS)
def test_a_key_stands_in_one_header_and_without_one_there_is_none(name: str) -> None:
    key = "sk-" + "example"
    assert [value for value in KINDS[name].headers(key).values() if key in value] in ([key], [f"Bearer {key}"])
    assert {header.lower() for header in KINDS[name].headers("")} <= {"anthropic-version"}


@pytest.mark.parametrize("name", KINDS)
def test_an_ordinary_request_lacks_nothing_anywhere(name: str) -> None:
    kind = KINDS[name]
    dropped = kind.dropped("chat", PLAIN)
    assert (dropped.reported, dropped.needed, kind.refused(PLAIN)) == ((), (), None)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_written_leaves_the_request_as_it_was(name: str) -> None:
    """It is asked of further servers, too, and its digest was taken."""
    body = {**PLAIN, "messages": [dict(message) for message in PLAIN["messages"]]}
    path, written = KINDS[name].written("chat", "/chat/completions", body, "salt")
    assert body == PLAIN
    assert path.startswith("/")
    assert (written["model"], written["messages"]) == (PLAIN["model"], PLAIN["messages"])


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    made = Told("odd")
    yield made
    made.stop()


@pytest.mark.parametrize("name", [name for name in KINDS if name != "ollama"])
def test_no_answer_of_a_server_breaks_what_asks_it(name: str, told: Told) -> None:
    for odd in ODD:
        for path in (
            "/health",
            "/v1/models",
            "/v1/models?limit=1000",
            "/metrics",
            "/version",
            "/props",
            "/is_sleeping",
        ):
            told.says(path, odd)
        told.says("/api/v1/models", odd)
        said = observed(told.url, name, default_model="a")
        assert all(isinstance(model, str) for model in (*said.models, *said.profiles))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_keeps_profiles_without_end(kind: str) -> None:
    rows = [{"id": f"m{number}", "key": f"m{number}", "name": f"m{number}"} for number in range(MAX_LISTED + 500)]

    class Endless:
        async def probe(self, path: str, model: str = "") -> Any:
            return {"data": rows, "models": rows}

        async def read(self, path: str) -> str:
            return ""

    said = asyncio.run(
        KINDS[kind].observe(Endless(), Upstream("u", kind, "onprem", "http://127.0.0.1:1/v1", vendor=False))
    )
    assert len(said.profiles) <= MAX_LISTED
