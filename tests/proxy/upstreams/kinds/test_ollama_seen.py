import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from ollama_fake import Model, Ollama, ask

from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds import ollama_seen
from proxy.upstreams.kinds.kind import MAX_LISTED, Observation
from proxy.upstreams.profile import UNKNOWN
from proxy.upstreams.upstream import Upstream

SHOWN = "/api/show"


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    made = Ollama()
    yield made
    made.stop()


def observed(server: Ollama, **changes: Any) -> Observation:
    return ask(server, ollama_seen.observe, **changes)


def has(said: Observation, *words: str) -> bool:
    return any(all(word in warning for word in words) for warning in said.warnings)


def disk(*models: Model) -> dict[str, Model]:
    return {model.name: model for model in models}


def test_a_model_that_is_loaded_has_the_context_that_it_was_loaded_with(ollama: Ollama) -> None:
    ollama.loaded["llama3.2:latest"] = 8192, False
    said = observed(ollama)
    assert said.profiles["llama3.2"].context_window == 8192
    assert has(said, "8,192 tokens", "131,072", "OLLAMA_CONTEXT_LENGTH")


def test_one_that_is_not_has_what_its_modelfile_says(ollama: Ollama) -> None:
    ollama.disk = disk(Model("llama3.2:latest", num_ctx=16384))
    assert observed(ollama).profiles["llama3.2"].context_window == 16384
    ollama.disk = disk(Model("llama3.2:latest", num_ctx=16384, context=2048))
    assert observed(ollama).profiles["llama3.2"].context_window == 2048


def test_or_nobody_knows_and_its_own_maximum_is_not_claimed(ollama: Ollama) -> None:
    said = observed(ollama)
    assert said.profiles["llama3.2"].context_window is None
    assert has(said, "not known until it is loaded", "ringfence models warm o llama3.2")


def test_what_a_model_can_do_is_what_the_server_says(ollama: Ollama) -> None:
    ollama.disk = disk(
        Model("llama3.2:latest", ("completion", "tools")),
        Model("llava:7b", ("completion", "vision", "thinking")),
        Model("nomic:latest", ("embedding",)),
    )
    profiles = observed(ollama, models=("*",)).profiles
    told = {name: (p.chat, p.tools, p.vision, p.embeddings) for name, p in profiles.items()}
    assert told == {
        "llama3.2": (True, True, False, None),
        "llama3.2:latest": (True, True, False, None),
        "llava:7b": (True, False, True, None),
        "nomic:latest": (False, False, False, True),
    }


def test_an_older_server_is_asked_about_each_model_as_its_list_does_not_say(ollama: Ollama) -> None:
    row = {name: value for name, value in Model("llama3.2:latest").listed().items() if name != "capabilities"}
    ollama.routes["/api/tags"] = {"models": [row]}
    assert observed(ollama).profiles["llama3.2"].tools is True
    ollama.unknown = (SHOWN,)
    assert observed(ollama).profiles["llama3.2"] == UNKNOWN


def test_only_the_models_that_are_asked_for_here_are_asked_about(ollama: Ollama) -> None:
    ollama.disk |= disk(*(Model(f"m{number}:latest", num_ctx=512) for number in range(40)))
    said = observed(ollama, models=("m1:*", "m2:latest"))
    assert sorted(seen.json["model"] for seen in ollama.posts) == ["llama3.2", "m1:latest", "m2:latest"]
    assert len(said.models) == 41
    assert [said.profiles[name].context_window for name in ("m1:latest", "m2:latest", "m3:latest")] == [512, 512, None]
    assert said.profiles["m3:latest"].tools is True


def test_however_many_models_there_are_few_are_asked_about_in_one_round(ollama: Ollama) -> None:
    ollama.disk |= disk(*(Model(f"m{number}:latest") for number in range(40)))
    assert len(observed(ollama, models=("*",)).profiles) == 42
    assert len(ollama.posts) == ollama_seen.MAX_SHOWN - 1, "two names of one model are asked about once"


def test_a_loaded_model_of_which_the_lists_say_all_is_not_asked_about(ollama: Ollama) -> None:
    row = Model("llama3.2:latest").listed()
    ollama.routes["/api/tags"] = {"models": [{**row, "details": {**row["details"], "context_length": 131072}}]}
    ollama.loaded["llama3.2:latest"] = 4096, False
    assert observed(ollama).profiles["llama3.2"].context_window == 4096
    assert ollama.posts == []


def test_an_open_cloud_is_warned_of_with_what_to_do(ollama: Ollama) -> None:
    assert not has(observed(ollama), "OLLAMA_NO_CLOUD=1")
    ollama.no_cloud = False
    assert has(observed(ollama), "OLLAMA_NO_CLOUD=1")
    ollama.unknown = ("/api/status",)
    assert has(observed(ollama), "OLLAMA_NO_CLOUD=1")


