from proxy.errors import UpstreamRefused
from proxy.refusals import unanswered
from proxy.routing import Route
from proxy.upstreams.errors import Lost, NotSent, UpstreamError


def told(failure: UpstreamError) -> tuple[str, int, str | None]:
    error = unanswered(None, failure, [Route("onprem", ()), Route("cloud-us", ())])
    return error.code, error.status, error.headers().get("retry-after")


def test_each_way_of_not_being_answered_has_words_of_its_own() -> None:
    assert told(Lost("http_429", answered=429)) == ("rate_limit_exceeded", 429, "1")
    assert told(Lost("timeout")) == ("upstream_lost", 503, None)
    assert told(Lost("http_503", answered=503)) == ("upstream_unavailable", 503, "1")
    assert told(NotSent("connect")) == ("upstream_unavailable", 503, "1")


def test_the_zones_that_were_tried_are_named() -> None:
    error = unanswered(None, NotSent("connect"), [Route("onprem", ()), Route("cloud-us", ())])
    assert "(onprem, cloud-us): connect" in error.message
    assert not isinstance(error, UpstreamRefused)
