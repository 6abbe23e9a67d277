"""An orderly end leaves nothing to be guessed: not at the next start, and not by who still waits for an answer."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence, upstreams_file

from audit.access import Filters, Records
from audit.records.record import DECISION, OUTCOME
from audit.verification.verifier import verify

CHAT = "/v1/chat/completions"


def test_a_stopped_server_leaves_one_whole_file_and_says_that_it_stopped(
    tmp_path: Path, cloud: StandIn, onprem: StandIn
) -> None:
    with ringfence(tmp_path, upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem), **QUICK) as server:
        with server.client() as client:
            assert client.post(CHAT, json=chat_body()).status_code == 200
        assert server.stop() == 0
    assert not (tmp_path / "admin.sock").exists()
    assert not (tmp_path / "audit.db-wal").exists()
    last = Records(tmp_path / "audit.db").last(1)[0]
    assert last.body["kind"] == "writer.stop"
    assert verify(tmp_path / "audit.db").ok


@pytest.fixture
def hasty(tmp_path: Path, vendor: StandIn) -> Iterator[Ringfence]:
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor, None)
    with ringfence(tmp_path / "home", file, drain_s=0.3, unready_s=1, **QUICK) as server:
        yield server


def test_what_does_not_end_in_time_ends_with_an_error_and_has_an_outcome(hasty: Ringfence, vendor: StandIn) -> None:
    vendor.chunk_delay_s, waits = 3.0, list[httpx.Response]()

    def wait() -> None:
        with hasty.client(key) as client:
            waits.append(client.post(CHAT, json=chat_body()))

    with (
        hasty.client(key := hasty.key()) as client,
        client.stream("POST", CHAT, json=chat_body(stream=True)) as stream,
    ):
        lines = stream.iter_lines()
        next(lines)
        vendor.behaviour = "hang"
        waiting = threading.Thread(target=wait)
        waiting.start()
        eventually(lambda: len(vendor.posts) == 2, 30)
        hasty.process.terminate()
        events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    waiting.join()
    assert events[-1]["error"]["code"] == "server_stopping"
    assert (waits[0].status_code, waits[0].json()["error"]["code"]) == (503, "server_stopping")
    assert hasty.process.wait(20) == 0
    assert bodies(hasty, DECISION).keys() == bodies(hasty, OUTCOME, "dec").keys()
    assert {body["status"] for body in bodies(hasty, OUTCOME, "dec").values()} == {"unknown"}
    assert verify(hasty.home / "audit.db").ok


def test_a_load_balancer_sees_that_it_stops_while_it_still_answers(hasty: Ringfence) -> None:
    with hasty.client() as kept, httpx.Client(base_url=hasty.url, trust_env=False) as balancer:
        assert kept.post(CHAT, json=chat_body()).headers.get("connection") != "close"
        hasty.process.terminate()
        ready = eventually(lambda: (seen := balancer.get("/readyz")).status_code == 503 and seen)
        assert ready.json()["server"] == "the server is stopping"
        last = kept.post(CHAT, json=chat_body())
        assert (last.status_code, last.headers["connection"]) == (200, "close")
    assert hasty.process.wait(20) == 0
    assert len(bodies(hasty, DECISION)) == 2


def bodies(server: Ringfence, kind: str, by: str = "id") -> dict[str, Any]:
    return {one.body[by]: one.body for one in Records(server.home / "audit.db").page(Filters(kind=kind)).records}
