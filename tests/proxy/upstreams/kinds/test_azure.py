"""Azure OpenAI, by a stand-in that is scripted from its documentation: nobody's subscription is used here."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from harness import chat_body
from inside import inside
from model_servers import FIXTURES, Told, observed

KEY = "azure-" + "example"
SAFE = {"hate": {"filtered": False, "severity": "safe"}}


class Filtering(Told):
    """Adds to answers what Azure's filters say of them."""

    def _completion(self, asked: dict[str, Any]) -> dict[str, Any]:
        said = super()._completion(asked)
        said["choices"][0]["content_filter_results"] = SAFE
        return {**said, "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}]}

    async def _stream(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        stream = (FIXTURES / "azure-stream.txt").read_bytes()
        return self._reply(writer, 200, stream, {"content-type": "text/event-stream"})


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Filtering]:
    monkeypatch.setenv("AZURE_KEY", KEY)
    made = Filtering("azure")
    made.says("/v1/models", {"data": [{"id": "gpt-example-2026-01-01", "lifecycle_status": "preview"}]})
    yield made
    made.stop()


def answered(azure: Filtering, home: Path, **body: Any) -> Any:
    """Ask for the deployment `ours` through Ringfence."""

    async def run() -> Any:
        row = {"name": "azure", "kind": "azure", "zone": "cloud-eu", "base_url": azure.url, "api_key_env": "AZURE_KEY"}
        file = home / "u.yaml"
        file.write_text(yaml.safe_dump({"upstreams": [{**row, "models": ["ours"]}]}))
        async with inside(home / "home", upstreams=file) as ring:
            return await ring.client.post(
                "/v1/chat/completions", json=chat_body(model="ours", **body), headers=ring.key()
            )

    return asyncio.run(run())


def test_what_could_be_deployed_is_not_taken_for_deployments(azure: Filtering) -> None:
    assert observed(azure.url, "azure", models=("ours",)).models == ()
    said = observed(azure.url, "azure", models=("*",))
    assert said.models == ()
    assert "name them in 'models'" in said.warnings[0]


def test_a_deployment_is_asked_with_azures_own_header(azure: Filtering, tmp_path: Path) -> None:
    answer = answered(azure, tmp_path)
    assert answer.status_code == 200, answer.text
    [seen] = azure.posts
    assert (seen.path, seen.json["model"], seen.headers["api-key"]) == ("/v1/chat/completions", "ours", KEY)
    assert "authorization" not in seen.headers


def test_what_the_filters_say_of_an_answer_is_passed_on(azure: Filtering, tmp_path: Path) -> None:
    answer = answered(azure, tmp_path).json()
    assert answer["choices"][0]["content_filter_results"] == SAFE
    assert answer["prompt_filter_results"][0]["content_filter_results"] == SAFE


def test_a_filtered_prompt_is_told_by_its_code_and_not_in_azures_words(azure: Filtering, tmp_path: Path) -> None:
    azure.behaviour = "status:400"
    azure.status_body = orjson.loads((FIXTURES / "azure-filtered.json").read_bytes())
    answer = answered(azure, tmp_path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "content_filter")
    assert "ResponsibleAI" not in answer.text
    assert "triggering" not in answer.text


def test_a_stream_that_begins_with_the_filters_verdict_is_passed_on(azure: Filtering, tmp_path: Path) -> None:
    answer = answered(azure, tmp_path, stream=True)
    assert answer.status_code == 200
    assert answer.content == (FIXTURES / "azure-stream.txt").read_bytes()
