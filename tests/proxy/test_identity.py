import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proxy import identity
from proxy.errors import RequestRefused
from proxy.identity import ApiKey, Caller, KeyStore, Role, new_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def make(store: KeyStore, **changes: Any) -> tuple[str, ApiKey]:
    secret, row = new_key(**{"app": "crm", "team": "sales", "role": Role.APP, "expires": None, **changes})
    shown = row.model_copy()
    store.add(row)
    return secret, shown


def test_a_key_names_its_caller(path: Path) -> None:
    store = KeyStore(path)
    secret, row = make(store, role=Role.AUDITOR)
    assert store.authenticate(secret) == Caller(row.id, "crm", "sales", Role.AUDITOR)
    assert Caller(row.id, "crm", "sales", Role.AUDITOR).actor == {
        "kind": "api_key",
        "id": row.id,
        "app": "crm",
        "team": "sales",
        "auth_strength": "bearer",
    }
    store.close()


@pytest.mark.parametrize("change", ["", "x", " ", "rf-", "rf-" + "A" * 43, "\udce9\ud800", "key\0"])
def test_any_other_secret_names_nobody(path: Path, change: str) -> None:
    store = KeyStore(path)
    secret, _ = make(store)
    for wrong in (change, secret + "x", secret[:-1], secret.upper(), secret.removeprefix("rf-")):
        assert store.authenticate(wrong) is None
    store.close()


def test_a_key_is_256_random_bits_and_kept_only_as_a_hash(path: Path) -> None:
    store = KeyStore(path)
    secret, row = make(store)
    store.close()
    assert len(secret) == len("rf-") + 43  # 32 bytes in base64url
    files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert secret.encode() not in files
    assert secret.removeprefix("rf-").encode() not in files
    assert row.hash in files  # the control: the search finds what is there
    assert "hash" not in row.public()
    assert len({new_key("a", "t", Role.APP, None)[0] for _ in range(50)}) == 50


def test_the_database_is_for_its_owner_only(path: Path) -> None:
    KeyStore(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_ends_with_its_last_moment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyStore(path)
    until = datetime(2040, 1, 31, tzinfo=UTC)
    secret, row = make(store, expires=until)
    assert row.public()["expires"] == "2040-01-31T00:00:00Z"

    class Later(datetime):
        moment = until

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # noqa: ARG003 - the library's signature
            return cls.moment

    monkeypatch.setattr(identity, "datetime", Later)
    Later.moment = until - timedelta(seconds=1)
    assert store.authenticate(secret) is not None
    Later.moment = until
    assert store.authenticate(secret) is None
    store.close()


def test_an_expiry_in_the_past_is_refused() -> None:
    with pytest.raises(RequestRefused) as refused:
        new_key("crm", "sales", Role.APP, datetime.now(UTC) - timedelta(seconds=1))
    assert refused.value.param == "expires"


@pytest.mark.parametrize("name", ["", "Sales", "a b", "a" * 65, "-a", ".a", "ä", "a/b", "a\n", "*"])
@pytest.mark.parametrize("field", ["app", "team"])
def test_a_name_that_a_record_or_policy_could_misread_is_refused(field: str, name: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        new_key(**{"app": "crm", "team": "sales", "role": Role.APP, "expires": None, field: name})
    assert refused.value.param == field


def test_a_revoked_key_names_nobody_at_once_and_after_a_restart(path: Path) -> None:
    store = KeyStore(path)
    secret, row = make(store)
    other, _ = make(store)
    store.revoke(row.id)
    assert store.authenticate(secret) is None
    assert store.authenticate(other) is not None
    store.close()
    again = KeyStore(path)
    assert again.authenticate(secret) is None
    assert again.authenticate(other) is not None
    again.close()


def test_revoking_twice_keeps_the_first_moment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyStore(path)
    _, row = make(store)
    monkeypatch.setattr(identity, "_stamp", lambda _: "2040-01-01T00:00:00Z")
    store.revoke(row.id)
    monkeypatch.setattr(identity, "_stamp", lambda _: "2041-01-01T00:00:00Z")
    store.revoke(row.id)
    store.revoke("ak_unknown")
    assert store.find(row.id).revoked == "2040-01-01T00:00:00Z"
    store.close()


def test_an_unknown_id_is_404_without_echo(path: Path) -> None:
    store = KeyStore(path)
    with pytest.raises(RequestRefused) as refused:
        store.find("ak_jane")
    assert (refused.value.status, refused.value.code) == (404, "unknown_key")
    assert "jane" not in refused.value.message
    store.close()


def test_every_key_is_listed_oldest_first_revoked_ones_too(path: Path) -> None:
    store = KeyStore(path)
    rows = [make(store)[1] for _ in range(3)]
    store.revoke(rows[1].id)
    assert {row.id for row in store.rows()} == {row.id for row in rows}
    assert [row.created for row in store.rows()] == sorted(row.created for row in rows)
    store.close()


def test_a_crash_after_the_record_of_a_grant_leaves_a_key_to_be_recorded_as_revoked(path: Path) -> None:
    store = KeyStore(path)
    _, kept = make(store)
    lost = new_key("crm", "sales", Role.APP, None)[1].public()
    assert store.repair([kept.public(), lost], []) == [lost]
    assert store.repair([kept.public(), lost], [lost["id"]]) == []
    store.close()


def test_a_crash_after_the_record_of_a_revocation_is_made_good(path: Path) -> None:
    store = KeyStore(path)
    secret, row = make(store)
    assert store.repair([row.public()], [row.id]) == []
    assert store.authenticate(secret) is None
    store.close()


def test_migrations_run_once_and_in_order(path: Path) -> None:
    KeyStore(path).close()
    KeyStore(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(identity.MIGRATIONS),)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_keys_can_be_made_from_other_threads_while_callers_are_let_in(path: Path) -> None:
    store = KeyStore(path)
    secret, _ = make(store)
    stop, refused = threading.Event(), []

    def call() -> None:
        while not stop.is_set():
            if store.authenticate(secret) is None:
                refused.append(1)

    reader = threading.Thread(target=call)
    reader.start()
    for _ in range(10):
        make(store)
    stop.set()
    reader.join()
    assert refused == []
    assert len(store.rows()) == 11
    store.close()


def test_a_key_that_is_created_meanwhile_does_not_bring_a_revoked_one_back(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "state.db")
    secret, row = new_key("app", "team", Role.APP, None)
    key_id = row.id
    store.add(row)
    load, read, revoked = store._load, threading.Event(), threading.Event()

    def slow_load() -> None:
        # Reads first and stores its reading only when the revocation is over, or is seen to wait.
        load()
        before = store._by_hash
        read.set()
        revoked.wait(0.5)
        store._by_hash = before

    store._load = slow_load  # type: ignore[method-assign]
    creating = threading.Thread(target=store.add, args=(new_key("other", "team", Role.APP, None)[1],))
    creating.start()
    assert read.wait(5)
    store._load = load  # type: ignore[method-assign]
    store.revoke(key_id)
    revoked.set()
    creating.join(5)
    assert store.authenticate(secret) is None
    store.close()
