"""Brings the API keys of a home's own file to where the servers of a shared log keep theirs, once.

Before keys were shared, each server of a log in PostgreSQL had keys of its own; and a log on a file may have had keys
before the server moved to PostgreSQL. What the file or the log says is revoked, comes revoked. Each key that works from
then on at every server is recorded as granted, first. A crash leaves the file where it is, and the next start goes on.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from audit.errors import RecordRefused
from audit.log import AuditLog
from proxy.errors import ConfigurationError
from proxy.identity import KeyStore
from proxy.state.keys import ApiKey

ACTOR = {"kind": "system", "id": "carry-over", "app": "ringfence", "team": "ringfence", "auth_strength": "in_memory"}
TOGETHER = 100
"""Keys that are carried over behind one lock, which others wait for."""
DONE = ".carried-over"


def carry_over(audit: AuditLog, keys: KeyStore, path: Path, revoked: Collection[str]) -> None:
    """Carry over what is in a file, if there is one, and put it aside; `revoked` are those that the log says are.

    Processes that share the home, and other servers, may do the same at once. Raises what KeyStore and AuditLog do.
    """
    if not keys.shared or not path.exists():
        return
    with keys.changing():  # with it, the file is looked at or put aside by one process
        found = _rows(path) if path.exists() else []
    for rows in _pieces(found):
        with keys.changing():
            there = {row.id: row for row in keys.rows()}
            for row in rows:
                try:
                    _carry(audit, keys, row, there.get(row.id), gone=row.id in revoked)
                except RecordRefused:
                    what = f"the key {row.id} is damaged; restore the file, or move it away and make new keys"
                    raise ConfigurationError(f"The API keys in {path} cannot be carried over: {what}.") from None
    with keys.changing(), suppress(FileNotFoundError):
        path.rename(path.with_name(path.name + DONE))


def recorded(row: ApiKey) -> dict[str, str]:
    """Return what records hold of a key."""
    public = row.public()
    return {name: public[name] for name in ("id", "app", "team", "role", "expires") if name in public}


def _carry(audit: AuditLog, keys: KeyStore, row: ApiKey, there: ApiKey | None, *, gone: bool) -> None:
    if there is None:
        if row.revoked is None and not gone:
            audit.append_sync("access.granted", {"actor": ACTOR, "key": recorded(row)})
        keys.add(row)
        if gone:
            keys.revoke(row.id)
    elif row.revoked is not None and there.revoked is None:
        audit.append_sync("access.revoked", {"actor": ACTOR, "key": recorded(row)})
        keys.revoke(row.id)


def _rows(path: Path) -> list[ApiKey]:
    store = KeyStore(path)
    try:
        return store.rows()
    finally:
        store.close()


def _pieces(rows: Sequence[ApiKey]) -> Iterator[Sequence[ApiKey]]:
    for at in range(0, len(rows), TOGETHER):
        yield rows[at : at + TOGETHER]
