"""The whole way with a real model: SmolLM2 under llama.cpp, both from the package index, as the demo runs them."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import ROOT, Ringfence, StandIn, ringfence
from openai import OpenAI


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, ROOT / "deploy" / "demo" / "embedded.py", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, model: str) -> Iterator[tuple[Ringfence, StandIn]]:
    """Ringfence between a captured vendor and the real model at home."""
    home: Path = tmp_path_factory.mktemp("embedded")
    vendor = StandIn("vendor")
    rows: list[dict[str, Any]] = [
        {"name": "vendor", "kind": "openai", "zone": "cloud-us", "base_url": vendor.url, "models": ["gpt-4*"]},
        {"name": "embedded", "kind": "openai", "zone": "onprem", "base_url": model, "default_model": "smollm2"},
    ]
    (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": rows}))
    with ringfence(home, home / "upstreams.yaml") as running:
        yield running, vendor
    vendor.stop()


def test_a_real_model_answers_what_must_stay_at_home(real: tuple[Ringfence, StandIn]) -> None:
    server, vendor = real
    said: Any = [{"role": "user", "content": "Card 4929 7182 " + "0364 5103 was charged twice. Say hello."}]
    with OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0) as client:
        raw = client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=said, max_tokens=8)
        answer = raw.parse()
        stream = client.chat.completions.create(
            model="gpt-4o-mini", messages=said, max_tokens=8, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
    assert (raw.headers["x-ringfence-decision"], raw.headers["x-ringfence-zone"]) == ("pin", "onprem")
    assert answer.choices[0].message.content
    assert answer.usage is not None
    assert 0 < answer.usage.completion_tokens <= 8
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].usage is not None
    assert vendor.received == b""


def test_a_real_servers_error_is_mapped_and_not_quoted(real: tuple[Ringfence, StandIn]) -> None:
    """llama.cpp repeats a piece of the request in its error; ours says the status and nothing more."""
    import openai

    server, vendor = real
    said: Any = [{"role": "user", "content": "Card 4929 7182 " + "0364 5103"}]
    with OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0) as client:
        with pytest.raises(openai.APIStatusError) as refused:
            client.chat.completions.create(
                model="gpt-4o-mini", messages=said, extra_body={"grammar": "root ::= zebra-quartz ("}
            )
        assert refused.value.type == "upstream_error"
        assert "zebra" not in refused.value.response.text
        long: Any = [{"role": "user", "content": "Card 4929 7182 " + "0364 5103 " + "word and " * 9000}]
        with pytest.raises(openai.BadRequestError) as too_long:
            client.chat.completions.create(model="gpt-4o-mini", messages=long)
        assert too_long.value.code == "context_length_exceeded"
    assert vendor.received == b""


def test_the_log_of_it_all_verifies(real: tuple[Ringfence, StandIn]) -> None:
    server, _ = real
    verified = subprocess.run(
        [sys.executable, "-m", "proxy", "audit", "verify", "--db", str(server.home / "audit.db")],
        cwd=ROOT,
        env=server.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
