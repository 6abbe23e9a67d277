"""A real model says how sure it is, and a server that is killed on the way to a vendor leaves a log that verifies."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence
from real_model import embedded
from unsure import local_policies

from audit.access import Filters, Records
from audit.verification.verifier import verify

ASKED: dict[str, Any] = {"text": "What does a hash function do? One sentence.", "temperature": 0, "max_tokens": 24}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ringfence, StandIn]]:
    """A whole server between a stand-in for a vendor and SmolLM2 under llama.cpp."""
    home: Path = tmp_path_factory.mktemp("local-first")
    vendor = StandIn("vendor")
    with embedded() as url:
        rows: list[dict[str, Any]] = [
            {"name": "vendor", "kind": "openai", "zone": "cloud-us", "base_url": vendor.url, "models": ["gpt-4*"]},
            {"name": "embedded", "kind": "llamacpp", "zone": "onprem", "base_url": url, "default_model": "smollm2"},
        ]
        (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": rows}))
        policies = local_policies(home, thresholds="{confidence: 0.30, min_characters: 10}")
        with ringfence(home, home / "upstreams.yaml", policies=policies, **QUICK) as server:
            yield server, vendor
    vendor.stop()


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_real_models_answer_is_measured(running: tuple[Ringfence, StandIn], stream: bool) -> None:
    server, vendor = running
    with server.client() as client:
        answer = client.post("/v1/chat/completions", json=chat_body(stream=stream, **ASKED))
    assert answer.status_code == 200
    assert answer.headers["x-ringfence-zone"] == "onprem"
    assert 0.3 <= float(answer.headers["x-ringfence-confidence"]) < 1
    assert '"logprob"' not in answer.text
    assert not vendor.posts


def test_a_real_server_streams_what_it_may_do_with_tools(running: tuple[Ringfence, StandIn]) -> None:
    server, _ = running
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    with server.client() as client:
        answer = client.post("/v1/chat/completions", json=chat_body(stream=True, tools=tools, **ASKED))
    assert answer.status_code == 200
    assert answer.headers["x-ringfence-zone"] == "onprem"


def test_a_server_that_is_killed_while_a_vendor_is_asked_leaves_every_record_until_then(
    running: tuple[Ringfence, StandIn],
) -> None:
    server, vendor = running
    vendor.behaviour = "hang"

    def call() -> None:
        with server.client() as client:
            body = chat_body("Say hello.", max_tokens=2, temperature=0, model="gpt-4o")
            with suppress(httpx.HTTPError):
                client.post("/v1/chat/completions", json=body)

    calling = threading.Thread(target=call)
    calling.start()
    eventually(lambda: vendor.posts)
    records = Records(server.home / "audit.db")

    def of(kind: str) -> list[dict[str, Any]]:
        return [each.body for each in records.page(Filters(kind=kind), after=-1, limit=100).records]

    eventually(lambda: len(of("route.outcome")) == 4)
    os.kill(server.server_pid(), signal.SIGKILL)
    calling.join(20)
    first, second = of("route.decision")[-2:]
    assert second["escalates"]["dec"] == first["id"]
    assert second["escalates"]["why"] == "short"
    assert [each["status"] for each in of("route.outcome") if each["dec"] == first["id"]] == ["ok"]
    assert not any(each["dec"] == second["id"] for each in of("route.outcome"))
    assert verify(server.home / "audit.db").ok
