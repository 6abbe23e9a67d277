"""Spooled records come into the log in order, once, and before anything else; what is damaged is kept aside."""

import asyncio
import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from audit.clock import boot_s
from audit.errors import AuditUnavailable
from audit.jobs import Receipt, Spooled
from audit.keys import load
from audit.log import AuditLog
from audit.records.canonical import encode
from audit.records.draft import draft
from audit.records.record import new_id
from audit.spool import imports as spool_import
from audit.spool.file import SpoolFile, spool_key
from audit.spool.spool import SpoolPlan
from audit.stores.store_sqlite import SqliteStore
from audit.verification.verifier import verify

ORIGIN = "log.example/audit"
OpenSpooling = Callable[..., AuditLog]


@pytest.fixture
def spooling(tmp_path: Path) -> Iterator[OpenSpooling]:
    """Open a log that spools, again and again; what a test leaves open is closed."""
    opened: list[AuditLog] = []

    def make(*, always: bool = True, home: Path = tmp_path / "home") -> AuditLog:
        plan = SpoolPlan(home / "spool", always)
        log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=2.0, spool=plan)
        opened.append(log)
        return log

    yield make
    for log in opened:
        log.close()


@contextmanager
def down(log: AuditLog) -> Iterator[None]:
    """Let the store refuse every commit."""
    with pytest.MonkeyPatch.context() as patch:

        def refuse(_: object) -> None:
            raise AuditUnavailable("full")

        patch.setattr(log._store, "commit", refuse)
        with pytest.raises(AuditUnavailable):
            log.append_sync("writer.heartbeat", {"records": 1})
        yield


def until_imported(log: AuditLog, limit_s: float = 10.0) -> None:
    end = time.monotonic() + limit_s
    while log.spool.pending or log.not_ready() is not None:
        assert time.monotonic() < end, log.not_ready()
        time.sleep(0.01)


def put(log: AuditLog, kind: str, body: dict[str, Any], **more: Any) -> Receipt | Spooled:
    return asyncio.run(log.append_or_spool(kind, body, **more))


def records(log: AuditLog) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(log.place)) as connection:
        return [json.loads(body) for (body,) in connection.execute("SELECT body FROM record ORDER BY seq")]


def kinds(log: AuditLog, since: str = "writer.start") -> list[str]:
    made = [record["kind"] for record in records(log)]
    return made[len(made) - made[::-1].index(since) :]


def die(log: AuditLog, home: Path) -> None:
    """End as kill -9 does: nothing more is written, and the files stay as they are."""
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    log.close()
    shutil.rmtree(home)
    copy.rename(home)


def test_what_was_spooled_is_in_the_log_under_its_id_and_its_time_before_what_came_after(
    spooling: OpenSpooling, decision: Any, outcome: Any
) -> None:
    log = spooling()
    with down(log):
        first = put(log, "route.decision", decision())
        closed = put(log, "route.outcome", outcome(first.id))
        second = put(log, "route.decision", decision())
        assert isinstance(first, Spooled)
        made = log.confirmed(first.id)
        assert log.committed(first.id) is None
    after = log.append_sync("route.outcome", outcome(second.id))
    assert not log.spool.pending
    assert list(log.spool._plan.folder.glob("spool-*")) == []
    found = {record["id"]: record for record in records(log)}
    assert list(found)[-7:-4] == [first.id, closed.id, second.id]
    *_, opened, ended, imported, last = records(log)
    assert last["id"] == after.id
    assert (opened["what"], opened["since"]) == ("store_gap", imported["since"])
    assert (ended["incident"], ended["how"]) == (opened["incident"], "spool_imported")
    account = {name: imported[name] for name in ("count", "first", "last", "whole")}
    assert account == {"count": 3, "first": first.id, "last": second.id, "whole": True}
    assert made is not None
    assert {**made, "w": 0} == {**found[first.id], "w": 0}
    assert found[first.id]["w"]["epoch"] == last["w"]["epoch"]
    log.close()
    assert verify(log.place).ok


