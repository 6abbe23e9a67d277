"""Anthropic's API as its clients see it: bytes, headers, errors, and where a request may not go."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from clients.scripted import Scripted
from harness import NO_TLS, QUICK, Ringfence, eventually, ringfence

from audit.access import Filters, Records

CARD = "4929 7182 " + "0364 5103"
SECRET = "zebra-quartz-lantern"
"""Words that no detector cares for."""
MODEL = "claude-sonnet-4-5"
HARMLESS = "What is a monad?"
TOOL = {"name": "look_up", "description": "Looks up.", "input_schema": {"type": "object", "properties": {}}}


@dataclass
class Desk:
    """A caller's desk: Ringfence, the vendor behind it, an own server beside, and a vendor with nothing before it."""

    fence: Ringfence
    vendor: Scripted
    own: Scripted
    plain: Scripted
    key: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(trust_env=False, verify=NO_TLS, timeout=30)

    def post(self, body: Any, at: str = "messages", **headers: str) -> httpx.Response:
        given = headers or {"x-api-key": self.key}
        return self.client.post(f"{self.fence.url}/v1/{at}", json=body, headers=given)

    def records(self, kind: str) -> list[dict[str, Any]]:
        page = Records(self.fence.home / "audit.db").page(Filters(kind=kind), limit=1000)
        return [record.body for record in page.records]

    def outcomes(self) -> list[dict[str, Any]]:
        """Return them in the order of their decisions: each is written once its answer was scanned."""
        eventually(lambda: len(self.records("route.outcome")) == len(self.records("route.decision")))
        order = [made["id"] for made in self.records("route.decision")]
        return sorted(self.records("route.outcome"), key=lambda body: order.index(body["dec"]))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home: Path = tmp_path_factory.mktemp("messages")
    with ExitStack() as stack:
        vendor, own, plain = (Scripted(name) for name in ("vendor", "own", "plain"))
        for server in (vendor, own, plain):
            stack.callback(server.stop)
        at_vendor = {"kind": "anthropic", "zone": "cloud-us", "api_key_env": "VENDOR_KEY", "models": ["claude-*"]}
        at_home = {"kind": "vllm", "zone": "onprem", "default_model": "local-model"}
        rows = [
            {"name": "vendor", "base_url": vendor.url, **at_vendor},
            {"name": "local", "base_url": own.url, **at_home},
        ]
        (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": rows}))
        fence = stack.enter_context(ringfence(home, home / "upstreams.yaml", **QUICK))
        made = Desk(fence, vendor, own, plain, fence.key("app", "team"))
        stack.callback(made.client.close)
        yield made


@pytest.fixture
def desk(shared: Desk) -> Desk:
    """The desk, quiet."""
    for server in (shared.vendor, shared.own, shared.plain):
        server.clear()
        server.status_body = None
    return shared


def message(content: Any = HARMLESS, **fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": content}], **fields}


def error(answer: httpx.Response) -> Any:
    """Return the error of an answer that has the shape of Anthropic's, and nothing of what was asked."""
    shape = answer.json()
    assert shape["type"] == "error"
    assert shape["error"].keys() >= {"type", "message", "code"}
    assert shape["request_id"] == answer.headers.get("request-id")
    assert SECRET not in answer.text + str(answer.headers)
    return shape["error"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"stream": True}, {"tools": [TOOL]}, {"tools": [TOOL], "stream": True}],
    ids=["whole", "stream", "tools", "tools-stream"],
)
def test_an_answer_comes_through_byte_for_byte(desk: Desk, fields: dict[str, Any]) -> None:
    body = message(**fields)
    without = desk.client.post(f"{desk.plain.url}/messages", json=body)
    through = desk.post(body)
    assert (through.status_code, through.content) == (200, without.content)
    assert through.headers["content-type"].startswith(without.headers["content-type"])
    assert desk.vendor.posts[0].json == body
    assert through.headers["request-id"] == through.headers["x-request-id"]
    outcome = desk.outcomes()[-1]
    assert (outcome["status"], outcome["finish"]) == ("ok", "tool_calls" if "tools" in fields else "stop")
    assert outcome["usage"] == {"in": 12, "out": 8}
    assert desk.records("route.decision")[-1]["req"]["endpoint"] == "messages"


