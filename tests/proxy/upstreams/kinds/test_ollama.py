"""Against a fake of Ollama's native API, written from its documentation (cloud models, August 2026).

No Ollama can be installed from the package indexes, so this is not a test against the real server.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import StandIn, chat_body
from inside import inside

from proxy.upstreams import client as door
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.errors import NotSent
from proxy.upstreams.kinds.ollama import check_local
from proxy.upstreams.upstream import Upstream

CLOSED = {"cloud": {"disabled": True, "source": "env"}}
LOCAL = {"name": "llama3.2:latest", "model": "llama3.2:latest", "size": 2_019_393_189, "details": {"family": "llama"}}
REMOTE = {**LOCAL, "remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443"}


@pytest.fixture
def ollama() -> Iterator[StandIn]:
    made = StandIn("ollama", models=("llama3.2:latest",))
    made.routes = {"/api/status": CLOSED, "/api/tags": {"models": [LOCAL]}}
    yield made
    made.stop()


def check(server: StandIn, model: str = "llama3.2", **changes: Any) -> None:
    async def run() -> None:
        given = {"vendor": False, "networks": (ipaddress.ip_network("127.0.0.0/8"),), **changes}
        upstream = Upstream("o", "ollama", "onprem", server.url, **given)
        client = UpstreamClient(upstream, Timeouts(1, 1), lambda _: None, lambda *_: "")
        try:
            await check_local(client, model)
        finally:
            await client.close()

    asyncio.run(run())


def refusal(server: StandIn, model: str = "llama3.2", **changes: Any) -> str:
    with pytest.raises(NotSent) as refused:
        check(server, model, **changes)
    assert server.posts == []
    return refused.value.reason


def test_a_local_model_with_the_cloud_switched_off_counts_as_local(ollama: StandIn) -> None:
    check(ollama)
    check(ollama, "llama3.2:latest")
    assert {seen.path for seen in ollama.requests} == {"/api/status", "/api/tags"}
    assert all(seen.body == b"" for seen in ollama.requests)


@pytest.mark.parametrize(
    "status",
    [
        {"cloud": {"disabled": False}},
        {"cloud": {"disabled": "true"}},
        {"cloud": {"disabled": 1}},
        {"cloud": {}},
        {"cloud": None},
        {"cloud": True},
        {},
        [],
        None,
        "disabled",
    ],
)
def test_anything_but_a_clear_no_means_that_the_cloud_is_open(ollama: StandIn, status: Any) -> None:
    ollama.routes["/api/status"] = status
    assert refusal(ollama) == "ollama_cloud_open_set_OLLAMA_NO_CLOUD"


def test_a_server_that_is_too_old_to_say_is_not_trusted(ollama: StandIn) -> None:
    ollama.routes = {"/api/tags": {"models": [LOCAL]}}
    assert refusal(ollama) == "ollama_cloud_open_set_OLLAMA_NO_CLOUD"  # the fake answers with a list of models


@pytest.mark.parametrize(
    "model", ["gpt-oss:cloud", "gpt-oss:120b-cloud", "GPT-OSS:120B-CLOUD", "x-Cloud", "a/b:cloud", "cloud:cloud"]
)
def test_a_name_that_says_cloud_is_refused_before_anybody_is_asked(ollama: StandIn, model: str) -> None:
    assert refusal(ollama, model) == "ollama_cloud_model"
    assert ollama.connections == 0


@pytest.mark.parametrize("model", ["cloudy", "cloud", "cloud:7b", "cloud-llama:7b"])
def test_a_name_that_only_begins_with_cloud_is_a_name(ollama: StandIn, model: str) -> None:
    ollama.routes["/api/tags"] = {"models": [{**LOCAL, "name": model, "model": model}]}
    check(ollama, model)


@pytest.mark.parametrize("field", ["remote_host", "remote_model"])
def test_a_local_name_for_a_remote_model_is_refused(ollama: StandIn, field: str) -> None:
    ollama.routes["/api/tags"] = {"models": [{**LOCAL, field: REMOTE[field]}]}
    assert refusal(ollama) == "ollama_remote_model"


def test_one_remote_entry_among_several_of_the_name_is_enough(ollama: StandIn) -> None:
    for rows in ([LOCAL, REMOTE], [REMOTE, LOCAL]):
        ollama.routes["/api/tags"] = {"models": rows}
        assert refusal(ollama) == "ollama_remote_model"


@pytest.mark.parametrize(
    "tags",
    [
        {"models": []},
        {"models": None},
        {},
        [],
        {"models": [None, "llama3.2:latest"]},
        {"models": [{"name": ["llama3.2:latest"], "model": {}}]},
    ],
)
def test_a_model_that_is_not_there_is_not_asked_for(ollama: StandIn, tags: Any) -> None:
    ollama.routes["/api/tags"] = tags
    assert refusal(ollama) == "ollama_model_not_pulled"


def test_a_name_without_a_tag_means_latest_and_no_other(ollama: StandIn) -> None:
    ollama.routes["/api/tags"] = {"models": [{**LOCAL, "name": "llama3.2:1b", "model": "llama3.2:1b"}]}
    assert refusal(ollama) == "ollama_model_not_pulled"
    check(ollama, "llama3.2:1b")


def test_a_server_that_does_not_answer_is_not_trusted(ollama: StandIn) -> None:
    ollama.answer_delay_s = 0
    ollama.stop()
    assert refusal(ollama) == "connect"


def test_an_address_outside_the_zone_is_not_even_asked(ollama: StandIn) -> None:
    assert refusal(ollama, networks=(ipaddress.ip_network("10.0.0.0/8"),)) != ""
    assert ollama.connections == 0


def upstreams(path: Path, ollama: StandIn, zone: str) -> Path:
    row = {"name": "ollama", "kind": "ollama", "zone": zone, "base_url": ollama.url, "default_model": "llama3.2"}
    path.write_text(yaml.safe_dump({"upstreams": [row]}))
    return path


def test_a_pinned_request_is_not_sent_to_an_ollama_whose_cloud_is_open(tmp_path: Path, ollama: StandIn) -> None:
    async def run() -> tuple[Any, Any, list[dict[str, Any]]]:
        file = upstreams(tmp_path / "u.yaml", ollama, "onprem")
        async with inside(tmp_path / "home", upstreams=file) as ring:
            key, body = ring.key(), chat_body(model="llama3.2")
            ollama.routes["/api/status"] = {"cloud": {"disabled": False}}
            closed = await ring.client.post("/v1/chat/completions", json=body, headers=key)
            assert ollama.posts == []
            ollama.routes["/api/status"] = CLOSED
            opened = await ring.client.post("/v1/chat/completions", json=body, headers=key)
            return closed, opened, await ring.records("route.outcome")

    closed, opened, outcomes = asyncio.run(run())
    assert closed.status_code == 503
    assert "OLLAMA_NO_CLOUD" in closed.json()["error"]["message"]
    assert opened.status_code == 200
    assert [outcome["status"] for outcome in outcomes] == ["not_sent", "ok"]
    assert len(ollama.posts) == 1


def test_an_ollama_that_is_declared_as_a_vendors_needs_no_proof(tmp_path: Path, ollama: StandIn) -> None:
    async def run() -> Any:
        file = upstreams(tmp_path / "u.yaml", ollama, "cloud-us")
        async with inside(tmp_path / "home", upstreams=file) as ring:
            ollama.routes["/api/status"] = {"cloud": {"disabled": False}}
            return await ring.client.post("/v1/chat/completions", json=chat_body(model="llama3.2"), headers=ring.key())

    assert asyncio.run(run()).headers["x-ringfence-zone"] == "cloud-us"


def test_an_ollama_that_hangs_gives_way_to_the_next_server_of_its_zone(
    tmp_path: Path, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PROBE_S", 0.3)

    async def run(hung: str) -> tuple[Any, float]:
        file = tmp_path / "u.yaml"
        common = {"zone": "onprem", "default_model": "llama3.2"}
        rows = [
            {"name": "hung", "kind": "ollama", "base_url": hung, **common},
            {"name": "next", "kind": "vllm", "base_url": own.url, **common},
        ]
        file.write_text(yaml.safe_dump({"upstreams": rows}))
        async with inside(tmp_path / "home", upstreams=file) as ring:
            key, started = ring.key(), time.monotonic()
            answer = await ring.client.post("/v1/chat/completions", json=chat_body(model="llama3.2"), headers=key)
            return answer, time.monotonic() - started

    with socket.create_server(("127.0.0.1", 0)) as hung:
        answer, took = asyncio.run(run(f"http://127.0.0.1:{hung.getsockname()[1]}/v1"))
    assert answer.status_code == 200
    assert took < 5
    assert len(own.posts) == 1
