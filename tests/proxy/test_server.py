import asyncio
import gc
import json
import os
import re
import signal
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from harness import (
    QUICK,
    Ringfence,
    StandIn,
    chat_body,
    eventually,
    ringfence,
    start,
    upstreams_file,
    wait_for_url,
)

from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from proxy import logs
from proxy import server as server_module
from proxy.activation import Activation, Asked
from proxy.errors import Unavailable
from proxy.seat import EX_CONFIG, Seat, listen
from proxy.server import _reload

Served = Callable[..., tuple[int, str, str]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Served]:
    """What a server with these settings comes to, within this process: status, output and what was said of errors."""
    ours, theirs = socket.socketpair()
    listener = listen("127.0.0.1", 0)
    monkeypatch.setattr(logs, "configure", lambda _: None)  # for a process of its own

    def serve_here(home: Path, **settings: object) -> tuple[int, str, str]:
        for name, value in {"home": home, **settings}.items():
            monkeypatch.setenv(f"RINGFENCE_{name.upper()}", str(value))
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            status = server_module.main(Seat.alone(theirs, listener))
            gc.collect()  # the end of a process would have closed what a start that failed left open
        said = capsys.readouterr()
        return status, said.out, said.err

    yield serve_here
    for sock in (ours, theirs, listener):
        sock.close()


def test_settings_that_cannot_be_used_end_it_with_the_status_that_stops_restarts(
    tmp_path: Path, served: Served
) -> None:
    status, _, said = served(tmp_path, port="many")
    assert status == EX_CONFIG == 78
    assert "setting port" in said
    assert "Traceback" not in said


def test_a_log_that_is_damaged_ends_it_with_one_sentence_and_the_status_that_stops_restarts(
    tmp_path: Path, served: Served
) -> None:
    (tmp_path / "audit.db").write_bytes(b"nothing of the kind" * 1000)
    status, _, said = served(tmp_path)
    assert status == EX_CONFIG
    assert said.startswith(f"ringfence: The audit log at {tmp_path / 'audit.db'} cannot be opened: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AuditUnavailable("unreachable"), "ringfence: The audit log failed while the server started: "),
        (Unavailable("The audit log cannot take a record now (io).", code="audit_unavailable"), "ringfence: The audit"),
    ],
    ids=["log", "announcement"],
)
def test_a_log_that_fails_within_the_start_is_explained_and_the_server_may_be_started_again(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def failing(*_: object) -> int:
        raise error

    monkeypatch.setattr(logs, "configure", lambda _: None)
    monkeypatch.setattr(server_module, "_serve", failing)
    with socket.socket() as control, socket.socket() as listener:
        assert server_module.main(Seat.alone(control, listener)) == 1
    told = capsys.readouterr().err
    assert told.startswith(said)
    assert told.count("\n") == 1


def test_upstreams_that_cannot_be_used_are_explained_with_their_place(tmp_path: Path, served: Served) -> None:
    file = tmp_path / "upstreams.yaml"
    file.write_text("upstreams: []")
    status, _, said = served(tmp_path / "home", upstreams=file)
    assert status == EX_CONFIG
    assert "upstreams.yaml:1:" in said
    assert "too-few" in said


def test_policies_that_cannot_be_used_are_explained_and_nothing_is_listened_to(tmp_path: Path, served: Served) -> None:
    (tmp_path / "policies").mkdir()
    status, printed, said = served(tmp_path / "home", policies=tmp_path / "policies")
    assert status == EX_CONFIG
    assert "error[" in said
    assert printed == ""


def test_the_server_process_holds_no_detection_model_and_its_workers_do(server: Ringfence) -> None:
    def libraries(pid: int) -> str:
        return Path(f"/proc/{pid}/maps").read_text()

    assert "/spacy/" not in libraries(server.server_pid())
    assert "/spacy/" in libraries(server.worker_pids()[0])


def test_no_process_of_it_leaves_a_dump_of_what_people_asked(server: Ringfence) -> None:
    for pid in (server.process.pid, *(pid for pid, _ in server.children())):
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), limits