def test_a_vendor_gets_our_headers_and_nothing_of_a_callers_or_of_the_query(desk: Desk) -> None:
    given = {
        "x-api-key": desk.key,
        "anthropic-version": f"2099-01-01-{SECRET}",
        "anthropic-beta": f"interleaved-thinking-2025-05-14,{SECRET}",
        "anthropic-dangerous-direct-browser-access": SECRET,
        "x-stainless-helper": SECRET,
        "user-agent": SECRET,
        "cookie": SECRET,
    }
    assert desk.post(message(), f"messages?beta=true&x={SECRET}", **given).status_code == 200
    usual = {"host", "accept", "accept-encoding", "content-type", "content-length", "user-agent"}
    seen = desk.vendor.posts[0]
    assert seen.path == "/v1/messages"
    assert seen.headers.keys() == usual | {"x-api-key", "anthropic-version"}
    assert (seen.headers["x-api-key"], seen.headers["anthropic-version"]) == ("vendor-credential", "2023-06-01")
    assert SECRET.encode() not in desk.vendor.received
    desk.client.post(f"{desk.plain.url}/messages?x={SECRET}", json=message(), headers=given)
    assert desk.plain.received.count(SECRET.encode()) == 7, "as it would be without"


def tool_result(content: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}


def document(**source: Any) -> dict[str, Any]:
    return {"type": "document", "source": source}


def found(**fields: Any) -> dict[str, Any]:
    return {"type": "search_result", "source": "s", "title": "t", "content": [text("c")], **fields}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


