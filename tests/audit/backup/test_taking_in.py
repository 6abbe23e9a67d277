"""A log is taken in only if all of it holds and is what the manifest names; and then it says that it was restored."""

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit import keys as key_files
from audit.access import Filters, Records
from audit.backup.copying import copy_database
from audit.backup.manifest import Manifest
from audit.backup.taking_in import declare, require_log
from audit.errors import AuditMismatch, AuditUnavailable
from audit.incidents import RESTORED, still_open
from audit.log import AuditLog
from audit.sources.source import SqliteSource
from audit.verification.verifier import verify

ORIGIN = "log.example/audit"


@dataclasses.dataclass
class Copy:
    """A log, and a copy of it in a folder of its own."""

    home: Path
    path: Path

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    def manifest(self) -> Manifest:
        with closing(SqliteSource(self.path)) as source:
            claim = source.claim()
        stamp = "2026-11-22T01:02:03.000004Z"
        return Manifest("data", claim.log_id.hex(), claim.size, claim.hash.hex(), stamp, "0.1.0", ())

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        return [record.body for record in Records(self.path).page(Filters(kind=kind), limit=1000).records]


@pytest.fixture
def copy(tmp_path: Path, open_log: Any, decision: Any) -> Copy:
    log: AuditLog = open_log()
    log.append_sync("route.decision", decision())
    made = Copy(tmp_path / "home", tmp_path / "staged" / "audit.db")
    made.path.parent.mkdir()
    copy_database(tmp_path / "home" / "audit.db", made.path)
    log.append_sync("control.tested", {"control": "later", "passed": True})
    return made


def test_a_restored_log_says_so_and_closes_what_was_open_in_the_copy(copy: Copy) -> None:
    manifest = copy.manifest()
    require_log(copy.path, manifest)
    declare(copy.path, copy.keys, ORIGIN, manifest)
    assert not copy.path.with_name("audit.db-wal").exists()
    (incident,) = still_open(Records(copy.path))
    assert (incident.body["what"], incident.body["about"]) == (RESTORED, manifest.hash)
    assert (incident.body["from_seq"], incident.body["since"]) == (manifest.size, manifest.time)
    assert [body["status"] for body in copy.bodies("route.outcome")] == ["unknown_after_crash"]
    assert verify(copy.path).ok


def test_attempts_of_every_writer_are_closed_not_only_of_the_last(copy: Copy, decision: Any) -> None:
    def open_as_another(name: str) -> AuditLog:
        return AuditLog.open(copy.path, keys=copy.keys, origin=ORIGIN, deadline_s=5, desk=copy.path.with_name(name))

    # as several writers of a log in PostgreSQL leave it: one starts after what another one has open
    first = open_as_another("one")
    made = first.append_sync("route.decision", decision())
    body = next(body for body in copy.bodies("writer.start"))
    first.append_sync("writer.start", {"version": body["version"]})
    first._lock.release()  # it dies
    copy_database(copy.path, copy.path.with_name("later.db"))
    later = dataclasses.replace(copy, path=copy.path.with_name("later.db"))
    declare(later.path, later.keys, ORIGIN, later.manifest())
    assert made.id in {body["dec"] for body in later.bodies("route.outcome")}
    first.close()


def test_a_log_with_another_head_than_the_manifest_says_is_refused(copy: Copy) -> None:
    named = copy.manifest()
    for changes in ({"size": named.size + 1}, {"hash": "0" * 64}, {"log_id": "0" * 32}):
        with pytest.raises(AuditMismatch, match="not the log of which the manifest names the head"):
            require_log(copy.path, dataclasses.replace(named, **changes))


def test_a_log_that_does_not_verify_is_refused_by_its_first_finding(copy: Copy, forge: Any) -> None:
    forger = forge(copy.path)
    forger.salt(1)
    forger.save()
    with pytest.raises(AuditMismatch, match=r"does not verify \(BODY_HASH at record 1\)"):
        require_log(copy.path, copy.manifest())


def test_keys_or_an_origin_that_are_not_this_logs_are_refused_and_nothing_is_written(
    copy: Copy, tmp_path: Path
) -> None:
    key_files.create(tmp_path / "other", ORIGIN)
    key_files.finish(tmp_path / "other")
    before = copy.manifest()
    with pytest.raises(AuditMismatch, match="not the one that the log's genesis names"):
        declare(copy.path, tmp_path / "other", ORIGIN, before)
    with pytest.raises(AuditMismatch, match="another origin"):
        declare(copy.path, copy.keys, "log.example/other", before)
    assert copy.manifest() == before


def test_a_copy_that_somebody_reads_is_not_handed_on_without_what_was_just_written(copy: Copy) -> None:
    manifest = copy.manifest()
    with closing(AuditLog.open(copy.path, keys=copy.keys, origin=ORIGIN, deadline_s=5, desk=copy.path.parent)):
        pass
    with closing(SqliteSource(copy.path)) as reader:
        reader._connection.execute("BEGIN")
        reader._connection.execute("SELECT * FROM head").fetchall()
        with pytest.raises(AuditUnavailable):
            declare(copy.path, copy.keys, ORIGIN, manifest)
