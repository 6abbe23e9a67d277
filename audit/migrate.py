"""Brings the store's schema to this code's revision, and refuses a store that is newer than the code."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

from audit.errors import AuditMismatch


def migrate_sqlite(path: Path) -> None:
    """Create or upgrade the schema. The caller holds the log's lock, so nobody else writes."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver would commit each CREATE by itself; an explicit transaction keeps a revision whole.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == newest:
            return
        connection.rollback()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if current is not None and current not in known:
            raise AuditMismatch(f"{path} was written by a newer version")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
