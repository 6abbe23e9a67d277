import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from databases import Cluster, migrate, new_database
from harness import eventually

from audit.place import Postgres
from proxy import identity
from proxy.errors import RequestRefused
from proxy.identity import LOOK_S, ApiKey, Caller, KeyStore, Role, new_key
from proxy.state.database import StateUnavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def make(store: KeyStore, **changes: Any) -> tuple[str, ApiKey]:
    secret, row = new_key(**{"app": "crm", "team": "sales", "role": Role.APP, "expires": None, **changes})
    store.add(row)
    return secret, row


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
    assert store.unsettled([kept.public(), lost], []) == ([], [lost])
    assert store.unsettled([kept.public(), lost], [lost["id"]]) == ([], [])
    store.close()


def test_a_crash_after_the_record_of_a_revocation_leaves_a_key_to_be_revoked(path: Path) -> None:
    store = KeyStore(path)
    _, row = make(store)
    assert store.unsettled([row.public()], [row.id, "ak_unknown"]) == ([row.id], [])
    store.revoke(row.id)
    assert store.unsettled([row.public()], [row.id]) == ([], [])
    store.close()


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


def test_an_older_reading_does_not_bring_a_revoked_key_back(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = KeyStore(database)
    secret, row = make(store)
    read, revoked = threading.Event(), threading.Event()
    every = identity.every

    def slow(connection: Any) -> list[ApiKey]:
        found = every(connection)
        if threading.current_thread() is reading:
            read.set()
            assert revoked.wait(5)
        return found

    monkeypatch.setattr(identity, "every", slow)
    reading = threading.Thread(target=lambda: store.refresh(whole=True))
    reading.start()
    assert read.wait(5)
    store.revoke(row.id)
    revoked.set()
    reading.join(5)
    assert store.authenticate(secret) is None
    store.close()


@pytest.fixture
def pair(database: Postgres) -> Iterator[tuple[KeyStore, KeyStore]]:
    """Two servers that share keys, of which the second looks for changes."""
    stores = KeyStore(database), KeyStore(database)
    stores[1].watch()
    yield stores
    for store in stores:
        store.close()


def test_what_one_server_changes_another_sees_within_a_second_or_two(pair: tuple[KeyStore, KeyStore]) -> None:
    one, other = pair
    secret, row = make(one)
    eventually(lambda: other.authenticate(secret), LOOK_S + 2)
    one.revoke(row.id)
    assert one.authenticate(secret) is None
    eventually(lambda: other.authenticate(secret) is None, LOOK_S + 2)


def test_whoever_asks_for_a_key_by_its_id_has_it_as_it_is_now(pair: tuple[KeyStore, KeyStore]) -> None:
    one, other = pair
    _, row = make(one)
    assert other.find(row.id) == row
    other.revoke(row.id)
    assert one.find(row.id).revoked is not None


def test_servers_that_change_keys_at_once_wait_for_each_other(pair: tuple[KeyStore, KeyStore]) -> None:
    one, other = pair
    began, went_on = threading.Event(), threading.Event()

    def change() -> None:
        began.set()
        with other.changing():
            went_on.set()

    waiting = threading.Thread(target=change)
    with one.changing():
        _, made = make(one)
        waiting.start()
        assert began.wait(5)
        assert not went_on.wait(0.3)
        assert other.rows() == [], "what is not whole is seen by nobody"
    assert went_on.wait(5)
    waiting.join(5)
    assert other.rows() == [made]


def test_of_a_change_that_fails_nothing_is_left(pair: tuple[KeyStore, KeyStore]) -> None:
    one, other = pair

    def fail() -> str:
        with one.changing():
            made.append(make(one)[0])
            raise ZeroDivisionError

    made: list[str] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert one.authenticate(made[0]) is None
    assert other.rows() == one.rows() == []


@pytest.fixture
def mortal() -> Iterator[tuple[Cluster, Postgres]]:
    if not Cluster.possible():
        pytest.skip("a server that may be stopped needs PostgreSQL's initdb, and a user that is not root")
    with Cluster.running() as cluster, new_database(cluster.url) as place:
        migrate(place)
        yield cluster, place


def test_a_server_that_cannot_see_the_keys_for_too_long_lets_nobody_in_until_it_can(
    mortal: tuple[Cluster, Postgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, place = mortal
    monkeypatch.setattr(identity, "LOOK_S", 0.05)
    monkeypatch.setattr(identity, "BLIND_S", 1.0)
    trouble: list[str] = []
    store = KeyStore(place, 0.3, lambda: trouble)
    secret, _ = make(store)
    store.watch()
    assert store.authenticate(secret) is not None
    with cluster.frozen():
        assert store.authenticate(secret) is not None, "not at once"
        eventually(store.not_ready)
        for anybody in (secret, "rf-" + "x" * 43):
            with pytest.raises(StateUnavailable):
                store.authenticate(anybody)
        trouble.append("unreachable")
        assert store.authenticate(secret) is not None, "without the log nothing leaves but to own servers, if at all"
        trouble.clear()
    eventually(lambda: store.not_ready() is None)
    assert store.authenticate(secret) is not None
    store.close()
