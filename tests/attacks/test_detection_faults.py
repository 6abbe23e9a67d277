"""A detector that dies, hangs or starves costs its own request the way to a vendor, and nobody else anything."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from attacks.fortress import DETECT_DEADLINE_S, Fortress, is_gone, soon, stopped
from harness import eventually


def test_a_worker_killed_in_the_middle_of_a_scan_costs_only_that_request_the_way_out(fortress: Fortress) -> None:
    workers = fortress.server.worker_pids()
    with ThreadPoolExecutor() as threads:
        with stopped(*workers):
            hit = [threads.submit(fortress.ask) for _ in workers]
            soon()
            waiting = threads.submit(fortress.ask)
            soon()
            fortress.assert_nothing_reached_a_vendor()
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
        answers, other = [asked.result() for asked in hit], waiting.result()
    for answer in answers:
        assert answer.headers["x-ringfence-decision"] == "pin"
        assert answer.headers["x-ringfence-zone"] == "onprem"
        record = fortress.record(answer)
        assert record["detect"]["complete"] is False
        assert record["detect"]["fail"] == ["worker_died"]
        assert "unscanned" in record["ceilings"]
    assert other.headers["x-ringfence-zone"] == "cloud-us", "the next in the queue waits for a new worker"
    assert len(fortress.cloud.posts) == 1
    fortress.assert_harmless_reaches_the_cloud()


def test_a_worker_that_hangs_is_given_up_at_the_deadline_and_replaced(fortress: Fortress) -> None:
    workers = fortress.server.worker_pids()
    with stopped(*workers):
        answer = fortress.ask()
        assert answer.headers["x-ringfence-zone"] == "onprem"
        assert answer.elapsed.total_seconds() < DETECT_DEADLINE_S + 2
        assert fortress.record(answer)["detect"]["fail"] == ["deadline"]
        fortress.assert_nothing_reached_a_vendor()
        eventually(lambda: any(is_gone(worker) for worker in workers))
        assert len(set(workers) & set(fortress.server.worker_pids())) == len(workers) - 1, "one hung with a scan"
    fortress.assert_harmless_reaches_the_cloud()


def test_a_worker_out_of_memory_moves_the_request_home(fortress: Fortress) -> None:
    """JSON inside a string is read as JSON: each `[],` of three bytes becomes a list of eighty."""
    workers = fortress.server.worker_pids()
    answer = fortress.ask(f"[{'[],' * 2_000_000}[]]")
    assert answer.headers["x-ringfence-zone"] == "onprem"
    assert fortress.record(answer)["detect"]["fail"] == ["worker_died"]
    fortress.assert_nothing_reached_a_vendor()
    eventually(lambda: any(is_gone(worker) for worker in workers))
    assert fortress.ask(f"[{'[],' * 20}[]]").headers["x-ringfence-zone"] == "cloud-us", (
        "a small one of its kind goes out"
    )
    fortress.assert_harmless_reaches_the_cloud()


def test_without_any_worker_everything_stays_home_and_readiness_says_so(fortress: Fortress) -> None:
    workers = fortress.server.worker_pids()
    with stopped(fortress.server.process.pid):
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        assert fortress.not_ready()["detectors"] == "no detector worker is running"
        answer = fortress.ask()
        assert answer.headers["x-ringfence-zone"] == "onprem"
        assert fortress.record(answer)["detect"]["fail"] == ["no_worker"]
        fortress.assert_nothing_reached_a_vendor()
    eventually(fortress.ready)
    fortress.assert_harmless_reaches_the_cloud()
