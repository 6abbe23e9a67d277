"""Where API keys are kept: `state.db` of the one server on a file, or a table for all servers of a log in PostgreSQL.

Keys are added and revoked, and never taken away. Where servers share them, a number counts the changes, so that each
of them sees with one small query whether there was one, and its row is the lock behind which they are made.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, select

from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Place, Postgres
from proxy.errors import ConfigurationError
from proxy.place import audit_place
from proxy.settings import Settings
from proxy.state.database import StateUnavailable
from proxy.state.engines import connected, open_engine, transaction
from proxy.state.schema import require_current

FILE = "state.db"
OPEN_S = 10.0
CHANGE_S = 10.0
"""A server that vanished while it changed keys holds up the others for no longer."""
MIGRATIONS = (
    """CREATE TABLE api_key (
         id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, app TEXT NOT NULL, team TEXT NOT NULL, role TEXT NOT NULL,
         created TEXT NOT NULL, expires TEXT, revoked TEXT) STRICT""",
)
"""Of the file, applied in order; `PRAGMA user_version` counts those that were. `schema` has the shared table."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One row of `api_key`; times are RFC 3339 in UTC."""

    id: str
    hash: bytes
    app: str
    team: str
    role: str
    created: str
    expires: str | None = None
    revoked: str | None = None

    def public(self) -> dict[str, str]:
        """Return what may be shown and recorded: everything but the hash, and nothing that is absent."""
        return {name: value for name, value in asdict(self).items() if name != "hash" and value is not None}


_keys = Table("api_key", MetaData(), *(Column(field.name) for field in fields(ApiKey)))
_change = Table("key_change", MetaData(), Column("number", BigInteger), Column("since", BigInteger))


def keys_place(settings: Settings) -> Place:
    """Return where the keys of a server with these settings are; raises ConfigurationError."""
    place = audit_place(settings)
    return place if isinstance(place, Postgres) else settings.home / FILE


class KeyRows:
    """The rows of one database. Blocking, and safe to call from any thread; raises StateUnavailable."""

    def __init__(self, place: Place, deadline_s: float) -> None:
        """Open a database, or create a file, and bring that to the current version; raises ConfigurationError."""
        self.shared = isinstance(place, Postgres)
        self._deadline_s = deadline_s
        if not isinstance(place, Postgres):
            _migrate(place)
        self._engine = open_engine(place, deadline_s)
        try:
            if isinstance(place, Postgres):
                with self.connected(OPEN_S) as connection:
                    require_current(connection, place)
        except BaseException:
            self._engine.dispose()
            raise

    @contextmanager
    def connected(self, within_s: float = 0.0) -> Iterator[Connection]:
        """Lend a connection, each statement of which is a transaction."""
        try:
            with connected(self._engine, time.monotonic() + (within_s or self._deadline_s)) as connection:
                yield connection
        except AuditUnavailable as error:
            raise StateUnavailable(error.reason) from None
        except AuditMismatch as error:
            raise ConfigurationError(f"The API keys cannot be used: {error}.") from None

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """Lend a connection in a transaction that no other may change keys beside."""
        limit_s = max(CHANGE_S, 2 * self._deadline_s)
        with self.connected(limit_s + self._deadline_s) as connection, transaction(connection, limit_s):
            if self.shared:
                connection.execute(_change.update().values(number=_change.c.number + 1))
            yield connection

    def number(self, connection: Connection) -> int:
        """Count the changes; those of a file are known to its one server anyway."""
        return int(connection.execute(select(_change.c.number)).scalar_one()) if self.shared else 0

    def since(self) -> int:
        """Return from which record of the log on grants are of these keys: before, each server had keys of its own."""
        if not self.shared:
            return 0
        with self.connected() as connection:
            return int(connection.execute(select(_change.c.since)).scalar_one())

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()


def every(connection: Connection) -> list[ApiKey]:
    """Return every key that ever was, oldest first."""
    rows = connection.execute(select(_keys).order_by(_keys.c.created, _keys.c.id))
    return [ApiKey(*row) for row in rows]


def insert(connection: Connection, row: ApiKey) -> None:
    """Store a key."""
    connection.execute(_keys.insert().values(asdict(row)))


def revoke(connection: Connection, key_id: str, moment: str) -> None:
    """Store a revocation; the first one stands."""
    connection.execute(_keys.update().where(_keys.c.id == key_id, _keys.c.revoked.is_(None)).values(revoked=moment))


def _migrate(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise ConfigurationError(
                    f"The API keys in {path} were written by a newer version; this server must be upgraded."
                )
            path.chmod(0o600)
            connection.execute("PRAGMA journal_mode=WAL")
            for number, statement in enumerate(MIGRATIONS[version:], start=version + 1):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(statement)
                connection.execute(f"PRAGMA user_version={number}")
                connection.execute("COMMIT")
    except sqlite3.Error:
        what = "it cannot be read or written, or is damaged; restore it, or move it away and make new keys"
        raise ConfigurationError(f"The API keys in {path} cannot be opened: {what}.") from None
