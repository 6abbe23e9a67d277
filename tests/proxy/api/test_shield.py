import asyncio
import json
import logging
from typing import Any, cast

import pytest
from starlette.requests import Request

from proxy.api.shield import Shield, client_address, error_response, refuse
from proxy.errors import PolicyRefused, RingfenceError

CANARY = "zebra" + " quartz"


class Sent:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def __call__(self, message: Any) -> None:
        self.messages.append(message)


async def nothing(*_: Any) -> Any:
    return None


def test_what_an_unexpected_failure_says_is_neither_answered_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError(f"cannot parse {CANARY}")

    for path in ("/v1/chat/completions", "/v1/messages"):
        sent = Sent()
        with caplog.at_level(logging.DEBUG):
            asyncio.run(Shield(failing)({"type": "http", "path": path}, nothing, sent))
        assert "ValueError" in caplog.text
        assert "test_shield.py" in caplog.text
        assert CANARY not in caplog.text
        start, body = sent.messages
        assert start["status"] == 500
        assert b"internal_error" in body["body"]
        assert CANARY.encode() not in body["body"]


@pytest.mark.parametrize("error", [ValueError(CANARY), RingfenceError(CANARY)])
def test_what_fails_after_its_answer_began_is_logged_and_gets_no_second_one(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    sent = Sent()
    asyncio.run(Shield(failing)({"type": "http", "path": "/v1/chat/completions"}, nothing, sent))
    assert [message.get("status") for message in sent.messages] == [200]
    assert type(error).__name__ in caplog.text
    assert CANARY not in caplog.text


def test_what_is_refused_is_no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async def refusing(scope: Any, receive: Any, send: Any) -> None:
        raise error

    error, sent = PolicyRefused("no", explanation={}), Sent()
    asyncio.run(Shield(refusing)({"type": "http", "path": "/v1/chat/completions"}, nothing, sent))
    assert sent.messages[0]["status"] == 403
    assert error.__traceback__ is None, "one that is raised again would keep what every request before it held"
    assert not caplog.records


@pytest.mark.parametrize(
    ("path", "first"), [("/v1/messages", "type"), ("/v1/messages/x", "type"), ("/v1/chat", "error")]
)
def test_an_error_has_the_shape_of_the_api_that_the_path_is_of(path: str, first: str) -> None:
    error = RingfenceError("No.")
    error.receipt = {"x-request-id": "id-1", "request-id": "id-1"}
    answer = refuse({"type": "http", "path": path}, error)
    assert next(iter(json.loads(bytes(answer.body)))) == first
    assert answer.headers["request-id"] == "id-1"


def test_a_client_that_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async def left(scope: Any, receive: Any, send: Any) -> None:
        await Request(scope, receive).body()

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    asyncio.run(Shield(left)({"type": "http", "method": "POST", "headers": []}, gone, cast("Any", None)))
    assert [row for row in caplog.records if row.levelno >= logging.INFO] == []


def test_an_error_of_ours_is_answered_in_its_own_words_with_its_receipt() -> None:
    error = PolicyRefused("no", explanation={"because": ["it is a key"]})
    error.receipt = {"x-ringfence-audit-seq": "7"}
    answer = error_response(error)
    assert answer.status_code == 403
    assert answer.headers["x-ringfence-audit-seq"] == "7"
    assert answer.headers["x-should-retry"] == "false"
    assert b"it is a key" in bytes(answer.body)


def test_a_failure_of_the_machine_is_not_swallowed() -> None:
    async def cancelled(scope: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Shield(cancelled)({"type": "http"}, *[cast("Any", None)] * 2))


@pytest.mark.parametrize(
    ("scope", "address"), [({"client": ("10.0.0.9", 4)}, "10.0.0.9"), ({"client": None}, ""), ({}, "")]
)
def test_the_address_is_the_sockets_own(scope: dict[str, Any], address: str) -> None:
    given = [(b"x-forwarded-for", b"1.2.3.4"), (b"forwarded", b"for=1.2.3.4")]
    assert client_address({**scope, "headers": given}) == address


def test_a_websocket_scope_passes_untouched() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(Shield(app)({"type": "lifespan"}, *[cast("Any", None)] * 2))
    assert seen == ["lifespan"]
    assert RingfenceError("m").status == 500
