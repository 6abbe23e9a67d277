"""The tables of the state, for SQLite and PostgreSQL alike, and how a database gets them.

A revision is never changed once it was released: what comes later is appended. A server creates and upgrades its own
SQLite file; a PostgreSQL database is changed by `ringfence audit migrate` alone, and a server only checks it.
"""

import time
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, inspect, select, text

from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Place, Postgres
from audit.stores.postgres import SCHEMA as LOG
from audit.stores.roles import OWNER, WRITER
from proxy.errors import ConfigurationError
from proxy.state.engines import SCHEMA, connected, open_engine, transaction

WORDS = {
    "sqlite": {"schema": "", "key": "text", "bytes": "BLOB", "int": "INTEGER", "options": "STRICT, WITHOUT ROWID"},
    "postgresql": {"schema": f"{SCHEMA}.", "key": 'text COLLATE "C"', "bytes": "bytea", "int": "bigint", "options": ""},
}
BUCKETS = 'CREATE UNLOGGED TABLE {schema}bucket (name text COLLATE "C" PRIMARY KEY, full_at bigint NOT NULL)'
"""Of limits, which one server keeps in memory. Unlogged: a crash of the database fills them, and costs nothing else."""
TAKE = """
CREATE FUNCTION {schema}take(names text[], costs bigint[], force boolean) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  now_us bigint;
  levels bigint[];
BEGIN
  INSERT INTO {schema}bucket SELECT n, 0 FROM unnest(names) AS n ORDER BY n COLLATE "C" ON CONFLICT DO NOTHING;
  PERFORM FROM {schema}bucket WHERE name = ANY (names) ORDER BY name FOR UPDATE;
  now_us = extract(epoch FROM clock_timestamp()) * 1000000;
  SELECT array_agg(greatest(full_at, now_us) ORDER BY place) INTO levels
    FROM unnest(names) WITH ORDINALITY AS asked (n, place) JOIN {schema}bucket ON name = n;
  IF force OR NOT EXISTS (
    SELECT FROM unnest(levels, costs) AS asked (level, cost) WHERE level + cost > now_us + 60000000
  ) THEN
    UPDATE {schema}bucket SET full_at = level + cost
      FROM unnest(names, levels, costs) AS asked (n, level, cost) WHERE name = n;
  END IF;
  RETURN now_us || levels;
END $$
"""
"""What `proxy.limits.bucket` does, in one statement: the rows are locked, in one order, before the clock is read."""
KEYS = """
CREATE TABLE {schema}api_key (
  id {key} PRIMARY KEY, hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32), app text NOT NULL, team text NOT NULL,
  role text NOT NULL, created {key} NOT NULL, expires text, revoked text
)
"""
"""A server on a file has keys in a file of their own: see `proxy.state.keys`."""
CHANGE = "CREATE TABLE {schema}key_change (number bigint NOT NULL, since bigint NOT NULL)"
UNCHANGED = f"INSERT INTO {{schema}}key_change SELECT 0, coalesce(max(size), 0) FROM {LOG}.head"  # noqa: S608
REVISION = "CREATE TABLE {schema}revision (number {int} PRIMARY KEY) {options}"
REVISIONS: tuple[tuple[str | Mapping[str, str], ...], ...] = (
    (
        """
        CREATE TABLE {schema}held (
          ref {key} PRIMARY KEY CHECK (length(ref) = 64),
          zone text NOT NULL,
          upstream text NOT NULL,
          endpoint_sha256 text NOT NULL,
          created {int} NOT NULL,
          ambiguous {int} NOT NULL DEFAULT 0 CHECK (ambiguous IN (0, 1))
        ) {options}
        """,
    ),
    (
        """
        CREATE TABLE {schema}idempotency (
          name {key} PRIMARY KEY CHECK (length(name) = 64),
          team {key} NOT NULL,
          asked text NOT NULL,
          state text NOT NULL CHECK (state IN ('open', 'kept', 'unkept', 'unknown')),
          claim text NOT NULL,
          lease {int} NOT NULL,
          expires {int} NOT NULL,
          size {int} NOT NULL,
          answer {bytes} CHECK ((answer IS NULL) = (state <> 'kept'))
        ) {options}
        """,
        {"postgresql": BUCKETS},
        {"postgresql": TAKE},
    ),
    (
        """
        CREATE TABLE {schema}spending (
          month {key} NOT NULL CHECK (length(month) = 7),
          server {key} NOT NULL,
          team {key} NOT NULL,
          app {key} NOT NULL,
          key_id {key} NOT NULL,
          zone {key} NOT NULL,
          answers {int} NOT NULL,
          unpriced {int} NOT NULL,
          nanos {int} NOT NULL,
          PRIMARY KEY (month, server, team, app, key_id, zone)
        ) {options}
        """,
    ),
    ({"postgresql": KEYS}, {"postgresql": CHANGE}, {"postgresql": UNCHANGED}),
)
"""Applied in order; the table `revision` counts those that were. A mapping has what one of the two databases needs."""
MIGRATE_S = 60.0
LOOK_S = 5.0
MIGRATE = "`ringfence audit migrate`"

