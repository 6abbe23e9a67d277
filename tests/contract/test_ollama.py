"""An application on the real `openai` client, Ringfence, and an Ollama.

That is a fake by contract, which the real `ollama` client takes for one: the real server cannot be installed from the
package indexes.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import ollama as official
import openai
import pytest
import yaml
from harness import QUICK, WORDS, Ringfence, eventually, ringfence
from ollama_fake import Model, Ollama
from openai import OpenAI

from audit.access import Filters, Records

AWAY = {"remote_host": "https://ollama.com:443", "remote_model": "gpt-oss:120b"}
NAMES = ("gpt-oss:cloud", "GPT-OSS:120B-Cloud", "gpt-oss:20b:cloud", "registry.ollama.ai/library/gpt-oss:20b-cloud")
DISK = (
    Model("llama3.2:latest"),
    Model("qwen3:8b", ("completion", "tools", "thinking")),
    Model("llava:7b", ("completion", "vision")),
    Model("nomic:latest", ("embedding",)),
    Model("mine:latest", **AWAY),
)
TEXT = "".join(WORDS)
ASKED: Any = [{"role": "user", "content": "What is a monad?"}]
SECRET = "the patient is Martina"
LONG: Any = [{"role": "user", "content": "word " * 5000 + SECRET}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}},
}


@pytest.fixture(scope="module")
def fake() -> Iterator[Ollama]:
    made = Ollama(library={"phi4:latest": Model("phi4:latest", size=4000)})
    yield made
    made.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, fake: Ollama) -> Iterator[Ringfence]:
    home = tmp_path_factory.mktemp("ollama")
    names = [model.name.removesuffix(":latest") for model in DISK] + list(NAMES)
    row = {"name": "local", "kind": "ollama", "zone": "onprem", "base_url": fake.url, "models": names}
    file = home / "upstreams.yaml"
    file.write_text(yaml.safe_dump({"upstreams": [row]}))
    with ringfence(home, file, **QUICK) as made:
        yield made


@pytest.fixture
def server(fake: Ollama) -> Ollama:
    """The fake as it should be run, and nothing seen of it yet."""
    fake.clear()
    fake.disk = {model.name: model for model in DISK}
    fake.no_cloud, fake.breaks, fake.before_use = True, "", lambda: None
    for seen in (fake.loaded, fake.loads, fake.cut, fake.to_vendor):
        seen.clear()
    return fake


@pytest.fixture(scope="module")
def key(running: Ringfence) -> str:
    return running.key("helpdesk", "support")


@pytest.fixture
def client(running: Ringfence, key: str, server: Ollama) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{running.url}/v1", api_key=key, max_retries=0, timeout=30) as made:
        yield made


@pytest.fixture
def real(server: Ollama) -> Iterator[official.Client]:
    """Ollama's own client, directly at the server."""
    with official.Client(server.url.removesuffix("/v1")) as made:
        yield made


def asked(server: Ollama) -> list[tuple[str, Any]]:
    """Return what it was asked to answer."""
    return [(seen.path, seen.json) for seen in server.posts if seen.path != "/api/show"]


def outcomes(running: Ringfence, **wanted: Any) -> list[Any]:
    page = Records(running.home / "audit.db").page(Filters(kind="route.outcome"), limit=1000)
    return [record.body for record in page.records if wanted.items() <= record.body.items()]


def test_the_real_client_takes_the_fake_for_an_ollama(real: official.Client, server: Ollama) -> None:
    assert [model.model for model in real.list().models] == [model.name for model in DISK]
    shown = real.show("llama3.2")
    assert shown.capabilities == ["completion", "tools"]
    assert shown.modelinfo is not None
    assert shown.modelinfo["llama.context_length"] == 131072
    said = real.chat("llama3.2", ASKED, options={"num_predict": 2})
    assert (said.message.content, said.done_reason, said.eval_count) == ("The quick", "length", 2)
    assert "".join(part.message.content or "" for part in real.chat("llama3.2", ASKED, stream=True)) == TEXT
    assert [row.model for row in real.ps().models] == ["llama3.2:latest"]
    assert real.ps().models[0].context_length == 4096
    (vector,) = real.embed("nomic", "Hello").embeddings
    assert math.isclose(sum(number**2 for number in vector), 1)
    assert server.loads == ["llama3.2:latest", "nomic:latest"]


