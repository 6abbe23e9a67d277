"""Secrets go into every place that a caller or an upstream can write to, and afterwards they are nowhere.

Searched: every file under the home (audit database and its WAL, key database, keys, settings, the server's log), what
the server printed, what auditors can read, error bodies, headers of every answer, and readiness. Searched for: the
secret as it is, its usual encodings, and its unkeyed digests, which a guess could be tested against.
"""

import base64
import gzip
import hashlib
import json
import os
import secrets
import select
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from harness import WORDS, Ringfence, StandIn, chat_body, eventually
from properties.translating import SAID_AT

from audit.access import Filters, Records

pytestmark = pytest.mark.usefixtures("quiet")

UPSTREAM = "answer", "echo_error", "error_in_stream", "garbage", "half_stream", "hang_up", "redirect", "status:500"


def words() -> str:
    """A secret that no detector can know: such a request goes to the vendor."""
    return "".join(secrets.choice("bcdfghjklmnpqrstvwz") + secrets.choice("aeiou") for _ in range(8))


def token() -> str:
    """A secret that a detector knows: such a request is kept at home."""
    return "gh" + "p_" + secrets.token_hex(18)


def private_key() -> str:
    """A secret that is refused outright."""
    name = "PRIVATE" + " KEY"
    return f"-----BEGIN {name}-----\n{secrets.token_hex(32)}\n{secrets.token_hex(32)}\n-----END {name}-----"


def needles(canary: str) -> dict[str, bytes]:
    """Every form in which a secret could have been kept."""
    text = max(canary.splitlines(), key=len).encode()
    spellings = {
        "plain": text,
        "upper": text.upper(),
        "reversed": text[::-1],
        "hex": text.hex().encode(),
        "url": quote(text.decode(), safe="").encode(),
        "sha256": hashlib.sha256(canary.encode()).digest(),
        "sha256 hex": hashlib.sha256(canary.encode()).hexdigest().encode(),
        "sha1 hex": hashlib.sha1(canary.encode()).hexdigest().encode(),
        "md5 hex": hashlib.md5(canary.encode()).hexdigest().encode(),
        "utf-16": text.decode().encode("utf-16-le"),
    }
    for shift in range(3):  # base64 looks different at each of three alignments; the ends depend on the neighbours
        whole = base64.b64encode(b"\0" * shift + text + b"\0" * 3)
        spellings[f"base64 at {shift}"] = whole[4 if shift else 0 : -8]
    return spellings


