"""An existing home brings its keys to where all servers of a log keep them: none is lost, none comes back."""

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from audit.access import Filters, Records
from audit.log import AuditLog
from audit.place import Postgres
from audit.stores.migrate import migrate_postgres as migrate_log
from proxy import carry_over
from proxy.admin import ACTOR, Admin
from proxy.errors import ConfigurationError
from proxy.identity import KeyStore, Role, new_key
from proxy.state.schema import migrate_postgres

KEYS = 5
ACTIVE, REVOKED_HERE, REVOKED_IN_LOG = 0, 1, 2


class Replicas:
    """Servers on one log, which had keys of their own when the tables of the state were older."""

    def __init__(self, place: Postgres, folder: Path, stack: ExitStack) -> None:
        self.place, self._folder, self._stack = place, folder, stack
        migrate_log(place)
        self.log = self.open_log("one")
        self.secrets, self.rows = self.keys_of("one")
        for row in self.rows:
            self.record("access.granted", row.id)
        self.record("access.revoked", self.rows[REVOKED_IN_LOG].id)
        migrate_postgres(place)

    def open_log(self, name: str) -> AuditLog:
        log = AuditLog.open(self.place, keys=self._folder / name / "keys", origin="log.example/audit", deadline_s=10)
        self._stack.callback(log.close)
        return log

    def keys_of(self, name: str) -> tuple[list[str], list[Any]]:
        """Make the file of a home."""
        store = KeyStore(self._folder / name / "state.db")
        made = [new_key("crm", "sales", Role.APP, None) for _ in range(KEYS)]
        for _, row in made:
            store.add(row)
        store.revoke(made[REVOKED_HERE][1].id)
        store.close()
        return [secret for secret, _ in made], [row for _, row in made]

    def record(self, kind: str, key_id: str) -> None:
        key = {"id": key_id, "app": "crm", "team": "sales", "role": "app"}
        self.log.append_sync(kind, {"actor": ACTOR, "key": key})

    def server(self, name: str) -> "Server":
        if name != "one":
            shutil.copytree(self._folder / "one" / "keys", self._folder / name / "keys")
        log = self.log if name == "one" else self.open_log(name)
        keys = KeyStore(self.place, 10)
        self._stack.callback(keys.close)
        return Server(Admin(log, keys), self._folder / name)

    def told(self, kind: str) -> list[tuple[str, str]]:
        """Return which keys the log speaks of, and whose doing it was."""
        page = Records(self.place).page(Filters(kind=kind), after=-1, limit=1000)
        return [(record.body["key"]["id"], record.body["actor"]["id"]) for record in page.records]


class Server:
    def __init__(self, admin: Admin, home: Path) -> None:
        self.admin, self.home = admin, home

    def start(self) -> None:
        self.admin.repair(self.home)

    def let_in(self, secrets: list[str]) -> list[bool]:
        self.admin.keys.refresh()
        return [self.admin.keys.authenticate(secret) is not None for secret in secrets]


@pytest.fixture
def replicas(empty_database: Postgres, tmp_path: Path) -> Iterator[Replicas]:
    with ExitStack() as stack:
        yield Replicas(empty_database, tmp_path, stack)


EXPECTED = [number not in {REVOKED_HERE, REVOKED_IN_LOG} for number in range(KEYS)]


def test_an_upgraded_home_brings_its_keys_and_no_server_that_starts_before_takes_them_for_lost(
    replicas: Replicas,
) -> None:
    two = replicas.server("two")
    two.start()
    assert two.let_in(replicas.secrets) == [False] * KEYS
    one = replicas.server("one")
    one.start()
    for server in (one, two):
        assert server.let_in(replicas.secrets) == EXPECTED
    carried = [row.id for row, works in zip(replicas.rows, EXPECTED, strict=True) if works]
    assert sorted(key for key, actor in replicas.told("access.granted") if actor == "carry-over") == sorted(carried)
    assert replicas.told("access.revoked") == [(replicas.rows[REVOKED_IN_LOG].id, "command-line")]
    assert not (one.home / "state.db").exists()
    assert (one.home / "state.db.carried-over").exists()
    one.start()
    two.start()
    assert len(replicas.told("access.granted")) == KEYS + len(carried)


