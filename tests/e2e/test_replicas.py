"""Two real servers on one log in PostgreSQL, each with a home of its own: what each does is in the log of both."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from databases import Cluster, migrate, new_database
from harness import QUICK, Ringfence, StandIn, chat_body, command, eventually, start, upstreams_file, wait_for_url

from audit.access import Filters, Records
from audit.place import Postgres
from audit.records.record import DECISION, OUTCOME

DEADLINE_S = 1.0


def ringfence(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would who has the URL in the environment."""
    return command(*arguments, env={**os.environ, "RINGFENCE_AUDIT_URL": url})


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if not Cluster.possible():
        pytest.skip("a server that may be stopped needs PostgreSQL's initdb, and a user that is not root")
    with Cluster.running() as made:
        yield made


@pytest.fixture
def shared(cluster: Cluster) -> Iterator[Postgres]:
    with new_database(cluster.url) as place:
        yield place


def test_a_server_refuses_a_database_without_the_schema_and_says_which_command_makes_it(
    shared: Postgres, tmp_path: Path, cloud: StandIn, onprem: StandIn
) -> None:
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem)
    server = start(tmp_path / "home", upstreams, wait=False, audit_url=shared.url, **QUICK)
    assert server.process.wait(timeout=90) == 78
    said = server.log_path.read_text()
    server.stop()
    assert f"The audit log at {shared} cannot be opened" in said
    assert "ringfence audit migrate" in said
    assert "postgres@" not in said


def test_a_server_waits_for_a_database_that_starts_later(
    shared: Postgres, cluster: Cluster, tmp_path: Path, cloud: StandIn, onprem: StandIn
) -> None:
    migrate(shared)
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem)
    with cluster.frozen():
        server = start(tmp_path / "home", upstreams, wait=False, audit_url=shared.url, audit_deadline_s=2, **QUICK)
        eventually(lambda: f"{shared} cannot be reached yet" in server.log_path.read_text(), 60)
    server.url = wait_for_url(server)
    assert server.stop() == 0


@pytest.mark.usefixtures("quiet")
def test_two_servers_write_one_log_and_neither_sends_anything_while_it_hangs(
    shared: Postgres, cluster: Cluster, tmp_path: Path, cloud: StandIn, onprem: StandIn
) -> None:
    assert ringfence(shared.url, "audit", "migrate").returncode == 0
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem)
    homes = [tmp_path / "a", tmp_path / "b"]
    servers: list[Ringfence] = []
    try:
        for home in homes:
            if servers:
                shutil.copytree(homes[0] / "keys", home / "keys")
            servers.append(start(home, upstreams, audit_url=shared.url, audit_deadline_s=DEADLINE_S, **QUICK))
        clients = [server.client() for server in servers]
        for client in clients:
            assert ask(client).status_code == 200
        eventually(lambda: outcomes(shared) == 2)
        assert_auditors_see_both(servers)
        sent = bytes(cloud.received)
        with cluster.frozen():
            for client in clients:
                refused = ask(client)
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "audit_unavailable")
                assert refused.elapsed.total_seconds() < DEADLINE_S + 2
                assert client.get("/livez").status_code == 200, "a hanging database stops no event loop"
            assert bytes(cloud.received) == sent
        for client in clients:
            eventually(lambda client=client: client.get("/readyz").status_code == 200, 30)
            assert ask(client).status_code == 200
            client.close()
    finally:
        for server in servers:
            server.stop()
    verified = ringfence(shared.url, "audit", "verify")
    assert verified.returncode == 0, verified.stdout
    decisions = Records(shared).page(Filters(kind=DECISION)).records
    assert {record.body["w"]["epoch"] for record in decisions} == {
        record.body["w"]["epoch"] for record in Records(shared).page(Filters(kind="writer.stop")).records
    }
    assert len(decisions) == outcomes(shared)


def assert_auditors_see_both(servers: list[Ringfence]) -> None:
    """Whichever server is asked, it reads what each of them decided, and explains it."""
    for server in servers:
        with server.client(server.key(role="auditor")) as auditor:
            found = auditor.get("/audit/v1/records", params={"kind": DECISION}).json()["records"]
            assert len(found) == 2
            for record in found:
                explained = auditor.get(f"/audit/v1/records/{record['id']}").json()
                assert explained["explanation"]["decision"]


def ask(client: httpx.Client) -> httpx.Response:
    return client.post("/v1/chat/completions", json=chat_body())


def outcomes(place: Postgres) -> int:
    return len(Records(place).page(Filters(kind=OUTCOME)).records)
