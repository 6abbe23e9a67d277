"""Judges the log in a backup, and makes it one that says of itself that it was restored.

A restored log goes on from its copy, and what was recorded after that is lost, or lives on elsewhere. Nobody can tell
later, so it is an incident in the log before it is anybody's log again: at every server, it stands in the way of
requests until an operator has closed it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from audit.backup.manifest import Manifest
from audit.errors import AuditMismatch, AuditUnavailable
from audit.incidents import OPENED, RESTORED
from audit.log import AuditLog
from audit.records.record import ATTEMPT, DECISION, OUTCOME, new_id
from audit.sources.exported import open_path
from audit.spool.spool import SpoolPlan
from audit.stores.sqlite import open_reader, unavailable
from audit.verification.verifier import Progress, verify_source
from audit.writer import crashed

DEADLINE_S = 30.0
LEFT_OPEN = f"""
SELECT made.dec, made.attempt FROM record AS made
WHERE made.kind IN ('{DECISION}', '{ATTEMPT}') AND made.dec IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM record AS done WHERE done.dec = made.dec AND done.attempt = made.attempt AND done.kind = '{OUTCOME}')
ORDER BY made.seq"""  # noqa: S608 - constants
"""Of all writers: of those of a log in PostgreSQL, none lives in the copy."""


def require_log(path: Path, manifest: Manifest, progress: Progress | None = None) -> None:
    """Verify all of a log, and that it ends where the manifest says; raises AuditMismatch and AuditUnavailable."""
    with closing(open_path(path)) as source:
        claim = source.claim()
        if (claim.log_id.hex(), claim.size, claim.hash.hex()) != (manifest.log_id, manifest.size, manifest.hash):
            raise AuditMismatch(f"{path} is not the log of which the manifest names the head")
        report = verify_source(source, progress=progress)
    if not report.ok:
        first = report.findings[0]
        where = "" if first.seq is None else f" at record {first.seq}"
        raise AuditMismatch(f"{path} does not verify ({first.code}{where}); see: ringfence audit verify {path}")


def declare(path: Path, keys: Path, origin: str, manifest: Manifest) -> None:
    """Open a copied log as its writer, in a folder that is the copy's alone, and record that it was restored.

    Raises AuditMismatch where keys or origin are not this log's, and AuditUnavailable.
    """
    desk = path.parent
    log = AuditLog.open(
        path, keys=keys, origin=origin, deadline_s=DEADLINE_S, spool=SpoolPlan(desk / "spool"), desk=desk
    )
    try:
        for dec, attempt in _left_open(path):
            log.append_sync(OUTCOME, crashed(dec, attempt))
        said = {"about": manifest.hash, "from_seq": manifest.size, "since": manifest.time}
        log.append_sync(OPENED, {"incident": new_id(), "what": RESTORED, **said})
    finally:
        log.close()
    if path.with_name(path.name + "-wal").exists():
        raise AuditUnavailable("locked")  # somebody reads it: what was just written is not in the file


def _left_open(path: Path) -> list[tuple[str, int]]:
    try:
        with closing(open_reader(path)) as connection:
            return connection.execute(LEFT_OPEN).fetchall()
    except sqlite3.Error as error:
        raise unavailable(error) from None
