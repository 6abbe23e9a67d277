"""A server that would lose records is refused, and one that does not let us in is told apart from one that is away."""

import socket
import time
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest

from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Postgres
from audit.stores.postgres import begin, connect, require_safe, unavailable, unsafe

GOOD = ["read committed", "on", "on", "on"]


def test_the_settings_of_a_usual_server_are_safe(empty_database: Postgres) -> None:
    require_safe(empty_database, 5.0)


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
def test_a_server_that_loses_what_it_acknowledged_is_refused_by_name(value: str, empty_database: Postgres) -> None:
    name = empty_database.url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(empty_database.url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET synchronous_commit = {value}")
    with pytest.raises(AuditMismatch, match=f"synchronous_commit is {value}, not on or remote_apply"):
        require_safe(empty_database, 5.0)


@pytest.mark.parametrize(("at", "value"), [(0, "repeatable read"), (1, "off"), (2, "off"), (3, "off")])
def test_each_setting_is_judged(at: int, value: str) -> None:
    assert unsafe(GOOD) is None
    assert value in str(unsafe([*GOOD[:at], value, *GOOD[at + 1 :]]))


LIMITS = ("transaction_isolation", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


def test_a_transaction_is_read_committed_and_bounded_whatever_the_session_prefers(empty_database: Postgres) -> None:
    with closing(connect(empty_database, 5.0)) as connection:
        connection.execute("SET default_transaction_isolation = 'repeatable read'")
        connection.execute("SET default_transaction_read_only = on")
        shown = [f"SHOW {name}" for name in LIMITS]
        assert begin(connection, 1.5, *shown) == [("read committed",), ("1200ms",), ("1500ms",), ("1125ms",)]
        connection.execute("ROLLBACK")
        assert connection.execute("SHOW lock_timeout").fetchone() == ("0",), "nothing is left in the session"


def test_a_server_that_is_silent_or_refuses_us_is_unreachable_in_time_and_no_secret_is_told(
    empty_database: Postgres,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        away = Postgres(f"postgresql://jane:hunter2@127.0.0.1:{silent.getsockname()[1]}/logs", "shown")
        began = time.monotonic()
        with pytest.raises(AuditUnavailable, match=r": unreachable$"):
            connect(away, 2.0)
        assert time.monotonic() - began < 10
    none = Postgres(urlsplit(empty_database.url)._replace(path="/no_such_database").geturl(), "shown")
    with pytest.raises(AuditUnavailable, match=r": unreachable$"):
        connect(none, 2.0)
    with pytest.raises(AuditMismatch, match="shown: the URL of the audit log cannot be read"):
        connect(Postgres("postgresql://db/logs?no_such_option=hunter2", "shown"), 2.0)


@pytest.mark.parametrize(
    ("state", "reason"),
    [("55P03", "locked"), ("57014", "deadline"), ("53100", "full"), ("25006", "read_only"), ("XX001", "corrupt")],
)
def test_errors_have_a_reason_of_the_log(state: str, reason: str) -> None:
    assert unavailable(psycopg.errors.lookup(state)()).reason == reason


def test_other_errors_are_of_input_and_output() -> None:
    assert unavailable(psycopg.OperationalError("could not reach hunter2")).reason == "io"
