"""Who is told of a decision, by the real server: after the record, beside the request, and never of content."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import QUICK, StandIn, chat_body, eventually, ringfence, upstreams_file
from inside import Inside, Scripted, inside

from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from audit.log import Receipt
from proxy.settings import ROOT

pytestmark = pytest.mark.usefixtures("quiet")
EXTRA = """policy: extra
version: 1
owner: security@company.example
rules:
  - id: devices-are-watched
    who: {teams: [team]}
    if: {class: device}
    then: {only: [cloud-us, onprem]}
    because: "Somebody wants to know."
    notify: [oncall, paper]
    log: full
"""
WORDS = {"zebra": "IP_ADDRESS"}
ALL = ("security-oncall", "payments-security", "privacy-officer")
PRIVATE_KEY = "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEowIBAAKCAQEA" * 8 + "\n-----END RSA PRIVATE " + "KEY-----"


@pytest.fixture
def hook() -> Iterator[StandIn]:
    """A webhook's receiver."""
    made = StandIn("hook", behaviour="status:200")
    yield made
    made.stop()


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    (folder / "extra.yaml").write_text(EXTRA)
    return folder


def channels(folder: Path, **kinds: dict[str, str]) -> Path:
    """Write a file of channels; those of the shipped rules lead to a file, unless they are given."""
    made = {name: {"file": str(folder / "shipped.jsonl")} for name in ALL}
    paper = {"file": str(folder / "paper.jsonl")}
    file = folder / "channels.yaml"
    file.write_text(json.dumps({"channels": {**made, "oncall": paper, "paper": paper, **kinds}}))
    return file


def to(hook: StandIn) -> dict[str, str]:
    return {"webhook": f"http://127.0.0.1:{hook.port}/ringfence"}


def told(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["data"] for line in path.read_text().splitlines()] if path.exists() else []


async def ask(
    ring: Inside, key: dict[str, str], text: str = "zebra", path: str = "/v1/chat/completions"
) -> httpx.Response:
    return await ring.client.post(path, json=chat_body(text), headers=key)


def within(
    home: Path,
    policies: Path,
    servers: tuple[StandIn, StandIn],
    file: Path,
    story: Callable[[Inside, dict[str, str]], Awaitable[None]],
) -> list[dict[str, Any]]:
    """Run a story in a server, and return what its log holds when it has ended."""

    async def go() -> None:
        detector = Scripted(WORDS)
        async with inside(home / "home", *servers, detector=detector, policies=policies, channels=file) as ring:
            await story(ring, ring.key())

    asyncio.run(go())
    page = Records(home / "home" / "audit.db").page(Filters(), after=-1, limit=1000)
    return [record.body for record in page.records]


