import json

import pytest

from proxy.endpoints import anthropic
from proxy.errors import PolicyRefused, RequestRefused, Unavailable, UpstreamRefused


@pytest.mark.parametrize(
    ("path", "spoken"),
    [
        ("/v1/messages", True),
        ("/v1/messages/count_tokens", True),
        ("/v1/messages/batches", True),
        ("/v1/messagesx", False),
        ("/v1/chat/completions", False),
        ("/v1/threads/t_1/messages", False),
    ],
)
def test_its_paths_are_those_of_messages(path: str, spoken: bool) -> None:
    assert anthropic.speaks(path) is spoken


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
        (409, "invalid_request_error"),
        (413, "request_too_large"),
        (415, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
    ],
)
def test_a_status_has_the_type_that_clients_know(status: int, kind: str) -> None:
    body = anthropic.refusal(RequestRefused("No.", status=status, code="zebra"))
    assert body == {
        "type": "error",
        "error": {"type": kind, "message": "No.", "param": None, "code": "zebra"},
        "request_id": None,
    }


def test_why_a_policy_refuses_and_the_id_of_the_request_are_kept() -> None:
    error = PolicyRefused("No.", explanation={"because": ["b"], "rules": ["r"], "zones": []})
    error.receipt = {"x-request-id": "id-1"}
    body = anthropic.refusal(error)
    assert body["request_id"] == "id-1"
    assert body["error"].items() >= {"code": "policy_blocked", "because": ["b"], "rules": ["r"]}.items()
    assert body["error"]["type"] == "permission_error"


@pytest.mark.parametrize("error", [Unavailable("x", code="c"), UpstreamRefused("x", status=502, code="c")])
def test_an_error_is_written_without_a_change_to_its_form_elsewhere(error: Unavailable | UpstreamRefused) -> None:
    before = error.body()
    anthropic.refusal(error)
    assert error.body() == before


def test_an_error_in_a_stream_is_an_event_of_the_api() -> None:
    name, data = anthropic.event("It broke.", "upstream_lost").decode().rstrip().split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: ")) == {
        "type": "error",
        "error": {"type": "api_error", "message": "It broke.", "code": "upstream_lost"},
    }
