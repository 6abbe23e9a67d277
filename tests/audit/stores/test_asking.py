"""The same statements against a file and a database; each failure says what a person can do."""

from typing import Any

import psycopg
import pytest

from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Postgres, place_of
from audit.retention.hands import InDatabase
from audit.stores import roles
from audit.stores.asking import Changing, asking

COUNT = "SELECT count(*), min(seq) FROM {s}record WHERE seq >= ? AND kind = ?"


def acting(place: Postgres, role: str) -> Postgres:
    """The same database as a user that has this role alone."""
    name = f"ringfence_test_{role}"
    with psycopg.connect(place.url, autocommit=True) as owner:
        if owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
            owner.execute(f"CREATE ROLE {name} LOGIN IN ROLE {role}")
    made = place_of(place.url.replace("postgres@", f"{name}@"))
    assert isinstance(made, Postgres)
    return made


def test_a_file_and_a_database_answer_alike(open_log: Any, open_shared: Any, decision: Any) -> None:
    found = []
    for log in (open_log("file"), open_shared()):
        for _ in range(2):
            log.append_sync("route.decision", decision())
        with asking(log.place) as run:
            found.append(run(COUNT, 0, "route.decision"))
            found.append(run(COUNT, 9, "route.decision"))
    assert found == [[(2, 2)], [(0, None)]] * 2


def test_who_only_asks_cannot_change_anything(open_log: Any, open_shared: Any) -> None:
    for log in (open_log("file"), open_shared()):
        with pytest.raises(AuditUnavailable), asking(log.place) as run:
            run("DELETE FROM {s}record_label")


def test_only_the_role_of_retention_may_take_away_and_only_what_a_record_says_may_go(
    open_shared: Any, decision: Any
) -> None:
    log = open_shared()
    log.append_sync("route.decision", decision())

    def delete(role: str) -> None:
        with Changing(acting(log.place, role)).transaction() as run:
            run("DELETE FROM {s}record WHERE seq = ?", 2)

    for role in (roles.WRITER, roles.READER, roles.SIGNER):
        with pytest.raises(AuditMismatch, match="GRANT ringfence_retention"):
            delete(role)
        with pytest.raises(AuditMismatch, match="GRANT ringfence_retention"):
            InDatabase(acting(log.place, role)).ready()
    InDatabase(acting(log.place, roles.RETENTION)).ready()
    with pytest.raises(AuditMismatch, match="nothing in the log says that this may go"):
        delete(roles.RETENTION)
    with (
        pytest.raises(AuditMismatch, match="GRANT ringfence_retention"),
        Changing(acting(log.place, roles.RETENTION)).transaction() as run,
    ):
        run("UPDATE {s}head SET size = 99")
    assert "autovacuum" in Changing(acting(log.place, roles.RETENTION)).vacuum()
    assert Changing(log.place).vacuum() == ""


def test_a_database_that_is_away_is_unavailable() -> None:
    away = place_of("postgresql://postgres@127.0.0.1:1/none")
    assert isinstance(away, Postgres)
    with pytest.raises(AuditUnavailable), asking(away):
        pass