PLACES: dict[str, Any] = {
    "a string": message,
    "a text": lambda said: message([text(said)]),
    "two texts": lambda said: message([text(said[: len(said) // 2]), text(said[len(said) // 2 :])]),
    "an answer": lambda said: message(messages=[{"role": "assistant", "content": said}]),
    "the system": lambda said: message(system=said),
    "a text of the system": lambda said: message(system=[text(said)]),
    "thoughts": lambda said: message([{"type": "thinking", "thinking": said, "signature": ""}]),
    "a tool's input": lambda said: message(
        [{"type": "tool_use", "id": "t", "name": "n", "input": {"a": [{"b": said}]}}]
    ),
    "a key of a tool's input": lambda said: message([{"type": "tool_use", "id": "t", "name": "n", "input": {said: 1}}]),
    "a tool's result": lambda said: message([tool_result(said)]),
    "a text of a tool's result": lambda said: message([tool_result([text(said)])]),
    "a tool's error": lambda said: message([{**tool_result(said), "is_error": True}]),
    "a document in a tool's result": lambda said: message(
        [tool_result([document(type="text", media_type="text/plain", data=said)])]
    ),
    "a document": lambda said: message([document(type="text", media_type="text/plain", data=said)]),
    "a document of blocks": lambda said: message([document(type="content", content=[text(said)])]),
    "a document's title": lambda said: message([{**document(type="content", content="c"), "title": said}]),
    "a document's context": lambda said: message([{**document(type="content", content="c"), "context": said}]),
    "a search result": lambda said: message([found(content=[text(said)])]),
    "a search result's source": lambda said: message([found(source=said)]),
    "a citation": lambda said: message(
        [{**text("x"), "citations": [{"type": "char_location", "cited_text": said, "document_title": "t"}]}]
    ),
    "a tool's description": lambda said: message(tools=[{**TOOL, "description": said}]),
    "a tool's schema": lambda said: message(tools=[{**TOOL, "input_schema": {"properties": {"x": {"const": said}}}}]),
    "a tool's examples": lambda said: message(tools=[{**TOOL, "input_examples": [{"x": said}]}]),
    "the user's id": lambda said: message(metadata={"user_id": said}),
    "where to stop": lambda said: message(stop_sequences=[said]),
    "a field nobody knows": lambda said: message(brand_new={"x": said}),
}


@pytest.mark.parametrize("at", ["messages", "messages/count_tokens"])
@pytest.mark.parametrize("place", PLACES)
def test_what_must_stay_at_home_is_found_wherever_it_stands(desk: Desk, place: str, at: str) -> None:
    answer = desk.post(PLACES[place](f"The card {CARD} was charged twice."), at)
    assert (answer.status_code, answer.headers["x-ringfence-decision"]) == (200, "pin")
    assert desk.vendor.received == b""
    sent = desk.own.posts[0]
    assert (sent.path, sent.json["model"]) == (f"/v1/{at}", "local-model")
    assert desk.post(PLACES[place](HARMLESS), at).headers["x-ringfence-decision"] == "allow", "the place is no matter"
    assert len(desk.vendor.posts) == 1


PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
UNREADABLE: dict[str, Any] = {
    "an image": message([{"type": "image", "source": PNG}]),
    "an image by its address": message([{"type": "image", "source": {"type": "url", "url": "https://a.example/x"}}]),
    "an image in a tool's result": message([tool_result([{"type": "image", "source": PNG}])]),
    "a document in bytes": message([document(type="base64", media_type="application/pdf", data="JVBERi0=")]),
    "sealed thoughts of whoever": message([{"type": "redacted_thinking", "data": "RW5j"}]),
    "a seal of whoever's": message([{"type": "thinking", "thinking": "", "signature": "RW5j"}]),
    "a search of the vendor's": message(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    "a computer of the vendor's": message(tools=[{"type": "code_execution_20250825", "name": "code_execution"}]),
    "a tool server": message(mcp_servers=[{"type": "url", "name": "m", "url": "https://tools.example"}]),
    "a container": message(container="container_1"),
    "a block nobody knows": message([{"type": "brand_new", "x": "y"}]),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_stays_at_home(desk: Desk, what: str) -> None:
    answer = desk.post(UNREADABLE[what])
    assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "onprem")
    assert desk.vendor.received == b""
    sent = desk.own.posts[0].json
    assert sent.pop("cache_salt"), "no cache is shared with other teams"
    assert sent == {**UNREADABLE[what], "model": "local-model"}
    assert desk.records("route.decision")[-1]["req"]["n_opaque"] > 0


THINKING = {"thinking": {"type": "enabled", "budget_tokens": 1024}}


def talk(asked: str, seal: str, said: str = "Go on.") -> dict[str, Any]:
    """Return the second turn of a conversation whose first one brought sealed thoughts."""
    thought = {"type": "thinking", "thinking": "Let me see.", "signature": seal}
    first = [{"role": "user", "content": asked}, {"role": "assistant", "content": [thought, text("Yes.")]}]
    return message(messages=[*first, {"role": "user", "content": said}], **THINKING)


def seal_of(answer: httpx.Response) -> str:
    if answer.headers["content-type"].startswith("application/json"):
        return str(answer.json()["content"][0]["signature"])
    (seal,) = re.findall(r'"signature_delta", "signature": "(\S+)"', answer.text)
    return str(seal)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_thoughts_that_a_vendor_sealed_may_go_back_to_it(desk: Desk, *, stream: bool) -> None:
    asked = f"What is a monad, {'streamed' if stream else 'whole'}?"
    seal = seal_of(desk.post(message(asked, **THINKING, stream=stream)))
    answer = desk.post(talk(asked, seal))
    assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "cloud-us")
    assert desk.vendor.posts[1].json["messages"][1]["content"][0]["signature"] == seal
    assert desk.post(talk(asked, seal.swapcase())).headers["x-ringfence-zone"] == "onprem", "another seal may not"
    assert len(desk.vendor.posts) == 2


def test_sealed_thoughts_of_another_team_are_not_known(desk: Desk) -> None:
    seal = seal_of(desk.post(message("What is a functor?", **THINKING)))
    stranger = {"x-api-key": desk.fence.key("app", "strangers")}
    assert desk.post(talk("What is a functor?", seal), **stranger).headers["x-ringfence-zone"] == "onprem"
    assert len(desk.vendor.posts) == 1


def test_thoughts_about_what_stays_at_home_were_sealed_there_and_never_reach_a_vendor(desk: Desk) -> None:
    home = desk.post(message(f"Card {CARD}.", **THINKING))
    assert home.headers["x-ringfence-zone"] == "onprem"
    answer = desk.post(talk(HARMLESS, seal_of(home)))
    assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "onprem")
    assert desk.vendor.received == b""


def test_a_conversation_with_a_vendor_goes_on_at_home_once_it_has_to(desk: Desk) -> None:
    seal = seal_of(desk.post(message(HARMLESS, **THINKING)))
    answer = desk.post(talk(HARMLESS, seal, f"Card {CARD}."))
    assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "onprem")
    assert len(desk.vendor.posts) == 1


def test_a_count_of_tokens_is_decided_and_recorded_for_what_it_is(desk: Desk) -> None:
    before = len(desk.records("route.decision"))
    body = {name: value for name, value in message().items() if name != "max_tokens"}
    answer = desk.post(body, "messages/count_tokens?beta=true")
    assert (answer.status_code, answer.json().keys()) == (200, {"input_tokens"})
    assert [(seen.path, seen.json) for seen in desk.vendor.posts] == [("/v1/messages/count_tokens", body)]
    (made,) = desk.records("route.decision")[before:]
    assert (made["req"]["endpoint"], made["req"]["op"]) == ("messages", "count_tokens")
    outcome = desk.outcomes()[-1]
    assert (outcome["dec"], outcome["status"]) == (made["id"], "ok")
    assert "usage" not in outcome


def test_the_key_comes_in_either_header_and_never_in_both(desk: Desk) -> None:
    bearer = {"authorization": f"Bearer {desk.key}"}
    assert desk.post(message(), **bearer).status_code == 200
    assert desk.post(message(), **{"x-api-key": desk.key}).status_code == 200
    both = desk.post(message(), **bearer, **{"x-api-key": desk.key})
    assert (both.status_code, error(both)["code"]) == (400, "duplicate_authorization")
    elsewhere = desk.post(message(), "chat/completions", **{"x-api-key": desk.key})
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "type" not in elsewhere.json()


@pytest.mark.parametrize(
    ("body", "at", "headers", "expected"),
    [
        (message(), "messages", {"x-api-key": SECRET}, (401, "authentication_error", "invalid_api_key")),
        (message(), "messages", {"x-none": "1"}, (401, "authentication_error", "invalid_api_key")),
        (message(), "messages/count_tokens", {"x-none": "1"}, (401, "authentication_error", "invalid_api_key")),
        (message(), "messages/batches", {}, (404, "not_found_error", "not_found")),
        (message(), f"messages/{SECRET}", {}, (404, "not_found_error", "not_found")),
        (message(model=SECRET), "messages", {}, (404, "not_found_error", "model_not_found")),
        (message(messages=SECRET), "messages", {}, (400, "invalid_request_error", "invalid_request")),
        (message(model=4), "messages", {}, (400, "invalid_request_error", "invalid_request")),
        (message(x=[0] * 30_000), "messages", {}, (413, "request_too_large", "too_many_values")),
    ],
    ids=lambda value: value if isinstance(value, str) and SECRET not in value else "",
)
def test_a_refusal_of_ours_has_the_shape_of_anthropics(
    desk: Desk, body: Any, at: str, headers: dict[str, str], expected: tuple[int, str, str]
) -> None:
    answer = desk.post(body, at, **headers)
    said = error(answer)
    assert (answer.status_code, said["type"], said["code"]) == expected
    assert answer.headers["x-should-retry"] == "false"
    assert desk.vendor.received == desk.own.received == b""


def test_a_wrong_role_another_method_and_another_media_type_are_refused_in_that_shape(desk: Desk) -> None:
    role = desk.post(message(), **{"x-api-key": desk.fence.key("a", "t", "auditor")})
    assert (role.status_code, error(role)["type"], error(role)["code"]) == (403, "permission_error", "wrong_role")
    read = desk.client.get(f"{desk.fence.url}/v1/messages", headers={"x-api-key": desk.key})
    assert (read.status_code, error(read)["type"]) == (405, "invalid_request_error")
    media = desk.client.post(f"{desk.fence.url}/v1/messages", content=b"{}", headers={"x-api-key": desk.key})
    assert (media.status_code, error(media)["type"]) == (415, "invalid_request_error")


def test_a_refusal_by_policy_says_why_and_is_not_to_be_tried_again(desk: Desk) -> None:
    name = "PRIVATE" + " KEY"
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
    key = f"-----BEGIN {name}-----\n{line}\n{line[::-1]}\n-----END {name}-----"
    answer = desk.post(message([tool_result(key)]))
    said = error(answer)
    assert (answer.status_code, said["type"], said["code"]) == (403, "permission_error", "policy_blocked")
    assert any("private key" in reason.lower() for reason in said["because"])
    assert said["rules"]
    assert answer.headers["x-should-retry"] == "false"
    assert len(answer.headers["request-id"]) == 36
    assert desk.vendor.received == desk.own.received == b""


@pytest.mark.parametrize(
    ("behaviour", "status", "kind", "code"),
    [
        ("status:400", 400, "invalid_request_error", "upstream_refused"),
        ("status:401", 502, "api_error", "upstream_error"),
        ("status:404", 404, "not_found_error", "upstream_refused"),
        ("status:413", 413, "request_too_large", "upstream_refused"),
        ("status:429", 429, "rate_limit_error", "rate_limit_exceeded"),
        ("status:500", 503, "overloaded_error", "upstream_unavailable"),
        ("status:529", 503, "overloaded_error", "upstream_unavailable"),
    ],
)
def test_a_refusal_of_a_model_server_is_told_in_our_words(
    desk: Desk, behaviour: str, status: int, kind: str, code: str
) -> None:
    for server in (desk.vendor, desk.own):
        server.behaviour = behaviour
        server.status_body = {"type": "error", "error": {"type": SECRET, "message": SECRET}, "request_id": SECRET}
    answer = desk.post(message(SECRET))
    said = error(answer)
    assert SECRET.encode() in desk.vendor.received
    assert (answer.status_code, said["type"], said["code"]) == (status, kind, code)
    assert len(answer.headers["x-ringfence-audit-id"]) == 36


@pytest.mark.parametrize(
    ("behaviour", "code"), [("half_stream", "upstream_lost"), ("error_in_stream", "upstream_error")]
)
def test_a_stream_that_fails_ends_in_an_error_event_in_our_words(desk: Desk, behaviour: str, code: str) -> None:
    desk.vendor.behaviour = behaviour
    events = desk.post(message(SECRET, stream=True)).text.strip().split("\n\n")
    name, data = events[-1].split("\n")
    assert events[0].startswith("event: message_start")
    assert name == "event: error"
    shape = json.loads(data.removeprefix("data: "))
    assert (shape["type"], shape["error"]["type"], shape["error"]["code"]) == ("error", "api_error", code)
    assert SECRET not in str(events)
    assert desk.outcomes()[-1]["status"] == "upstream_error"


def test_a_dry_run_says_what_would_happen_to_a_message(desk: Desk) -> None:
    with desk.fence.client(desk.key) as client:
        told = client.post("/ringfence/v1/inspect?endpoint=messages", json=message([tool_result(CARD)])).json()
    assert (told["decision"], told["zone"], told["sent"]) == ("pin", "onprem", False)
    assert {place["path"] for place in told["places"]} == {"messages[0].content[0].content"}
    assert desk.vendor.received == desk.own.received == b""
