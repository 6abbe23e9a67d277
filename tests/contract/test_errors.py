"""What an application sees when it is refused: the classes, codes and retries of the real `openai` client."""

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from harness import NO_TLS, Ringfence, StandIn, chat_body
from openai import OpenAI

pytestmark = pytest.mark.usefixtures("quiet")

MakeClient = Callable[..., OpenAI]
ASKED: Any = [{"role": "user", "content": "What is a monad?"}]
SECRET = "zebra-quartz-lantern"
"""Words that no detector cares for; what matters is that no error repeats them."""


def private_key() -> str:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
    name = "PRIVATE" + " KEY"
    return f"-----BEGIN {name}-----\n{line}\n{line[::-1]}\n-----END {name}-----"


def ask(client: OpenAI, **fields: Any) -> Any:
    return client.chat.completions.create(**{"model": "gpt-4o-mini", "messages": ASKED, **fields})


@pytest.mark.parametrize("key", ["rf-" + "x" * 43, "not-a-key", "sk-" + "y" * 20])
def test_an_unknown_key_is_an_authentication_error(make_client: MakeClient, key: str) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        ask(make_client(api_key=key))
    error = refused.value
    assert (error.code, error.type, error.param) == ("invalid_api_key", "authentication_error", None)
    assert error.response.headers["www-authenticate"].startswith("Bearer")
    assert key not in error.response.text


@pytest.mark.parametrize("given", [None, "Basic dTpw", "Bearer", "bearer", "", "Token rf-1"])
def test_no_key_is_401(server: Ringfence, given: str | None) -> None:
    headers = {} if given is None else {"authorization": given}
    answer = httpx.post(
        f"{server.url}/v1/chat/completions", json=chat_body(), headers=headers, trust_env=False, verify=NO_TLS
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"


def test_the_scheme_is_read_without_regard_to_case(server: Ringfence, app_key: str) -> None:
    headers = {"authorization": f"bEaReR {app_key}"}
    assert httpx.get(f"{server.url}/v1/models", headers=headers, trust_env=False, verify=NO_TLS).status_code == 200


def test_a_revoked_key_is_refused_at_once(server: Ringfence, make_client: MakeClient) -> None:
    made = server.admin("key.create", app="gone", team="contract-team", role="app")
    client = make_client(api_key=made["secret"])
    ask(client)
    server.admin("key.revoke", key_id=made["key"]["id"])
    with pytest.raises(openai.AuthenticationError):
        ask(client)


def test_an_expired_key_is_refused(server: Ringfence, make_client: MakeClient) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    made = server.admin("key.create", app="brief", team="contract-team", role="app", expires=until.isoformat())
    client = make_client(api_key=made["secret"])
    client.models.list()
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
    with pytest.raises(openai.AuthenticationError):
        ask(client)


def test_a_refusal_by_policy_says_why_and_is_not_tried_again(
    make_client: MakeClient, count_decisions: Callable[[], int], cloud: StandIn, onprem: StandIn
) -> None:
    before = count_decisions()
    with pytest.raises(openai.PermissionDeniedError) as refused:
        ask(make_client(max_retries=3), messages=[{"role": "user", "content": f"Read this:\n{private_key()}"}])
    error = refused.value
    assert (error.code, error.type) == ("policy_blocked", "permission_error")
    assert error.response.headers["x-should-retry"] == "false"
    assert error.response.headers["x-ringfence-decision"] == "block"
    assert len(error.response.headers["x-ringfence-audit-id"]) == 36
    assert error.request_id == error.response.headers["x-request-id"]
    body: Any = error.body
    assert any("private key" in reason.lower() for reason in body["because"])
    assert "MIIEv" not in error.response.text
    assert count_decisions() == before + 1
    assert cloud.received == b""
    assert onprem.posts == []


def test_an_unknown_model_is_404_without_echo(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        ask(client, model=SECRET)
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    assert SECRET not in refused.value.response.text


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 4}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": SECRET}, "messages"),
    ],
)
def test_a_body_that_makes_no_sense_is_a_bad_request_that_names_the_parameter(
    client: OpenAI, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, **fields)
    assert refused.value.param == param
    assert SECRET not in refused.value.response.text


