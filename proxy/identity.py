"""Who calls: API keys, kept as hashes.

A key is 256 random bits, so a plain SHA-256 is enough to keep it: there is nothing to guess. It is shown once, at
creation, and is in no log. The audit record of a grant or revocation is written first and the state second;
`Admin.repair` settles at the next start, of any server that shares the keys, what a crash left in between.
"""

import hashlib
import hmac
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Connection

from audit.place import Place
from proxy.errors import RequestRefused
from proxy.policy.model import Identity
from proxy.state.database import StateUnavailable
from proxy.state.keys import ApiKey, KeyRows, every, insert, revoke

log = logging.getLogger(__name__)

KEY_PREFIX = "rf-"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
CANARY_APP = "ringfence-canary"
"""The app of `proxy.canary` in records, which no key may have."""
LOOK_S = 1.0
"""How soon a change that another server made is seen here; and as much as a query takes."""
BLIND_S = 30.0


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


@dataclass(frozen=True, slots=True)
class _Mirror:
    """The keys after so many changes."""

    number: int
    by_hash: Mapping[bytes, ApiKey]


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
    """All keys, mirrored in memory: to authenticate takes no I/O. Safe to call from any thread.

    Of a file, this process is the only writer. Where servers share the keys, `watch` keeps the mirror up to date. One
    that could not for `BLIND_S` lets nobody in, since it may have missed a revocation, while there is a log to write.
    """

    def __init__(self, place: Place, deadline_s: float = 2.0, log_away: Callable[[], object] = lambda: None) -> None:
        """Open the keys; an operation on a database may take `deadline_s`, in seconds.

        While `log_away` says something, nothing leaves for vendors, and whoever is to open or use the spool needs a
        key: then those that were seen last stand. Raises ConfigurationError, and StateUnavailable where it may pass.
        """
        self._rows = KeyRows(place, deadline_s)
        self.shared = self._rows.shared
        self._log_away = log_away
        self._mirror = _Mirror(-1, {})
        self._swapping = threading.Lock()
        """Held over a look at the mirror and its exchange: an older reading never takes the place of a newer one."""
        self._alone = threading.RLock()
        """Held over a change, as the database's lock is among servers."""
        self._open: Connection | None = None
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None
        self._seen = 0.0
        try:
            self.refresh()
        except BaseException:
            self._rows.close()
            raise

    def authenticate(self, secret: str) -> Caller | None:
        """Return the caller that the secret belongs to, or None when it is unknown, expired or revoked.

        Raises StateUnavailable where nobody can tell any more.
        """
        if self.not_ready() is not None:
            raise StateUnavailable("unreachable")
        digest = _hash(secret)
        row = self._mirror.by_hash.get(digest)
        if row is None or not hmac.compare_digest(row.hash, digest) or row.revoked or row.app == CANARY_APP:
            return None
        if row.expires and row.expires <= _stamp(datetime.now(UTC)):
            return None
        return Caller(row.id, row.app, row.team, Role(row.role))

    def not_ready(self) -> str | None:
        """Say why nobody is let in; None while callers are."""
        if self._watcher is None or time.monotonic() - self._seen <= BLIND_S or self._log_away():
            return None
        return "the API keys were not seen for too long"

    def rows(self) -> list[ApiKey]:
        """Every key that ever was, oldest first, as the database has them."""
        self.refresh()
        return list(self._mirror.by_hash.values())

    def find(self, key_id: str) -> ApiKey:
        """Return the row of a key id; raises RequestRefused when there is none."""
        for row in self.rows():
            if row.id == key_id:
                return row
        raise RequestRefused(
            "There is no key with this id; `ringfence key list` shows all.", status=404, code="unknown_key"
        )

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """Let nobody else change keys until the block ends, at no server: else what one repairs another is just doing.

        What is added and revoked in it is durable at its end, and counts from then on; or nothing of it is.
        """
        with self._alone:
            if self._open is not None:
                yield self._open
                return
            at = time.monotonic()
            with self._rows.changing() as connection:
                self._open = connection
                try:
                    yield connection
                finally:
                    self._open = None
                mirror = self._read(connection)
            with self._swapping:
                self._mirror = mirror
            self._seen = max(self._seen, at)

    def add(self, row: ApiKey) -> None:
        """Store a key whose `access.granted` record is durable."""
        with self.changing() as connection:
            insert(connection, row)

    def revoke(self, key_id: str) -> None:
        """Store a revocation whose `access.revoked` record is durable. Revoking twice changes nothing."""
        with self.changing() as connection:
            revoke(connection, key_id, _stamp(datetime.now(UTC)))

    def unsettled(
        self, granted: Iterable[Mapping[str, Any]], revoked: Iterable[str]
    ) -> tuple[list[str], list[dict[str, str]]]:
        """Return the ids whose recorded revocation never reached the rows, and the recorded keys that never did.

        Such a key was never shown to anybody, so nobody can miss it.
        """
        gone, rows = set(revoked), {row.id: row for row in self.rows()}
        lost = [dict(key) for key in granted if key["id"] not in rows and key["id"] not in gone]
        return sorted(key_id for key_id in gone & rows.keys() if rows[key_id].revoked is None), lost

    def since(self) -> int:
        """Return the first record of the log that may grant one of these keys."""
        return self._rows.since()

    def refresh(self, *, whole: bool = False) -> None:
        """Take up what other servers changed; all of it if `whole`, whatever their count of changes says."""
        before, at = self._mirror, time.monotonic()
        if before.number >= 0 and not self.shared:
            return
        with self._rows.connected() as connection:
            known = not whole and self._rows.number(connection) == before.number
            mirror = before if known else self._read(connection)
        with self._swapping:
            self._mirror = mirror if self._mirror is before else self._mirror
        self._seen = max(self._seen, at)

    def watch(self) -> None:
        """Begin to look for changes of other servers, where there can be any, every `LOOK_S`."""
        if self.shared:
            self._watcher = threading.Thread(target=self._watch, name="keys", daemon=True)
            self._watcher.start()

    def close(self) -> None:
        """End looking, and release the database."""
        self._ended.set()
        if self._watcher is not None:
            self._watcher.join(LOOK_S)  # it may wait for a database that hangs
        self._rows.close()

    def _watch(self) -> None:
        whole = False
        while not self._ended.wait(LOOK_S):
            try:
                self.refresh(whole=whole)
                whole = False
            except Exception as error:  # noqa: BLE001 - whatever it is, it may pass; if not, nobody is let in
                if not whole:
                    log.warning("the API keys cannot be read now: %s", type(error).__name__)
                whole = True

    def _read(self, connection: Connection) -> _Mirror:
        number = self._rows.number(connection)  # first: what changes after it is looked for again
        return _Mirror(number, {row.hash: row for row in every(connection)})


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