def test_it_is_imported_without_any_traffic(spooling: OpenSpooling, decision: Any) -> None:
    log = spooling()
    with down(log):
        put(log, "route.decision", decision())
    until_imported(log)
    assert "spool.imported" in kinds(log)


def test_nothing_is_spooled_while_the_log_takes_records_or_where_that_is_not_allowed(
    spooling: OpenSpooling, decision: Any, tmp_path: Path
) -> None:
    log = spooling()
    assert isinstance(put(log, "route.decision", decision()), Receipt)
    closed = spooling(always=False, home=tmp_path / "other")
    with down(closed), pytest.raises(AuditUnavailable, match="full"):
        put(closed, "route.decision", decision())
    assert not (tmp_path / "other" / "spool").exists()


def test_a_file_of_many_batches_comes_whole_and_in_order(
    spooling: OpenSpooling, decision: Any, outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_import, "BATCH", 4)
    log = spooling()
    with down(log):
        made = [put(log, "route.decision", decision()).id for _ in range(11)]
    until_imported(log)
    assert [record["id"] for record in records(log) if record["kind"] == "route.decision"] == made
    log.close()
    assert verify(log.place).ok


def test_a_record_that_is_spooled_while_the_log_is_idle_and_well_is_imported_at_once(
    spooling: OpenSpooling, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = spooling()
    with monkeypatch.context() as patch:

        async def late(*_: object, **__: object) -> Receipt:
            raise AuditUnavailable("deadline")

        patch.setattr(log, "append", late)
        assert isinstance(put(log, "route.decision", decision()), Spooled)
    until_imported(log, 4.0)
    assert "spool.imported" in kinds(log)


def test_what_is_spooled_while_the_first_records_are_on_their_way_into_the_log_is_imported_too(
    spooling: OpenSpooling, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, made = spooling(), []
    with down(log):
        made.append(put(log, "route.decision", decision()).id)
        seal = log.spool.seal

        def late(part: Any) -> None:
            monkeypatch.undo()
            record = draft("route.decision", decision(), None, log.clock)
            made.append(log.spool.add(record, "full").id)
            seal(part)

        monkeypatch.setattr(log.spool, "seal", late)
    until_imported(log)
    assert [record["id"] for record in records(log) if record["kind"] == "route.decision"] == made


def test_a_file_of_which_nothing_reached_the_disk_is_removed_and_never_in_the_way(
    spooling: OpenSpooling, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = spooling()
    with down(log), monkeypatch.context() as patch:
        sync, calls = os.fsync, []

        def failing(number: int) -> None:
            calls.append(number)
            if len(calls) == 3:
                raise OSError(5, "the header and its folder were synced, the first record was not")
            sync(number)

        patch.setattr("audit.spool.file.os.fsync", failing)
        with pytest.raises(AuditUnavailable):
            put(log, "route.decision", decision())
        made = put(log, "route.decision", decision())
    until_imported(log)
    assert [record["id"] for record in records(log) if record["kind"] == "route.decision"] == [made.id]
    assert [record["kind"] for record in records(log)].count("spool.imported") == 1


@pytest.mark.parametrize("commits", range(6))
def test_an_import_that_is_cut_off_after_any_commit_is_begun_again_and_nothing_is_there_twice(
    commits: int, spooling: OpenSpooling, decision: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spool_import, "BATCH", 2)
    log = spooling()
    with down(log):
        made = [put(log, "route.decision", decision()).id for _ in range(5)]
        closed = [put(log, "route.outcome", {"dec": name, "attempt": 1, "status": "ok"}).id for name in made[:2]]
        die(log, tmp_path / "home")
    left = [commits]

    with monkeypatch.context() as patch:
        commit = SqliteStore.commit

        def counting(self: SqliteStore, rows: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise AuditUnavailable("io")
            return commit(self, rows)

        patch.setattr(SqliteStore, "commit", counting)
        with suppress(AuditUnavailable):
            spooling().close()
    again = spooling()
    found = records(again)
    routed = [record["id"] for record in found if record["kind"] in {"route.decision", "route.outcome"}]
    assert routed[:7] == [*made, *closed]
    lost = [record["dec"] for record in found if record.get("status") == "unknown_after_crash"]
    assert lost == made[2:], "once each, whatever was cut off"
    assert [record["kind"] for record in found].count("spool.imported") == 1
    again.close()
    assert verify(again.place).ok
    assert not again.spool.pending


def test_a_decision_of_the_log_whose_outcome_is_in_the_spool_is_not_closed_as_lost(
    spooling: OpenSpooling, decision: Any, outcome: Any, tmp_path: Path
) -> None:
    log = spooling()
    dec = put(log, "route.decision", decision())
    other = put(log, "route.decision", decision())
    with down(log):
        put(log, "route.outcome", outcome(dec.id))
        die(log, tmp_path / "home")
    again = spooling()
    closed = {record["dec"]: record["status"] for record in records(again) if record["kind"] == "route.outcome"}
    assert closed == {dec.id: "ok", other.id: "unknown_after_crash"}


def test_a_record_that_became_durable_in_the_log_after_all_is_not_imported_again(
    spooling: OpenSpooling, decision: Any, outcome: Any
) -> None:
    log = spooling()
    dec = put(log, "route.decision", decision())
    record = draft("route.outcome", outcome(dec.id), None, log.clock)
    asyncio.run(log.append("route.outcome", outcome(dec.id), id=record["id"]))
    log.spool.add(record, "deadline")
    log._writer.nudge()
    until_imported(log)
    assert [made["kind"] for made in records(log)].count("route.outcome") == 1


def test_while_the_log_takes_no_decisions_but_writes_the_spool_is_held_back_and_keeps_the_order(
    spooling: OpenSpooling, decision: Any, outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = spooling()
    with monkeypatch.context() as patch:
        patch.setattr(log.clock, "off", lambda: "back_hours")
        dec = put(log, "route.decision", decision())
        closed = put(log, "route.outcome", outcome(dec.id))
        assert isinstance(dec, Spooled)
        assert isinstance(closed, Spooled)
        log.append_sync("writer.heartbeat", {"records": 1})
        assert log.committed(dec.id) is None
    until_imported(log)
    ids = [record["id"] for record in records(log)]
    assert ids.index(closed.id) == ids.index(dec.id) + 1


def test_a_file_whose_first_record_is_not_synced_yet_is_left_alone(spooling: OpenSpooling, decision: Any) -> None:
    log = spooling(always=False)
    log.spool._until = boot_s() + 60
    record = draft("route.decision", decision(), None, log.clock)
    with log.spool._adding:
        file = log.spool._place(record, anyway=False)
    log._writer._import.run()
    assert log.spool.parts() == (file,)
    assert log.spool.is_open(), "nothing was written that would show that the store is back"
    file.sync(file.written)
    log._writer.nudge()
    until_imported(log)
    assert not log.spool.is_open()
    assert log.committed(record["id"]) is not None


def test_a_record_that_is_written_and_not_synced_when_its_file_is_sealed_is_imported_with_it(
    spooling: OpenSpooling, decision: Any
) -> None:
    log = spooling()
    with down(log):
        first = put(log, "route.decision", decision())
        second = draft("route.decision", decision(), None, log.clock)
        with log.spool._adding:
            file = log.spool._place(second, anyway=False)
            end = file.written
    until_imported(log)
    file.sync(end)  # as the thread does that wrote it: it need not touch the file, which is closed
    made = [record["id"] for record in records(log) if record["kind"] == "route.decision"]
    assert made == [first.id, second["id"]]


def test_a_record_whose_id_another_record_has_is_not_passed_over_in_silence(
    spooling: OpenSpooling, decision: Any
) -> None:
    log = spooling()
    dec = put(log, "route.decision", decision())
    log.spool.add(draft("route.decision", decision(dry_run=True), dec.id, log.clock), "io")
    with pytest.raises(AuditUnavailable, match="corrupt"):
        log.append_sync("writer.heartbeat", {"records": 1})


def test_a_file_of_another_log_with_the_same_keys_is_kept_aside(spooling: OpenSpooling, tmp_path: Path) -> None:
    spooling().close()
    key = spool_key(load(tmp_path / "home" / "keys").master)
    header = {"imported": new_id(), "log": "0" * 32, "since": "2026-01-31T12:00:00Z"}
    SpoolFile(tmp_path / "home" / "spool" / "spool-000001", key, encode(header)).close()
    again = spooling()
    assert "spool_damaged" in [record.get("what") for record in records(again)]
    assert len(list((tmp_path / "home" / "spool").glob("damaged-*"))) == 1


def test_while_the_store_stays_down_the_spool_stays_one_file(spooling: OpenSpooling, decision: Any) -> None:
    log = spooling()
    with down(log):
        for _ in range(3):
            put(log, "route.decision", decision())
            with pytest.raises(AuditUnavailable):
                log.append_sync("writer.heartbeat", {"records": 1})
        assert len(log.spool.parts()) == 1


def granted(log: AuditLog, until: str = "2999-01-01T00:00:00Z") -> str:
    actor = {"kind": "api_key", "id": "ak_1"}
    body = {"proposer": actor, "confirmer": actor, "until": until, "reason": "exercise", "store": "full"}
    record = draft("breakglass.granted", body, None, log.clock)
    log.spool.grant(record, 60, "full")
    return str(record["id"])


@pytest.mark.parametrize(
    ("until", "how"), [("2999-01-01T00:00:00Z", "store_back"), ("2001-01-01T00:00:00Z", "expired")]
)
def test_a_grant_is_the_first_record_and_ends_when_the_store_is_back(
    until: str, how: str, spooling: OpenSpooling, decision: Any
) -> None:
    log = spooling(always=False)
    with down(log):
        grant = granted(log, until)
        made = put(log, "route.decision", decision())
        assert isinstance(made, Spooled)
    until_imported(log)
    assert not log.spool.is_open()
    routed = ["breakglass.granted", "route.decision", "breakglass.ended", "incident.opened", "incident.closed"]
    assert [kind for kind in kinds(log) if kind != "writer.heartbeat"][-6:] == [*routed, "spool.imported"]
    ended = next(record for record in records(log) if record["kind"] == "breakglass.ended")
    assert (ended["grant"], ended["how"]) == (grant, how)


def test_a_grant_does_not_outlive_its_process(spooling: OpenSpooling, tmp_path: Path) -> None:
    log = spooling(always=False)
    with down(log):
        granted(log)
        die(log, tmp_path / "home")
    again = spooling(always=False)
    assert not again.spool.is_open()
    assert [record["how"] for record in records(again) if record["kind"] == "breakglass.ended"] == ["stopped"]


def change(home: Path, edit: Callable[[bytes], bytes]) -> None:
    (path,) = (home / "spool").glob("spool-*")
    path.write_bytes(edit(path.read_bytes()))


def test_damage_in_the_middle_is_kept_aside_with_an_incident_and_what_stood_before_it_is_imported(
    spooling: OpenSpooling, decision: Any, outcome: Any, tmp_path: Path
) -> None:
    log = spooling()
    with down(log):
        made = [put(log, "route.decision", decision()).id for _ in range(4)]
        die(log, tmp_path / "home")
    change(tmp_path / "home", lambda content: content.replace(made[2].encode(), made[0].encode()))
    again = spooling()
    found = records(again)
    assert [record["id"] for record in found if record["kind"] == "route.decision"] == made[:2]
    imported = next(record for record in found if record["kind"] == "spool.imported")
    assert (imported["count"], imported["whole"]) == (2, False)
    assert "spool_damaged" in [record.get("what") for record in found]
    (aside,) = (tmp_path / "home" / "spool").glob("damaged-*")
    assert made[3].encode() in aside.read_bytes()
    again.close()
    spooling().close()
    assert [record["kind"] for record in records(again)].count("spool.imported") == 1
    assert verify(again.place).ok


def test_a_spool_of_another_log_or_without_a_header_is_not_imported(
    spooling: OpenSpooling, decision: Any, tmp_path: Path
) -> None:
    log = spooling()
    with down(log):
        put(log, "route.decision", decision())
        die(log, tmp_path / "home")
    other = spooling(home=tmp_path / "other")
    other.close()
    (path,) = (tmp_path / "home" / "spool").glob("spool-*")
    shutil.move(path, tmp_path / "other" / "spool" / path.name)
    again = spooling(home=tmp_path / "other")
    assert "spool_damaged" in [record.get("what") for record in records(again)]
    assert "route.decision" not in [record["kind"] for record in records(again)]
    assert len(list((tmp_path / "other" / "spool").glob("damaged-*"))) == 1


def test_damage_under_a_running_server_closes_what_it_hides(
    spooling: OpenSpooling, decision: Any, outcome: Any, tmp_path: Path
) -> None:
    log = spooling()
    with down(log):
        made = put(log, "route.decision", decision())
        put(log, "route.outcome", outcome(made.id))
        change(tmp_path / "home", lambda content: content[:-9] + b"#" + content[-8:])
    until_imported(log)
    closed = [record for record in records(log) if record["kind"] == "route.outcome"]
    assert [(record["dec"], record["status"]) for record in closed] == [(made.id, "unknown")]


def test_a_last_line_that_a_crash_tore_is_passed_over_without_an_incident(
    spooling: OpenSpooling, decision: Any, tmp_path: Path
) -> None:
    log = spooling()
    with down(log):
        made = [put(log, "route.decision", decision()).id for _ in range(3)]
        die(log, tmp_path / "home")
    change(tmp_path / "home", lambda content: content[:-20])
    again = spooling()
    assert [record["id"] for record in records(again) if record["kind"] == "route.decision"] == made[:2]
    imported = next(record for record in records(again) if record["kind"] == "spool.imported")
    assert imported["whole"]
    assert [record.get("what") for record in records(again) if record["kind"] == "incident.opened"] == ["store_gap"]


def test_a_spool_that_cannot_be_removed_does_not_stop_the_log_and_is_not_imported_twice(
    spooling: OpenSpooling, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = spooling()
    with monkeypatch.context() as patch:

        def refuse(_: Path) -> None:
            raise OSError(30, "read-only")

        with down(log):
            put(log, "route.decision", decision())
            patch.setattr(Path, "unlink", refuse)
        until_imported(log)
        assert isinstance(put(log, "route.decision", decision()), Receipt)
    log.close()
    again = spooling()
    assert [record["kind"] for record in records(again)].count("spool.imported") == 1
    assert [record["kind"] for record in records(again)].count("incident.opened") == 1
    assert list(again.spool._plan.folder.glob("spool-*")) == []


def test_an_attempt_that_the_log_may_hold_already_is_not_made_a_second_time_in_the_spool(
    spooling: OpenSpooling, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is told of the first too late says that nothing was sent under it, which is true of no second one."""
    log, slow = spooling(), threading.Event()
    monkeypatch.setattr(log, "_deadline_s", 0.2)
    body = decision()
    commit = log._store.commit
    monkeypatch.setattr(log._store, "commit", lambda rows: slow.wait(10) and commit(rows))

    async def attempt() -> Receipt | Spooled:
        told: asyncio.Future[Receipt | Spooled] = asyncio.get_running_loop().create_future()
        again = {"dec": new_id(), "attempt": 2, "zone": body["zone"], "up": body["up"], "why": "timeout"}
        with pytest.raises(AuditUnavailable, match="deadline"):
            await log.append_or_spool("route.attempt", again, late=told.set_result)
        slow.set()
        return await asyncio.wait_for(told, 10)

    assert isinstance(asyncio.run(attempt()), Receipt)
    assert not log.spool.pending
