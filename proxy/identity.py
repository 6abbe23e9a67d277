"""Who calls: API keys, kept as hashes in `state.db`.

A key is 256 random bits, so a plain SHA-256 is enough to keep it: there is nothing to guess. It is shown once, at
creation, and is in no log. The audit record of a grant or revocation is written first and the state second;
`KeyStore.repair` settles at the next start what a crash left in between.
"""

import hashlib
import hmac
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, event
from sqlmodel import Field, Session, SQLModel, create_engine, select

from proxy.errors import ConfigurationError, RequestRefused
from proxy.policy.model import Identity

KEY_PREFIX = "rf-"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
CANARY_APP = "ringfence-canary"
"""The app of `proxy.canary` in records, which no key may have."""
MIGRATIONS = (
    """CREATE TABLE api_key (
         id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, app TEXT NOT NULL, team TEXT NOT NULL, role TEXT NOT NULL,
         created TEXT NOT NULL, expires TEXT, revoked TEXT) STRICT""",
)
"""Applied in order; `PRAGMA user_version` counts those that were."""


class Role(StrEnum):
    """What a key may do: ask models, read the audit log, manage policies, or manage keys."""

    APP = "app"
    AUDITOR = "auditor"
    SECURITY = "security"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. The team is the tenant that caches, fingerprints and limits never cross."""

    key_id: str
    app: str
    team: str
    role: Role
    kind: str = "api_key"
    strength: str = "bearer"

    @property
    def identity(self) -> Identity:
        """Return what policies know of it."""
        return Identity(self.team, self.app, self.key_id)

    @property
    def actor(self) -> dict[str, str]:
        """Return the `actor` object of an audit record."""
        return {
            "kind": self.kind,
            "id": self.key_id,
            "app": self.app,
            "team": self.team,
            "auth_strength": self.strength,
        }


class Keys(Protocol):
    """What knows secrets."""

    def authenticate(self, secret: str) -> Caller | None:
        """Return the caller that a secret belongs to, or None when it is unknown, expired or revoked."""


class ApiKey(SQLModel, table=True):
    """One row of `api_key`; times are RFC 3339 in UTC."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    hash: bytes
    app: str
    team: str
    role: str
    created: str
    expires: str | None = None
    revoked: str | None = None

    def public(self) -> dict[str, str]:
        """Return what may be shown and recorded: everything but the hash, and nothing that is absent."""
        shown = self.model_dump(exclude={"hash"}, exclude_none=True)
        return {name: str(value) for name, value in shown.items()}


def new_key(app: str, team: str, role: Role, expires: datetime | None) -> tuple[str, ApiKey]:
    """Make a key: the secret, to be shown once, and the row to store; raises RequestRefused for unusable names."""
    for label, name in (("app", app), ("team", team)):
        if not NAME.fullmatch(name):
            raise RequestRefused(
                f"--{label} must be 1 to 64 of a-z, 0-9, '.', '_', '-', starting with a letter or digit.", param=label
            )
    if app == CANARY_APP:
        raise RequestRefused("--app is a name that Ringfence itself uses in records.", param="app")
    if expires is not None and expires <= datetime.now(UTC):
        raise RequestRefused("--expires is in the past.", param="expires")
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        id=f"ak_{secrets.token_hex(8)}",
        hash=_hash(secret),
        app=app,
        team=team,
        role=role.value,
        created=_stamp(datetime.now(UTC)),
        expires=_stamp(expires) if expires else None,
    )
    return secret, row


class KeyStore:
    """The rows of `state.db`, mirrored in memory: the process that holds the audit lock is their only writer."""

    def __init__(self, path: Path) -> None:
        """Open or create the database and bring it to the current version; raises ConfigurationError."""
        try:
            _migrate(path)
        except sqlite3.Error:
            what = "it cannot be read or written, or is damaged; restore it, or move it away and make new keys"
            raise ConfigurationError(f"The API keys in {path} cannot be opened: {what}.") from None
        self._engine = _engine(path)
        self._by_hash: dict[bytes, ApiKey] = {}
        self._changing = threading.Lock()
        """Held over a change and the reading of its result: else an older reading could bring a revoked key back."""
        self._load()

    def authenticate(self, secret: str) -> Caller | None:
        """Return the caller that the secret belongs to, or None when it is unknown, expired or revoked."""
        digest = _hash(secret)
        row = self._by_hash.get(digest)
        if row is None or not hmac.compare_digest(row.hash, digest) or row.revoked or row.app == CANARY_APP:
            return None
        if row.expires and row.expires <= _stamp(datetime.now(UTC)):
            return None
        return Caller(row.id, row.app, row.team, Role(row.role))

    def rows(self) -> list[ApiKey]:
        """Every key that ever was, oldest first."""
        return sorted(self._by_hash.values(), key=lambda row: (row.created, row.id))

    def find(self, key_id: str) -> ApiKey:
        """Return the row of a key id; raises RequestRefused when there is none."""
        for row in self._by_hash.values():
            if row.id == key_id:
                return row
        raise RequestRefused(
            "There is no key with this id; `ringfence key list` shows all.", status=404, code="unknown_key"
        )

    def add(self, row: ApiKey) -> None:
        """Store a key whose `access.granted` record is durable."""
        with self._changing:
            with Session(self._engine) as session:
                session.add(row)
                session.commit()
            self._load()

    def revoke(self, key_id: str) -> None:
        """Store a revocation whose `access.revoked` record is durable. Revoking twice changes nothing."""
        with self._changing:
            with Session(self._engine) as session:
                row = session.get(ApiKey, key_id)
                if row is not None and row.revoked is None:
                    row.revoked = _stamp(datetime.now(UTC))
                    session.add(row)
                    session.commit()
            self._load()

    def repair(self, granted: Iterable[Mapping[str, Any]], revoked: Iterable[str]) -> list[dict[str, str]]:
        """Apply recorded revocations; return the granted keys that never reached the state, to be recorded as revoked.

        Such a key was never shown to anybody, so nobody can miss it.
        """
        gone = set(revoked)
        for row in self.rows():
            if row.id in gone and row.revoked is None:
                self.revoke(row.id)
        present = {row.id for row in self.rows()}
        return [dict(key) for key in granted if key["id"] not in present and key["id"] not in gone]

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    def _load(self) -> None:
        with Session(self._engine, expire_on_commit=False) as session:
            rows = session.exec(select(ApiKey)).all()
            session.expunge_all()
        self._by_hash = {row.hash: row for row in rows}


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _migrate(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        path.chmod(0o600)
        connection.execute("PRAGMA journal_mode=WAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for number, statement in enumerate(MIGRATIONS[version:], start=version + 1):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
            connection.execute("COMMIT")


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def durable(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA synchronous=FULL")

    return engine
