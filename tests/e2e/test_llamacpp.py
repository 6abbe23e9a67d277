"""A real llama.cpp as one of the organisation's servers, asked by OpenAI's own library."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import openai
import pytest
import yaml
from harness import QUICK, Ringfence, ringfence
from openai import OpenAI
from pydantic import BaseModel
from real_model import embedded

PROMPT = "Say hello to Maria Gonzalez."


class Told(BaseModel):
    answer: Literal["hello"]


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with embedded() as url:
        yield url


@pytest.fixture(scope="module")
def fence(tmp_path_factory: pytest.TempPathFactory, model: str) -> Iterator[Ringfence]:
    home: Path = tmp_path_factory.mktemp("llamacpp")
    row = {"name": "llama", "kind": "llamacpp", "zone": "onprem", "base_url": model, "default_model": "smollm2"}
    (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": [row]}))
    with ringfence(home, home / "upstreams.yaml", upstream_health_s=1, **QUICK) as running:
        yield running


def streamed(client: OpenAI) -> list[Any]:
    with client.responses.stream(model="smollm2", input=PROMPT, max_output_tokens=8) as stream:
        events = list(stream)
        assert stream.get_final_response().output_text
    return events


def test_its_stream_of_a_response_is_repaired_for_the_official_library(fence: Ringfence) -> None:
    with OpenAI(base_url=f"{fence.url}/v1", api_key=fence.key(), max_retries=0) as client:
        events = streamed(client)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert {event.output_index for event in events if event.type == "response.output_text.delta"} == {0}


def test_without_the_repair_the_library_fails(model: str) -> None:
    with OpenAI(base_url=model, api_key="none", max_retries=0) as client, pytest.raises((AttributeError, TypeError)):
        streamed(client)


def test_a_response_has_the_form_that_was_asked_for(fence: Ringfence, model: str) -> None:
    def parsed(url: str, key: str) -> Told | None:
        with OpenAI(base_url=url, api_key=key, max_retries=0) as client:
            return client.responses.parse(
                model="smollm2", input=PROMPT, temperature=0, max_output_tokens=48, text_format=Told
            ).output_parsed

    assert parsed(f"{fence.url}/v1", fence.key()) == Told(answer="hello")
    with pytest.raises(ValueError, match="json"):  # it ignores the form where it is asked as the API has it
        parsed(model, "none")


def test_tools_are_refused_that_its_model_would_not_see(fence: Ringfence) -> None:
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    said: Any = [{"role": "user", "content": PROMPT}]
    library = OpenAI(base_url=f"{fence.url}/v1", api_key=fence.key(), max_retries=0)
    with library as client, pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model="smollm2", messages=said, tools=[tool], max_tokens=8)
    error = json.loads(refused.value.response.text)["error"]
    assert (error["code"], error["missing"]) == ("capability_unavailable", ["tools"])
