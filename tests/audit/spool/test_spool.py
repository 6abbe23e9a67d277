"""Where records are durable while the log takes none: when it is open, what it refuses, and what is told too late."""

import asyncio
import errno
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.clock import Clock, boot_s
from audit.errors import AuditLocked, AuditMismatch, AuditUnavailable
from audit.jobs import Receipt, Spooled
from audit.log import AuditLog
from audit.place import Postgres
from audit.records.draft import draft
from audit.records.record import new_id
from audit.spool import file as spool_file
from audit.spool.file import spool_key
from audit.spool.spool import MAX_BYTES, Spool, SpoolPlan

KEY, LOG = spool_key(b"m" * 32), b"l" * 16
Make = Callable[..., Spool]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Open spools of one folder; all are closed at the end."""
    made: list[Spool] = []

    def open_spool(*, always: bool = True, max_bytes: int = MAX_BYTES, key: bytes = KEY) -> Spool:
        spool = Spool(SpoolPlan(tmp_path / "spool", always, max_bytes), key, LOG)
        made.append(spool)
        return spool

    yield open_spool
    for spool in made:
        spool.close()


def record(decision: Any, kind: str = "route.decision", **changes: Any) -> dict[str, Any]:
    return draft(kind, {**decision(), **changes}, None, Clock())


def outcome(dec: str) -> dict[str, Any]:
    return draft("route.outcome", {"dec": dec, "attempt": 1, "status": "ok"}, None, Clock())


def test_a_record_is_on_the_disk_when_the_call_returns_and_is_read_back_from_there(make: Make, decision: Any) -> None:
    spool, made = make(), record(decision)
    assert spool.find(made["id"]) is None
    assert spool.add(made, "full") == Spooled(made["id"])
    assert spool.find(made["id"]) == made
    (part,) = spool.parts()
    assert isinstance(part, spool_file.SpoolFile)
    assert part.synced == part.path.stat().st_size
    content = part.path.read_bytes()
    at = content.index(b'"zone":"onprem"')
    part.path.write_bytes(content[:at] + content[at:].replace(b"onprem", b"onprom", 1))
    with pytest.raises(AuditUnavailable, match="corrupt"):
        spool.find(made["id"])


def test_the_same_record_offered_again_is_there_once(make: Make, decision: Any) -> None:
    spool, made = make(), record(decision)
    for _ in range(3):
        spool.add(made, "io")
    (part,) = spool.parts()
    assert len(list(spool.texts(part))) == 2


def test_without_a_grant_it_takes_nothing_and_leaves_no_trace(make: Make, decision: Any, tmp_path: Path) -> None:
    spool = make(always=False)
    assert not spool.takes("route.decision")
    with pytest.raises(AuditUnavailable, match="full; its spool: closed"):
        spool.add(record(decision), "full")
    assert not (tmp_path / "spool").exists()


def test_a_grant_opens_it_for_a_time_and_its_record_is_the_first(
    make: Make, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, first = make(always=False), record(decision)
    granted = outcome(new_id())
    spool.grant(granted, 60.0, "unreachable")
    assert spool.is_open()
    spool.add(first, "unreachable")
    now = boot_s()
    monkeypatch.setattr("audit.spool.spool.boot_s", lambda: now + 61)
    assert not spool.is_open()
    with pytest.raises(AuditUnavailable, match="closed"):
        spool.add(record(decision), "unreachable")
    after = outcome(first["id"])
    spool.add(after, "unreachable")  # what a spooled decision led to
    texts = [text for text, _ in spool.texts(spool.parts()[0])]
    ids = [granted["id"], first["id"], after["id"]]
    assert [name.encode() in text for name, text in zip(ids, texts[1:], strict=True)] == [True] * 3


def test_a_grant_whose_record_cannot_be_written_opens_nothing(make: Make, tmp_path: Path) -> None:
    spool = make(always=False)
    (tmp_path / "spool").write_text("a file where the folder should be")
    with pytest.raises(AuditUnavailable, match="io; its spool: io"):
        spool.grant(outcome(new_id()), 60.0, "io")
    assert not spool.is_open()


def test_a_server_that_is_to_spool_does_not_start_where_it_cannot(make: Make, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    with pytest.raises(AuditMismatch, match="cannot be used"):
        make()


def test_a_grant_ends_when_its_file_breaks(make: Make, decision: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = make(always=False)
    spool.grant(outcome(new_id()), 60.0, "io")
    with monkeypatch.context() as patch:
        patch.setattr("audit.spool.file.os.fsync", failing(errno.EIO))
        with pytest.raises(AuditUnavailable, match="io; its spool: io"):
            spool.add(record(decision), "io")
    with pytest.raises(AuditUnavailable, match="closed"):
        spool.add(record(decision), "io")
    assert not spool.is_open()


def test_one_that_is_always_open_goes_on_in_a_new_file(
    make: Make, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, first, lost, last = make(), *(record(decision) for _ in range(3))
    spool.add(first, "io")
    with monkeypatch.context() as patch:
        patch.setattr("audit.spool.file.os.fsync", failing(errno.EIO))
        with pytest.raises(AuditUnavailable, match="io"):
            spool.add(lost, "io")
    spool.add(last, "io")
    assert [len(list(spool.texts(part))) for part in spool.parts()] == [2, 2]


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, "no")

    return fail


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "full"), (errno.EROFS, "read_only"), (errno.EIO, "io")])
def test_what_keeps_it_from_writing_is_named_behind_what_keeps_the_log(
    make: Make, decision: Any, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    spool = make()
    spool.add(record(decision), "io")
    monkeypatch.setattr("audit.spool.file.os.write", failing(number))
    with pytest.raises(AuditUnavailable) as refused:
        spool.add(record(decision), "unreachable")
    assert refused.value.said == f"unreachable; its spool: {said}"
    assert refused.value.reason == "unreachable"


def test_at_its_limit_it_takes_nothing_more(make: Make, decision: Any) -> None:
    spool = make(max_bytes=6000)
    for _ in range(2):
        spool.add(record(decision), "io")
    fits = (6000 - spool.size()) // (spool.size() // 2)
    for _ in range(fits):
        spool.add(record(decision), "io")
    with pytest.raises(AuditUnavailable, match="io; its spool: limit"):
        spool.add(record(decision), "io")
    assert spool.size() <= 6000


def test_two_servers_never_share_one(make: Make) -> None:
    make()
    with pytest.raises(AuditLocked):
        make()


def test_a_folder_with_foreign_files_is_refused(make: Make, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "spool-of-thread").touch()
    with pytest.raises(AuditMismatch, match="somebody else"):
        make()


def test_what_an_earlier_process_left_is_pending_and_numbers_go_on_behind_it(make: Make, decision: Any) -> None:
    first = make()
    first.add(record(decision), "io")
    first.close()
    second = make(always=False)
    assert second.pending
    second.grant(outcome(new_id()), 60.0, "io")
    names = [part.name if isinstance(part, Path) else part.path.name for part in second.parts()]
    assert names == ["spool-000001", "spool-000002"]


def test_many_threads_at_once_all_get_what_they_wrote(make: Make, decision: Any) -> None:
    spool, made = make(), [record(decision) for _ in range(60)]

    def work(mine: list[dict[str, Any]]) -> None:
        for each in mine:
            spool.add(each, "io")
            assert spool.find(each["id"]) == each

    threads = [threading.Thread(target=work, args=(made[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (part,) = spool.parts()
    assert len(list(spool.texts(part))) == 61


@pytest.mark.parametrize("how", ["late", "cancelled"])
def test_a_record_that_nobody_waits_for_any_more_is_told_once_when_it_is_durable(
    make: Make, decision: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    spool, made, go = make(), record(decision), threading.Event()
    spool.add(record(decision), "io")
    sync = spool_file.os.fsync
    monkeypatch.setattr("audit.spool.file.os.fsync", lambda number: (go.wait(10), sync(number)))
    late: list[Receipt | Spooled] = []

    async def run() -> None:
        offering = asyncio.create_task(spool.offer(made, "io", 0.05 if how == "late" else 10.0, late.append))
        if how == "late":
            with pytest.raises(AuditUnavailable, match="io; its spool: deadline"):
                await offering
        else:
            await asyncio.sleep(0.05)
            offering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await offering
        assert late == []
        go.set()
        async with asyncio.timeout(5):
            while not late:  # noqa: ASYNC110 - a thread brings it
                await asyncio.sleep(0.005)

    asyncio.run(run())
    assert late == [Spooled(made["id"])]


def test_a_record_that_nobody_waits_for_any_more_and_was_not_begun_is_never_written(
    make: Make, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, go = make(), threading.Event()
    monkeypatch.setattr(spool, "add", lambda *_: go.wait(10))
    late: list[Receipt | Spooled] = []

    async def run() -> None:
        offers = [spool.offer(record(decision), "io", 0.05, late.append) for _ in range(12)]
        results = await asyncio.gather(*offers, return_exceptions=True)
        assert all(isinstance(result, AuditUnavailable) for result in results)
        monkeypatch.undo()
        go.set()
        await spool.offer(record(decision), "io", 5.0, late.append)

    asyncio.run(run())
    assert len(late) <= 4, "those that a hand had taken up"
    (part,) = spool.parts()
    assert len(list(spool.texts(part))) == 2


def test_t27_a_spool_on_the_disk_of_the_log_takes_no_decision_when_that_is_full_but_outcomes(
    tmp_path: Path, decision: Any, outcome: Any
) -> None:
    plan = SpoolPlan(tmp_path / "spool", always=True)
    log = AuditLog.open(
        tmp_path / "audit.db", keys=tmp_path / "keys", origin="log.example/audit", deadline_s=5, spool=plan
    )
    try:
        made = log.append_sync("route.decision", decision())
        log.spent = True
        with pytest.raises(AuditUnavailable, match="full"):
            asyncio.run(log.append_or_spool("route.decision", decision()))
        asyncio.run(log.append_or_spool("route.outcome", outcome(made.id)))
        log.spool.shares_disk = lambda _: False  # type: ignore[method-assign]
        assert isinstance(asyncio.run(log.append_or_spool("route.decision", decision())), Spooled)
    finally:
        log.close()


def test_a_spool_knows_whether_it_is_on_the_disk_of_the_log(make: Make, tmp_path: Path) -> None:
    spool = make()
    assert spool.shares_disk(tmp_path / "audit.db")
    assert not spool.shares_disk(Path("/proc/audit.db"))
    assert not spool.shares_disk(Postgres("postgresql://127.0.0.1/none", "shown"))
    assert spool.shares_disk(tmp_path / "gone" / "audit.db"), "what cannot be known is taken for the worst"
