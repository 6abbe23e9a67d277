"""What llama.cpp says of itself: recorded, and asked of the real one that the demo runs."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from harness import NO_TLS
from model_servers import FIXTURES, Told, observed
from real_model import embedded

from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.llamacpp import LlamaCpp
from proxy.upstreams.profile import Profile

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
FORM = {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}


@pytest.fixture
def llama() -> Iterator[Told]:
    made = Told("llamacpp")
    made.says("/health", {"status": "ok"})
    made.says("/v1/models", FIXTURES / "llamacpp-models.json")
    made.says("/props", FIXTURES / "llamacpp-props.json")
    made.says("/metrics", {"error": {"code": 501}}, status=501)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with embedded() as url:
        yield url


def test_what_is_known_of_its_one_model_holds_for_every_name_that_it_is_asked_for(llama: Told) -> None:
    said = observed(llama.url, "llamacpp", default_model="smollm2", models=("gpt-4*", "other"))
    known = Profile(context_window=4096, tools=False, parallel_tools=False, vision=False)
    assert (said.profiles["smollm2"], said.profiles["other"]) == (known, known)
    assert "gpt-4*" not in said.profiles
    assert said.depth is None


def test_it_is_warned_that_it_answers_names_which_are_not_its_models(llama: Told) -> None:
    named, shown = observed(llama.url, "llamacpp", default_model="smollm2").warnings
    assert "answers every name, so 'smollm2' too" in named
    assert "--alias smollm2" in named
    assert "/srv/models" not in named
    assert "--no-slots" in shown


def test_a_server_with_its_models_name_and_without_slots_is_warned_of_nothing(llama: Told) -> None:
    llama.says("/v1/models", {"data": [{"id": "smollm2", "aliases": ["smollm2", "small"], "meta": {"n_ctx": 8192}}]})
    llama.says("/props", {"endpoint_slots": False, "modalities": {"vision": True}})
    said = observed(llama.url, "llamacpp", default_model="smollm2", models=("small",))
    assert said.warnings == ()
    assert said.models == ("smollm2",)
    assert said.profiles["small"] == Profile(context_window=8192, vision=True)


def test_a_server_with_several_models_is_not_taken_for_one_with_one(llama: Told) -> None:
    rows = [{"id": "large", "meta": {"n_ctx": 8192}}, {"id": "small", "meta": None}]
    llama.says("/v1/models", {"data": rows})
    said = observed(llama.url, "llamacpp", default_model="absent")
    assert said.profiles == {"large": Profile(context_window=8192), "small": Profile()}


def test_its_metrics_say_how_much_it_has_to_do(llama: Told) -> None:
    llama.says(
        "/metrics",
        b"# TYPE llamacpp:requests_processing gauge\nllamacpp:requests_processing 2\nllamacpp:requests_deferred 3\n",
    )
    assert observed(llama.url, "llamacpp").depth == 5


def test_one_that_still_loads_its_model_is_down(llama: Told) -> None:
    llama.says("/health", {"error": {"code": 503, "message": "Loading model"}}, status=503)
    with pytest.raises(UpstreamError) as down:
        observed(llama.url, "llamacpp")
    assert down.value.reason == "http_503"


@pytest.mark.parametrize(
    ("endpoint", "body", "reported", "needed"),
    [
        ("chat", {"options": {"a": 1}, "functions": [{}]}, ("options",), ("functions",)),
        ("chat", {"tool_choice": {"type": "function", "function": {"name": "f"}}}, (), ("tool_choice",)),
        ("chat", {"tool_choice": "required", "n": 2, "logprobs": True, "response_format": {}}, (), ()),
        ("completions", {"suffix": "x", "best_of": 3, "echo": True}, ("best_of", "echo"), ("suffix",)),
        ("embeddings", {"dimensions": 8, "user": "u"}, (), ("dimensions",)),
        ("responses", {"truncation": "auto", "text": {"verbosity": "low"}}, ("truncation", "text"), ()),
        ("responses", {"tools": [{"type": "web_search"}], "background": True}, ("tools",), ("background",)),
        ("responses", {"tools": [{"type": "function"}], "background": False, "text": FORM}, (), ()),
    ],
    ids=str,
)
def test_what_is_ignored_is_told_and_what_would_matter_is_missing(
    endpoint: str, body: dict[str, Any], reported: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    dropped = LlamaCpp().dropped(endpoint, body)
    assert (dropped.reported, dropped.needed) == (reported, needed)


def test_the_form_of_a_response_is_asked_for_as_that_of_a_chat() -> None:
    _, body = LlamaCpp().written("responses", "/responses", {"text": FORM}, "salt")
    assert body["response_format"] == {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    for same in ({"text": {}}, {"text": FORM, "response_format": {"type": "text"}}, {}):
        assert LlamaCpp().written("responses", "/responses", dict(same), "salt")[1] == same
    assert "response_format" not in LlamaCpp().written("chat", "/chat/completions", {"text": FORM}, "salt")[1]


def test_a_real_one_says_the_same(real: str) -> None:
    said = observed(real, "llamacpp", default_model="smollm2")
    assert said.profiles["smollm2"] == Profile(context_window=4096, tools=False, parallel_tools=False, vision=False)
    assert len(said.warnings) == 2
    assert "/" not in said.warnings[0]


def test_a_real_one_obeys_the_form_of_a_response_only_as_it_is_written_for_it(real: str) -> None:
    asked = {"model": "smollm2", "input": "Say hello.", "max_output_tokens": 8, "temperature": 0, "text": FORM}
    path, written = LlamaCpp().written("responses", "/responses", asked, "salt")
    with httpx.Client(trust_env=False, verify=NO_TLS, timeout=60) as client:
        plain, formed = (client.post(real + path, json=body).json() for body in (asked, written))
    assert not plain["output"][0]["content"][0]["text"].startswith("{")
    assert formed["output"][0]["content"][0]["text"].startswith("{")


def test_a_real_one_ignores_what_is_said_to_be_needed(real: str) -> None:
    """Else there would be no reason to refuse such requests."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    choice = {"type": "function", "function": {"name": "f"}}
    asked = {
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 8,
        "tools": [tool],
        "tool_choice": choice,
    }
    with httpx.Client(trust_env=False, verify=NO_TLS, timeout=60) as client:
        answer = client.post(f"{real}/chat/completions", json=asked).json()
    assert answer["choices"][0]["message"]["content"]
    assert not answer["choices"][0]["message"].get("tool_calls")
