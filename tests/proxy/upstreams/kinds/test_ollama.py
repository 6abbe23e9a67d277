"""Against a contract fake: no Ollama can be installed from the package indexes, so no test is of the real server."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import StandIn, chat_body
from inside import inside
from ollama_fake import Model, Ollama, ask

from proxy.upstreams import client as door
from proxy.upstreams.errors import NotSent
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.kinds.ollama import check_local

KIND = KINDS["ollama"]
LOCAL = Model("llama3.2:latest")
REMOTE = replace(LOCAL, remote_model="gpt-oss:120b", remote_host="https://ollama.com:443")


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    made = Ollama()
    yield made
    made.stop()


def check(server: Ollama, model: str = "llama3.2", **changes: Any) -> None:
    ask(server, lambda client, _: check_local(client, model), **changes)


def refusal(server: Ollama, model: str = "llama3.2", **changes: Any) -> str:
    with pytest.raises(NotSent) as refused:
        check(server, model, **changes)
    return refused.value.reason


def test_a_local_model_with_the_cloud_switched_off_counts_as_local(ollama: Ollama) -> None:
    check(ollama)
    assert {seen.path for seen in ollama.requests} == {"/api/status", "/api/tags", "/api/show"}
    assert {seen.body for seen in ollama.requests} == {b"", b'{"model":"llama3.2"}'}


@pytest.mark.parametrize(
    "model",
    [
        "llama3.2:latest",
        "Llama3.2",
        "library/llama3.2",
        "registry.ollama.ai/library/llama3.2:latest",
        "llama3.2:local",
    ],
)
def test_every_way_to_write_a_name_finds_the_model(ollama: Ollama, model: str) -> None:
    check(ollama, model)


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
def test_anything_but_a_clear_no_means_that_the_cloud_is_open(ollama: Ollama, status: Any) -> None:
    ollama.routes["/api/status"] = status
    assert refusal(ollama) == "ollama_cloud_open_set_OLLAMA_NO_CLOUD"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/api/status", "ollama_status_unknown"),
        ("/api/tags", "ollama_models_unknown"),
        ("/api/show", "ollama_model_unknown"),
    ],
)
def test_a_server_that_is_too_old_to_say_is_not_trusted(ollama: Ollama, path: str, reason: str) -> None:
    ollama.unknown = (path,)
    assert refusal(ollama) == reason


@pytest.mark.parametrize(
    "model",
    [
        "gpt-oss:cloud",
        "gpt-oss:120b-cloud",
        "GPT-OSS:120B-CLOUD",
        "gpt-oss:ClOuD",
        "x-Cloud",
        "a/b:cloud",
        "registry.ollama.ai/library/gpt-oss:20b-cloud",
        "registry.example.com:5000/a/b:cloud",
        "gpt-oss:20b:cloud",
        "gpt-oss:cloud:local",
        "gpt-oss:cloud@sha256:0123",
        "cloud:cloud",
    ],
)
def test_a_name_that_says_cloud_is_refused_before_anybody_is_asked(ollama: Ollama, model: str) -> None:
    assert refusal(ollama, model) == "ollama_cloud_model"
    assert ollama.connections == 0


@pytest.mark.parametrize("model", ["cloudy", "cloud", "cloud:7b", "cloud-llama:7b"])
def test_a_name_that_only_begins_with_cloud_is_a_name(ollama: Ollama, model: str) -> None:
    ollama.disk = {model: Model(model if ":" in model else f"{model}:latest")}
    check(ollama, model)


@pytest.mark.parametrize("model", ["gpt-oss\uff1acloud", "gpt-oss:\u200bcloud", "gpt-oss:cloud ", "llama3.2\n", ""])
def test_a_name_that_cannot_be_one_is_asked_of_nobody(ollama: Ollama, model: str) -> None:
    assert refusal(ollama, model) == "ollama_model_not_pulled"
    assert ollama.connections == 0


@pytest.mark.parametrize("field", ["remote_host", "remote_model"])
@pytest.mark.parametrize("where", ["/api/tags", "/api/show"])
def test_a_local_name_for_a_remote_model_is_refused(ollama: Ollama, where: str, field: str) -> None:
    told = {**LOCAL.listed(), field: getattr(REMOTE, field)}
    ollama.routes[where] = {"models": [told]} if where == "/api/tags" else told
    assert refusal(ollama) == "ollama_remote_model"


def test_a_remote_model_is_refused_by_a_server_whose_cloud_is_off_as_well(ollama: Ollama) -> None:
    ollama.disk["llama3.2:latest"] = REMOTE
    assert refusal(ollama) == "ollama_remote_model"


def test_one_remote_entry_among_several_of_the_name_is_enough(ollama: Ollama) -> None:
    for rows in ([LOCAL, REMOTE], [REMOTE, LOCAL]):
        ollama.routes["/api/tags"] = {"models": [row.listed() for row in rows]}
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
def test_a_model_that_is_not_there_is_not_asked_for(ollama: Ollama, tags: Any) -> None:
    ollama.routes["/api/tags"] = tags
    assert refusal(ollama) == "ollama_model_not_pulled"


def test_a_name_without_a_tag_means_latest_and_no_other(ollama: Ollama) -> None:
    ollama.disk = {"llama3.2:1b": Model("llama3.2:1b")}
    assert refusal(ollama) == "ollama_model_not_pulled"
    check(ollama, "llama3.2:1b")


def test_a_server_that_does_not_answer_is_not_trusted(ollama: Ollama) -> None:
    ollama.stop()
    assert refusal(ollama) == "connect"


def test_an_address_outside_the_zone_is_not_even_asked(ollama: Ollama) -> None:
    assert refusal(ollama, networks=(ipaddress.ip_network("10.0.0.0/8"),)) != ""
    assert ollama.connections == 0


@pytest.mark.parametrize("name", ["Model", "MODEL", "mOdel"])
def test_a_second_model_in_other_letters_is_refused_as_it_would_count(name: str) -> None:
    assert KIND.refused(chat_body(model="llama3.2")) is None
    assert KIND.refused({**chat_body(model="llama3.2"), name: "gpt-oss:cloud"}) == "model"


def test_its_own_web_search_is_refused_as_it_asks_its_vendor() -> None:
    assert KIND.refused({"model": "m", "tools": [{"type": "web_search_20250305", "name": "web_search"}]}) == "tools"
    assert KIND.refused({"model": "m", "tools": [{"type": "function", "Type": "web_search"}]}) == "tools"
    assert KIND.refused({"model": "m", "tools": [{"type": "function"}, None], "input": "x"}) is None
    assert KIND.refused({"model": "m", "tools": "web_search"}) is None


def test_chats_and_embeddings_go_by_its_own_api_and_all_else_by_the_compatible_one() -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    path, body = KIND.written("chat", "/chat/completions", asked, "salt")
    assert (path, body["truncate"], body["shift"]) == ("/api/chat", False, False)
    path, body = KIND.written("embeddings", "/embeddings", {"model": "m", "input": "Hello"}, "salt")
    assert (path, body["truncate"]) == ("/api/embed", False)
    for endpoint in ("completions", "responses", "messages"):
        assert KIND.written(endpoint, f"/{endpoint}", asked, "salt") == (f"/{endpoint}", asked)
    assert set(KIND.cuts) == set(KIND.endpoints) - {"chat", "embeddings"}


def upstreams(path: Path, ollama: Ollama, zone: str) -> Path:
    row = {"name": "ollama", "kind": "ollama", "zone": zone, "base_url": ollama.url, "default_model": "llama3.2"}
    path.write_text(yaml.safe_dump({"upstreams": [row]}))
    return path


def answers(ollama: Ollama) -> list[str]:
    """Return the paths at which it was asked for an answer."""
    return [seen.path for seen in ollama.posts if seen.path != "/api/show"]


def test_a_pinned_request_is_not_sent_to_an_ollama_whose_cloud_is_open(tmp_path: Path, ollama: Ollama) -> None:
    async def run() -> tuple[Any, Any, list[dict[str, Any]]]:
        file = upstreams(tmp_path / "u.yaml", ollama, "onprem")
        async with inside(tmp_path / "home", upstreams=file) as ring:
            key, body = ring.key(), chat_body(model="llama3.2")
            ollama.no_cloud = False
            closed = await ring.client.post("/v1/chat/completions", json=body, headers=key)
            assert answers(ollama) == []
            ollama.no_cloud = True
            opened = await ring.client.post("/v1/chat/completions", json=body, headers=key)
            return closed, opened, await ring.records("route.outcome")

    closed, opened, outcomes = asyncio.run(run())
    assert closed.status_code == 503
    assert "OLLAMA_NO_CLOUD" in closed.json()["error"]["message"]
    assert opened.status_code == 200
    assert [outcome["status"] for outcome in outcomes] == ["not_sent", "ok"]
    assert len(answers(ollama)) == 1


def test_an_ollama_that_is_declared_as_a_vendors_needs_no_proof(tmp_path: Path, ollama: Ollama) -> None:
    async def run() -> Any:
        file = upstreams(tmp_path / "u.yaml", ollama, "cloud-us")
        async with inside(tmp_path / "home", upstreams=file) as ring:
            ollama.no_cloud = False
            return await ring.client.post("/v1/chat/completions", json=chat_body(model="llama3.2"), headers=ring.key())

    assert asyncio.run(run()).headers["x-ringfence-zone"] == "cloud-us"


def test_an_ollama_that_hangs_gives_way_to_the_next_server_of_its_zone(
    tmp_path: Path, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PROBE_S", 0.3)

    async def run(hung: str) -> Any:
        file = tmp_path / "u.yaml"
        common = {"zone": "onprem", "default_model": "llama3.2"}
        rows = [
            {"name": "hung", "kind": "ollama", "base_url": hung, **common},
            {"name": "next", "kind": "vllm", "base_url": own.url, **common},
        ]
        file.write_text(yaml.safe_dump({"upstreams": rows}))
        async with inside(tmp_path / "home", upstreams=file) as ring:
            return await ring.client.post("/v1/chat/completions", json=chat_body(model="llama3.2"), headers=ring.key())

    with socket.create_server(("127.0.0.1", 0)) as hung:
        answer = asyncio.run(run(f"http://127.0.0.1:{hung.getsockname()[1]}/v1"))
    assert answer.status_code == 200
    assert len(own.posts) == 1
