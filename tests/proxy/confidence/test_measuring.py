"""Which requests an own server is asked for probabilities; what comes of it, the tests of escalations show."""

from typing import Any

import pytest
from unsure import Asking, Probable


@pytest.mark.parametrize(
    ("more", "measured"),
    [
        ({}, True),
        ({"n": None}, True),
        ({"words": {"monad": "PERSON"}}, False),
        ({"profile": {"logprobs": False}}, False),
        ({"thresholds": "{confidence: 0}"}, True),
        ({"model": "local-model"}, False),
    ],
    ids=str,
)
def test_an_own_server_is_asked_for_probabilities_where_a_vendor_may_answer_instead(
    ask: Asking, own: Probable, more: dict[str, Any], measured: bool
) -> None:
    told = ask(**more)
    assert told.answer.status_code == 200
    probing = {"logprobs": True, "top_logprobs": 1} if measured else {}
    assert {
        name: own.posts[0].json[name] for name in ("logprobs", "top_logprobs") if name in own.posts[0].json
    } == probing
    assert ("x-ringfence-confidence" in told.answer.headers) is measured


def test_a_caller_that_asks_for_probabilities_gets_as_many_as_it_wants(ask: Asking, own: Probable) -> None:
    told = ask(logprobs=True, top_logprobs=3)
    assert (own.posts[0].json["logprobs"], own.posts[0].json["top_logprobs"]) == (True, 3)
    assert "x-ringfence-confidence" in told.answer.headers
    assert '"logprob"' in told.answer.text


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_stream_with_tools_is_judged_by_the_other_rules_alone(ask: Asking, own: Probable, stream: bool) -> None:
    told = ask(stream=stream, tools=[{"type": "function", "function": {"name": "f"}}])
    assert ("logprobs" in own.posts[0].json) is not stream
    assert ("x-ringfence-confidence" in told.answer.headers) is not stream
    assert told.answer.headers["x-ringfence-zone"] == "onprem"
