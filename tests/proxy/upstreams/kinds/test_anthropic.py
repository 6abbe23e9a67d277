"""What Anthropic lists, in the shape of its reference."""

from collections.abc import Iterator

import pytest
from model_servers import FIXTURES, Told, observed

from proxy.upstreams.kinds.anthropic import ALL_MODELS, Anthropic
from proxy.upstreams.profile import Profile


@pytest.fixture
def anthropic() -> Iterator[Told]:
    made = Told("anthropic")
    made.says(f"/v1{ALL_MODELS}", FIXTURES / "anthropic-models.json")
    yield made
    made.stop()


def test_it_says_what_its_models_can_do(anthropic: Told) -> None:
    said = observed(anthropic.url, "anthropic")
    assert said.models == ("claude-example-1", "claude-example-0")
    assert said.profiles["claude-example-1"] == Profile(200000, 64000, vision=True, json_schema=False)
    assert said.profiles["claude-example-0"] == Profile()


def test_it_is_asked_with_its_own_headers(anthropic: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-" + "ant-example")
    observed(anthropic.url, "anthropic", api_key_env="SOME_KEY")
    [seen] = anthropic.requests
    assert seen.headers["x-api-key"] == "sk-" + "ant-example"
    assert seen.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in seen.headers


def test_all_its_models_use_tools_and_none_embeds() -> None:
    assert (Anthropic.profile.tools, Anthropic.profile.embeddings) == (True, False)