def post(server: Ringfence, key: str, content: bytes, **headers: str) -> httpx.Response:
    given = {"authorization": f"Bearer {key}", "content-type": "application/json", **headers}
    return httpx.post(
        f"{server.url}/v1/chat/completions", content=content, headers=given, trust_env=False, verify=NO_TLS
    )


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"[1]", "invalid_json"),
        (b'{"model": NaN}', "invalid_json"),
        (b'{"model": "a", "model": "b"}', "duplicate_key"),
        (b'{"model": "\xff"}', "invalid_utf8"),
        (b'{"model": "\\ud800"}', "invalid_unicode"),
        (b'{"seed": 1e999}', "number_out_of_range"),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "nesting_too_deep"),
        (
            b'{"model":"gpt-4o","messages":[{"role":"user","content":' + b"[" * 99 + b"]" * 99 + b"}]}",
            "nesting_too_deep",
        ),
    ],
)
def test_a_body_that_two_parsers_could_read_differently_is_400(
    server: Ringfence, app_key: str, raw: bytes, code: str
) -> None:
    answer = post(server, app_key, raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "x"])
def test_a_compressed_body_is_415(server: Ringfence, app_key: str, encoding: str) -> None:
    answer = post(server, app_key, b"{}", **{"content-encoding": encoding})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize("media", ["text/plain", "multipart/form-data", "", "application/json; charset=utf-16"])
def test_another_media_type_is_415(server: Ringfence, app_key: str, media: str) -> None:
    answer = post(server, app_key, json.dumps(chat_body()).encode(), **{"content-type": media})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_a_media_type_with_its_charset_is_fine(server: Ringfence, app_key: str) -> None:
    raw = json.dumps(chat_body()).encode()
    assert post(server, app_key, raw, **{"content-type": 'Application/JSON; charset="UTF-8"'}).status_code == 200


