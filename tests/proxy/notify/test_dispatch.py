import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from harness import StandIn
from receivers import DECISION

from audit.access import Filters, Records
from audit.log import AuditLog, Receipt
from audit.records.record import new_id
from proxy.notify.channels import Channel, Channels, File, Webhook
from proxy.notify.delivery import Note
from proxy.notify.dispatch import Notifier
from proxy.notify.failures import Failures
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.policy import Policy
from proxy.settings import ROOT

RULES = """policy: told
version: 1
owner: ann@acme.example
rules:
  - {id: r, if: {class: pii}, then: pin, because: "r says", notify: [oncall, paper]}
  - {id: s, if: {class: pii}, then: pin, because: "s says", notify: [paper]}
  - {id: tried, if: {class: pii}, then: block, because: "not yet", notify: [paper], mode: shadow}
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    import datetime as dt

    files = {path.name: path.read_bytes() for path in (ROOT / "policies").glob("*.yaml")}
    bundle = check_files({**files, "told.yaml": RULES.encode()}, Surroundings(dt.date(2026, 6, 1))).bundle
    assert bundle is not None
    return Policy.of(bundle, {})


class Counted:
    def __init__(self) -> None:
        self.why: Counter[tuple[str, str]] = Counter()

    def count(self, given: Note, why: str) -> None:
        self.why[given.channel, why] += 1


def decided(*notify: str, rules: tuple[str, ...] = ("r", "s")) -> dict[str, Any]:
    obliged = [{"kind": "log", "value": "summary"}, *({"kind": "notify", "value": name} for name in notify)]
    return {**DECISION, "obligations": obliged, "rules": [{"id": rule, "effect": "pin"} for rule in rules]}


def files(folder: Path, *names: str) -> Channels:
    return {name: Channel(name, File(folder / name)) for name in names}


def told(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["data"] for line in path.read_text().splitlines()] if path.exists() else []


def run(story: Callable[[Notifier], None], drain_s: float = 10.0) -> Counter[tuple[str, str]]:
    async def go() -> Counter[tuple[str, str]]:
        counted = Counted()
        notifier = Notifier(cast("Failures", counted))
        story(notifier)
        await notifier.close(drain_s)
        return counted.why

    return asyncio.run(go())


def test_each_channel_is_told_once_and_of_the_rules_that_asked_for_it(tmp_path: Path, policy: Policy) -> None:
    record = new_id()
    channels = files(tmp_path, "oncall", "paper", "other")
    assert not run(lambda notifier: notifier.tell(decided("oncall", "paper"), policy, channels, Receipt(record, 7, "")))
    ((oncall,), (paper,)) = told(tmp_path / "oncall"), told(tmp_path / "paper")
    assert (oncall["record"], oncall["seq"]) == (record, 7)
    assert [(item["id"], item["because"]) for item in oncall["rules"]] == [("r", "r says")]
    assert [item["id"] for item in paper["rules"]] == ["r", "s"]
    assert told(tmp_path / "other") == []


def test_a_rule_that_is_only_tried_is_not_said_to_have_asked(tmp_path: Path, policy: Policy) -> None:
    body = decided("paper", rules=("r", "tried"))
    run(lambda notifier: notifier.tell(body, policy, files(tmp_path, "paper"), Receipt(new_id(), 7, "")))
    assert [item["id"] for item in told(tmp_path / "paper")[0]["rules"]] == ["r"]


def test_a_decision_that_obliges_nobody_starts_nothing(tmp_path: Path, policy: Policy) -> None:
    async def go() -> None:
        notifier = Notifier(cast("Failures", Counted()))
        notifier.tell(decided(), policy, files(tmp_path, "oncall"), Receipt(new_id(), 7, ""))
        notifier.tell(decided("oncall"), policy, {}, Receipt(new_id(), 7, ""))
        assert len(asyncio.all_tasks()) == 1
        await notifier.close(1)

    asyncio.run(go())


def test_a_channel_that_fails_does_not_keep_another_from_being_told(tmp_path: Path, policy: Policy) -> None:
    channels = {**files(tmp_path, "paper"), "oncall": Channel("oncall", File(tmp_path / "none" / "x"))}

    def story(notifier: Notifier) -> None:
        for _ in range(20):
            notifier.tell(decided("oncall", "paper"), policy, channels, Receipt(new_id(), 7, ""))

    assert run(story, drain_s=1.0) == {("oncall", "shutdown"): 20}
    assert len(told(tmp_path / "paper")) == 20


def test_a_channel_that_leads_elsewhere_after_a_reload_leads_there(tmp_path: Path, policy: Policy) -> None:
    def story(notifier: Notifier) -> None:
        for name in ("before", "after"):
            channels = {"oncall": Channel("oncall", File(tmp_path / name))}
            notifier.tell(decided("oncall"), policy, channels, Receipt(new_id(), 7, ""))

    assert not run(story)
    assert (len(told(tmp_path / "before")), len(told(tmp_path / "after"))) == (1, 1)


def test_what_cannot_be_said_raises_nothing_and_is_counted(
    tmp_path: Path, policy: Policy, caplog: pytest.LogCaptureFixture
) -> None:
    body = {name: value for name, value in decided("oncall").items() if name != "actor"}
    got = run(lambda notifier: notifier.tell(body, policy, files(tmp_path, "oncall"), Receipt(new_id(), 7, "")))
    assert got == {("oncall", "internal"): 1}
    assert caplog.messages == ["a message was not made: KeyError"]


def test_what_comes_after_the_end_is_counted_and_starts_nothing(tmp_path: Path, policy: Policy) -> None:
    async def go() -> Counter[tuple[str, str]]:
        counted = Counted()
        notifier = Notifier(cast("Failures", counted))
        await notifier.close(1)
        notifier.tell(decided("oncall"), policy, files(tmp_path, "oncall"), Receipt(new_id(), 7, ""))
        assert len(asyncio.all_tasks()) == 1
        return counted.why

    assert asyncio.run(go()) == {("oncall", "shutdown"): 1}


def test_a_dead_channel_of_a_thousand_messages_is_one_record(tmp_path: Path, policy: Policy) -> None:
    log = AuditLog.open(tmp_path / "audit.db", keys=tmp_path / "keys", origin="test/audit", deadline_s=5)
    hook = StandIn("hook")
    hook.stop()
    channels = {"oncall": Channel("oncall", Webhook(f"http://127.0.0.1:{hook.port}/x"))}
    records = [new_id() for _ in range(1200)]

    async def go() -> None:
        failures = Failures(log)
        notifier = Notifier(failures)
        for record in records:
            notifier.tell(decided("oncall"), policy, channels, Receipt(record, 7, ""))
        await notifier.close(0.2)
        await failures.flush()

    asyncio.run(go())
    log.close()
    page = Records(tmp_path / "audit.db").page(Filters(kind="notify.failed"), after=-1, limit=10)
    (body,) = [record.body for record in page.records]
    assert (body["channel"], body["n"], body["why"]) == ("oncall", 1200, "queue_full")
    assert body["first"] == records[1000]


def test_the_end_waits_for_a_slow_receiver_no_longer_than_it_may(policy: Policy) -> None:
    hook = StandIn("hook", behaviour="hang")
    channels = {"oncall": Channel("oncall", Webhook(f"http://127.0.0.1:{hook.port}/x"))}
    got = run(
        lambda notifier: notifier.tell(decided("oncall"), policy, channels, Receipt(new_id(), 7, "")), drain_s=0.2
    )
    hook.stop()
    assert got == {("oncall", "shutdown"): 1}
