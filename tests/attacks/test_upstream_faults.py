"""A model server that fails never widens where a request may go, and a vendor never gets one twice by surprise."""

from collections.abc import Iterator
from typing import Any, Self

import pytest
from attacks.fortress import CARD, TEAM, Fortress
from harness import chat_body, eventually

PINNED = f"Is {CARD} a valid number?"
HOME_FIRST = f"""\
policy: home-first
version: 1
owner: security@company.example

grants:
  - id: own-server-first
    who: {{teams: [{TEAM}]}}
    what: {{endpoints: ["*"], models: ["*"]}}
    zones: [onprem, cloud-us]
"""


def test_a_pinned_request_has_nowhere_to_go_while_the_own_server_is_down(fortress: Fortress) -> None:
    assert fortress.ask(PINNED).headers["x-ringfence-zone"] == "onprem"
    fortress.onprem.stop()
    answer = fortress.ask(PINNED)
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert error["code"] == "upstream_unavailable"
    assert "onprem" in error["message"]
    assert "connect" in error["message"]
    assert "cloud" not in error["message"]
    fortress.assert_nothing_reached_a_vendor()
    fortress.assert_harmless_reaches_the_cloud()


@pytest.mark.parametrize("behaviour", ["hang_up", "status:500", "status:503", "status:429", "redirect", "garbage"])
def test_a_pinned_request_stays_home_however_the_own_server_fails(fortress: Fortress, behaviour: str) -> None:
    fortress.onprem.behaviour = behaviour
    fortress.onprem.extra_headers = {"location": f"{fortress.cloud.url}/chat/completions"}
    answer = fortress.ask(PINNED)
    assert answer.status_code in {429, 502, 503}
    assert len(fortress.onprem.posts) == 1
    fortress.assert_nothing_reached_a_vendor()
    fortress.assert_harmless_reaches_the_cloud()


def test_a_pinned_stream_that_breaks_off_is_not_continued_elsewhere(fortress: Fortress) -> None:
    fortress.onprem.behaviour = "half_stream"
    answer = fortress.ask(PINNED, stream=True)
    assert "upstream_lost" in answer.text
    assert "[DONE]" not in answer.text
    fortress.assert_nothing_reached_a_vendor()


def test_a_vendor_that_refuses_the_connection_is_followed_under_a_record_of_the_other_zone(fortress: Fortress) -> None:
    fortress.assert_harmless_reaches_the_cloud()
    fortress.cloud.stop()
    fortress.cloud.clear()
    answer = fortress.ask()
    assert answer.headers["x-ringfence-zone"] == "onprem"
    decided = [r for r in fortress.records() if r["kind"] == "route.decision"][-2:]
    assert decided[0]["req"]["id"] == decided[1]["req"]["id"]
    assert [record["zone"] for record in decided] == ["cloud-us", "onprem"]
    assert decided[1]["id"] == answer.headers["x-ringfence-audit-id"]
    first, last = (fortress.outcomes(record["id"]) for record in decided)
    assert [(o["status"], o["bytes_sent"]) for o in first] == [("not_sent", 0)]
    assert [o["status"] for o in last] == ["ok"]
    fortress.assert_nothing_reached_a_vendor()


def test_a_vendor_that_hangs_up_after_reading_never_gets_the_request_again_nor_does_any_other(
    fortress: Fortress,
) -> None:
    for model in ("gpt-4o-mini", "pair-1", "far-1"):
        fortress.mend()
        fortress.cloud.behaviour = "hang_up"
        answer = fortress.ask(model=model)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "upstream_lost"
        assert "retry-after" not in answer.headers
        assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 0, 0, 0]
        decided = [record for record in fortress.records() if record["kind"] == "route.decision"][-1]
        (outcome,) = fortress.outcomes(decided["id"])
        assert outcome["status"] == "unknown"
        assert outcome["bytes_sent"] > 0


@pytest.mark.parametrize("behaviour", ["status:500", "status:429", "status:503"])
def test_a_vendor_that_says_it_failed_is_followed_in_its_own_zone_first(fortress: Fortress, behaviour: str) -> None:
    fortress.cloud.behaviour = behaviour
    answer = fortress.ask(model="pair-1")
    assert answer.headers["x-ringfence-zone"] == "cloud-us"
    assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 1, 0, 0]
    assert fortress.cloud.posts[0].body == fortress.spare.posts[0].body
    decided = answer.headers["x-ringfence-audit-id"]
    assert fortress.record(answer)["up"]["id"] == "first"
    again = next(r for r in fortress.records() if r["kind"] == "route.attempt" and r["dec"] == decided)
    assert (again["attempt"], again["up"]["id"], again["why"]) == (2, "second", "upstream_error")
    eventually(lambda: not fortress.open_attempts())
    assert [outcome["status"] for outcome in fortress.outcomes(decided)] == ["upstream_error", "ok"]
    fortress.assert_log_is_whole()