def test_a_body_over_the_limit_is_413_whether_its_length_was_said_or_not(server: Ringfence, app_key: str) -> None:
    limit = server.settings.max_body_bytes
    headers = {"authorization": f"Bearer {app_key}", "content-type": "application/json"}
    url = f"{server.url}/v1/chat/completions"
    said = httpx.post(url, content=b" " * (limit + 1), headers=headers, trust_env=False, verify=NO_TLS)
    assert (said.status_code, said.json()["error"]["code"]) == (413, "body_too_large")
    pieces = (b" " * 65536 for _ in range(limit // 65536 + 1))
    unsaid = httpx.post(url, content=pieces, headers=headers, trust_env=False, verify=NO_TLS)
    assert (unsaid.status_code, unsaid.json()["error"]["code"]) == (413, "body_too_large")


def raw_request(server: Ringfence, data: bytes) -> bytes:
    at = urlsplit(server.url)
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=10) as connection:
        connection.sendall(data)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
            if b"\r\n\r\n" in answer and answer.endswith(b"}"):
                break
        return answer


def test_two_credentials_are_400(server: Ringfence, app_key: str) -> None:
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {app_key}\r\n"
    tail = f"Authorization: Bearer {app_key}\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{{}}"
    answer = raw_request(server, (head + tail).encode())
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"duplicate_authorization" in answer
    assert app_key.encode() not in answer


ENDPOINTS = [
    *("responses/resp_1/events", "responses/resp_1/input_items/i_1", "moderations", "completions/", "embeddings/e_1"),
    *("images/generations", "images/edits", "images/variations", "audio/speech", "audio/transcriptions"),
    *("audio/translations", "files", "files/f_1", "files/f_1/content", "uploads", "uploads/u_1/parts", "batches"),
    *("fine_tuning/jobs", "fine_tuning/jobs/j_1/events", "vector_stores", "vector_stores/v_1/files", "assistants"),
    *("vector_stores/v_1/search", "threads", "threads/t_1/messages", "threads/runs", "conversations", "containers"),
    *("realtime", "realtime/sessions", "realtime/client_secrets", "evals", "evals/e_1/runs", "graders/run", "videos"),
    *(
        "chat/completions/c_1",
        "chat/completions/c_1/messages",
        "rerank",
        "engines",
        "edits",
        "chatkit",
    ),
    *("organization/usage/completions", "organization/admin_api_keys", "organization/audit_logs", "projects", ""),
    *("chat/completions/", "chat", "chat//completions", "../chat/completions", "chat/completions%2f", "%2e"),
]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_other_path_is_404_in_the_openai_shape(
    server: Ringfence, app_key: str, path: str, cloud: StandIn, onprem: StandIn
) -> None:
    headers = {"authorization": f"Bearer {app_key}"}
    with httpx.Client(base_url=f"{server.url}/v1/", headers=headers, trust_env=False, verify=NO_TLS) as plain:
        for method in ("GET", "POST", "DELETE"):
            request = plain.build_request(method, f"{server.url}/v1/{path}", json=chat_body(SECRET))
            request.url = request.url.copy_with(raw_path=f"/v1/{path}?q={SECRET}".encode())
            answer = plain.send(request)
            assert answer.status_code == 404, (method, path)
            assert answer.json()["error"].keys() >= {"message", "type", "param", "code"}
            assert SECRET not in answer.text + str(answer.headers)
    assert cloud.received + onprem.received == b""


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "chat/completions"), ("PUT", "chat/completions"), ("POST", "models"), ("DELETE", "models")],
)
def test_another_method_is_405_in_the_openai_shape(server: Ringfence, app_key: str, method: str, path: str) -> None:
    headers = {"authorization": f"Bearer {app_key}"}
    answer = httpx.request(method, f"{server.url}/v1/{path}", headers=headers, trust_env=False, verify=NO_TLS)
    assert answer.status_code == 405
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_the_library_calls_endpoints_that_do_not_exist_and_is_told_so(client: OpenAI) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: client.moderations.create(input=SECRET),
        lambda: client.images.generate(prompt=SECRET),
        lambda: client.files.create(file=SECRET.encode(), purpose="batch"),
        lambda: client.fine_tuning.jobs.retrieve("ftjob-1"),
    ]
    for call in calls:
        with pytest.raises(openai.NotFoundError) as refused:
            call()
        assert refused.value.code == "not_found"
        assert SECRET not in refused.value.response.text


def test_what_passes_by_itself_is_tried_again_by_the_library(
    make_client: MakeClient, cloud: StandIn, onprem: StandIn
) -> None:
    cloud.behaviour = onprem.behaviour = "status:503"

    def recover() -> None:
        until = time.monotonic() + 10
        while not onprem.posts and time.monotonic() < until:
            time.sleep(0.01)
        cloud.behaviour = onprem.behaviour = "answer"

    healer = threading.Thread(target=recover)
    healer.start()
    answer = ask(make_client(max_retries=2))
    healer.join()
    assert answer.choices[0].message.content
    assert len(onprem.posts) == 1
    assert len(cloud.posts) == 2


def test_what_nobody_answers_is_503_with_the_zones_and_a_time_to_come_back(
    client: OpenAI, cloud: StandIn, onprem: StandIn
) -> None:
    cloud.behaviour = onprem.behaviour = "status:503"
    with pytest.raises(openai.InternalServerError) as refused:
        ask(client)
    error = refused.value
    assert (error.status_code, error.code) == (503, "upstream_unavailable")
    assert error.response.headers["retry-after"] == "1"
    assert "cloud-us, onprem" in str(error.message)
    assert len(error.response.headers["x-ringfence-audit-id"]) == 36


