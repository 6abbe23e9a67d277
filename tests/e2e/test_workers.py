"""Several server processes in one home: one address, one log, replaced one after the other while requests go on."""

import os
import signal
import socket
import stat
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Self

import httpx
from harness import NO_TLS, QUICK, ROOT, Ringfence, StandIn, chat_body, command, eventually, ringfence, upstreams_file
from ports import free_port
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from replicas import verify

from audit.access import Filters, ReadRecord, Records
from audit.place import Postgres
from audit.records.record import DECISION
from proxy.seat import desks

WORKERS = 3
TOLD = (str(ROOT / "tests" / "told.py"),)
CALLERS = 4


class Callers:
    """Threads that ask one after the other, each time over a new connection or over one that they keep."""

    def __init__(self, server: Ringfence, key: str) -> None:
        self.ended: Counter[str] = Counter()
        self.longest_s = 0.0
        self._server, self._key, self._done = server, key, threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number % 2 == 0,)) for number in range(CALLERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def some_more(self, count: int = 20) -> None:
        """Wait until so many more were answered."""
        before = self.ended.total()
        eventually(lambda: self.ended.total() >= before + count, 30)

    def _run(self, keep: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=1 if keep else 0)
        headers = {"authorization": f"Bearer {self._key}"}
        with httpx.Client(
            base_url=self._server.url, headers=headers, limits=limits, timeout=30, trust_env=False, verify=NO_TLS
        ) as client:
            while not self._done.is_set():
                began = time.monotonic()
                try:
                    status = str(client.post("/v1/chat/completions", json=chat_body()).status_code)
                except httpx.HTTPError as error:
                    status = type(error).__name__
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                self.ended[status] += 1


def test_processes_are_replaced_under_load_without_a_lost_request_and_write_one_log(
    database: Postgres, tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    file, port = upstreams_file(tmp_path / "upstreams.yaml", vendor, own), free_port()
    with ringfence(
        tmp_path / "home", file, audit_url=database.url, workers=WORKERS, metrics_port=port, launcher=TOLD, **QUICK
    ) as server:
        eventually(lambda: len(server.server_pids()) == WORKERS, 30)
        eventually(lambda: _serving(server) == WORKERS, 30)
        folders = (server.home / "servers", *desks(server.home)[1:])
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
        first, key = server.server_pids(), _printed_key(server)
        with Callers(server, key) as callers:
            callers.some_more()
            upstreams_file(file, vendor, own, models={"gpt-4o": {"cloud-us": "gpt-4.1"}})
            assert server.admin("policy.reload")["changed"]
            eventually(lambda: len(_all(database, "policy.activated")) == 2 * WORKERS, 30)
            server.process.send_signal(signal.SIGUSR2)
            eventually(lambda: not set(first) & set(server.server_pids()) and _serving(server) == WORKERS, 60)
            callers.some_more()
            assert set(callers.ended) == {"200"}, callers.ended
            slowest = callers.longest_s

            killed = server.server_pids()[1]
            os.kill(killed, signal.SIGKILL)
            eventually(lambda: killed not in server.server_pids() and _serving(server) == WORKERS, 60)
            callers.some_more()
        assert_all_are_counted(port, database)
        lost = callers.ended.total() - callers.ended["200"]
        assert lost <= CALLERS, "who waited for an answer of the killed one"
        print(f"{callers.ended.total()} requests, {lost} lost with a killed process; the slowest took {slowest:.1f} s")
        assert server.stop() == 0
    sources = [record.body["source"] for record in _all(database, "policy.activated")]
    assert sources.count("api") == 1
    assert sources.count("signal") == WORKERS - 1, "told at once, and not found on disk"
    assert (report := verify(database)).findings == ()
    decisions = [record.body for record in _all(database, DECISION)]
    assert callers.ended["200"] <= len(vendor.posts) <= len(decisions) <= callers.ended.total()
    assert len({body["w"]["epoch"] for body in decisions}) > WORKERS, "each wrote, the ones before and the ones after"
    assert report.size > 2 * len(decisions)


def assert_all_are_counted(port: int, database: Postgres) -> None:
    """Each process counts what it did; what was counted by those that were replaced is gone with them."""
    every = {(str(number), 1.0) for number in range(WORKERS)}
    eventually(lambda: {(one.labels["process"], one.value) for one in _figures(port)["ringfence_ready"]} == every, 30)
    found = _figures(port)
    decided = found["ringfence_decisions"]
    assert {(one.labels["decision"], one.labels["zone"], one.labels["endpoint"]) for one in decided} == {
        ("allow", "cloud-us", "chat")
    }
    assert 0 < sum(one.value for one in decided) < len(_all(database, DECISION))


def _figures(port: int) -> dict[str, list[Sample]]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


def _printed_key(server: Ringfence) -> str:
    """Create a key as a person does, who may use it at once, at whichever process."""
    ran = command("key", "create", "--app", "app", "--team", "team", env=server.environ)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def _serving(server: Ringfence) -> int:
    """How many processes answer at their admin sockets."""
    return sum(_answers(desk / "admin.sock") for desk in desks(server.home))


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(path)) == 0


def _all(place: Postgres, kind: str) -> list[ReadRecord]:
    found: list[ReadRecord] = []
    after: int | None = -1
    while after is not None:
        page = Records(place).page(Filters(kind=kind), after=after, limit=100)
        found += page.records
        after = page.next
    return found
