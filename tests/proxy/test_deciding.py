"""What changes while an own server works on its answer counts for what is done about that answer."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import chat_body, eventually
from inside import inside
from unsure import UNSURE, VENDOR_SAYS, Probable, local_policies

RULE = 'rules:\n  - {id: all-stay-home, then: pin, because: "Nothing leaves today."}\n'
MOVED = "http://127.0.0.1:9/v1"


@dataclass
class Waiting(Probable):
    """Answers when it is let go on, then fails where it is told to."""

    go: threading.Event = field(default_factory=threading.Event)
    fails: bool = False

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if method == "POST":
            await asyncio.to_thread(self.go.wait, 20)
            self.behaviour = "status:503" if self.fails else self.behaviour
        return await super()._answer(method, path, body, writer)


@pytest.fixture
def own() -> Iterator[Waiting]:
    server = Waiting("own", logprob=UNSURE)
    yield server
    server.go.set()
    server.stop()


@pytest.fixture
def vendor() -> Iterator[Probable]:
    server = Probable("vendor", words=VENDOR_SAYS)
    yield server
    server.stop()


def asked(folder: Path, own: Waiting, vendor: Probable, **changed: Any) -> tuple[Any, list[dict[str, Any]]]:
    """Ask while files change behind the own server's back; return the answer and the decisions."""
    rows: list[dict[str, Any]] = [
        {"name": "local", "kind": "openai", "zone": "onprem", "base_url": own.url, "default_model": "local-model"},
        {"name": "vendor", "kind": "openai", "zone": "cloud-us", "base_url": vendor.url, "models": ["gpt-4*"]},
    ]
    file, policies = folder / "upstreams.yaml", local_policies(folder)
    file.write_text(yaml.safe_dump({"upstreams": rows}))

    async def story() -> tuple[Any, list[dict[str, Any]]]:
        async with inside(folder / "home", upstreams=file, policies=policies) as ring:
            key = await asyncio.to_thread(ring.key)
            asking = asyncio.create_task(
                ring.client.post("/v1/chat/completions", json=chat_body("A marmot?"), headers=key)
            )
            await asyncio.to_thread(eventually, lambda: own.posts)
            if rule := changed.pop("rule", ""):
                path = policies / "own.yaml"
                path.write_text(path.read_text() + rule)
            rows[1].update(changed)
            file.write_text(yaml.safe_dump({"upstreams": rows}))
            came = await ring.runtime.activation.reload()
            assert came.error is None
            assert came.previous is not None
            own.go.set()
            return await asking, await ring.records("route.decision")

    return asyncio.run(story())


@pytest.mark.parametrize(
    "changed",
    [{"rule": RULE}, {"base_url": MOVED}, {"zone": "cloud-eu"}, {"name": "another"}],
    ids=["a-rule", "moved", "another-zone", "another-name"],
)
@pytest.mark.parametrize("fails", [False, True], ids=["unsure", "failed"])
def test_what_would_not_go_to_a_vendor_any_more_does_not(
    tmp_path: Path, own: Waiting, vendor: Probable, changed: dict[str, Any], fails: bool
) -> None:
    own.fails = fails
    answer, decisions = asked(tmp_path, own, vendor, **changed)
    assert answer.status_code == (503 if fails else 200)
    assert answer.headers["x-ringfence-zone"] == "onprem"
    assert [decision["zone"] for decision in decisions] == ["onprem"]
    assert (vendor.connections, bytes(vendor.received)) == (0, b"")


@pytest.mark.parametrize("fails", [False, True], ids=["unsure", "failed"])
def test_a_change_that_is_of_no_account_keeps_nothing_from_it(
    tmp_path: Path, own: Waiting, vendor: Probable, fails: bool
) -> None:
    own.fails = fails
    answer, decisions = asked(tmp_path, own, vendor, weight=7)
    assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "cloud-us")
    assert [decision["zone"] for decision in decisions] == ["onprem", "cloud-us"]
    assert b"marmot" in vendor.received