def test_the_real_client_fetches_and_unloads_as_from_an_ollama(real: official.Client, server: Ollama) -> None:
    told = [(part.status, part.completed) for part in real.pull("phi4", stream=True)]
    assert told[0] == ("pulling manifest", None)
    assert told[-1] == ("success", None)
    assert [done for _, done in told if done] == [1000, 4000]
    assert "phi4:latest" in server.disk
    with pytest.raises(official.ResponseError, match="file does not exist"):
        list(real.pull("phi5", stream=True))
    assert real.generate("phi4", keep_alive=-1).done_reason == "load"
    assert real.generate("phi4", keep_alive=0).done_reason == "unload"
    assert server.loaded == {}
    with pytest.raises(official.ResponseError) as missing:
        real.chat("phi5", ASKED)
    assert missing.value.status_code == 404


def test_the_real_client_meets_what_ringfence_is_there_against(real: official.Client, server: Ollama) -> None:
    """A prompt cut without a word: else no test below shows anything."""
    said = real.chat("llama3.2", [*LONG, *ASKED])
    assert said.message.content == TEXT
    assert server.cut == [1]
    with pytest.raises(official.ResponseError, match="exceeds the context"):
        real.embed("nomic", "word " * 5000, truncate=False)


def test_a_chat_goes_by_the_servers_own_api(client: OpenAI, server: Ollama) -> None:
    raw = client.chat.completions.with_raw_response.create(model="llama3.2", messages=ASKED, user="anna", seed=7)
    answer = raw.parse()
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (TEXT, "stop")
    assert (answer.object, answer.model) == ("chat.completion", "llama3.2")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 5
    assert raw.headers["x-ringfence-dropped-params"] == "user"
    ((path, body),) = asked(server)
    assert path == "/api/chat"
    assert (body["truncate"], body["shift"], body["stream"], body["options"]["seed"]) == (False, False, False, 7)


def test_a_stream_is_one_of_the_openai_api(client: OpenAI, server: Ollama) -> None:
    more: Any = {"stream_options": {"include_usage": True}, "logprobs": True}
    chunks = list(client.chat.completions.create(model="llama3.2", messages=ASKED, stream=True, **more))
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == TEXT
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[0].choices[0].logprobs is not None
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 5
    assert asked(server)[0][1]["stream"] is True


def test_tools_are_called_and_answered(client: OpenAI, server: Ollama) -> None:
    said: list[Any] = [{"role": "user", "content": "What is the weather in Graz and Linz?"}]
    choice = client.chat.completions.create(model="llama3.2", messages=said, tools=[TOOL]).choices[0]
    calls: Any = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments) for call in calls] == [{"place": "Graz"}, {"place": "Linz"}]
    said += [choice.message, *({"role": "tool", "tool_call_id": call.id, "content": "9 degrees"} for call in calls)]
    again = client.chat.completions.create(model="llama3.2", messages=said, tools=[TOOL])
    assert again.choices[0].message.content == TEXT
    sent = asked(server)[1][1]["messages"]
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == {"place": "Graz"}
    assert [message["tool_name"] for message in sent[2:]] == ["get_weather"] * 2


def test_tools_are_called_in_a_stream(client: OpenAI, server: Ollama) -> None:
    said: Any = [{"role": "user", "content": "What is the weather?"}]
    with client.chat.completions.stream(model="llama3.2", messages=said, tools=[TOOL]) as stream:
        choice = stream.get_final_completion().choices[0]
    assert choice.message.tool_calls is not None
    assert [json.loads(call.function.arguments)["place"] for call in choice.message.tool_calls] == ["Graz", "Linz"]