def of(kind: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [body for body in records if body["kind"] == kind]


def test_every_channel_that_a_rule_names_is_told_what_the_record_says(
    tmp_path: Path, policies: Path, cloud: StandIn, onprem: StandIn, hook: StandIn
) -> None:
    async def story(ring: Inside, key: dict[str, str]) -> None:
        assert (await ask(ring, key)).status_code == 200
        assert (await ask(ring, key, "nothing of the kind")).status_code == 200

    file = channels(tmp_path, oncall=to(hook))
    first, second = of("route.decision", within(tmp_path, policies, (cloud, onprem), file, story))
    (seen,) = hook.posts
    data = seen.json["data"]
    assert seen.headers["webhook-id"] == f"{first['id']}_oncall"
    assert told(tmp_path / "paper.jsonl") == [data]
    assert [data[name] for name in ("record", "decision", "zone", "team", "app")] == [
        *(first[name] for name in ("id", "decision", "zone")),
        *(first["actor"][name] for name in ("team", "app")),
    ]
    rule = {"id": "devices-are-watched", "effect": "only", "because": "Somebody wants to know."}
    assert (data["rules"], data["classes"]) == ([rule], [{"class": "device", "count": 1}])
    assert b"zebra" not in seen.body
    assert [item["value"] for item in second["obligations"]] == ["summary"]
    assert first["detect"]["paths"] == [{"t": "IP_ADDRESS", "path": "messages[0].content"}]
    assert "paths" not in second["detect"]


def test_a_dry_run_says_that_it_is_one(tmp_path: Path, policies: Path, cloud: StandIn, onprem: StandIn) -> None:
    async def story(ring: Inside, key: dict[str, str]) -> None:
        assert (await ask(ring, key, path="/ringfence/v1/inspect")).status_code == 200

    within(tmp_path, policies, (cloud, onprem), channels(tmp_path), story)
    assert [(data["endpoint"], data["dry_run"]) for data in told(tmp_path / "paper.jsonl")] == [("chat", True)] * 2


def test_a_request_that_goes_on_to_another_zone_is_told_of_once(
    tmp_path: Path, policies: Path, cloud: StandIn, onprem: StandIn
) -> None:
    cloud.behaviour = "status:503"

    async def story(ring: Inside, key: dict[str, str]) -> None:
        assert (await ask(ring, key)).headers["x-ringfence-zone"] == "onprem"

    file = channels(tmp_path, oncall={"file": str(tmp_path / "oncall.jsonl")})
    first, second = of("route.decision", within(tmp_path, policies, (cloud, onprem), file, story))
    assert (first["zone"], second["zone"]) == ("cloud-us", "onprem")
    assert [data["record"] for data in told(tmp_path / "oncall.jsonl")] == [first["id"]]


def test_nobody_is_told_of_a_decision_that_is_not_durable(
    tmp_path: Path, policies: Path, cloud: StandIn, onprem: StandIn
) -> None:
    async def story(ring: Inside, key: dict[str, str]) -> None:
        async def failing(kind: str, body: Any, **_: Any) -> Receipt:
            raise AuditUnavailable("full")

        append, ring.runtime.audit.append = ring.runtime.audit.append, failing  # type: ignore[method-assign]
        assert (await ask(ring, key)).status_code == 503
        ring.runtime.audit.append = append  # type: ignore[method-assign]

    assert of("route.decision", within(tmp_path, policies, (cloud, onprem), channels(tmp_path), story)) == []
    assert told(tmp_path / "paper.jsonl") == []


def test_a_decision_that_became_durable_too_late_for_its_request_is_told_of(
    tmp_path: Path, policies: Path, cloud: StandIn, onprem: StandIn
) -> None:
    async def story(ring: Inside, key: dict[str, str]) -> None:
        append = ring.runtime.audit.append

        async def late(kind: str, body: Any, **named: Any) -> Receipt:
            receipt = await append(kind, body, **named)
            if kind == "route.decision":
                named["late"](receipt)
                raise AuditUnavailable("deadline")
            return receipt

        ring.runtime.audit.append = late  # type: ignore[method-assign]
        assert (await ask(ring, key)).status_code == 503

    (decision,) = of("route.decision", within(tmp_path, policies, (cloud, onprem), channels(tmp_path), story))
    assert [data["record"] for data in told(tmp_path / "paper.jsonl")] == [decision["id"]] * 2
    assert not cloud.posts


def test_requests_go_on_while_a_receiver_hangs_and_what_it_missed_is_recorded_once(
    tmp_path: Path, policies: Path, cloud: StandIn, onprem: StandIn, hook: StandIn
) -> None:
    """By the order of events: forty answers come while the receiver has not answered the first message."""
    hook.behaviour = "hang"

    async def story(ring: Inside, key: dict[str, str]) -> None:
        assert (await ask(ring, key)).status_code == 200
        await asyncio.to_thread(eventually, lambda: len(hook.posts) == 1)
        for _ in range(40):
            assert (await ask(ring, key)).status_code == 200
        assert len(hook.posts) == 1

    records = within(tmp_path, policies, (cloud, onprem), channels(tmp_path, oncall=to(hook)), story)
    first, *others = of("route.decision", records)
    (failed,) = of("notify.failed", records)
    assert {name: failed[name] for name in ("channel", "n", "first", "why")} == {
        "channel": "oncall", "n": 1 + len(others), "first": first["id"], "why": "shutdown",
    }  # fmt: skip
    assert len(told(tmp_path / "paper.jsonl")) == 41


def test_a_receiver_that_comes_back_is_told_what_it_missed(
    tmp_path: Path, policies: Path, cloud: StandIn, onprem: StandIn, hook: StandIn
) -> None:
    hook.behaviour = "status:503"

    async def story(ring: Inside, key: dict[str, str]) -> None:
        for _ in range(3):
            assert (await ask(ring, key)).status_code == 200
        await asyncio.to_thread(eventually, lambda: hook.posts)
        hook.clear()
        hook.behaviour = "status:200"
        await asyncio.to_thread(eventually, lambda: len(hook.posts) == 3)

    records = within(tmp_path, policies, (cloud, onprem), channels(tmp_path, oncall=to(hook)), story)
    decided = [body["id"] for body in of("route.decision", records)]
    assert [seen.json["data"]["record"] for seen in hook.posts] == decided
    assert of("notify.failed", records) == []


def test_a_server_tells_all_kinds_of_channels_of_a_key_that_it_refused(
    tmp_path: Path, cloud: StandIn, onprem: StandIn, hook: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = os.urandom(32)
    monkeypatch.setenv("HOOK_SECRET", "whsec_" + base64.b64encode(key).decode())
    (tmp_path / "policies").mkdir()
    for path in (ROOT / "policies").glob("*.yaml"):
        text = path.read_text().replace("notify: [security-oncall]", "notify: [security-oncall, siem, paper]")
        (tmp_path / "policies" / path.name).write_text(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as siem:
        siem.bind(("127.0.0.1", 0))
        siem.settimeout(10)
        file = channels(
            tmp_path,
            **{"security-oncall": {**to(hook), "secret_env": "HOOK_SECRET"}},
            siem={"syslog": f"udp://127.0.0.1:{siem.getsockname()[1]}"},
        )
        upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem)
        with ringfence(tmp_path / "home", upstreams, policies=tmp_path / "policies", channels=file, **QUICK) as server:
            with server.client() as client:
                refused = client.post("/v1/chat/completions", json=chat_body(PRIVATE_KEY))
            datagram = siem.recv(65536)
            (seen,) = eventually(lambda: hook.posts)
            (paper,) = eventually(lambda: told(tmp_path / "paper.jsonl"))
    assert refused.status_code == 403
    assert (
        seen.json["data"] == paper == json.loads(datagram[datagram.index(b"{") :])["data"] | {"rules": paper["rules"]}
    )
    assert (paper["decision"], paper["record"]) == ("block", refused.headers["x-ringfence-audit-id"])
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    made = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert seen.headers["webhook-signature"] == f"v1,{made}"
    assert PRIVATE_KEY.splitlines()[1][:32].encode() not in seen.body + datagram


def test_a_server_that_ends_records_whom_it_could_not_tell(
    tmp_path: Path, cloud: StandIn, onprem: StandIn, hook: StandIn
) -> None:
    hook.behaviour = "hang"
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem)
    file = channels(tmp_path, **{"security-oncall": to(hook)})
    with ringfence(tmp_path / "home", upstreams, channels=file, **QUICK) as server:
        with server.client() as client:
            assert client.post("/v1/chat/completions", json=chat_body(PRIVATE_KEY)).status_code == 403
        eventually(lambda: hook.posts)
        assert server.stop() == 0
    page = Records(tmp_path / "home" / "audit.db").page(Filters(kind="notify.failed"), after=-1, limit=10)
    assert [(record.body["channel"], record.body["n"], record.body["why"]) for record in page.records] == [
        ("security-oncall", 1, "shutdown")
    ]