def test_the_environment_cannot_make_it_a_forward_proxy_or_trust_forwarded_headers(server: Ringfence) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET http://vendor.example/v1/models HTTP/1.1\r\nHost: vendor.example\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.startswith((b"HTTP/1.1 401", b"HTTP/1.1 404"))
    assert b"\r\nserver:" not in answer.lower()


def test_a_credential_that_follows_the_body_is_none(server: Ringfence) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    body = json.dumps(chat_body()).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(body), body)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head + chunks + f"Authorization: Bearer {server.key()}\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")


def test_endless_headers_are_refused_with_little_memory_spent(server: Ringfence) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
        try:
            while sent < 64 * 1024 * 1024:
                sent += connection.send(b"A: " + b"x" * 8000 + b"\r\n")
        except ConnectionError:
            pass
    assert sent < 16 * 1024 * 1024


def test_a_hangup_before_everything_is_ready_ends_nothing(tmp_path: Path) -> None:
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor := StandIn("vendor"), None)
    server = start(tmp_path / "home", file, wait=False, **QUICK)
    try:
        # From its first moment, when it still imports, until its detectors are there.
        first = eventually(lambda: next(iter(server.server_pids()), None), 60)
        os.kill(first, signal.SIGHUP)
        eventually((tmp_path / "home" / "state.db").exists, 60)
        os.kill(first, signal.SIGHUP)
        server.url = wait_for_url(server)
        assert server.server_pid() == first
    finally:
        server.stop()
        vendor.stop()


def test_a_hangup_before_everything_is_ready_is_made_up_for() -> None:
    class Bundles:
        reloads = 0

        async def reload(self, asked: Asked) -> None:
            assert asked.source == "signal"
            self.reloads += 1

    async def run() -> list[int]:
        hung_up, bundles, counts = asyncio.Event(), Bundles(), []
        hung_up.set()
        task = asyncio.create_task(_reload(hung_up, cast("Activation", bundles)))
        for again in (False, True):
            if again:
                hung_up.set()
            await asyncio.sleep(0.01)
            counts.append(bundles.reloads)
        task.cancel()
        return counts

    assert asyncio.run(run()) == [1, 2]


def test_a_hangup_reloads_at_once_and_a_termination_lets_answers_finish(tmp_path: Path) -> None:
    vendor = StandIn("vendor")
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor, None)
    with ringfence(tmp_path / "home", file, **QUICK) as server:
        key = server.key()
        family = server.server_pid(), server.worker_pids()

        def mapped(model: str) -> bool:
            with server.client(key) as client:
                return bool(
                    client.post("/v1/chat/completions", json=chat_body(model="gpt-4o")).json()["model"] == model
                )

        for hung_up, model in ((server.process.pid, "gpt-4.1"), (server.server_pid(), "gpt-4.2")):
            upstreams_file(file, vendor, None, models={"gpt-4o": {"cloud-us": model}})
            os.kill(hung_up, signal.SIGHUP)
            eventually(lambda model=model: mapped(model))
        for worker in server.worker_pids():
            os.kill(worker, signal.SIGHUP)
        assert mapped("gpt-4.2")
        assert family == (server.server_pid(), server.worker_pids()), "nobody was replaced"
        page = Records(server.home / "audit.db").page(Filters(kind="policy.activated"), after=-1, limit=10)
        assert [record.body["source"] for record in page.records] == ["start", "signal", "signal"]
        vendor.chunk_delay_s = 0.2
        with (
            server.client(key) as client,
            client.stream("POST", "/v1/chat/completions", json=chat_body(model="gpt-4.2", stream=True)) as stream,
        ):
            lines = stream.iter_lines()
            next(lines)
            serving = server.server_pid()
            server.process.terminate()
            for _ in range(3):  # a hangup while the last answers are given changes nothing
                os.kill(serving, signal.SIGHUP)
                server.process.send_signal(signal.SIGHUP)
            rest = [line for line in lines if line.startswith("data: {")]
            assert json.loads(rest[-1][6:])["choices"][0]["finish_reason"] == "stop"
        started = time.monotonic()
        assert server.process.wait(20) == 0
        assert time.monotonic() - started < 15
        server.stop()
        said = server.log_path.read_text()
    vendor.stop()
    assert "Traceback" not in said