def test_a_form_a_thought_and_a_picture_arrive(client: OpenAI, server: Ollama) -> None:
    schema: Any = {"type": "json_schema", "json_schema": {"name": "u", "schema": {"type": "object"}}}
    formed = client.chat.completions.create(model="llama3.2", messages=ASKED, response_format=schema)
    assert json.loads(formed.choices[0].message.content or "") == {"unit": "c"}
    thought = client.chat.completions.create(model="qwen3:8b", messages=ASKED, reasoning_effort="low")
    assert (thought.choices[0].message.model_extra or {})["reasoning"] == "Let me see."
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]
    seen = client.chat.completions.create(model="llava:7b", messages=parts)
    assert seen.choices[0].message.content == "1 images."


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_that_is_too_long_is_refused_and_never_cut(
    client: OpenAI, running: Ringfence, server: Ollama, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="llama3.2", messages=[*LONG, *ASKED], stream=stream)
    assert refused.value.code == "context_length_exceeded"
    assert SECRET not in str(refused.value)
    assert server.cut == []
    assert len(asked(server)) == 1


def test_embeddings_come_as_the_client_asks_for_them(client: OpenAI, server: Ollama) -> None:
    """The official client asks for base64 unless it is told otherwise."""
    packed = client.embeddings.create(model="nomic", input=["Hello", "there"])
    plain = client.embeddings.create(model="nomic", input=["Hello", "there"], encoding_format="float")
    assert [len(row.embedding) for row in packed.data] == [8, 8]
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.index == other.index
        assert all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(one.embedding, other.embedding, strict=True))
    assert [path for path, _ in asked(server)] == ["/api/embed"] * 2


def test_a_text_that_is_too_long_is_not_embedded_by_half(client: OpenAI, server: Ollama) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model="nomic", input="word " * 5000)
    assert refused.value.code == "context_length_exceeded"


@pytest.mark.parametrize("more", [{"tool_choice": "required", "tools": [TOOL]}, {"n": 2}])
def test_what_it_would_ignore_and_the_answer_hangs_on_is_refused(client: OpenAI, server: Ollama, more: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="llama3.2", messages=ASKED, **more)
    assert refused.value.code == "capability_unavailable"
    assert asked(server) == []


def test_completions_still_go_where_prompts_are_cut_so_only_short_ones_do(client: OpenAI, server: Ollama) -> None:
    assert client.completions.create(model="llama3.2", prompt="What is a monad?").choices[0].text == TEXT
    with pytest.raises(openai.BadRequestError) as refused:
        client.completions.create(model="llama3.2", prompt="word " * 5000)
    assert refused.value.code == "capability_unavailable"
    assert [path for path, _ in asked(server)] == ["/v1/completions"]
    assert server.cut == []


def test_a_model_is_loaded_once_for_chats_and_again_when_others_take_turns(client: OpenAI, server: Ollama) -> None:
    for _ in range(3):
        client.chat.completions.create(model="llama3.2", messages=ASKED)
    assert len(server.loads) == 1
    client.completions.create(model="llama3.2", prompt="Hello")
    client.chat.completions.create(model="llama3.2", messages=ASKED)
    assert len(server.loads) == 3


@pytest.mark.parametrize("breaks", ["error", "end"])
def test_a_stream_that_breaks_off_ends_with_an_error_without_its_text(
    client: OpenAI, server: Ollama, breaks: str
) -> None:
    server.breaks = breaks
    said: Any = [{"role": "user", "content": SECRET}]
    got: list[str] = []
    stream = client.chat.completions.create(model="llama3.2", messages=said, stream=True)
    with pytest.raises(openai.APIError) as failed:
        got.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert got == list(WORDS[:2])
    assert SECRET not in str(failed.value.body)