metadata = MetaData()
"""Of every table, as statements use them; each is described where it is used."""
_revision = Table("revision", metadata, Column("number", BigInteger, primary_key=True))


def upgrade(connection: Connection, place: Place) -> None:
    """Bring a database to this version, within the caller's transaction; raises ConfigurationError for a newer one."""
    words = WORDS[connection.dialect.name]
    done = applied(connection)
    if done is None:
        connection.execute(text(REVISION.format_map(words)))
        connection.execute(_revision.insert().values(number=0))
    require_not_newer(done or 0, place)
    for statements in REVISIONS[done or 0 :]:
        for each in statements:
            statement = each if isinstance(each, str) else each.get(connection.dialect.name)
            if statement is not None:
                connection.execute(text(statement.format_map(words)))
    connection.execute(_revision.update().values(number=len(REVISIONS)))


def require_current(connection: Connection, place: Place) -> None:
    """Refuse a database whose tables are missing, older or newer; raises ConfigurationError, which says what to do."""
    done = applied(connection)
    if done is None:
        raise ConfigurationError(f"{place} lacks the proxy's own tables; create them with {MIGRATE}.")
    if done < len(REVISIONS):
        raise ConfigurationError(f"The proxy's own tables in {place} are of an older version; run {MIGRATE}.")
    require_not_newer(done, place)


def require_known(place: Place) -> None:
    """Refuse what only a newer version knows, before the log is written to; raises ConfigurationError.

    What cannot be read now is for whoever opens it to wait for, or to tell of.
    """
    if not isinstance(place, Postgres) and not place.exists():
        return
    engine = open_engine(place, LOOK_S)
    try:
        with suppress(AuditUnavailable, AuditMismatch), connected(engine, time.monotonic() + LOOK_S) as connection:
            require_not_newer(applied(connection) or 0, place)
    finally:
        engine.dispose()


def require_not_newer(done: int, place: Place) -> None:
    """Refuse what only a newer version knows; raises ConfigurationError."""
    if done > len(REVISIONS):
        raise ConfigurationError(
            f"The proxy's own tables in {place} are of a newer version; this server must be upgraded."
        )


def applied(connection: Connection) -> int | None:
    """Return how many revisions a database has; None where there never was one."""
    schema = SCHEMA if connection.dialect.name == "postgresql" else None
    if not inspect(connection).has_table("revision", schema):
        return None
    return int(connection.execute(select(_revision.c.number)).scalar_one())


def migrate_postgres(place: Postgres) -> None:
    """Create or upgrade the tables and grant their use, in one transaction, as a user who may; after the log's own.

    Raises ConfigurationError. Where the log's roles are missing, nothing is granted, as its own migration says.
    """
    engine = open_engine(place, MIGRATE_S)
    try:
        with (
            connected(engine, time.monotonic() + MIGRATE_S) as connection,
            transaction(connection, MIGRATE_S),
        ):
            connection.execute(text(f"SELECT pg_advisory_xact_lock(hashtext('{SCHEMA}'))"))
            if not connection.execute(text(f"SELECT to_regnamespace('{SCHEMA}')")).scalar():
                connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
            upgrade(connection, place)
            _grant(connection)
    except AuditMismatch:
        raise ConfigurationError(f"{place}: this user may not create or change the schema {SCHEMA}.") from None
    except AuditUnavailable as error:
        raise ConfigurationError(f"{place}: the schema {SCHEMA} cannot be made or changed ({error.reason}).") from None
    finally:
        engine.dispose()


def _grant(connection: Connection) -> None:
    there = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    if WRITER not in there:
        return
    tables = set(inspect(connection).get_table_names(SCHEMA))
    used = ", ".join(f"{SCHEMA}.{table}" for table in sorted(tables - {"revision", "api_key", "key_change"}))
    for statement in (
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {WRITER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {WRITER}",
        f"GRANT INSERT, UPDATE, DELETE ON {used} TO {WRITER}",
        f"GRANT INSERT, UPDATE (revoked) ON {SCHEMA}.api_key TO {WRITER}",
        f"GRANT UPDATE (number) ON {SCHEMA}.key_change TO {WRITER}",
    ):
        connection.execute(text(statement))
    if connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one():
        connection.execute(text(f"ALTER SCHEMA {SCHEMA} OWNER TO {OWNER}"))
        for table in sorted(tables):
            connection.execute(text(f"ALTER TABLE {SCHEMA}.{table} OWNER TO {OWNER}"))
