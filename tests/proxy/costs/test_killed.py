"""`kill -9` loses no spending: what was not counted is in the log, and one command counts it."""

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import BRISK, QUICK, StandIn, chat_body, ringfence, upstreams_file, wait_for_url
from typer.testing import CliRunner

from proxy import cli
from proxy.costs.log import Database as LogDatabase
from proxy.costs.pots import month_of
from proxy.costs.standing import added, in_log
from proxy.state.database import Database
from proxy.state.spending import Amounts, Spending

PRICES = {"currency": "USD", "models": {"gpt-4*": {"cloud-us": {"input": 1000, "output": 1000}}}}
ASKED = 5


async def counted(file: Path, month: str) -> Amounts:
    database = Database.open(file, 10.0)
    try:
        return await Spending(database, "reader").others(month)
    finally:
        database.close()


def test_what_a_killed_server_had_not_counted_is_counted_from_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, own = StandIn(), StandIn()
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", vendor, own, prices=PRICES)
    with ringfence(tmp_path / "home", upstreams, **QUICK, **BRISK) as server:
        with server.client() as client:
            for _ in range(ASKED):
                assert client.post("/v1/chat/completions", json=chat_body("hello")).status_code == 200
        os.kill(server.server_pid(), signal.SIGKILL)
        wait_for_url(server)
        environ = server.environ
    vendor.stop()
    own.stop()
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    log = LogDatabase(tmp_path / "home" / "audit.db")
    month = month_of(datetime.now(UTC))
    logged = in_log(log, month)
    assert added(logged.values()).answers == ASKED, "an outcome that was not written is closed as unknown"
    assert added(asyncio.run(counted(tmp_path / "home" / "shared.db", month)).values()).answers <= ASKED
    ran = CliRunner().invoke(cli.app, ["costs", "--budgets", "--recount"])
    assert ran.exit_code == 0, ran.output
    assert asyncio.run(counted(tmp_path / "home" / "shared.db", month)) == logged