@pytest.mark.parametrize("name", [*NAMES, "mine"])
def test_no_name_leads_to_the_vendor_though_it_would(
    client: OpenAI, real: official.Client, server: Ollama, name: str
) -> None:
    server.no_cloud = False
    real.chat(name, ASKED)
    assert len(server.to_vendor) == 1, "the fake would have sent it on"
    server.to_vendor.clear()
    for no_cloud in (False, True):
        server.no_cloud = no_cloud
        with pytest.raises(openai.APIStatusError) as refused:
            client.chat.completions.create(model=name, messages=ASKED)
        assert refused.value.status_code == 503
        assert "ollama_" in str(refused.value)
    assert server.to_vendor == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat/completions", {"model": "llama3.2", "messages": ASKED}),
        ("/embeddings", {"model": "nomic", "input": "Hello"}),
        ("/completions", {"model": "llama3.2", "prompt": "Hello"}),
    ],
)
def test_an_open_cloud_is_reason_enough_for_a_local_model(client: OpenAI, server: Ollama, path: str, body: Any) -> None:
    server.no_cloud = False
    with pytest.raises(openai.APIStatusError, match="OLLAMA_NO_CLOUD"):
        client.post(path, body=body, cast_to=object)
    assert asked(server) == []


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_of_a_model_that_turned_remote_after_the_check_is_withheld(
    client: OpenAI, running: Ringfence, server: Ollama, stream: bool
) -> None:
    """Between the check and the request, somebody restarts it with its cloud open and another model of that name."""
    before = len(outcomes(running, status="upstream_error"))

    def turn() -> None:
        server.no_cloud = False
        server.disk["llama3.2:latest"] = Model("llama3.2:latest", **AWAY)

    server.before_use = turn
    with pytest.raises(openai.APIError) as failed:
        list(client.chat.completions.create(model="llama3.2", messages=ASKED, stream=stream))
    assert len(server.to_vendor) == 1, "it did leave: the answer tells, and nothing can call it back"
    assert TEXT not in str(failed.value.body)
    assert eventually(lambda: len(outcomes(running, status="upstream_error")) > before)
    assert "upstream local had another host answer" in running.log_path.read_text()
    if not stream:
        assert isinstance(failed.value, openai.APIStatusError)
        assert (failed.value.status_code, failed.value.code) == (502, "answered_elsewhere")


def test_embeddings_are_not_forwarded_by_such_a_name(client: OpenAI, server: Ollama) -> None:
    def turn() -> None:
        server.no_cloud = False
        server.disk["nomic:latest"] = Model("nomic:latest", ("embedding",), **AWAY)

    server.before_use = turn
    with pytest.raises(openai.APIStatusError):
        client.embeddings.create(model="nomic", input="Hello")
    assert server.to_vendor == []


def test_a_closed_cloud_keeps_even_that_at_home(client: OpenAI, server: Ollama) -> None:
    """With OLLAMA_NO_CLOUD=1 the server refuses what became remote in between: that is what closes the gap."""
    server.before_use = lambda: server.disk.update({"llama3.2:latest": Model("llama3.2:latest", **AWAY)})
    with pytest.raises(openai.APIError):
        client.chat.completions.create(model="llama3.2", messages=ASKED)
    assert server.to_vendor == []


def test_a_second_model_in_other_letters_does_not_reach_it(
    client: OpenAI, real: official.Client, server: Ollama
) -> None:
    server.no_cloud = False
    body = {"model": "llama3.2", "prompt": "Hello", "Model": "gpt-oss:cloud"}
    real._client.post("/v1/completions", json=body)
    assert len(server.to_vendor) == 1, "Go takes the last name in any letters"
    server.clear()
    with pytest.raises(openai.BadRequestError) as refused:
        client.completions.create(model="llama3.2", prompt="Hello", extra_body={"Model": "gpt-oss:cloud"})
    assert refused.value.code == "duplicate_key"
    assert server.requests == []
