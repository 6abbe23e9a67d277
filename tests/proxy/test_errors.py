import inspect

import pytest

from proxy import errors
from proxy.errors import PolicyRefused, RequestRefused, RingfenceError, Unavailable, UpstreamRefused

EXAMPLES = [
    RingfenceError("m"),
    RequestRefused("m", status=413, code="body_too_large", param="p"),
    PolicyRefused("m", explanation={"because": ["b"]}),
    UpstreamRefused("m", status=429, code="rate_limit_exceeded", retry_after_s=3),
    Unavailable("m", code="audit_unavailable"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_has_the_shape_of_the_openai_api(error: RingfenceError) -> None:
    shape = error.body()
    assert shape.keys() == {"error"}
    assert {"message", "type", "param", "code"} <= shape["error"].keys()
    assert shape["error"]["message"] == "m"
    assert isinstance(shape["error"]["code"], str)
    assert 400 <= error.status <= 599


def test_only_what_may_pass_by_itself_invites_a_retry() -> None:
    headers = {type(error): error.headers() for error in EXAMPLES}
    assert headers[Unavailable] == {"retry-after": "1"}
    assert headers[UpstreamRefused] == {"retry-after": "3"}
    for kind in (RingfenceError, RequestRefused, PolicyRefused):
        assert headers[kind] == {"x-should-retry": "false"}
    assert UpstreamRefused("m", status=400, code="c").headers() == {"x-should-retry": "false"}


def test_a_refusal_by_policy_says_why() -> None:
    error = PolicyRefused("m", explanation={"because": ["first", "second"], "zones": []}).body()["error"]
    assert (error["because"], error["zones"]) == (["first", "second"], [])


def test_the_tree_stays_small_and_is_drawn_in_the_docstring() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert len(kinds) <= 8
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in kinds)
