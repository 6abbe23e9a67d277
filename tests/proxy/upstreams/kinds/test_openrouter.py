"""What OpenRouter lists, in the shape of its documentation, and what a caller may not ask of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from model_servers import FIXTURES, Told, observed

from proxy.upstreams.kinds.openrouter import ROUTING, OpenRouter
from proxy.upstreams.profile import Profile
from proxy.upstreams.upstream import matches


@pytest.fixture
def openrouter() -> Iterator[Told]:
    made = Told("openrouter")
    made.says("/v1/models", FIXTURES / "openrouter-models.json")
    yield made
    made.stop()


def test_it_says_what_its_models_can_do(openrouter: Told) -> None:
    said = observed(openrouter.url, "openrouter")
    assert said.profiles["example/large"] == Profile(
        context_window=131072,  # the server that it is sent to first has less than the model
        max_output=64000,
        chat=True,
        tools=True,
        vision=True,
        json_schema=True,
        logprobs=False,
        embeddings=False,
    )
    small = said.profiles["example/small"]
    assert (small.context_window, small.tools, small.json_schema, small.logprobs) == (8192, False, False, True)


def test_neither_what_chooses_among_models_nor_a_suffix_is_listed(openrouter: Told) -> None:
    assert observed(openrouter.url, "openrouter").models == ("example/large", "example/small", "~example/large-latest")


@pytest.mark.parametrize(
    "model",
    [
        *(
            "example/large:online",
            "example/large:ONLINE",
            "example/large:free",
            "example/large:nitro",
            "example/large:",
        ),
        *(
            "example/large:floor:online",
            "example/large\N{FULLWIDTH COLON}online",
            "example/large%3Aonline",
            "example/large@preset/x",
            "example/large:extended",
        ),
    ],
)
def test_no_pattern_serves_a_suffix_in_any_form(model: str) -> None:
    assert not matches("example/*", model)
    assert not matches("example/large*", model)
    assert matches("example/*", "example/large")


@pytest.mark.parametrize("name", ROUTING)
def test_a_field_that_decides_where_it_goes_is_refused(name: str) -> None:
    assert OpenRouter().refused({"model": "example/large", name: ["x"]}) == name
    assert OpenRouter().refused({"model": "example/large", name: None}) is None


@pytest.mark.parametrize(
    "kind", ["openrouter:web_search", "web_search", "web_search_20250305", "OpenRouter:datetime", "web_fetch"]
)
def test_a_tool_that_it_would_run_itself_is_refused(kind: str) -> None:
    assert OpenRouter().refused({"tools": [{"type": "function"}, {"type": kind}]}) == "tools"


@pytest.mark.parametrize("tools", [None, [], [{"type": "function"}], [{"name": "f"}], ["x"], "x"], ids=str)
def test_a_callers_own_tools_are_not(tools: Any) -> None:
    assert OpenRouter().refused({"tools": tools}) is None


def test_every_request_asks_for_servers_that_keep_nothing() -> None:
    path, body = OpenRouter().written("chat", "/chat/completions", {"model": "example/large"}, "salt")
    assert path == "/chat/completions"
    assert body == {"model": "example/large", "provider": {"data_collection": "deny"}}
    assert OpenRouter().written("responses", "/responses/x", {}, "salt")[1] == {}
