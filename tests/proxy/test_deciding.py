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
from inside import Scripted, inside
from unsure import UNSURE, VENDOR_SAYS, Probable, local_policies

from proxy import deciding
from proxy.costs.ledger import Ledger

ALL = '  - {id: all-stay-home, then: pin, because: "Nothing leaves today."}\n'
STAY = '  - {id: names-stay-home, if: {class: pii}, then: pin, because: "Names stay."}\n'
RULE = f"rules:\n{ALL}"
BUDGET = """\
policy: finance
version: 1
owner: ann
budgets:
  - {id: vendors-a-month, zones: [cloud-us], monthly: 2.00, then: pin, because: "Used up."}
"""
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
    (policies / "finance.yaml").write_text(BUDGET)

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
            if "spent" in changed:
                monkeypatch = changed.pop("spent")
                monkeypatch.setattr(Ledger, "exhausted", lambda *_: frozenset({"vendors-a-month"}))
            rows[1].update(changed)
            file.write_text(yaml.safe_dump({"upstreams": rows}))
            assert (await ring.runtime.activation.reload()).error is None
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
def test_a_budget_that_is_used_up_meanwhile_counts(
    tmp_path: Path, own: Waiting, vendor: Probable, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    own.fails = fails
    answer, _ = asked(tmp_path, own, vendor, spent=monkeypatch)
    assert answer.headers["x-ringfence-zone"] == "onprem"
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


def waited(folder: Path, own: Waiting, changed: dict[str, Any], pinned: bool) -> tuple[Any, list[dict[str, Any]]]:
    """Ask while another request has the only place at a server, and files change; return the answer, and all decisions.

    The server is one of ours for what is pinned, else a vendor's.
    """
    row: dict[str, Any] = {"name": "one", "kind": "openai", "zone": "onprem" if pinned else "cloud-us"}
    row |= {"base_url": own.url, "models": ["gpt-4*"], "max_in_flight": 1, "queue_s": 60}
    other = {"name": "two", "kind": "openai", "base_url": MOVED, "models": ["other"]}
    other["zone"] = "cloud-us" if pinned else "onprem"
    file, policies = folder / "upstreams.yaml", local_policies(folder, STAY)
    file.write_text(yaml.safe_dump({"upstreams": [row, other]}))

    async def story() -> tuple[Any, list[dict[str, Any]]]:
        words = Scripted({"Planted": "PERSON"})
        async with inside(folder / "home", upstreams=file, policies=policies, detector=words) as ring:
            key = await asyncio.to_thread(ring.key)
            said = ["first", "Ann Planted" if pinned else "second"]
            asking = [
                asyncio.create_task(ring.client.post("/v1/chat/completions", json=chat_body(text), headers=key))
                for text in said
            ]
            await asyncio.to_thread(eventually, lambda: own.posts)
            registry = ring.runtime.activation.active.registry
            while not any(at["waiting"] for at in ring.runtime.estate.report(registry)):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            if "rule" in changed:
                path = policies / "own.yaml"
                path.write_text(path.read_text() + ALL)
            file.write_text(yaml.safe_dump({"upstreams": [row | changed.get("row", {}), other]}))
            assert (await ring.runtime.activation.reload()).error is None
            own.go.set()
            return (await asyncio.gather(*asking))[1], await ring.records("route.decision")

    return asyncio.run(story())


@pytest.mark.parametrize(
    ("pinned", "changed"),
    [
        (False, {"rule": True}),
        (False, {"row": {"zone": "cloud-eu"}}),
        (True, {"row": {"zone": "cloud-us"}}),
        (True, {"row": {"kind": "ollama"}}),
    ],
    ids=["a-rule", "another-zone", "a-vendor-after-all", "an-ollama-after-all"],
)
def test_what_waited_for_a_place_is_not_sent_where_it_may_not_go_any_more(
    tmp_path: Path, own: Waiting, monkeypatch: pytest.MonkeyPatch, pinned: bool, changed: dict[str, Any]
) -> None:
    monkeypatch.setattr(deciding, "LONG_US", 1)
    answer, decisions = waited(tmp_path, own, changed, pinned)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "policy_changed")
    assert answer.headers["retry-after"] == "1"
    assert [len(decisions), len(own.posts)] == [2, 1]
    assert "up" not in decisions[1]
    assert b"first" in own.received
    assert not any(word in own.received for word in (b"second", b"Planted"))


@pytest.mark.parametrize(
    ("pinned", "change"),
    [(False, {"weight": 3}), (True, {"weight": 3}), (True, {"base_url": MOVED})],
    ids=["harmless", "pinned", "replaced"],
)
def test_what_waited_while_nothing_of_account_changed_is_sent(
    tmp_path: Path, own: Waiting, monkeypatch: pytest.MonkeyPatch, pinned: bool, change: dict[str, Any]
) -> None:
    monkeypatch.setattr(deciding, "LONG_US", 1)
    answer, _ = waited(tmp_path, own, {"row": change}, pinned)
    assert (answer.status_code, len(own.posts)) == (200, 2)
