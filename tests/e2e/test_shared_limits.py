"""Two real servers on one database: a limit is one limit, and a keyed request is sent once, whichever is asked."""

import os
import shutil
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
from harness import QUICK, StandIn, chat_body, eventually, start, upstreams_file

from audit.access import Filters, Records
from audit.place import Postgres
from audit.records.record import DECISION

PER_MINUTE = 30
LIMITS = f"teams: {{limited: {{requests_per_minute: {PER_MINUTE}}}}}"
LEASES_ENDED = "UPDATE ringfence_state.idempotency SET lease = 0 WHERE state = 'open'"


class Pair:
    """Two servers with a home each, and the same keys of the log; those of callers are in the database."""

    def __init__(self, database: Postgres, folder: Path, vendor: StandIn, stack: ExitStack) -> None:
        (folder / "limits.yaml").write_text(LIMITS)
        given = {"audit_url": database.url, "limits": folder / "limits.yaml", **QUICK}
        upstreams = upstreams_file(folder / "upstreams.yaml", vendor, None)
        one = start(folder / "one", upstreams, **given)
        stack.callback(one.stop)
        secrets = {team: one.key(team=team) for team in ("limited", "free")}
        shutil.copytree(folder / "one" / "keys", folder / "two" / "keys")
        two = start(folder / "two", upstreams, **given)
        stack.callback(two.stop)
        self.servers = [one, two]
        self.clients = {
            team: [stack.enter_context(server.client(secret)) for server in self.servers]
            for team, secret in secrets.items()
        }

    def ask(self, team: str, number: int, key: str = "") -> httpx.Response:
        """Ask one of the two."""
        headers = {"idempotency-key": key} if key else {}
        return self.clients[team][number % 2].post("/v1/chat/completions", json=chat_body(), headers=headers)


@pytest.fixture
def pair(database: Postgres, tmp_path: Path, vendor: StandIn) -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(database, tmp_path, vendor, stack)


def test_two_servers_share_limits_and_keys(pair: Pair, database: Postgres, vendor: StandIn) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(lambda number: pair.ask("limited", number).status_code, range(2 * PER_MINUTE)))
    refilled = (time.monotonic() - began) * PER_MINUTE / 60
    assert set(came) == {200, 429}
    assert PER_MINUTE <= came.count(200) <= PER_MINUTE + refilled
    vendor.clear()

    before, key = decisions(database), str(uuid.uuid4())
    vendor.answer_delay_s = 0.3
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: pair.ask("free", number, key), range(50)))
    vendor.answer_delay_s = 0.0
    (record,) = decisions(database) - before
    assert len(vendor.posts) == 1
    for answer in (*answers, pair.ask("free", 0, key), pair.ask("free", 1, key)):
        if answer.status_code == 200:
            assert answer.headers["x-ringfence-audit-id"] == record
        else:
            assert answer.json()["error"]["code"] == "idempotency_in_progress"
    assert {pair.ask("free", number, key).headers["idempotency-replayed"] for number in (0, 1)} == {"true"}

    assert_other_knows_that_one_died(pair, database, vendor)


def assert_other_knows_that_one_died(pair: Pair, database: Postgres, vendor: StandIn) -> None:
    key = str(uuid.uuid4())
    vendor.clear()
    vendor.behaviour = "hang"
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(pair.ask, "free", 0, key)
        eventually(lambda: vendor.posts)
        os.kill(pair.servers[0].server_pid(), signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            lost.result(30)
    assert pair.ask("free", 1, key).json()["error"]["code"] == "idempotency_in_progress"
    with psycopg.connect(database.url) as clock:  # as time does
        clock.execute(LEASES_ENDED)
    assert pair.ask("free", 1, key).json()["error"]["code"] == "idempotency_unknown"
    assert len(vendor.posts) == 1


def decisions(place: Postgres) -> set[str]:
    page = Records(place).page(Filters(kind=DECISION), after=-1, limit=1000)
    return {record.body["id"] for record in page.records}
