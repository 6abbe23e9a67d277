import json

import pytest
from ticking import Ticks

from proxy.upstreams.errors import Lost, NotSent, UpstreamError
from proxy.upstreams.estate.breaker import FAILURES
from proxy.upstreams.estate.standing import Standing, of_server
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.upstream import Upstream

AT = Upstream("u", "vllm", "onprem", "http://127.0.0.1:1/v1", weight=3, drain=True, vendor=False)
NOT_WELL = [
    *(NotSent(reason) for reason in ("connect", "dns", "timeout", "tls", "connection_lost", "http_503")),
    *(Lost(reason) for reason in ("connection_lost", "timeout", "http_500", "bad_answer", "answer_too_large")),
    *(Lost(f"http_{status}", answered=status) for status in (500, 502, 503, 504, 529)),
]
UP = [*(Lost(f"http_{status}") for status in (401, 403, 404, 429)), Lost("http_429", answered=429)]
ABOUT_MODEL = [NotSent("ollama_cloud_model"), NotSent("ollama_model_not_pulled"), NotSent("ollama_status_unknown")]


def name(error: UpstreamError) -> str:
    return f"{type(error).__name__}-{error.reason}"


@pytest.mark.parametrize("error", NOT_WELL, ids=name)
def test_these_failures_are_the_servers_and_open_its_breaker(error: UpstreamError) -> None:
    standing = Standing(Ticks())
    for _ in range(FAILURES):
        standing.failed(object(), error)
    assert standing.breaker.state == "open"
    assert standing.figures.report()["failures"] == FAILURES


@pytest.mark.parametrize("error", UP, ids=name)
def test_an_answer_below_500_is_a_failure_but_no_reason_to_leave_the_server_alone(error: UpstreamError) -> None:
    standing = Standing(Ticks())
    for _ in range(10 * FAILURES):
        standing.failed(object(), error)
    assert standing.breaker.state == "closed"
    assert standing.figures.report()["failures"] == 10 * FAILURES


@pytest.mark.parametrize("error", ABOUT_MODEL, ids=name)
def test_what_is_about_a_model_is_no_failure_of_its_server(error: UpstreamError) -> None:
    standing = Standing(Ticks())
    for _ in range(10 * FAILURES):
        standing.failed(object(), error)
    assert standing.breaker.state == "closed"
    assert standing.figures.report()["requests"] == 0


def test_answers_that_break_off_open_the_breaker_although_each_began_well() -> None:
    standing = Standing(Ticks())
    for who in range(FAILURES):
        assert standing.breaker.enter(who)
        standing.breaker.answered(who)
        standing.ended(who, ok=False, ttfb_us=1000)
    assert standing.breaker.state == "open"


@pytest.mark.parametrize("error", [*NOT_WELL, *UP], ids=name)
def test_a_check_that_fails_says_whether_the_server_is_up(error: UpstreamError) -> None:
    standing = Standing(Ticks())
    assert standing.health == "unknown"
    standing.unobserved(error)
    assert (standing.health, standing.reason) == ("down" if of_server(error) else "healthy", error.reason)


def test_a_change_of_health_is_news_once_and_dated() -> None:
    clock = Ticks()
    standing = Standing(clock)
    assert not standing.observed(Observation())
    clock.now += 10
    assert standing.unobserved(NotSent("connect"))
    clock.now += 10
    assert not standing.unobserved(NotSent("connect"))
    assert standing.report(AT)["since_s"] == 10
    assert standing.unobserved(Lost("http_500"))
    assert standing.report(AT)["since_s"] == 10
    assert standing.observed(Observation())
    assert (standing.report(AT)["health"], standing.report(AT)["since_s"]) == ("healthy", 0)


def test_of_the_depth_that_a_server_tells_our_own_requests_are_no_others() -> None:
    standing = Standing(Ticks())
    standing.slots.in_flight = 3
    standing.observed(Observation(depth=10))
    assert standing.share(AT).load == 10
    standing.slots.in_flight = 1
    assert standing.share(AT).load == 8
    standing.observed(Observation(depth=0))
    assert standing.share(AT).load == 1
    standing.observed(Observation(depth=9))
    standing.unobserved(NotSent("connect"))
    assert (standing.share(AT).load, standing.depth) == (1, None)


def test_a_report_is_plain_json_with_names_of_the_file_numbers_and_words_of_ours() -> None:
    clock = Ticks()
    standing = Standing(clock)
    standing.observed(Observation(models=("secret name",), depth=4, warnings=("text of a server",)))
    standing.ended("who", ok=True, ttfb_us=20_000)
    standing.failed("who", Lost("timeout"))
    clock.now += 5
    report = standing.report(AT)
    assert json.loads(json.dumps(report)) == {
        "name": "u",
        "zone": "onprem",
        "kind": "vllm",
        "weight": 3,
        "drain": True,
        "health": "healthy",
        "reason": "",
        "since_s": 5,
        "breaker": "closed",
        "in_flight": 0,
        "waiting": 0,
        "depth": 4,
        "requests": 2,
        "failures": 1,
        "ttfb_ms": {"median": 20.0, "p95": 20.0},
    }
