"""Answers are read back with who asked, where and which model; what costs nothing is passed over, nothing doubled."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from charged import DAY, KeptLog, attempt, decision, outcome
from harness import StandIn, chat_body, upstreams_file
from inside import inside

from proxy.costs import log as costs_log
from proxy.costs.log import Answered, Database, Export, Log, answered
from proxy.costs.pots import month_of
from proxy.costs.standing import in_log
from proxy.errors import ConfigurationError, Unavailable
from proxy.state.spending import LOG, Spending

PRICES = {
    "currency": "USD",
    "models": {
        "gpt-4o*": {"cloud-us": {"input": 2.50, "output": 10.00, "cached": 1.25}},
        "*": {"onprem": {"input": 0.05, "output": 0.15}},
    },
}


def found(log: Log, since: str | None = None, until: str | None = None) -> list[tuple[str, str, str, int] | str]:
    return [
        (item.asked.who.team, item.zone, item.model, item.outcome["attempt"]) if isinstance(item, Answered) else "lone"
        for item in answered(log, since, until)
    ]


def test_an_outcome_is_of_the_decision_or_attempt_before_it() -> None:
    one, two = decision(team="a"), decision(team="b", zone="eu", model="m")
    second = attempt(two, 2, "home", "qwen")
    records = [one, two, outcome(one), second, outcome(two, status="upstream_error", http=500), outcome(two, number=2)]
    assert found(KeptLog(records)) == [("a", "us", "gpt-5", 1), ("b", "home", "qwen", 2)]


@pytest.mark.parametrize(
    ("decided", "ending"),
    [
        ({}, {"status": "not_sent"}),
        ({}, {"status": "refused_by_upstream", "http": 400}),
        ({"op": "retrieve"}, {}),
        ({"op": "count_tokens"}, {}),
    ],
)
def test_what_costs_nothing_is_no_answer(decided: dict[str, str], ending: dict[str, Any]) -> None:
    one = decision(**decided)
    assert found(KeptLog([one, outcome(one, **ending)])) == []
    control = decision()
    assert found(KeptLog([control, outcome(control)])) == [("support", "us", "gpt-5", 1)]


def test_an_outcome_whose_decision_is_not_there_is_counted_as_such() -> None:
    one = decision()
    refused = {name: value for name, value in decision().items() if name != "up"}
    log = KeptLog([outcome(one), one, outcome(one, number=2), refused, outcome(refused, status="not_sent")])
    assert found(log) == ["lone", "lone"]
    assert log.looked_up == [one["id"]], "before, it was asked for"


def test_what_is_in_no_known_schema_is_not_believed() -> None:
    one = decision()
    records = [one, {**outcome(one), "v": 99}, {**outcome(one), "usage": {"in": "many"}}, {**one, "actor": "x"}]
    assert found(KeptLog(records)) == ["lone", "lone"]


def test_the_time_is_that_of_the_outcome() -> None:
    one = decision()
    early, late = outcome(one), {**outcome(one), "ts": "2026-03-11T00:00:00.000000Z"}
    assert len(found(KeptLog([one, early, late]), since="2026-03-11T00:00:00.000000Z")) == 1
    assert len(found(KeptLog([one, early, late]), until="2026-03-11T00:00:00.000000Z")) == 1
    assert len(found(KeptLog([one, early, late]), DAY, DAY)) == 0


def test_no_more_decisions_are_remembered_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs_log, "REMEMBERED", 3)
    decided = [decision() for _ in range(5)]
    assert found(KeptLog([*decided, *map(outcome, decided)])) == ["lone"] * 2 + [("support", "us", "gpt-5", 1)] * 3


def test_an_export_is_read_from_its_folder_with_its_prices_or_from_a_file_without(tmp_path: Path) -> None:
    one = decision()
    text = b'{"estate":{"prices":{"currency":"USD","models":{}}},"upstreams":[]}'
    lines = "".join(f"{json.dumps(body)}\n" for body in (one, outcome(one), {**one, "kind": "policy.activated"}))
    (tmp_path / "records.jsonl").write_text(lines)
    (tmp_path / "texts").mkdir()
    digest = "e7c2ca5e" * 8
    (tmp_path / "texts" / digest).write_bytes(text)
    assert found(Export(tmp_path)) == found(Export(tmp_path / "records.jsonl")) == [("support", "us", "gpt-5", 1)]
    assert Export(tmp_path).prices(digest) is None, "a text that has not its digest is not believed"
    assert Export(tmp_path).prices("0" * 64) is None
    (tmp_path / "records.jsonl").write_text("not a record\n")
    with pytest.raises(ConfigurationError, match=r"records.jsonl:1 is not a record"):
        found(Export(tmp_path))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        found(Export(tmp_path / "none"))


def test_a_log_that_is_not_there_is_not_made_and_a_broken_one_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no log at"):
        Database(tmp_path / "audit.db")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "audit.db").write_text("no database at all, but long enough to be taken for one" * 100)
    with pytest.raises(Unavailable):
        found(Database(tmp_path / "audit.db"))


def test_a_cost_can_be_worked_out_again_from_the_log_alone(tmp_path: Path) -> None:
    vendor, own = StandIn(), StandIn()

    async def story() -> None:
        home = tmp_path / "home"
        home.mkdir()
        file = upstreams_file(home / "upstreams.yaml", vendor, own, prices=PRICES)
        async with inside(home, upstreams=file) as ring:
            key = ring.key("bot", "support")
            for model in ("gpt-4o-mini", "gpt-4o", "gpt-4-turbo", "local-model"):
                answer = await ring.client.post(
                    "/v1/chat/completions", json=chat_body("hello", model=model), headers=key
                )
                assert answer.status_code == 200
            streamed = {**chat_body("hello", model="gpt-4o"), "stream": True}
            await ring.client.post("/v1/chat/completions", json=streamed, headers=key)
            endings = await ring.records("route.outcome")
            assert len(endings) == 5
            assert not any("cost" in body for body in endings)
            await ring.runtime.ledger.write()
            month = month_of(ring.runtime.activation.since)
            counted = await Spending(ring.runtime.state, LOG).others(month)
            log = Database(home / "audit.db")
            assert in_log(log, month) == counted, "to the billionth"
            spent = {account.zone: (spent.answers, spent.nanos) for account, spent in counted.items()}
            exact = 12 * 2_500 + 5 * 10_000, 12 * 50 + 5 * 150
            assert spent["onprem"] == (1, exact[1])
            assert spent["cloud-us"][0] == 4
            assert spent["cloud-us"][1] % exact[0] == 0
            models = {item.model for item in answered(log, None, None) if isinstance(item, Answered)}
            assert models == {"gpt-4o*", "gpt-4*", "local-model"}

    try:
        asyncio.run(story())
    finally:
        vendor.stop()
        own.stop()