def test_a_copy_of_the_file_brings_back_nothing_and_what_it_revoked_is_revoked(
    replicas: Replicas, tmp_path: Path
) -> None:
    two = replicas.server("two")
    shutil.copy(tmp_path / "one" / "state.db", tmp_path / "two" / "state.db")
    store = KeyStore(tmp_path / "two" / "state.db")
    store.revoke(replicas.rows[ACTIVE].id)
    store.close()
    one = replicas.server("one")
    one.start()
    assert one.let_in(replicas.secrets) == EXPECTED
    one.admin.revoke_key(replicas.rows[3].id)
    two.start()
    assert one.let_in(replicas.secrets) == two.let_in(replicas.secrets) == [False] * 4 + [True]
    assert (replicas.rows[ACTIVE].id, "carry-over") in replicas.told("access.revoked")


def test_a_crash_on_the_way_loses_no_key_whoever_starts_next(
    replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_over, "TOGETHER", 2)
    one, two = replicas.server("one"), replicas.server("two")
    add, added = one.admin.keys.add, []

    def crashing(row: Any) -> None:
        if len(added) == 3:
            raise KeyboardInterrupt
        added.append(row)
        add(row)

    monkeypatch.setattr(one.admin.keys, "add", crashing)
    with pytest.raises(KeyboardInterrupt):
        one.start()
    monkeypatch.undo()
    two.start()
    one.start()
    assert two.let_in(replicas.secrets) == EXPECTED
    assert [actor for _, actor in replicas.told("access.revoked")] == ["command-line"]


def test_a_damaged_key_is_named_and_nobody_is_let_in_by_what_is_beside_it(replicas: Replicas, tmp_path: Path) -> None:
    file = tmp_path / "one" / "state.db"
    with closing(sqlite3.connect(file)) as damaged, damaged:
        damaged.execute("UPDATE api_key SET role = 'root' WHERE id = ?", (replicas.rows[3].id,))
    one = replicas.server("one")
    with pytest.raises(ConfigurationError, match=rf"{file} cannot be carried over: the key {replicas.rows[3].id} is"):
        one.start()
    assert file.exists()
    assert one.let_in(replicas.secrets) == [False] * KEYS


def test_processes_that_share_a_home_do_it_once(replicas: Replicas) -> None:
    one = replicas.server("one")
    others = [Server(replicas.server(name).admin, one.home) for name in ("two", "three")]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Server.start, [one, *others]))
    assert one.let_in(replicas.secrets) == EXPECTED
    assert len(replicas.told("access.granted")) == KEYS + sum(EXPECTED)


def test_keys_of_another_log_are_recorded_in_this_one(replicas: Replicas, tmp_path: Path) -> None:
    two = replicas.server("two")
    secrets, rows = replicas.keys_of("two")
    two.start()
    assert two.let_in(secrets) == [number != REVOKED_HERE for number in range(KEYS)]
    told = {key for key, actor in replicas.told("access.granted") if actor == "carry-over"}
    assert told == {row.id for row in rows} - {rows[REVOKED_HERE].id}
    assert not (tmp_path / "two" / "state.db").exists()


def test_a_server_on_a_file_leaves_its_keys_where_they_are(tmp_path: Path) -> None:
    log = AuditLog.open(tmp_path / "audit.db", keys=tmp_path / "keys", origin="log.example/audit", deadline_s=10)
    keys = KeyStore(tmp_path / "state.db")
    admin = Admin(log, keys)
    secret = admin.create_key("crm", "sales", "app")["secret"]
    admin.repair(tmp_path)
    assert keys.authenticate(secret) is not None
    assert (tmp_path / "state.db").exists()
    keys.close()
    log.close()
