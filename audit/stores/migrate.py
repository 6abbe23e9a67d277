"""Brings a store's schema to this code's revision, and refuses a store that is newer than the code.

A SQLite file is migrated by whoever opens it under the log's lock. A PostgreSQL database is migrated by a person with
`ringfence audit migrate`, as the owner of the schema; a server only checks it. SQLAlchemy and Alembic, which take half
a second to import, are imported only where there is something to do.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.errors import InsufficientPrivilege, UndefinedTable

from audit.errors import AuditMismatch
from audit.place import Place, Postgres
from audit.records.introduced import KINDS, missing
from audit.stores.postgres import SCHEMA, Bounded, connect, unavailable
from audit.stores.sqlite import unavailable as sqlite_unavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

CONNECT_S = 10.0
FOLDER = Path(__file__).parent / "migrations"


def migrate_sqlite(path: Path) -> None:
    """Create or upgrade the schema; raises AuditUnavailable. The caller holds the log's lock: nobody else writes."""
    if _is_current(path):
        return
    from sqlalchemy import create_engine, event  # noqa: PLC0415 - see above, here and below
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    def open_file() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    engine = create_engine("sqlite://", creator=open_file, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: "Connection") -> None:
        # The driver would commit each CREATE by itself; an explicit transaction keeps a revision whole.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.connect() as connection:
            _upgrade(connection, path, None)
    except DBAPIError as error:
        raise sqlite_unavailable(error.orig if isinstance(error.orig, sqlite3.Error) else sqlite3.Error()) from error


def migrate_postgres(place: Postgres) -> list[str]:
    """Create or upgrade the schema and its roles, all in one transaction; return what a person should know of it.

    Raises AuditMismatch when the user may not, AuditUnavailable when the server does not answer.
    """
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    from audit.stores import roles  # noqa: PLC0415

    def open_database() -> Bounded:
        connection = connect(place, CONNECT_S, autocommit=False)
        connection.due = float("inf")
        return connection

    engine = create_engine("postgresql+psycopg://", creator=open_database, poolclass=NullPool, use_native_hstore=False)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock(hashtext('{SCHEMA}'))")
            if not connection.exec_driver_sql(f"SELECT to_regnamespace('{SCHEMA}')").scalar():
                connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
            _upgrade(connection, place, SCHEMA)
            said = roles.arrange(connection)
            connection.commit()
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise AuditMismatch(f"{place}: this user may not create or change the schema {SCHEMA}") from None
        raise unavailable(error.orig if isinstance(error.orig, psycopg.Error) else psycopg.Error()) from None
    return said


def require_current(place: Postgres, within_s: float) -> None:
    """Refuse a database whose schema is missing, older or newer; raises AuditMismatch, which says what to do."""
    query = f"SELECT version_num FROM {SCHEMA}.alembic_version"  # noqa: S608 - a constant
    with connect(place, within_s) as connection:
        try:
            row = connection.execute(query).fetchone()
        except UndefinedTable:
            row = None
        except InsufficientPrivilege:
            raise AuditMismatch(f"{place}: this user may not use the log; GRANT ringfence_writer to it") from None
        except psycopg.Error as error:
            raise unavailable(error) from None
    *older, newest = revisions(SCHEMA)
    if row is None:
        raise AuditMismatch(f"{place} holds no audit log; create it with `ringfence audit migrate`")
    if row[0] == newest:
        return
    if row[0] in older:
        raise AuditMismatch(f"{place} was written by an older version; upgrade it with `ringfence audit migrate`")
    raise AuditMismatch(f"{place} was written by a newer version; this server must be upgraded")


def revisions(schema: str | None) -> list[str]:
    """Return what this code knows, oldest first: files are named by revisions, those of SQLite (None) after r."""
    return sorted(path.name.partition("_")[0].removeprefix("r") for path in _versions(schema).glob("[pr]*_*.py"))


def _is_current(path: Path) -> bool:
    """Whether a file says the newest revision, as it does at nearly every start; anything else is looked at later."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(revisions(None)[-1],)]
    except sqlite3.Error:
        return False


def _upgrade(connection: "Connection", place: Place, schema: str | None) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = _config(schema)
    scripts = ScriptDirectory.from_config(config)
    context = MigrationContext.configure(connection, opts={"version_table_schema": schema})
    current = context.get_current_revision()
    if current == scripts.get_current_head():
        return
    if schema is None:
        connection.rollback()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise AuditMismatch(f"{place} was written by a newer version")
    if current is not None:
        _require_known(connection, f"{schema}." if schema else "")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if schema is None:
        connection.commit()


def _require_known(connection: "Connection", prefix: str) -> None:
    """Refuse a log that this version cannot go on with before its schema is changed: the version that can still may."""
    query = f"SELECT body FROM {prefix}record WHERE kind = '%s' ORDER BY seq"  # noqa: S608 - constants
    begun, introduced = (connection.exec_driver_sql(query % kind).scalars().all() for kind in KINDS)
    if begun:
        missing(begun[0], introduced)


def _versions(schema: str | None) -> Path:
    return FOLDER / ("versions" if schema is None else "versions_postgres")


def _config(schema: str | None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(_versions(schema)))
    config.attributes["schema"] = schema
    return config
