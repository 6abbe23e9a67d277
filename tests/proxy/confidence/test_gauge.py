import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.confidence.gauge import BEGINNING, Gauge
from proxy.policy.local_first import LocalFirst

THRESHOLD = LocalFirst(8_000, 10)
TEXT = "The quick brown fox jumps."
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("choices", "message", "delta", "content", "logprobs", "logprob", "index", "finish_reason", "text")
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
TOKENS = st.lists(st.floats(-30, 0), min_size=1, max_size=20)


def choice(content: Any = TEXT, *, logprobs: Any = None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    found = None if logprobs is None else {"content": [{"token": "x", "logprob": each} for each in logprobs]}
    return {"index": 0, "message": {"content": content, **message}, "finish_reason": finish, "logprobs": found}


def gauged(*choices: dict[str, Any]) -> Gauge:
    gauge = Gauge()
    gauge.see({"choices": list(choices)})
    return gauge


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(("choices", "model")), ANY | st.lists(ANY, max_size=3)))
def test_any_shape_of_answer_can_be_judged(answer: dict[str, Any]) -> None:
    gauge = Gauge()
    gauge.see(answer)
    found = gauge.verdict(THRESHOLD)
    assert found.sure == (not found.why)
    assert found.confidence_bp is None or 0 <= found.confidence_bp <= 10_000


@settings(deadline=None)
@given(TOKENS)
def test_the_confidence_is_the_geometric_mean_of_the_tokens_probabilities(logprobs: list[float]) -> None:
    measured = gauged(choice(logprobs=logprobs)).confidence_bp
    product = math.prod(math.exp(each) for each in logprobs) ** (1 / len(logprobs))
    assert measured is not None
    assert measured == pytest.approx(product * 10_000, abs=1.001)


@settings(deadline=None)
@given(TOKENS, st.integers(1, 19))
def test_a_stream_is_measured_as_the_whole_answer_is(logprobs: list[float], cut: int) -> None:
    whole, parts = gauged(choice(logprobs=logprobs)), Gauge()
    for content, some in ((TEXT[:cut], logprobs[:cut]), (TEXT[cut:], logprobs[cut:])):
        told = choice(content, logprobs=some)
        told["delta"] = told.pop("message")
        parts.see({"choices": [told]})
    assert parts.verdict(THRESHOLD).why == whole.verdict(THRESHOLD).why
    assert parts.confidence_bp == pytest.approx(whole.confidence_bp, abs=1)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (choice(), ""),
        (choice(logprobs=[-0.1, -0.1]), ""),
        (choice(logprobs=[-0.1, -2.0]), "unsure"),
        (choice("Yes."), "short"),
        (choice("", logprobs=[-0.1]), "empty"),
        (choice(None), "empty"),
        (choice(" \n "), "empty"),
        (choice(None, tool_calls=[{"id": "c"}]), ""),
        (choice(None, tool_calls=[{"id": "c"}], logprobs=[-3.0]), "unsure"),
        (choice(None, refusal="No."), "refused"),
        (choice("I\u2019m sorry, but I cannot do that for you."), "refused"),
        (choice("\n  AS AN AI language model, I have no body."), "refused"),
        (choice("I'm sorry to hear that. Here is what to do."), ""),
        (choice(finish="content_filter"), "refused"),
        (choice(finish="length"), "cut"),
        (choice([{"type": "text", "text": TEXT}]), ""),
        (choice(logprobs=[float("-inf")]), "unsure"),
        (choice(logprobs=[float("nan")]), "unsure"),
        (choice(logprobs=[0.5]), ""),
        (choice(logprobs=["high", None, True]), ""),
    ],
    ids=str,
)
def test_an_answer_stands_unless_a_rule_says_otherwise(told: dict[str, Any], why: str) -> None:
    assert gauged(told).verdict(THRESHOLD).why == why


def test_an_answer_as_long_as_the_caller_let_it_be_is_not_cut() -> None:
    assert gauged(choice(finish="length")).verdict(THRESHOLD, limited=True).sure


def test_only_the_first_choice_counts() -> None:
    assert gauged(choice(), {**choice("No."), "index": 1}).verdict(THRESHOLD).sure


def test_no_more_than_the_beginning_of_an_answer_is_kept() -> None:
    gauge = gauged(choice("secret " * 1000))
    assert max(len(value) for value in vars(gauge).values() if isinstance(value, str)) == BEGINNING
