from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from ollama_fake import Model, Ollama, ask

from proxy.errors import ConfigurationError
from proxy.upstreams import lifecycle
from proxy.upstreams.client import UpstreamClient
from proxy.upstreams.lifecycle import Installed, Progress
from proxy.upstreams.upstream import Upstream

Question = Callable[[UpstreamClient, Upstream], Awaitable[Any]]
QWEN = Model("qwen3:8b", num_ctx=16384, size=4000)
AWAY = {"remote_host": "https://ollama.com:443", "remote_model": "gpt-oss:120b"}


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    made = Ollama(library={"qwen3:8b": QWEN, "nomic:latest": Model("nomic:latest", ("embedding",))})
    yield made
    made.stop()


def pulling(model: str, told: Callable[[Progress], None] = lambda _: None) -> Question:
    return lambda client, upstream: lifecycle.pull(client, upstream, model, told)


def warming(model: str) -> Question:
    return lambda client, upstream: lifecycle.warm(client, upstream, model)


def unloading(model: str) -> Question:
    return lambda client, upstream: lifecycle.unload(client, upstream, model)


def refusal(server: Ollama, question: Question, **changes: Any) -> str:
    with pytest.raises(ConfigurationError) as refused:
        ask(server, question, **changes)
    return str(refused.value)


def test_a_server_lists_what_it_has_and_what_of_it_is_in_memory(ollama: Ollama) -> None:
    ollama.disk["qwen3:8b"] = QWEN
    ollama.disk["mine:latest"] = Model("mine:latest", **AWAY)
    ollama.loaded["qwen3:8b"] = 16384, False
    has = ask(ollama, lifecycle.installed)
    assert has == (
        Installed("llama3.2:latest", 2_019_393_189, 0, remote=False),
        Installed("qwen3:8b", 4000, 16384, remote=False),
        Installed("mine:latest", 2_019_393_189, 0, remote=True),
    )
    assert [model.loaded for model in has] == [False, True, False]


def test_a_download_tells_how_far_it_is(ollama: Ollama) -> None:
    told: list[Progress] = []
    ask(ollama, pulling("qwen3:8b", told.append))
    assert "qwen3:8b" in ollama.disk
    steps = [progress.step for progress in told]
    assert steps[0] == "pulling manifest"
    assert steps[-1] == "success"
    layers = [progress for progress in told if progress.total]
    assert [(progress.completed, progress.total) for progress in layers] == [(0, 4000), (1000, 4000), (4000, 4000)]
    assert len({progress.step for progress in layers}) == 1


def test_nothing_is_sent_but_the_name_and_constants(ollama: Ollama) -> None:
    ask(ollama, pulling("qwen3:8b"))
    ask(ollama, warming("qwen3:8b"))
    assert [seen.json for seen in ollama.posts if seen.path in {"/api/pull", "/api/generate"}] == [
        {"stream": True, "model": "qwen3:8b"},
        {"keep_alive": -1, "shift": False, "stream": False, "model": "qwen3:8b"},
    ]


def test_a_model_that_no_registry_has_is_said_to_be_missing(ollama: Ollama) -> None:
    told = refusal(ollama, pulling("qwen4:8b"))
    assert told == "o could not fetch qwen4:8b: its registry may not have it."


def test_a_download_that_breaks_off_is_not_called_done(ollama: Ollama) -> None:
    ollama.breaks = "end"
    assert "broke off fetching qwen3:8b" in refusal(ollama, pulling("qwen3:8b"))


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "gpt-oss:CLOUD"])
def test_a_model_of_its_vendor_is_not_fetched_to_an_own_server(ollama: Ollama, model: str) -> None:
    assert "Ollama's vendor" in refusal(ollama, pulling(model))
    assert ollama.connections == 0


def test_what_turns_out_to_stand_for_a_remote_model_is_said_so(ollama: Ollama) -> None:
    ollama.library["mine:latest"] = Model("mine:latest", **AWAY)
    assert "`ollama rm mine`" in refusal(ollama, pulling("mine"))


def test_a_warm_model_has_its_context_and_the_first_chat_finds_it_as_it_wants_it(ollama: Ollama) -> None:
    assert ask(ollama, warming("llama3.2")) == 4096
    assert ollama.loaded == {"llama3.2:latest": (4096, False)}
    assert ollama.loads == ["llama3.2:latest"]


def test_a_model_that_only_embeds_is_warmed_by_embedding_nothing(ollama: Ollama) -> None:
    ask(ollama, pulling("nomic"))
    assert ask(ollama, warming("nomic")) == 4096
    assert list(ollama.loaded) == ["nomic:latest"]


def test_an_unloaded_model_is_out_of_memory(ollama: Ollama) -> None:
    ask(ollama, warming("llama3.2"))
    ask(ollama, unloading("llama3.2"))
    assert ollama.loaded == {}


@pytest.mark.parametrize("doing", [warming, unloading])
def test_a_model_that_is_not_there_is_said_so_with_what_to_run(
    ollama: Ollama, doing: Callable[[str], Question]
) -> None:
    assert refusal(ollama, doing("qwen3:8b")) == "qwen3:8b is not on o: run `ringfence models pull o qwen3:8b`."


@pytest.mark.parametrize(
    "doing", [lifecycle.installed, warming("llama3.2"), unloading("llama3.2"), pulling("qwen3:8b")]
)
def test_a_server_that_does_not_run_is_said_so_with_what_to_run(ollama: Ollama, doing: Question) -> None:
    ollama.stop()
    told = refusal(ollama, doing)
    assert told == f"Nothing listens at {ollama.url}: start o there with `OLLAMA_NO_CLOUD=1 ollama serve`."


def test_nothing_is_done_with_a_server_whose_cloud_is_open(ollama: Ollama) -> None:
    ollama.no_cloud = False
    assert "OLLAMA_NO_CLOUD=1" in refusal(ollama, warming("llama3.2"))
    assert ollama.loads == []


def test_what_goes_wrong_otherwise_is_said_without_the_servers_words(ollama: Ollama) -> None:
    ollama.unknown = ("/api/ps",)
    assert refusal(ollama, lifecycle.installed) == f"o at {ollama.url} did not do it (http_404)."
    ollama.disk["nomic:latest"] = Model("nomic:latest", ("insert",))
    assert refusal(ollama, warming("nomic")) == f"o at {ollama.url} did not do it (http_400)."


@pytest.mark.parametrize("model", ["", "a b", "x\n", "../x"])
def test_what_is_no_name_is_asked_of_nobody(ollama: Ollama, model: str) -> None:
    assert refusal(ollama, pulling(model)) == "That is no name of a model."
    assert ollama.connections == 0


def test_only_ollama_can_be_managed(ollama: Ollama) -> None:
    upstream = Upstream("v", "vllm", "onprem", ollama.url, vendor=False)
    with pytest.raises(ConfigurationError, match="kind vllm"):
        ask(ollama, lambda client, _: lifecycle.installed(client, upstream))


def test_steps_that_are_not_known_are_told_without_their_words(ollama: Ollama) -> None:
    ollama.routes["/api/pull"] = {"status": "\x1b[2Jhello", "digest": "sha256:zz", "completed": -1}
    told: list[Progress] = []
    refusal(ollama, pulling("qwen3:8b", told.append))
    assert told == [Progress("working")]
