from typing import Any

import pytest

from proxy.upstreams.kinds.kind import Dropped
from proxy.upstreams.kinds.ollama_dropped import dropped

TOOLS = [{"type": "function", "function": {"name": "get_weather"}}]
SAID = [{"role": "user", "content": "Hello"}]


def chat(**fields: Any) -> Dropped:
    return dropped("chat", {"model": "m", "messages": SAID, **fields})


def shown(*parts: Any) -> Dropped:
    return chat(messages=[{"role": "user", "content": list(parts)}])


def test_a_plain_request_loses_nothing() -> None:
    obeyed = {
        "temperature": 0.2,
        "stop": ["x"],
        "seed": 1,
        "max_completion_tokens": 5,
        "logprobs": True,
        "tools": TOOLS,
    }
    assert chat(**obeyed, reasoning_effort="low", response_format={"type": "json_object"}) == Dropped()


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_choice_of_tools_that_cannot_be_forced_is_needed(choice: Any) -> None:
    assert chat(tools=TOOLS, tool_choice=choice) == Dropped(needed=("tool_choice",))


@pytest.mark.parametrize("choice", ["auto", "none", None])
def test_a_choice_that_is_obeyed_is_not(choice: Any) -> None:
    assert chat(tools=TOOLS, tool_choice=choice) == Dropped()


def test_more_answers_than_one_are_needed_and_one_is_what_comes() -> None:
    assert chat(n=2) == Dropped(needed=("n",))
    assert chat(n=1) == Dropped()


def test_what_only_shapes_an_answer_is_reported() -> None:
    lost = chat(user="u", logit_bias={"1": 5}, parallel_tool_calls=False, service_tier="flex", metadata={"a": "b"})
    assert lost == Dropped(reported=("logit_bias", "metadata", "parallel_tool_calls", "service_tier", "user"))
    assert (
        chat(user=None, logit_bias={}, parallel_tool_calls=True, store=False, modalities=["text"], service_tier="auto")
        == Dropped()
    )


def test_a_name_of_nobody_is_reported_without_itself() -> None:
    assert chat(martinas_diagnosis="flu", num_ctx=9) == Dropped(reported=("other",))


def test_the_name_of_who_speaks_is_reported() -> None:
    assert chat(messages=[{**SAID[0], "name": "anna"}]).reported == ("name",)
    assert chat(messages=[{"role": "tool", "name": "get_weather", "content": "9"}]).reported == ()


@pytest.mark.parametrize(
    ("part", "needed"),
    [
        ({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}, ("image_url",)),
        ({"type": "image_url", "image_url": {}}, ("image_url",)),
        ({"type": "file", "file": {"file_id": "f"}}, ("file",)),
        ({"type": "novel"}, ("other",)),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, ()),
        ({"type": "text", "text": "Hello"}, ()),
    ],
)
def test_what_the_model_cannot_be_shown_is_needed(part: Any, needed: tuple[str, ...]) -> None:
    assert shown(part).needed == needed


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [[]], [{"type": []}], {"type": {}}, [None]])
@pytest.mark.parametrize("name", ["messages", "tools", "tool_choice", "response_format", "n", "user", "modalities"])
def test_whatever_it_holds_something_is_said_of_it(name: str, odd: Any) -> None:
    for endpoint in ("chat", "embeddings", "completions", "responses", "messages"):
        assert isinstance(dropped(endpoint, {"model": "m", "input": odd, "prompt": odd, name: odd}), Dropped)
    assert isinstance(shown({"type": odd, "image_url": odd}), Dropped)


@pytest.mark.parametrize(
    ("endpoint", "body", "expected"),
    [
        ("chat", {"response_format": {"type": "grammar"}, "messages": SAID}, Dropped(needed=("response_format",))),
        ("embeddings", {"input": [1, 2], "user": "u"}, Dropped(("user",), ("input",))),
        ("embeddings", {"input": ["a"], "encoding_format": "base64", "dimensions": 5}, Dropped()),
        (
            "completions",
            {"prompt": "a", "echo": True, "best_of": 2, "logprobs": 3},
            Dropped(("logprobs",), ("best_of", "echo")),
        ),
        ("completions", {"prompt": ["a"], "echo": False, "best_of": 1}, Dropped(needed=("prompt",))),
        ("responses", {"input": "a", "tools": TOOLS, "tool_choice": "none"}, Dropped(needed=("tool_choice",))),
        (
            "responses",
            {"input": "a", "previous_response_id": "r", "store": True},
            Dropped(("store",), ("previous_response_id",)),
        ),
        ("responses", {"input": "a", "truncation": "disabled", "include": []}, Dropped()),
        (
            "messages",
            {"messages": SAID, "tools": TOOLS, "tool_choice": {"type": "any"}},
            Dropped(needed=("tool_choice",)),
        ),
        ("messages", {"messages": SAID, "tools": TOOLS, "tool_choice": {"type": "auto"}, "top_k": 4}, Dropped()),
        ("unheard-of", {"anything": 1}, Dropped()),
    ],
)
def test_each_endpoint_has_its_own(endpoint: str, body: dict[str, Any], expected: Dropped) -> None:
    assert dropped(endpoint, {"model": "m", **body}) == expected
