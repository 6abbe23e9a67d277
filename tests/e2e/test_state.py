"""What model servers keep is known again after a server was killed, and to every server of one log."""

import os
import shutil
import signal
from pathlib import Path

import httpx
import pytest
from harness import QUICK, Ringfence, start, upstreams_file
from stateful import Keeper

from audit.place import Postgres

SECRET = "Write to Maria Gonzalez."


@pytest.fixture
def stand_in() -> type[Keeper]:
    return Keeper


def ask(server: Ringfence, key: str, text: str, **fields: object) -> httpx.Response:
    with server.client(key) as client:
        return client.post("/v1/responses", json={"model": "gpt-4o-mini", "input": text, **fields})


def kill(server: Ringfence) -> None:
    os.killpg(server.process.pid, signal.SIGKILL)
    server.stop()


def test_state_at_home_holds_a_harmless_request_there_through_a_kill(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", vendor, own)
    server = start(tmp_path / "home", upstreams, **QUICK)
    try:
        key, other = server.key(), server.key(team="other")
        own.conversation = "conv_1"
        made = ask(server, key, SECRET).json()["id"]
        kill(server)
        server = start(tmp_path / "home", upstreams, **QUICK)
        again = ask(server, key, "Go on.", previous_response_id=made)
        assert (again.status_code, again.headers["x-ringfence-zone"]) == (200, "onprem")
        talk = ask(server, key, "Go on.", conversation="conv_1")
        assert (talk.status_code, talk.headers["x-ringfence-zone"]) == (200, "onprem")
        for reference in ({"previous_response_id": made}, {"conversation": "conv_1"}, {"conversation": "conv_2"}):
            assert ask(server, other, "Go on.", **reference).status_code == 404
        assert vendor.paths == []
        assert ask(server, key, "Go on.").headers["x-ringfence-zone"] == "cloud-us", "the control"
    finally:
        server.stop()


def test_what_one_server_remembers_another_of_the_same_log_knows(
    database: Postgres, tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    """Also after the first was killed in the middle of a stream, whose first event told the id."""
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", vendor, own)
    homes = [tmp_path / "a", tmp_path / "b"]
    first = start(homes[0], upstreams, audit_url=database.url, **QUICK)
    shutil.copytree(homes[0] / "keys", homes[1] / "keys")
    second = start(homes[1], upstreams, audit_url=database.url, **QUICK)
    try:
        keys = [first.key(), second.key()]
        foreign = second.key(team="other")
        own.conversation = "conv_1"
        made = ask(first, keys[0], SECRET).json()["id"]
        again = ask(second, keys[1], "Go on.", previous_response_id=made)
        assert (again.status_code, again.headers["x-ringfence-zone"]) == (200, "onprem")
        talk = ask(second, keys[1], "Go on.", conversation={"id": "conv_1"})
        assert (talk.status_code, talk.headers["x-ringfence-zone"]) == (200, "onprem")
        for reference in ({"previous_response_id": made}, {"conversation": "conv_1"}):
            assert ask(second, foreign, "Go on.", **reference).status_code == 404
        own.behaviour = "slow_stream"
        body = {"model": "gpt-4o-mini", "input": SECRET, "stream": True}
        with first.client(keys[0]) as client, client.stream("POST", "/v1/responses", json=body) as stream:
            told = next(line for line in stream.iter_lines() if line.startswith("data:"))
            kill(first)
        own.behaviour = "answer"
        begun = f"resp_own_{own.given}"
        assert begun in told
        with second.client(keys[1]) as client:
            assert client.get(f"/v1/responses/{begun}").status_code == 200
            assert client.delete(f"/v1/responses/{begun}").status_code == 200
            assert client.get(f"/v1/responses/{begun}").status_code == 404
        assert vendor.paths == []
    finally:
        second.stop()
        first.stop()
