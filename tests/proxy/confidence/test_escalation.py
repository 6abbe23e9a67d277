"""An own server is asked first; what it is not sure of goes on, where the decision lets it, and as any request goes."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from harness import WORDS
from inside import Inside
from unsure import SURE, UNSURE, VENDOR_SAYS, Asking, Probable, Told

from audit.errors import AuditUnavailable
from proxy.policy.lint import Surroundings
from proxy.policy.load import load_policy
from proxy.policy.policy import Policy
from proxy.policy.replay import replay
from proxy.recorded import Database

OWN, VENDORS = "".join(WORDS), "".join(VENDOR_SAYS)
BLOCKING = """\
  - {id: no-foxes, direction: answer, if: {class: pii}, then: block, because: "Foxes are personal."}
"""


def said(told: Told) -> str:
    """The text of a stream."""
    lines = [line[6:] for line in told.answer.text.splitlines() if line.startswith("data: {")]
    return "".join(json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines)


def test_a_sure_answer_stands_and_no_vendor_hears_of_it(ask: Asking, own: Probable, vendor: Probable) -> None:
    told = ask()
    assert (told.answer.status_code, told.text) == (200, OWN)
    assert told.answer.headers["x-ringfence-zone"] == "onprem"
    assert told.answer.headers["x-ringfence-confidence"] == "0.95"
    assert "x-ringfence-escalated" not in told.answer.headers
    (decision,), (outcome,) = told.of("decision"), told.of("outcome")
    assert decision["local_first"] == {"confidence_bp": 8_000, "min_characters": 10}
    assert (outcome["status"], outcome["confidence_bp"]) == ("ok", 9_512)
    assert own.posts[0].json["logprobs"] is True
    assert told.answer.json()["choices"][0]["logprobs"] is None
    assert vendor.connections == 0


def test_an_unsure_answer_goes_on_with_a_decision_record_of_its_own(
    ask: Asking, own: Probable, vendor: Probable
) -> None:
    own.logprob = UNSURE
    told = ask()
    assert (told.answer.status_code, told.text) == (200, VENDORS)
    assert told.answer.headers["x-ringfence-zone"] == "cloud-us"
    assert told.answer.headers["x-ringfence-escalated"] == "unsure"
    assert "x-ringfence-confidence" not in told.answer.headers
    first, second = told.of("decision")
    assert (first["zone"], second["zone"], first["decision"], second["decision"]) == (
        *("onprem", "cloud-us"),
        *("allow", "allow"),
    )
    assert "escalates" not in first
    assert second["escalates"] == {"dec": first["id"], "why": "unsure", "confidence_bp": 2_231}
    assert told.answer.headers["x-ringfence-audit-id"] == second["id"]
    outcomes = {outcome["dec"]: outcome for outcome in told.of("outcome")}
    assert [outcomes[each["id"]]["status"] for each in (first, second)] == ["ok", "ok"]
    assert outcomes[first["id"]]["confidence_bp"] == 2_231
    assert "confidence_bp" not in outcomes[second["id"]]
    assert "logprobs" not in vendor.posts[0].json


@pytest.mark.parametrize("pinned", [True, False], ids=["pinned", "harmless"])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_pinned_request_never_goes_on_and_a_harmless_one_with_the_same_answer_does(
    ask: Asking, own: Probable, vendor: Probable, stream: bool, pinned: bool
) -> None:
    own.logprob = UNSURE
    told = ask(text="Who is Ann Planted?", words={"Planted": "PERSON"} if pinned else {}, stream=stream)
    assert told.answer.status_code == 200
    if pinned:
        assert told.answer.headers["x-ringfence-decision"] == "pin"
        assert "local_first" not in told.of("decision")[0]
        assert "logprobs" not in own.posts[0].json
        assert (vendor.connections, bytes(vendor.received)) == (0, b"")
    else:
        assert b"Planted" in vendor.received
        assert told.answer.headers["x-ringfence-escalated"] == "unsure"


@pytest.mark.parametrize(
    ("words", "finish", "why"),
    [
        (("I'm sorry, but I can", "not help with that."), "stop", "refused"),
        (("Yes.",), "stop", "short"),
        ((), "stop", "empty"),
        (("The", " quick", " brown", " fo"), "length", "cut"),
    ],
    ids=["refused", "short", "empty", "cut"],
)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_without_probabilities_the_other_rules_still_hold(  # noqa: PLR0917 - a case has them
    ask: Asking, own: Probable, words: tuple[str, ...], finish: str, why: str, stream: bool
) -> None:
    own.obeys, own.words, own.finish = False, words, finish
    told = ask(stream=stream)
    assert told.answer.headers["x-ringfence-escalated"] == why
    assert told.of("decision")[1]["escalates"] == {"dec": told.of("decision")[0]["id"], "why": why}
    assert "confidence_bp" not in told.of("outcome")[0]


def test_without_probabilities_an_answer_that_breaks_no_rule_stands(ask: Asking, own: Probable) -> None:
    own.obeys = False
    told = ask()
    assert told.text == OWN
    assert "x-ringfence-confidence" not in told.answer.headers


def test_a_call_of_a_tool_is_no_short_answer(ask: Asking, own: Probable) -> None:
    own.words, own.calls = (), True
    told = ask(tools=[{"type": "function", "function": {"name": "f"}}])
    assert told.answer.headers["x-ringfence-zone"] == "onprem"
    assert told.answer.json()["choices"][0]["message"]["tool_calls"]


def test_a_sure_stream_is_passed_on_whole_without_what_nobody_asked_for(ask: Asking, vendor: Probable) -> None:
    told = ask(stream=True)
    assert said(told) == OWN
    assert told.answer.headers["content-type"].startswith("text/event-stream")
    assert told.answer.headers["x-ringfence-confidence"] == "0.95"
    assert ": a comment\n\n" in told.answer.text
    assert told.answer.text.endswith("data: [DONE]\n\n")
    assert '"logprob"' not in told.answer.text
    assert vendor.connections == 0


def test_an_unsure_stream_goes_on_and_nothing_of_it_is_seen(ask: Asking, own: Probable) -> None:
    own.logprob = UNSURE
    told = ask(stream=True)
    assert said(told) == VENDORS
    assert told.answer.headers["x-ringfence-escalated"] == "unsure"
    assert [outcome["status"] for outcome in told.of("outcome")] == ["ok", "ok"]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_probabilities_that_the_caller_asked_for_stay(ask: Asking, stream: bool) -> None:
    told = ask(stream=stream, logprobs=True)
    assert told.answer.text.count('"logprob"') == len(WORDS)


@pytest.mark.parametrize(
    "how", ["stopped", "status:400", "status:401", "status:503", "hang_up", "garbage"], ids=lambda how: how
)
def test_where_the_vendor_fails_the_own_answer_is_given_after_all(
    ask: Asking, own: Probable, vendor: Probable, how: str
) -> None:
    own.logprob = UNSURE
    if how == "stopped":
        vendor.stop()
    vendor.behaviour = how
    told = ask()
    assert (told.answer.status_code, told.text) == (200, OWN)
    assert told.answer.headers["x-ringfence-zone"] == "onprem"
    assert told.answer.headers["x-ringfence-confidence"] == "0.22"
    assert "x-ringfence-escalated" not in told.answer.headers
    first, second = told.of("decision")
    assert second["escalates"]["dec"] == first["id"]
    assert told.answer.headers["x-ringfence-audit-id"] == first["id"]
    assert {outcome["dec"] for outcome in told.of("outcome")} == {first["id"], second["id"]}


@pytest.mark.parametrize("how", ["stopped", "status:503", "hang_up"], ids=lambda how: how)
def test_where_the_vendor_fails_a_stream_is_the_own_one(ask: Asking, own: Probable, vendor: Probable, how: str) -> None:
    own.logprob = UNSURE
    if how == "stopped":
        vendor.stop()
    vendor.behaviour = how
    assert said(ask(stream=True)) == OWN


def test_a_log_that_takes_no_further_record_lets_nothing_go_on(
    ask: Asking, own: Probable, vendor: Probable, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.logprob = UNSURE

    def fail_later(ring: Inside) -> None:
        append = ring.runtime.audit.append

        async def failing(kind: str, body: Any, **more: Any) -> Any:
            if kind == "route.decision" and "escalates" in body:
                raise AuditUnavailable("full")
            return await append(kind, body, **more)

        ring.runtime.audit.append = failing  # type: ignore[method-assign]

    told = ask(before=fail_later)
    assert (told.answer.status_code, told.text) == (200, OWN)
    assert vendor.connections == 0


def test_a_rule_that_blocks_answers_blocks_the_own_one(ask: Asking, own: Probable, vendor: Probable) -> None:
    told = ask(words={"fox": "PERSON"}, rules=BLOCKING)
    assert (told.answer.status_code, told.answer.json()["error"]["code"]) == (403, "answer_blocked")
    assert told.of("outcome")[0]["status"] == "answer_blocked"
    assert vendor.connections == 0


def test_a_rule_that_blocks_answers_blocks_the_vendors_one(ask: Asking, own: Probable) -> None:
    own.logprob = UNSURE
    told = ask(words={"Vendor": "PERSON"}, rules=BLOCKING)
    assert (told.answer.status_code, told.text) == (200, OWN)
    assert sorted(outcome["status"] for outcome in told.of("outcome")) == ["answer_blocked", "ok"]


def test_a_rule_that_blocks_answers_cuts_the_vendors_stream(ask: Asking, own: Probable) -> None:
    own.logprob = UNSURE
    told = ask(words={"Vendor": "PERSON"}, rules=BLOCKING, stream=True)
    assert "answer_blocked" in told.answer.text
    assert "Vendor" not in told.answer.text


def test_an_answer_in_several_versions_is_not_measured(ask: Asking, own: Probable, vendor: Probable) -> None:
    own.logprob = UNSURE
    told = ask(n=2)
    assert told.answer.headers["x-ringfence-zone"] == "onprem"
    assert "logprobs" not in own.posts[0].json
    assert vendor.connections == 0


def test_other_endpoints_only_have_their_zones_in_that_order(ask: Asking, own: Probable, vendor: Probable) -> None:
    own.logprob = UNSURE
    told = ask(endpoint="completions", body={"model": "gpt-4o-mini", "prompt": "What is a monad?"})
    assert told.answer.headers["x-ringfence-zone"] == "onprem"
    assert vendor.connections == 0


def test_an_own_server_that_is_down_is_no_escalation(ask: Asking, own: Probable) -> None:
    own.stop()
    told = ask()
    assert told.text == VENDORS
    assert "x-ringfence-escalated" not in told.answer.headers
    assert not any("escalates" in decision for decision in told.of("decision"))


def test_nothing_of_an_answer_that_was_held_back_is_in_the_log(ask: Asking, own: Probable) -> None:
    own.logprob = UNSURE
    told = ask()
    assert len(told.records) == 4
    assert not any(word.strip() in json.dumps(told.records) for word in ("quick", "brown", "monad"))


def test_recorded_decisions_replay_exactly(ask: Asking, own: Probable, tmp_path: Path) -> None:
    own.logprob = UNSURE
    ask()
    checked = load_policy(tmp_path / "policies", Surroundings(dt.datetime.now(dt.UTC).date()))[0]
    policy = Policy.of(checked.bundle, {}, frozenset({"onprem", "cloud-us"}))
    found = replay(policy, Database(tmp_path / "home" / "audit.db"))
    assert (found.same, found.verified, found.groups, found.skipped) == (2, 2, (), ())


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_caller_that_leaves_ends_it_all(ask: Asking, own: Probable, vendor: Probable, stream: bool) -> None:
    own.logprob, vendor.behaviour = UNSURE, "hang"
    told = ask(stream=stream, leave=lambda: bool(vendor.posts))
    first, second = told.of("decision")
    ends = {outcome["dec"]: outcome["status"] for outcome in told.of("outcome")}
    assert (second["escalates"]["dec"], ends) == (first["id"], {first["id"]: "ok", second["id"]: "client_abort"})


def test_a_caller_that_leaves_before_the_own_answer_is_whole_has_no_vendor_asked(
    ask: Asking, own: Probable, vendor: Probable
) -> None:
    own.logprob, own.chunk_delay_s = UNSURE, 0.2
    told = ask(stream=True, leave=lambda: bool(own.posts))
    assert [outcome["status"] for outcome in told.of("outcome")] == ["client_abort"]
    assert vendor.connections == 0


@pytest.mark.parametrize("then", ["sure", "unsure", "down"])
def test_another_own_zone_is_asked_before_a_vendor(ask: Asking, own: Probable, vendor: Probable, then: str) -> None:
    own.logprob = UNSURE
    lab = Probable("lab", logprob=UNSURE if then == "unsure" else SURE)
    if then == "down":
        lab.stop()
    told = ask(lab=lab)
    lab.stop()
    first, second, *third = told.of("decision")
    assert [each["zone"] for each in (first, second)] == ["onprem", "lab"]
    assert second["escalates"]["dec"] == first["id"]
    assert told.answer.headers["x-ringfence-escalated"] == "unsure"
    if then == "sure":
        assert (told.answer.headers["x-ringfence-confidence"], third, vendor.connections) == ("0.95", [], 0)
    else:
        unsure = second if then == "unsure" else first
        assert [(each["zone"], each["escalates"]["dec"]) for each in third] == [("cloud-us", unsure["id"])]
        assert told.text == VENDORS
