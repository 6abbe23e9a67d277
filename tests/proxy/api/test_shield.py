import asyncio
import json
import logging
from typing import Any, cast

import pytest
from starlette.requests import Request

from proxy.api.shield import Shield, client_address, error_response, refuse
from proxy.errors import PolicyRefused, RingfenceError

CANARY = "zebra" + " quartz"


def test_what_an_unexpected_failure_says_is_neither_answered_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError(f"cannot parse {CANARY}")

    async def nothing(*_: Any) -> Any:
        return None

    with caplog.at_level(logging.DEBUG):
        asyncio.run(Shield(failing)({"type": "http"}, nothing, nothing))
    assert "ValueError" in caplog.text
    assert "test_shield.py" in caplog.text
    assert CANARY not in caplog.text
    for path in ("/v1/chat/completions", "/v1/messages"):
        answer = asyncio.run(refuse(Request({"type": "http", "path": path}), ValueError(CANARY)))
        assert answer.status_code == 500
        assert b"internal_error" in bytes(answer.body)
        assert CANARY.encode() not in bytes(answer.body)


@pytest.mark.parametrize(
    ("path", "first"), [("/v1/messages", "type"), ("/v1/messages/x", "type"), ("/v1/chat", "error")]
)
def test_an_error_has_the_shape_of_the_api_that_the_path_is_of(path: str, first: str) -> None:
    error = RingfenceError("No.")
    error.receipt = {"x-request-id": "id-1", "request-id": "id-1"}
    answer = asyncio.run(refuse(Request({"type": "http", "path": path}), error))
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
