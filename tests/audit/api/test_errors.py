"""Errors of the auditors' API: their shape, and when to come back."""

import json

from audit.api.errors import bad_request, not_found, refused, unavailable
from audit.errors import AuditUnavailable


def test_errors_have_the_shape_of_the_openai_api() -> None:
    answer = refused(bad_request("limit is not a number"))
    assert answer.status_code == 400
    assert json.loads(bytes(answer.body)) == {
        "error": {
            "message": "limit is not a number",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_request",
        }
    }
    assert "retry-after" not in answer.headers


def test_what_may_pass_by_itself_invites_a_retry() -> None:
    answer = refused(unavailable(AuditUnavailable("locked")))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert json.loads(bytes(answer.body))["error"]["type"] == "service_unavailable"
    assert refused(not_found("text")).status_code == 404