def test_t45_another_zone_is_another_decision_and_only_one_that_was_left(fortress: Fortress) -> None:
    fortress.cloud.behaviour = "status:500"
    answer = fortress.ask(model="far-1")
    assert answer.headers["x-ringfence-zone"] == "cloud-eu"
    named = fortress.record(answer)
    assert named["kind"] == "route.decision"
    assert named["zones_left"] == ["cloud-us", "cloud-eu", "onprem"]
    assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 0, 1, 0]
    fortress.assert_log_is_whole()


class Arriving(bytearray):
    """What a vendor receives; before the first byte is taken in, the log is read."""

    def __init__(self, fortress: Fortress) -> None:
        super().__init__()
        self._fortress = fortress
        self.decided: list[dict[str, Any]] = []

    def __iadd__(self, piece: Any) -> Self:  # type: ignore[override, misc]
        if not self:
            self.decided = [one for one in self._fortress.records() if one["kind"] == "route.decision"]
        self.extend(piece)
        return self


@pytest.fixture
def arriving(fortress: Fortress) -> Iterator[Arriving]:
    """Prefer the own server, and read what a vendor receives."""
    policy, before = fortress.policies / "home-first.yaml", fortress.cloud.received
    policy.write_text(HOME_FIRST)
    eventually(lambda: fortress.ask().headers["x-ringfence-zone"] == "onprem")
    fortress.mend()
    fortress.cloud.received = made = Arriving(fortress)
    yield made
    fortress.cloud.received = before
    policy.unlink()
    fortress.mend()
    eventually(lambda: fortress.ask().headers["x-ringfence-zone"] == "cloud-us")


@pytest.mark.parametrize("behaviour", ["status:500", "refused"])
def test_t45_from_the_own_server_to_a_vendor_is_another_decision_there_before_the_first_byte(
    fortress: Fortress, arriving: Arriving, behaviour: str
) -> None:
    if behaviour == "refused":
        fortress.onprem.stop()
    else:
        fortress.onprem.behaviour = behaviour
    answer = fortress.ask()
    assert answer.headers["x-ringfence-zone"] == "cloud-us"
    assert len(fortress.cloud.posts) == 1
    first, second = arriving.decided[-2:]
    assert first["req"]["id"] == second["req"]["id"]
    assert [record["zone"] for record in (first, second)] == ["onprem", "cloud-us"]
    assert second["id"] == answer.headers["x-ringfence-audit-id"]
    fortress.assert_log_is_whole()


def test_a_request_that_every_vendor_fails_ends_at_home(fortress: Fortress) -> None:
    for vendor in fortress.vendors:
        vendor.behaviour = "status:500"
    answer = fortress.ask(model="far-1")
    assert answer.headers["x-ringfence-zone"] == "onprem"
    assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 0, 1, 1]
    fortress.assert_log_is_whole()


def test_a_redirect_is_not_followed(fortress: Fortress) -> None:
    fortress.cloud.behaviour = "redirect"
    fortress.cloud.extra_headers = {"location": f"{fortress.europe.url}/chat/completions"}
    answer = fortress.ask()
    assert answer.status_code == 502
    assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 0, 0, 0]
    assert not fortress.europe.received


def test_half_a_stream_of_a_vendor_is_told_and_not_tried_again(fortress: Fortress) -> None:
    fortress.cloud.behaviour = "half_stream"
    answer = fortress.ask(model="pair-1", stream=True)
    assert answer.headers["x-ringfence-zone"] == "cloud-us"
    assert "jumps" in answer.text
    assert "upstream_lost" in answer.text
    (outcome,) = fortress.outcomes(answer.headers["x-ringfence-audit-id"])
    assert outcome["status"] == "upstream_error"
    assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 0, 0, 0]


def test_a_caller_that_goes_away_closes_the_vendors_connection_and_the_record_says_so(fortress: Fortress) -> None:
    fortress.cloud.chunk_delay_s = 0.3
    body = chat_body("Count the stars slowly.", stream=True)
    with (
        fortress.server.client(fortress.secret) as client,
        client.stream("POST", "/v1/chat/completions", json=body) as answer,
    ):
        fortress.keep(answer)
        next(answer.iter_raw())
    (outcome,) = fortress.outcomes(answer.headers["x-ringfence-audit-id"])
    assert outcome["status"] == "client_abort"
    assert len(fortress.cloud.posts) == 1
