import json
from typing import Any

import pytest

from proxy.endpoints.endpoint import Dialect
from proxy.endpoints.served import BY_NAME, ENDPOINTS
from proxy.errors import PolicyRefused

BODIES: dict[str, dict[str, Any]] = {
    "chat": {"messages": [{"role": "user", "content": "hello"}]},
    "responses": {"input": "hello"},
    "completions": {"prompt": "hello"},
    "embeddings": {"input": "hello"},
    "messages": {"messages": [{"role": "user", "content": "hello"}]},
}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_vendor_is_told_not_to_store_and_an_own_server_gets_the_body_as_it_is(name: str) -> None:
    body = {"model": "gpt-4o", **BODIES[name], "store": True}
    assert BY_NAME[name].final(body, "gpt-4o", vendor=True) == {**body, "store": False}
    assert BY_NAME[name].final(body, "big", vendor=False) == {**body, "model": "big"}


def test_a_vendor_that_stores_by_itself_is_told_not_to_even_if_the_caller_says_nothing() -> None:
    stored = {e.name: e.final({"model": "m"}, "m", vendor=True).get("store") for e in ENDPOINTS}
    assert [name for name, said in stored.items() if said is not None] == ["responses"]
    assert stored["responses"] is False


@pytest.mark.parametrize(("name", "told"), [("chat", False), ("completions", None), ("embeddings", None)])
def test_a_vendor_that_stores_chats_unasked_is_told_not_to_and_no_other_is_told_of_it(name: str, told: Any) -> None:
    """Some refuse a request that says anything of it."""
    body, endpoint = {"model": "m", **BODIES[name]}, BY_NAME[name]
    assert endpoint.final(body, "m", vendor=True, unasked=True).get("store") is told
    assert "store" not in endpoint.final(body, "m", vendor=True, unasked=True, stores=True)
    assert "store" not in endpoint.final(body, "m", vendor=False, unasked=True)
    assert "store" not in endpoint.final(body, "m", vendor=True)


@pytest.mark.parametrize("name", BY_NAME)
def test_only_a_stream_that_would_not_say_what_it_cost_is_asked_to(name: str) -> None:
    endpoint, streams = BY_NAME[name], {**BODIES[name], "model": "m", "stream": True}
    asked = endpoint.final(streams, "m", vendor=False, usage=True)
    if name in {"chat", "completions"}:
        assert asked == {**streams, "stream_options": {"include_usage": True}}
        assert endpoint.hides_usage({**streams, "stream_options": None})
        more = {**streams, "stream_options": {"include_obfuscation": False, "include_usage": False}}
        said = endpoint.final(more, "m", vendor=False, usage=True)["stream_options"]
        assert said == {"include_obfuscation": False, "include_usage": True}
    else:
        assert asked == streams
    assert endpoint.final(streams, "m", vendor=False) == streams
    for same in ({**streams, "stream": False}, {**streams, "stream_options": {"include_usage": True}}):
        assert endpoint.final(same, "m", vendor=False, usage=True) == same
        assert not endpoint.hides_usage(same)


def test_the_event_that_holds_only_usage_is_kept_back_where_the_caller_did_not_ask_for_it() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 3}}
    hiding = Dialect(hides_usage=True)
    assert hiding.passed(b"event", usage) == b""
    for other in ({"choices": [], "usage": None}, {"choices": [{"delta": {}}], "usage": {"prompt_tokens": 3}}, {}):
        assert hiding.passed(b"event", other) == b"event"
    assert Dialect().passed(b"event", usage) == b"event"


@pytest.mark.parametrize("answer", [{}, {"choices": 1}, {"choices": [1, {}]}, {"usage": []}, {"model": 1}])
@pytest.mark.parametrize("name", BY_NAME)
def test_any_shape_of_answer_is_tolerated(name: str, answer: dict[str, Any]) -> None:
    dialect = BY_NAME[name].dialect()
    dialect.see(answer)
    assert dialect.observed.usage == {}


def test_the_numbers_of_a_chat_answer_are_read() -> None:
    dialect = Dialect()
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
    dialect.see({"model": "m", "choices": [{"finish_reason": "stop"}], "usage": usage})
    assert dialect.observed.usage == {"in": 3, "out": 2, "cached": 1}
    assert (dialect.observed.model, dialect.observed.finish) == ("m", "stop")


REFUSAL = PolicyRefused("No.", explanation={"because": ["It is one."], "rules": ["r"]}, code="answer_blocked")


@pytest.mark.parametrize("name", BY_NAME)
def test_a_refusal_within_a_stream_says_all_that_it_says_elsewhere(name: str) -> None:
    event = BY_NAME[name].dialect().refusal_event(REFUSAL)
    before, _, data = event.decode().rpartition("data: ")
    assert before == ("event: error\n" if name in {"responses", "messages"} else "")
    said = json.loads(data)["error"]
    assert (said["message"], said["code"]) == ("No.", "answer_blocked")
    assert (said["because"], said["rules"]) == (["It is one."], ["r"])
