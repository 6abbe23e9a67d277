"""`kill -9` at every stage between a request and its outcome: nothing acknowledged is lost, nothing sent undecided.

Each round holds the server at one stage with a real obstacle, kills it, lets the supervisor start it again, and reads
the log. RINGFENCE_TEST_EXAMPLES makes it a hundred rounds instead of seven.
"""

import contextlib
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from attacks.fortress import ROUNDS, Fortress, is_gone, soon, stopped
from harness import QUICK, chat_body, eventually, start

from audit.verification.verifier import verify


class Callers:
    """Requests in threads of their own, whose end nobody waits for before the server is killed."""

    def __init__(self, fortress: Fortress) -> None:
        self._fortress = fortress
        self._threads: list[threading.Thread] = []
        self.begun = threading.Event()
        """Set when the first piece of some stream has come."""

    def ask(self, *, model: str = "gpt-4o-mini", stream: bool = False, times: int = 1) -> None:
        """Ask `times` times in a row, until the server is gone."""
        thread = threading.Thread(target=self._work, args=(model, stream, times))
        thread.start()
        self._threads.append(thread)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _work(self, model: str, stream: bool, times: int) -> None:
        with contextlib.suppress(httpx.HTTPError), self._fortress.server.client(self._fortress.secret) as client:
            for _ in range(times):
                body = chat_body(_question(), model, stream=stream)
                with client.stream("POST", "/v1/chat/completions", json=body) as answer:
                    self._fortress.keep(answer)
                    for _ in answer.iter_raw():
                        self.begun.set()


def _question() -> str:
    return f"What is {random.randint(1, 999)} plus {random.randint(1, 999)}?"


@contextmanager
def before_the_decision(fortress: Fortress, callers: Callers) -> Iterator[None]:
    with stopped(*fortress.server.worker_pids()):
        callers.ask()
        soon()
        yield


@contextmanager
def decided_and_not_sent(fortress: Fortress, callers: Callers) -> Iterator[None]:
    callers.ask(model="hole-1")
    eventually(lambda: any(zone == "cloud-us" for zone in _open_zones(fortress)))
    yield


@contextmanager
def sent_and_waiting(fortress: Fortress, callers: Callers) -> Iterator[None]:
    fortress.cloud.behaviour = "hang"
    callers.ask()
    eventually(lambda: fortress.cloud.posts)
    yield


@contextmanager
def in_the_middle_of_a_stream(fortress: Fortress, callers: Callers) -> Iterator[None]:
    fortress.cloud.chunk_delay_s = 1.0
    callers.ask(stream=True)
    assert callers.begun.wait(10)
    yield


@contextmanager
def answered_and_no_outcome_yet(fortress: Fortress, callers: Callers) -> Iterator[None]:
    fortress.cloud.chunk_delay_s = 0.2
    callers.ask(stream=True)
    assert callers.begun.wait(10)
    with closing(sqlite3.connect(fortress.home / "audit.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        callers.join()
        yield
        other.execute("ROLLBACK")


@contextmanager
def anywhere_under_load(fortress: Fortress, callers: Callers) -> Iterator[None]:
    for stream in (False, True, False, True):
        callers.ask(stream=stream, times=1000)
    eventually(lambda: fortress.cloud.posts)
    time.sleep(random.uniform(0.05, 0.6))
    yield


def _open_zones(fortress: Fortress) -> list[str]:
    names = {decision for decision, _ in fortress.open_attempts()}
    return [record["zone"] for record in fortress.records() if record["id"] in names]


STAGES = {
    before_the_decision: {"sent": False, "open": False, "rounds": 0.1},
    decided_and_not_sent: {"sent": False, "open": True, "rounds": 0.1},
    sent_and_waiting: {"sent": True, "open": True, "rounds": 0.1},
    in_the_middle_of_a_stream: {"sent": True, "open": True, "rounds": 0.1},
    answered_and_no_outcome_yet: {"sent": True, "open": True, "rounds": 0.1},
    anywhere_under_load: {"sent": True, "open": None, "rounds": 0.5},
}


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: is_gone(pid))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_t24_kill_9_loses_no_acknowledged_decision_and_leaves_no_byte_without_one(
    fortress: Fortress, stage: Callable[[Fortress, Callers], contextlib.AbstractContextManager[None]]
) -> None:
    expected = STAGES[stage]
    for _ in range(max(1, int(ROUNDS * expected["rounds"]))):
        fortress.mend()
        eventually(lambda: not fortress.open_attempts())
        last, acknowledged = fortress.records()[-1], len(fortress.receipts)
        callers = Callers(fortress)
        with stage(fortress, callers):
            kill(fortress.server.server_pid())
        callers.join()
        assert expected["open"] is not None or len(fortress.receipts) > acknowledged, "the load had answers"
        sent = [vendor.name for vendor in fortress.vendors if vendor.received]
        assert sent == (["cloud"] if expected["sent"] else [])
        opened = fortress.open_attempts()
        assert expected["open"] is None or bool(opened) == expected["open"]
        eventually(fortress.ready, 40)
        fortress.assert_log_is_whole()
        assert fortress.open_attempts() == set()
        records = fortress.records()
        since = next(at for at, record in enumerate(records) if record["id"] == last["id"]) + 1
        assert [record["kind"] for record in records[since:]].count("writer.start") == 1
        closed = {(r["dec"], r["attempt"]) for r in records[since:] if r.get("status") == "unknown_after_crash"}
        assert closed == opened
    fortress.mend()
    fortress.assert_harmless_reaches_the_cloud()


def test_a_second_server_on_the_same_home_refuses_and_says_why(fortress: Fortress) -> None:
    second = start(fortress.home, fortress.upstreams, wait=False, policies=fortress.policies, **QUICK)
    said, _ = second.process.communicate(timeout=60)
    assert second.process.returncode == 78
    assert said == b""
    assert "another process holds" in second.log_path.read_text()
    fortress.assert_nothing_reached_a_vendor()
    fortress.assert_harmless_reaches_the_cloud()
    fortress.assert_log_is_whole()


def test_without_its_supervisor_nothing_lives_on(fortress: Fortress) -> None:
    fortress.assert_harmless_reaches_the_cloud()
    fortress.cloud.clear()
    family = [pid for pid, _ in fortress.server.children()]
    assert len(family) == 4, "the server, the signer and two workers"
    callers = Callers(fortress)
    with stopped(*fortress.server.worker_pids()):
        callers.ask()
        soon()
        fortress.server.process.kill()
        fortress.server.process.wait(10)
        eventually(lambda: all(is_gone(pid) for pid in family), 30)
    callers.join()
    fortress.assert_nothing_reached_a_vendor()
    assert verify(fortress.home / "audit.db", receipts=fortress.receipts).ok
    with pytest.raises(httpx.TransportError):
        fortress.ask()
