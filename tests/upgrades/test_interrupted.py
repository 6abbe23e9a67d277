"""A migration that is killed, or given twice at once, leaves what was there or what should be, and nothing between."""

import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from harness import ROOT, eventually
from properties.effort import ASKED
from stateful import Keeper
from upgrades.homes import Old
from upgrades.test_refused import refused
from upgrades.test_upgrades import ask

from audit.place import Postgres

DYING = Path(__file__).with_name("dying.py")


def die_at(old: Old, number: int) -> subprocess.CompletedProcess[str]:
    """Migrate, and be killed before that statement."""
    url = [old.place.url] if isinstance(old.place, Postgres) else []
    command = [sys.executable, DYING, str(number), old.home, *url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("old", ["log2-state3-sqlite killed", "log2-postgres ended"], indirect=True)
def test_a_migration_that_is_killed_anywhere_leaves_a_log_that_the_next_start_takes_up(
    old: Old, vendor: Keeper, own: Keeper
) -> None:
    before = old.verify()
    last = 0
    for number in (0, 1, 3, 7, 12, 20) if ASKED else (1, 7):
        died = die_at(old, number)
        assert old.verify() == before
        if died.returncode == 0:
            break
        assert died.returncode == -9
        last = number
    assert last >= 7, "the control: it was killed in the middle"
    old.migrate()
    server = old.start(vendor, own)
    try:
        assert ask(server, old.secret("crm")).status_code == 200
        assert ask(server, old.secret("left")).status_code == 401
    finally:
        server.stop()
    after = old.verify(f"{before.size - 1}:{before.head}")
    assert (after.findings, after.signed) == ((), after.size)


@pytest.mark.parametrize("old", ["log2-state3-postgres ended"], indirect=True)
def test_servers_that_start_on_an_old_database_change_nothing_and_of_two_who_migrate_one_does(
    old: Old, vendor: Keeper, own: Keeper
) -> None:
    before, second = old.verify(), replace(old, home=old.folder / "second")
    shutil.copytree(old.home / "keys", second.home / "keys")
    for each in (old, second):
        assert "upgrade it with `ringfence audit migrate`" in refused(each)
    assert old.verify() == before
    with ThreadPoolExecutor(2) as pool:
        asked = list(pool.map(lambda each: each.ringfence("audit", "migrate"), (old, second)))
    assert [each.returncode for each in asked] == [0, 0]
    servers = [each.start(vendor, own) for each in (old, second)]
    try:
        for server in servers:
            eventually(lambda server=server: ask(server, old.secret("crm")).status_code == 200)
            assert ask(server, old.secret("left")).status_code == 401
    finally:
        for server in servers:
            server.stop()
    assert old.verify(f"{before.size - 1}:{before.head}").findings == ()


@pytest.mark.parametrize("old", ["log1-sqlite ended"], indirect=True)
def test_the_control_an_old_record_that_was_changed_is_found_before_and_after(
    old: Old, vendor: Keeper, own: Keeper
) -> None:
    assert isinstance(old.place, Path)
    with closing(sqlite3.connect(old.place)) as forger, forger:
        kept = forger.execute("SELECT sql FROM sqlite_master WHERE name = 'record_no_update'").fetchone()[0]
        forger.execute("DROP TRIGGER record_no_update")
        forger.execute("UPDATE record SET team = 'support' WHERE kind = 'route.decision'")
        forger.execute(kept)
    assert {found.code for found in old.verify().findings} == {"COLUMN_MISMATCH"}
    old.start(vendor, own).stop()
    assert "COLUMN_MISMATCH" in {found.code for found in old.verify().findings}
