"""What holds for chat when a server, a detector or the log fails holds at every other endpoint."""

import os
import signal
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest
from attacks.fortress import Fortress, stopped
from harness import eventually
from properties.translating import SAID_AT

MAIL = "jane.doe@" + "nordwind-klinik.de"
PINNED = f"Write to {MAIL} about the lanterns."
ENDS = list(SAID_AT)
everywhere = pytest.mark.parametrize("at", SAID_AT)
STREAMED = [at for at in SAID_AT if at != "embeddings"]


@everywhere
def test_a_pinned_request_stays_home_however_the_own_server_fails(fortress: Fortress, at: str) -> None:
    for behaviour in ("hang_up", "status:500", "status:429", "redirect", "garbage", "echo_error"):
        fortress.mend()
        fortress.onprem.behaviour = behaviour
        fortress.onprem.extra_headers = {"location": f"{fortress.cloud.url}/chat/completions"}
        answer = fortress.ask(PINNED, at=at)
        assert answer.status_code in {400, 429, 502, 503}
        assert MAIL not in answer.text
        assert [seen.path for seen in fortress.onprem.posts] == [f"/v1/{at}"]
        fortress.assert_nothing_reached_a_vendor()
    fortress.mend()
    assert fortress.ask(at=at).headers["x-ringfence-zone"] == "cloud-us"
    fortress.assert_log_is_whole()


@everywhere
def test_a_pinned_request_has_nowhere_to_go_while_the_own_server_is_down(fortress: Fortress, at: str) -> None:
    fortress.onprem.stop()
    answer = fortress.ask(PINNED, at=at)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "upstream_unavailable")
    fortress.assert_nothing_reached_a_vendor()
    fortress.assert_harmless_reaches_the_cloud()


@everywhere
def test_a_vendor_that_hangs_up_after_reading_never_gets_the_request_again_nor_does_any_other(
    fortress: Fortress, at: str
) -> None:
    fortress.cloud.behaviour = "hang_up"
    answer = fortress.ask(model="pair-1", at=at)
    assert answer.json()["error"]["code"] == "upstream_lost"
    assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 0, 0, 0]


@pytest.mark.parametrize("at", STREAMED)
@pytest.mark.parametrize("behaviour", ["half_stream", "error_in_stream"])
def test_a_stream_that_fails_says_so_in_our_words_and_is_not_tried_again(
    fortress: Fortress, at: str, behaviour: str
) -> None:
    fortress.cloud.behaviour = behaviour
    answer = fortress.ask("Count the secret lanterns.", model="pair-1", at=at, stream=True)
    assert ("upstream_lost" if behaviour == "half_stream" else "upstream_error") in answer.text
    assert "secret lanterns" not in answer.text
    (outcome,) = fortress.outcomes(answer.headers["x-ringfence-audit-id"])
    assert outcome["status"] == "upstream_error"
    assert [len(server.posts) for server in (*fortress.vendors, fortress.onprem)] == [1, 0, 0, 0]


def ask_at(fortress: Fortress, ends: Sequence[str]) -> dict[str, httpx.Response]:
    """Ask these endpoints at once, for each waits until something is given up."""
    with ThreadPoolExecutor(len(ends)) as pool:
        return dict(zip(ends, pool.map(lambda at: fortress.ask(at=at), ends), strict=True))


def assert_all_went_to(zone: str, answers: dict[str, httpx.Response]) -> None:
    went = {at: answer.headers.get("x-ringfence-zone", answer.text) for at, answer in answers.items()}
    assert went == dict.fromkeys(answers, zone)


@pytest.mark.parametrize("ends", [ENDS[:2], ENDS[2:4], ENDS[4:]], ids=" and ".join)
def test_a_detector_that_hangs_costs_the_request_the_way_to_a_vendor(fortress: Fortress, ends: Sequence[str]) -> None:
    """Each of the two workers hangs with one request; more would not be let in."""
    with stopped(*fortress.server.worker_pids()):
        answers = ask_at(fortress, ends)
    assert_all_went_to("onprem", answers)
    fortress.assert_nothing_reached_a_vendor()
    fortress.mend()
    assert_all_went_to("cloud-us", {at: fortress.ask(at=at) for at in ends})


def test_nothing_is_sent_while_the_log_cannot_be_written(fortress: Fortress) -> None:
    with closing(sqlite3.connect(fortress.home / "audit.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = ask_at(fortress, ENDS)
        other.execute("ROLLBACK")
    said = {at: (answer.status_code, answer.json()["error"]["code"]) for at, answer in answers.items()}
    assert said == dict.fromkeys(ENDS, (503, "audit_unavailable"))
    assert not fortress.onprem.posts
    fortress.assert_nothing_reached_a_vendor()
    fortress.mend()
    assert_all_went_to("cloud-us", {at: fortress.ask(at=at) for at in ENDS})


def test_a_server_killed_while_each_endpoint_is_answered_closes_what_was_open(fortress: Fortress) -> None:
    fortress.cloud.chunk_delay_s = 0.5
    with fortress.server.client(fortress.secret) as client:
        for at in STREAMED:
            body = SAID_AT[at]({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Go."}]})
            request = client.build_request("POST", f"/v1/{at}", json={**body, "stream": True})
            answer = client.send(request, stream=True)
            fortress.keep(answer)
        os.kill(fortress.server.server_pid(), signal.SIGKILL)
    fortress.mend()
    eventually(lambda: not fortress.open_attempts())
    fortress.assert_log_is_whole()
