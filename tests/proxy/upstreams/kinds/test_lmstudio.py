"""What LM Studio says of itself, in the shape of its documentation: it cannot be installed from a package index."""

from collections.abc import Iterator

import pytest
from model_servers import FIXTURES, Told, observed

from proxy.upstreams.errors import NotSent
from proxy.upstreams.kinds.lmstudio import LMStudio
from proxy.upstreams.profile import Profile


@pytest.fixture
def lmstudio() -> Iterator[Told]:
    made = Told("lmstudio")
    made.says("/api/v1/models", FIXTURES / "lmstudio-models.json")
    made.says("/v1/models", {"data": [{"id": "example/plain-4b"}]})
    yield made
    made.stop()


def test_it_says_what_it_has_and_what_that_can_do(lmstudio: Told) -> None:
    said = observed(lmstudio.url, "lmstudio")
    seeing = Profile(context_window=4096, chat=True, tools=True, vision=True, embeddings=False)
    assert said.profiles == {
        "example/seeing-9b": seeing,  # of two instances it may meet the smaller
        "example/seeing-9b:2": seeing,
        "example/plain-4b": Profile(context_window=32768, chat=True, tools=False, vision=False, embeddings=False),
        "text-embedding-example": Profile(context_window=2048, chat=False, embeddings=True),
    }
    assert said.models == tuple(said.profiles)
    assert said.warnings == ()


def test_a_model_that_is_not_loaded_is_warned_of(lmstudio: Told) -> None:
    said = observed(lmstudio.url, "lmstudio", default_model="example/plain-4b", models=("absent", "example/*"))
    assert [warning.partition(": ")[0] for warning in said.warnings] == [
        "'example/plain-4b' is not loaded, so the first request waits, and its context may be small"
    ]
    assert observed(lmstudio.url, "lmstudio", default_model="example/seeing-9b").warnings == ()


def test_an_older_one_says_its_names_alone(lmstudio: Told) -> None:
    del lmstudio.answers["/api/v1/models"]
    said = observed(lmstudio.url, "lmstudio")
    assert (said.models, said.profiles) == (("example/plain-4b",), {})
    assert "0.4" in said.warnings[0]


def test_one_that_is_off_is_down(lmstudio: Told) -> None:
    lmstudio.stop()
    with pytest.raises(NotSent) as down:
        observed(lmstudio.url, "lmstudio")
    assert down.value.reason == "connect"


def test_what_it_does_not_document_is_told_and_what_would_matter_is_missing() -> None:
    dropped = LMStudio().dropped("chat", {"options": {"a": 1}, "functions": [{}], "temperature": 0})
    assert (dropped.reported, dropped.needed) == (("options",), ("functions",))
    assert LMStudio().dropped("messages", {"functions": [{}]}).needed == ()


@pytest.mark.parametrize("kind", ["mcp", "MCP"])
def test_a_tool_that_it_would_ask_another_server_for_is_refused(kind: str) -> None:
    tool = {"type": kind, "server_label": "away", "server_url": "https://mcp.example.com/mcp"}
    assert LMStudio().refused({"model": "m", "tools": [{"type": "function"}, tool]}) == "tools"
    assert LMStudio().refused({"model": "m", "integrations": ["mcp/away"]}) == "integrations"
    assert LMStudio().refused({"model": "m", "tools": [{"type": "function", "name": "mcp"}, None]}) is None
