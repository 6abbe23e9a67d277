import pytest

from proxy.upstreams.errors import Lost, NotSent, UpstreamError


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (NotSent("connect"), "not_sent"),
        (NotSent("timeout"), "not_sent"),
        (Lost("timeout"), "timeout"),
        (Lost("connection_lost"), "unknown"),
        (Lost("http_503", answered=503), "upstream_error"),
        (UpstreamError("none"), "unknown"),
    ],
)
def test_the_record_of_a_further_attempt_names_how_the_one_before_failed(error: UpstreamError, why: str) -> None:
    assert error.why == why


def test_a_failure_says_a_word_of_ours_and_nothing_else() -> None:
    assert str(NotSent("dns")) == NotSent("dns").reason == "dns"
    assert Lost("http_503", answered=503).answered == 503
    assert Lost("timeout").answered == 0
