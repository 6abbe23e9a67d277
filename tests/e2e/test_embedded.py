"""The whole way with a real model: SmolLM2 under llama.cpp, both from the package index, as the demo runs them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import yaml
from harness import NO_TLS, Ringfence, StandIn, command, ringfence
from openai import OpenAI
from pydantic import BaseModel
from real_model import embedded


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with embedded() as url:
        yield url


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, model: str) -> Iterator[tuple[Ringfence, StandIn]]:
    """Ringfence between a captured vendor and the real model at home."""
    home: Path = tmp_path_factory.mktemp("embedded")
    vendor = StandIn("vendor")
    asked = {"endpoints": ["chat", "messages", "responses"]}
    rows: list[dict[str, Any]] = [
        {"name": "vendor", "kind": "openai", "zone": "cloud-us", "base_url": vendor.url, "models": ["gpt-4*"]},
        {"name": "claude", "kind": "anthropic", "zone": "cloud-us", "base_url": vendor.url, "models": ["claude-*"]},
        {
            "name": "embedded",
            "kind": "openai",
            "zone": "onprem",
            "base_url": model,
            "default_model": "smollm2",
            **asked,
        },
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


def test_a_real_model_answers_messages_that_must_stay_at_home(real: tuple[Ringfence, StandIn]) -> None:
    server, vendor = real
    said = [{"role": "user", "content": "Card 4929 7182 " + "0364 5103 was charged twice. Say hello."}]
    body = {"model": "claude-sonnet-4-5", "max_tokens": 8, "system": "Be brief.", "messages": said}
    headers = {"x-api-key": server.key()}
    with httpx.Client(
        base_url=f"{server.url}/v1", headers=headers, trust_env=False, verify=NO_TLS, timeout=60
    ) as client:
        answer = client.post("/messages", json=body)
        stream = client.post("/messages", json={**body, "stream": True})
        count = client.post("/messages/count_tokens", json=body)
    assert [each.headers["x-ringfence-zone"] for each in (answer, stream, count)] == ["onprem"] * 3
    assert answer.json()["content"][0]["text"]
    assert 0 < answer.json()["usage"]["output_tokens"] <= 8
    events = re.findall(r"^event: (.*)$", stream.text, re.MULTILINE)
    assert (events[0], events[-1]) == ("message_start", "message_stop")
    assert "content_block_delta" in events
    assert count.json()["input_tokens"] > 20
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
    verified = command("audit", "verify", "--db", server.home / "audit.db", env=server.environ)
    assert verified.returncode == 0, verified.stdout + verified.stderr


class Hello(BaseModel):
    """What a schema makes a small model say."""

    greeting: Literal["hello"]


def test_a_real_servers_responses_are_what_the_vendors_library_expects(real: tuple[Ringfence, StandIn]) -> None:
    """Create, a stream, the library's own accumulation of one, and a parsed answer; llama.cpp leaves numbers out."""
    server, vendor = real
    said = "Card 4929 7182 " + "0364 5103 was charged twice. Say hello."
    with OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0) as client:
        whole = client.responses.create(model="gpt-4o-mini", input=said, max_output_tokens=4)
        events = list(client.responses.create(model="gpt-4o-mini", input=said, max_output_tokens=4, stream=True))
        with client.responses.stream(model="gpt-4o-mini", input=said, max_output_tokens=4) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_response()
        schema = {"name": "hello", "schema": Hello.model_json_schema()}
        extra = {"response_format": {"type": "json_schema", "json_schema": schema}}  # llama.cpp ignores `text.format`
        parsed = client.responses.parse(model="gpt-4o-mini", input=said, text_format=Hello, extra_body=extra)
    assert whole.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert {event.output_index for event in events if hasattr(event, "item_id")} == {0}
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert final.output_text
    assert final.usage is not None
    assert isinstance(parsed.output_parsed, Hello)
    assert vendor.received == b""


def test_a_real_server_that_keeps_nothing_says_so(real: tuple[Ringfence, StandIn]) -> None:
    """llama.cpp gives ids, and cannot be asked for any: what refers to them goes there, and is refused there."""
    import openai

    server, vendor = real
    with OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0) as client:
        said = "Card 4929 7182 " + "0364 5103 was charged twice."
        made = client.responses.create(model="gpt-4o-mini", input=said, max_output_tokens=4)
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model="gpt-4o-mini", input="Go on.", previous_response_id=made.id)
        assert refused.value.code == "upstream_refused"
        with pytest.raises(openai.NotFoundError) as unknown:
            client.responses.retrieve(made.id)
        assert unknown.value.code == "state_not_found"
    assert vendor.received == b""
