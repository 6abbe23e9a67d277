"""Applications on real client libraries, answered at home by a real model: SmolLM2 under llama.cpp."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from clients.lab import MODELS, Application, applications, tokenizers
from clients.scripted import Scripted
from harness import QUICK, Ringfence, ringfence
from real_model import embedded

PRIVATE = "Say hello to Maria Gonzalez."
"""The name keeps it at home; the vendor is captured, and serves every model that the applications ask for."""
DIMENSIONS = 576
TALK = ("chat", "completions", "responses", "messages")
SCENES = {
    "openai_python": ("chat", "chat_streamed", "completions_streamed", "embeddings", "responses_streamed"),
    "openai_node": ("chat_streamed", "embeddings_as_numbers", "responses_streamed"),
    "openai_agents": ("talk_streamed",),
    "langchain": ("chat", "responses_streamed", "embeddings"),
    "vercel_ai": ("responses_streamed", "chat"),
    "anthropic_python": ("messages", "messages_streamed", "token_count"),
}
CASES = [pytest.param(name, scene, id=f"{name}-{scene}") for name, scenes in SCENES.items() for scene in scenes]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Application, Scripted, Ringfence]]:
    home: Path = tmp_path_factory.mktemp("real")
    vendor = Scripted("vendor")
    with ExitStack() as stack:
        stack.callback(vendor.stop)
        at_home = {"kind": "openai", "zone": "onprem", "default_model": "smollm2"}
        talks = {"base_url": stack.enter_context(embedded()), "endpoints": list(TALK)}
        embeds = {"base_url": stack.enter_context(embedded("embeddings")), "endpoints": ["embeddings"]}
        captured = {"base_url": vendor.url, "models": list(MODELS.values()), "endpoints": [*TALK, "embeddings"]}
        rows: list[dict[str, Any]] = [
            {"name": "vendor", "kind": "openai", "zone": "cloud-us", **captured},
            {"name": "model", **at_home, **talks},
            {"name": "embedder", **at_home, **embeds},
        ]
        (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": rows, **tokenizers(home)}))
        fence = stack.enter_context(ringfence(home, home / "upstreams.yaml", **QUICK))
        yield stack.enter_context(applications(fence.url, fence.key(), home)), vendor, fence


def answered(saw: Any) -> bool:
    """Whether there is a text somewhere in what an application saw, or a vector, or a count."""
    if isinstance(saw, list):
        numbers = [item for item in saw if isinstance(item, float)]
        return len(numbers) == DIMENSIONS or any(answered(item) for item in saw)
    if isinstance(saw, dict):
        said = [saw.get(name) for name in ("content", "text", "delta", "input_tokens")]
        return (
            "input_tokens" in saw
            or any(isinstance(text, str) and text for text in said)
            or any(answered(item) for item in saw.values())
        )
    return False


@pytest.mark.parametrize(("name", "scene"), CASES)
def test_an_application_is_answered_by_a_real_model_at_home(
    name: str, scene: str, real: tuple[Application, Scripted, Ringfence]
) -> None:
    through, vendor, _ = real
    saw = through(name).does(scene, PRIVATE)
    assert answered({"text": saw} if isinstance(saw, str) else saw)
    assert vendor.received == b""


def test_what_is_harmless_goes_to_the_vendor_after_all(real: tuple[Application, Scripted, Ringfence]) -> None:
    through, vendor, _ = real
    through("openai_python").does("responses")
    assert [seen.path for seen in vendor.posts] == ["/v1/responses"]