@pytest.mark.parametrize("no_cloud", [True, False])
def test_remote_models_are_warned_of_and_neither_listed_nor_described(ollama: Ollama, no_cloud: bool) -> None:
    ollama.no_cloud = no_cloud
    ollama.disk |= disk(
        Model("mine:latest", remote_host="https://ollama.com:443", remote_model="gpt-oss:120b"),
        Model("gpt-oss:120b-cloud", remote_host="https://ollama.com:443", remote_model="gpt-oss:120b"),
    )
    said = observed(ollama, models=("*",))
    assert said.models == ("llama3.2:latest",)
    assert sorted(said.profiles) == ["llama3.2", "llama3.2:latest"]
    assert has(said, "never used", "gpt-oss:120b-cloud, mine:latest")


def test_a_model_that_is_remote_only_as_it_is_described_is_one(ollama: Ollama) -> None:
    ollama.routes[SHOWN] = {"remote_host": "https://ollama.com:443", "capabilities": ["completion"]}
    said = observed(ollama)
    assert said.models == ()
    assert said.profiles == {}
    assert has(said, "never used", "llama3.2:latest")


def test_a_vendors_ollama_may_have_remote_models(ollama: Ollama) -> None:
    ollama.no_cloud = False
    ollama.disk["llama3.2:latest"] = Model("llama3.2:latest", remote_host="https://ollama.com", remote_model="x")
    said = observed(ollama, vendor=True)
    assert said.models == ("llama3.2:latest",)
    assert said.profiles["llama3.2"].chat is True
    assert not has(said, "OLLAMA_NO_CLOUD")


def test_what_cannot_be_seen_is_said(ollama: Ollama) -> None:
    assert has(observed(ollama), "OLLAMA_DEBUG_LOG_REQUESTS", "cannot be seen")


def test_endpoints_that_have_a_model_loaded_in_turns_are_warned_of(ollama: Ollama) -> None:
    """As the server does: a request at /v1 wants a context that shifts, and a chat here one that does not."""
    assert has(observed(ollama), "loaded again", "for completions, responses")
    assert not has(observed(ollama, endpoints=("chat", "embeddings")), "loaded again")
    assert not has(observed(ollama, endpoints=("responses",)), "loaded again")


def test_a_model_that_is_not_there_is_not_described(ollama: Ollama) -> None:
    assert "qwen3:8b" not in observed(ollama, models=("qwen3:8b",)).profiles


def test_a_model_of_two_names_is_warned_of_once(ollama: Ollama) -> None:
    warnings = observed(ollama, models=("*",)).warnings
    assert len([warning for warning in warnings if "llama3.2" in warning]) == 1


def test_no_text_of_the_servers_is_in_a_warning(ollama: Ollama) -> None:
    ollama.disk |= disk(Model("<b>Martina</b>", remote_host="h"), Model("x y", num_ctx=7))
    assert "Martina" not in str(observed(ollama, models=("*",)).warnings)


@pytest.mark.parametrize("path", ["/api/version", "/api/tags", "/api/ps"])
def test_a_server_that_does_not_answer_is_not_described(ollama: Ollama, path: str) -> None:
    ollama.unknown = (path,)
    with pytest.raises(UpstreamError):
        observed(ollama)


@pytest.mark.parametrize("shape", [None, [], {"models": [None, {"name": 7}, {"model": "a", "details": 3}]}, "x", 7])
@pytest.mark.parametrize("path", ["/api/tags", "/api/ps", SHOWN])
def test_odd_shapes_are_nothing_known(ollama: Ollama, path: str, shape: Any) -> None:
    ollama.routes[path] = shape
    assert observed(ollama, models=("*",)).depth is None


def test_a_server_that_lists_models_without_end_holds_nobody_up() -> None:
    class Counted(dict[str, Any]):
        looked = 0

        def get(self, *name: Any) -> Any:
            Counted.looked += 1
            return super().get(*name)

    class Endless:
        async def probe(self, path: str, model: str = "") -> Any:
            return {"models": [Counted(name=f"m{number}") for number in range(3000)]} if path != "/api/show" else {}

        async def read(self, path: str) -> str:
            return ""

    own = Upstream("o", "ollama", "onprem", "http://127.0.0.1:11434/v1", models=("*",), vendor=False)
    said = asyncio.run(ollama_seen.observe(Endless(), own))
    assert len(said.models) == len(said.profiles) == MAX_LISTED
    assert Counted.looked < 100_000  # each row a few times, and not once for each other row