def test_a_rate_limit_stays_a_rate_limit(client: OpenAI, cloud: StandIn, onprem: StandIn) -> None:
    cloud.behaviour = onprem.behaviour = "status:429"
    with pytest.raises(openai.RateLimitError) as refused:
        ask(client)
    assert refused.value.code == "rate_limit_exceeded"
    assert refused.value.response.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (401, openai.InternalServerError),
        (403, openai.InternalServerError),
        (418, openai.InternalServerError),
    ],
)
def test_an_upstreams_status_is_kept_where_it_means_something_to_the_caller(
    client: OpenAI, cloud: StandIn, status: int, kind: type[openai.APIStatusError]
) -> None:
    cloud.behaviour = f"status:{status}"
    cloud.status_body = {"error": {"message": SECRET, "code": SECRET, "type": SECRET, "param": SECRET}}
    try:
        with pytest.raises(kind) as refused:
            ask(client)
    finally:
        cloud.status_body = None
    assert refused.value.type == "upstream_error"
    assert refused.value.status_code == (status if status in {400, 404, 409, 422} else 502)
    assert SECRET not in refused.value.response.text
    assert str(status) in str(refused.value.message)


def test_a_code_that_tells_the_caller_what_to_do_is_kept(client: OpenAI, cloud: StandIn) -> None:
    cloud.behaviour = "status:400"
    for code, kept in (("context_length_exceeded", "context_length_exceeded"), (SECRET, "upstream_refused")):
        cloud.status_body = {"error": {"message": SECRET, "code": code}}
        with pytest.raises(openai.BadRequestError) as refused:
            ask(client)
        assert refused.value.code == kept
    cloud.status_body = None


@pytest.mark.parametrize("behaviour", ["echo_error", "garbage"])
def test_an_upstream_that_repeats_the_prompt_is_never_quoted(client: OpenAI, cloud: StandIn, behaviour: str) -> None:
    cloud.behaviour = behaviour
    with pytest.raises(openai.APIStatusError) as refused:
        ask(client, messages=[{"role": "user", "content": SECRET}])
    assert SECRET in cloud.posts[0].body.decode()
    assert SECRET not in refused.value.response.text + str(refused.value.response.headers)
    assert refused.value.status_code == (400 if behaviour == "echo_error" else 502)


def test_an_error_inside_a_stream_is_ours_and_ends_it(client: OpenAI, cloud: StandIn) -> None:
    cloud.behaviour = "error_in_stream"
    received = []
    with pytest.raises(openai.APIError) as refused:
        received += list(ask(client, stream=True, messages=[{"role": "user", "content": SECRET}]))
    assert SECRET in cloud.posts[0].body.decode()
    assert refused.value.code == "upstream_error"
    assert SECRET not in str(refused.value.body)
    assert SECRET not in str(refused.value)


def test_a_stream_that_breaks_off_says_so(client: OpenAI, cloud: StandIn) -> None:
    cloud.behaviour = "half_stream"
    received = []
    with pytest.raises(openai.APIError) as refused:
        received.extend(ask(client, stream=True))
    assert refused.value.code == "upstream_lost"


def test_a_vendor_that_may_have_read_the_request_is_not_asked_twice(
    make_client: MakeClient, cloud: StandIn, onprem: StandIn
) -> None:
    cloud.behaviour = "hang_up"
    with pytest.raises(openai.InternalServerError) as refused:
        ask(make_client(max_retries=0))
    assert refused.value.code == "upstream_lost"
    assert len(cloud.posts) == 1
    assert onprem.posts == []


def test_a_redirect_is_not_followed(client: OpenAI, cloud: StandIn, onprem: StandIn) -> None:
    cloud.behaviour = "redirect"
    cloud.extra_headers = {"location": onprem.url}
    try:
        with pytest.raises(openai.InternalServerError) as refused:
            ask(client)
    finally:
        cloud.extra_headers = {}
    assert refused.value.status_code == 502
    assert onprem.connections == 0