@dataclass
class Hunt:
    """The secrets that were sent, and everything that came back and must not hold one."""

    server: Ringfence
    key: str
    client: httpx.Client
    canaries: list[str] = field(default_factory=list)
    said: dict[str, bytes] = field(default_factory=dict)

    def make(self, kind: Callable[[], str]) -> str:
        self.canaries.append(kind())
        return self.canaries[-1]

    def note(self, what: str, answer: httpx.Response) -> None:
        """Keep the headers of every answer and what it says of errors: what a model said may well hold the secret."""
        kept = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
        lines = [line for line in answer.content.splitlines() if answer.status_code >= 400 or b'"error"' in line]
        self.said[what] = b"\n".join([kept, *lines])

    def post(
        self, what: str, raw: bytes | dict[str, Any], *, at: str = "chat/completions", query: str = "", **headers: str
    ) -> None:
        content = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
        given = {"authorization": f"Bearer {self.key}", "content-type": "application/json", **headers}
        both = at == "chat/completions" and b'"stream": true' not in content
        for path in (f"/v1/{at}", "/ringfence/v1/inspect")[: 2 if both else 1]:
            answer = self.client.post(f"{path}{query}", content=content, headers=given)
            self.note(f"{what} {path} {len(self.said)}", answer)

    def raw(self, what: str, data: bytes) -> None:
        """Send bytes that no HTTP client would."""
        at = urlsplit(self.server.url)
        with socket.create_connection((at.hostname or "", at.port or 0), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        self.said[f"{what} {len(self.said)}"] = answer

    def haystacks(self) -> Iterator[tuple[str, bytes]]:
        """Everything that is searched."""
        yield from self.said.items()
        for path in sorted(self.server.home.rglob("*")):
            if path.is_file() and path.suffix != ".ballast":  # which is large, and was never written to
                yield str(path.relative_to(self.server.home)), path.read_bytes()

    def found(self, canaries: list[str]) -> list[str]:
        """Say where one of the secrets is, and in which form."""
        wanted = [(kind, needle) for canary in canaries for kind, needle in needles(canary).items()]
        return [f"{kind} in {where}" for where, hay in self.haystacks() for kind, needle in wanted if needle in hay]


@pytest.fixture
def hunt(server: Ringfence) -> Iterator[Hunt]:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        yield Hunt(server, server.key("canary", "canary-team"), client)


def bodies(canary: str) -> dict[str, dict[str, Any]]:
    """Put a secret into every field of a chat body."""
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    tool_call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": canary})}}
    places: dict[str, dict[str, Any]] = {
        "content": {"messages": [{"role": "user", "content": canary}]},
        "text part": {"messages": [{"role": "user", "content": [{"type": "text", "text": canary}]}]},
        "part type": {"messages": [{"role": "user", "content": [{"type": canary, canary: canary}]}]},
        "image": {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": canary}}]}]},
        "role": {"messages": [{"role": canary, "content": "hello"}]},
        "message name": {"messages": [{"role": "user", "name": canary, "content": "hello"}]},
        "message key": {"messages": [{"role": "user", "content": "hello", canary: 1}]},
        "tool call": {"messages": [{"role": "assistant", "tool_calls": [tool_call]}]},
        "tool call id": {"messages": [{"role": "tool", "tool_call_id": canary, "content": "ok"}]},
        "tool result": {"messages": [{"role": "tool", "tool_call_id": "c", "content": json.dumps({canary: canary})}]},
        "tool name": {"tools": [{"type": "function", "function": {**function, "name": canary}}]},
        "tool schema": {"tools": [{"type": "function", "function": {**function, "parameters": {canary: canary}}}]},
        "tool type": {"tools": [{"type": canary}]},
        "tool choice": {"tool_choice": {"type": "function", "function": {"name": canary}}},
        "model": {"model": canary},
        "model suffix": {"model": f"gpt-4o-{canary}"},
        "user": {"user": canary},
        "metadata": {"metadata": {canary: canary}},
        "stop": {"stop": [canary]},
        "response format": {"response_format": {"type": "json_schema", "json_schema": {"name": canary}}},
        "unknown key": {canary: {canary: [canary, 1, {canary: canary}]}},
        "logit bias": {"logit_bias": {canary: 1}},
        "stream": {"stream": canary},
        "reference": {"previous_response_id": canary},
    }
    return {place: chat_body(**{"text": "hello", **fields}) for place, fields in places.items()}


def ask_everywhere(hunt: Hunt, kind: Callable[[], str]) -> None:
    for place, body in bodies(hunt.make(kind)).items():
        hunt.post(place, body)
        if place != "stream":
            hunt.post(f"{place}, streamed", {**body, "stream": True})
        for path, said in SAID_AT.items():
            hunt.post(f"{place}, at {path}", said(body), at=path)


def ask_beside_the_body(hunt: Hunt) -> None:
    canary = hunt.make(words)
    names = ("user-agent", "x-request-id", "x-app", "x-ringfence-app", "traceparent", "cookie", "referer", "origin")
    for name in (*names, "openai-organization", "x-forwarded-for", "forwarded", "idempotency-key", "accept", canary):
        hunt.post(f"header {name}", chat_body(), **{name: canary})
    for name in ("content-type", "content-encoding", "authorization"):
        hunt.post(f"header {name}", chat_body(), **{name: canary})
    hunt.post("bearer", chat_body(), authorization=f"Bearer {canary}")
    hunt.post("query", chat_body(), query=f"?{canary}={canary}")
    with hunt.server.client(hunt.key) as client:
        for method in ("GET", "POST", "DELETE", "PUT", "OPTIONS"):
            hunt.note(f"path {method}", client.request(method, f"/v1/{canary}?{canary}"))
        for path in (f"/audit/v1/records?app={canary}", f"/audit/v1/records/{canary}", f"/{canary}"):
            hunt.note(path[:12], client.get(path))


def ask_wrongly(hunt: Hunt) -> None:
    canary = hunt.make(words)
    said = canary.encode()
    for raw in (
        b'{"model": "' + said,
        b'{"' + said + b'": 1, "' + said + b'": 2}',
        b'{"model": NaN, "user": "' + said + b'"}',
        b'"' + said + b'"',
        b'{"user": "' + said + b'\xff"}',
        b'{"user": "' + said + b'\\ud800"}',
        b'{"messages": "' + said + b'", "model": "gpt-4o"}',
        b'{"model": ["' + said + b'"], "messages": [{"role": "user", "content": "x"}]}',
        b"[" * 200 + said,
    ):
        hunt.post("wrong body", raw)
    hunt.post("compressed", gzip.compress(said), **{"content-encoding": "gzip"})
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: " + said + b"\r\n"
    auth = b"Authorization: Bearer " + said + b"\r\n"
    hunt.raw("two credentials", head + auth + auth + b"Content-Length: 0\r\n\r\n")
    hunt.raw("no HTTP", said + b"\r\n\r\n")
    hunt.raw("bad header", head + said + b"\r\n\r\n")
    hunt.raw("bad length", head + b"Content-Length: " + said + b"\r\n\r\n")
    hunt.raw("method", said.upper() + b" /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
    hunt.raw("half a body", head + b"Content-Length: 900\r\nContent-Type: application/json\r\n" + auth + b"\r\n" + said)
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    hunt.raw("socket", b"GET /v1/realtime?" + said + b" HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n")


def answer_badly(hunt: Hunt, upstreams: tuple[StandIn, ...]) -> None:
    canary = hunt.make(words)
    for upstream in upstreams:
        upstream.model_reported = canary
        upstream.extra_headers = {"x-request-id": canary, "set-cookie": f"a={canary}", "server": canary, canary: canary}
        upstream.extra_headers |= {"openai-organization": canary, "retry-after": canary, "location": f"/{canary}"}
        upstream.status_body = {"error": {"message": canary, "type": canary, "code": canary, "param": canary}}
    for behaviour in (*UPSTREAM, "status:400", "status:404", "status:429", "status:418", "status:503"):
        for upstream in upstreams:
            upstream.behaviour = behaviour
        for stream in (False, True):
            hunt.post(f"upstream {behaviour}", chat_body(canary, stream=stream))
            for path, said in SAID_AT.items():
                hunt.post(f"upstream {behaviour} at {path}", said(chat_body(canary, stream=stream)), at=path)


def settle(hunt: Hunt) -> None:
    """Wait until every decision has its outcome, and read everything as an auditor does."""
    records = Records(hunt.server.home / "audit.db")

    def all_closed() -> bool:
        bodies: list[dict[str, Any]] = []
        after: int | None = -1
        while after is not None:
            page = records.page(Filters(), after=after, limit=1000)
            bodies += [record.body for record in page.records]
            after = page.next
        made = {body["id"] for body in bodies if body["kind"] == "route.decision" and not body["dry_run"]}
        return made <= {body["dec"] for body in bodies if body["kind"] == "route.outcome"}

    eventually(all_closed)
    with hunt.server.client(hunt.server.key("auditor", "audit-team", "auditor")) as client:
        after: int | None = -1
        while after is not None:
            page = client.get("/audit/v1/records", params={"after": after, "limit": 1000})
            hunt.said[f"audit API after {after}"] = page.content
            after = page.json()["next"]
        ready = client.get("/readyz")
    hunt.said["readyz"] = ready.content + str(ready.headers).encode()
    assert hunt.server.process.stdout is not None
    output = hunt.server.process.stdout.fileno()
    while select.select([output], [], [], 0)[0] and (piece := os.read(output, 65536)):
        hunt.said["stdout"] = hunt.said.get("stdout", b"") + piece


def test_t31_a_secret_is_kept_nowhere(hunt: Hunt, cloud: StandIn, onprem: StandIn) -> None:
    for kind in (words, token, private_key):
        ask_everywhere(hunt, kind)
    ask_beside_the_body(hunt)
    ask_wrongly(hunt)
    arrived = bytes(cloud.received + onprem.received)
    assert hunt.canaries[0].encode() in arrived  # the secrets were really on their way
    try:
        answer_badly(hunt, (cloud, onprem))
    finally:
        for upstream in (cloud, onprem):
            upstream.model_reported, upstream.extra_headers, upstream.status_body = "", {}, None
    settle(hunt)
    assert hunt.found([*hunt.canaries, "".join(WORDS)]) == [], "the last of them is what models answer"
    assert {where for where, _ in hunt.haystacks()} >= {
        "audit.db",
        "audit.db-wal",
        "state.db",
        "server.log",
        "notify.jsonl",
        "readyz",
    }


def test_t31_the_key_of_a_caller_is_kept_nowhere(hunt: Hunt) -> None:
    for role in ("app", "auditor", "security", "admin"):
        key = hunt.server.key("canary", "canary-team", role)
        hunt.canaries += [key, key.removeprefix("rf-")]
        hunt.key = key
        hunt.post("key", chat_body())
        hunt.post("key as a header", chat_body(), **{"x-api-key": key})
        hunt.post("two schemes", chat_body(), authorization=f"Bearer  {key} {key}")
        hunt.raw("two", f"GET /v1/models HTTP/1.1\r\nHost: x\r\n{f'Authorization: Bearer {key}' * 2}\r\n\r\n".encode())
    settle(hunt)
    # The SHA-256 of a key is what the key database is made of; a key is 256 random bits, so nobody can guess it.
    allowed = {"sha256 in state.db", "sha256 in state.db-wal"}
    assert set(hunt.found(hunt.canaries)) <= allowed


@pytest.mark.parametrize("kind", [words, token, private_key], ids=lambda kind: kind.__name__)
def test_t31_control_the_search_finds_each_form_of_a_secret_that_was_kept(hunt: Hunt, kind: Callable[[], str]) -> None:
    canary = hunt.make(kind)
    assert hunt.found([canary]) == []
    folder: Path = hunt.server.home / "control"
    folder.mkdir()
    try:
        for number, (form, needle) in enumerate(needles(canary).items()):
            (folder / str(number)).write_bytes(b"before " + needle + b" after")
            assert f"{form} in control/{number}" in hunt.found([canary])
        real = base64.b64encode(b"some bytes before " + canary.encode() + b" and after")
        (folder / "real").write_bytes(real)
        assert any(where.endswith("control/real") for where in hunt.found([canary]))
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
