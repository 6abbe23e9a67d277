"""Any server with OpenAI's API says which models it has, if that, and nothing more."""

import asyncio
from collections.abc import Iterator

import pytest
from model_servers import Told, observed

from proxy.routing import Candidate
from proxy.upstreams.client import Timeouts
from proxy.upstreams.errors import Lost, NotSent
from proxy.upstreams.kinds.openai import OpenAI
from proxy.upstreams.pool import Pool
from proxy.upstreams.upstream import Upstream


@pytest.fixture
def openai() -> Iterator[Told]:
    made = Told("openai")
    yield made
    made.stop()


def test_its_models_are_all_that_is_known_of_it(openai: Told) -> None:
    openai.says("/v1/models", {"object": "list", "data": [{"id": "gpt-example", "object": "model"}, {"id": 7}, "x"]})
    said = observed(openai.url, "openai")
    assert (said.models, dict(said.profiles), said.depth, said.warnings) == (("gpt-example",), {}, None, ())


def test_one_that_lists_nothing_says_so_by_its_status(openai: Told) -> None:
    """Which is no sign of ill health: that is for whoever reads the reason."""
    with pytest.raises(Lost) as lost:
        observed(openai.url, "openai")
    assert lost.value.reason == "http_404"


def test_nothing_of_a_request_is_changed_or_refused() -> None:
    body = {"model": "m", "models": ["n"], "cache_salt": "x"}
    assert OpenAI().written("chat", "/chat/completions", body, "salt") == ("/chat/completions", body)
    assert OpenAI().refused(body) is None


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "GPT-OSS:Cloud", "m:cloud"])
def test_a_name_that_an_ollama_would_send_on_is_not_asked_for_at_home(openai: Told, model: str) -> None:
    """The file may call an Ollama by this kind, and so may a gateway before one."""
    with pytest.raises(NotSent) as refused:
        checked(openai.url, model)
    assert refused.value.reason == "ollama_cloud_model"
    checked(openai.url, "cloud-model")


def checked(url: str, model: str) -> None:
    at = Upstream("u", "openai", "onprem", url, models=("*",), vendor=False)

    async def run() -> None:
        pool = Pool(Timeouts(1, 1), lambda _: None, lambda *_: "")
        try:
            await pool.check(Candidate(at, model))
        finally:
            await pool.close()

    asyncio.run(run())
