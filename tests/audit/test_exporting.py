"""Export jobs: one at a time by a process that gives way, followed, recorded, kept over a restart, failing cleanly."""

import asyncio
import json
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from audit import exporting
from audit.access import Filters, Records
from audit.export_job import Job
from audit.exporting import KEPT, NICE, ROOM, WAITING, Exports, NoRoomToWait
from audit.log import AuditLog, new_id
from audit.space import Space, floor_of

STAND_IN = (sys.executable, str(Path(__file__).with_name("api") / "child_export.py"))
ACTOR = {"kind": "api_key", "id": "ak_9"}


def job(number: int = 0, **more: Any) -> Job:
    return Job(new_id(), ACTOR, f"2026-10-01T12:00:{number:02d}.000000Z", **more)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - of another task, which tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def working(log: AuditLog, home: Path, command: tuple[str, ...] = STAND_IN) -> AsyncIterator[Exports]:
    exports = await Exports(log, home / "exports", command).take_over()
    task = asyncio.create_task(exports.run())
    try:
        yield exports
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def made(exports: Exports, wanted: Job) -> Job:
    await exports.prepare(wanted)
    exports.begin(wanted)
    await until(lambda: exports.find(wanted.id).state not in {"queued", "running"})  # type: ignore[union-attr]
    found = exports.find(wanted.id)
    assert found is not None
    return found


def recorded(log: AuditLog) -> list[dict[str, Any]]:
    return [record.body for record in Records(log.place).page(Filters(kind="audit.exported")).records]


def test_a_job_ends_as_a_private_pack_and_a_record(open_log: Any, tmp_path: Path) -> None:
    log, home = open_log(), tmp_path / "home"

    async def run() -> Job:
        async with working(log, home) as exports:
            return await made(exports, job(since="2026-09-01T00:00:00.000000Z", as_of=5))

    done = asyncio.run(run())
    assert (done.state, done.phase, done.done, done.total, done.rows) == ("done", "records", 2, 5, 5)
    pack = home / "exports" / f"{done.id}.tar"
    assert stat.S_IMODE(pack.stat().st_mode) == stat.S_IMODE(pack.with_suffix(".json").stat().st_mode) == 0o600
    assert stat.S_IMODE(pack.parent.stat().st_mode) == 0o700
    (body,) = recorded(log)
    assert {name: body[name] for name in ("form", "request", "sha256", "rows", "size", "from", "from_seq")} == {
        "form": "pack",
        "request": done.id,
        "sha256": done.sha256,
        "rows": 5,
        "size": 5,
        "from_seq": 0,
        "from": "2026-09-01T00:00:00.000000Z",
    }
    arguments, nice = json.loads((home / "arguments").read_text())
    assert nice == NICE
    assert arguments == [
        *("--from", "2026-09-01T00:00:00.000000Z", "--as-of", "5"),
        *("--out", str(pack), "--request", done.id, "--json"),
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [("boom", "failed"), ("OSError: No space left on device", "full"), ("no record has a time in it", "no_records")],
)
def test_a_failure_leaves_nothing_but_its_reason(said: str, reason: str, open_log: Any, tmp_path: Path) -> None:
    log, home = open_log(), tmp_path / "home"
    (home / "fail").write_text(said)

    async def run() -> Job:
        async with working(log, home) as exports:
            return await made(exports, job())

    failed = asyncio.run(run())
    assert (failed.state, failed.reason) == ("failed", reason)
    assert [path.suffix for path in (home / "exports").iterdir()] == [".json"]
    assert recorded(log) == []


@pytest.mark.parametrize("began", [False, True])
def test_an_export_leaves_the_log_its_room_on_the_disk(
    began: bool, open_log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LOOK_S", 0.02)
    log, home = open_log(), tmp_path / "home"
    (home / "hang").touch()
    wanted, total = ROOM * floor_of(10**12), 10**12

    def measured(_: Path) -> Space:
        return Space(wanted - 1 if not began or (home / "arguments").exists() else wanted, total)

    async def run() -> tuple[Job, Job]:
        exports = await Exports(log, home / "exports", STAND_IN, measured).take_over()
        task = asyncio.create_task(exports.run())
        failed = await made(exports, job())
        (home / "hang").unlink()
        (home / "arguments").unlink(missing_ok=True)
        exports._measure = lambda _: Space(wanted, total)
        whole = await made(exports, job(1))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return failed, whole

    failed, whole = asyncio.run(run())
    assert (failed.state, failed.reason, failed.phase is not None) == ("failed", "full", began)
    assert whole.state == "done"
    assert {path.name.partition(".")[0] for path in (home / "exports").glob("*.tar")} == {whole.id}


def test_a_program_that_does_not_start_fails_the_job_and_not_the_next(open_log: Any, tmp_path: Path) -> None:
    async def run() -> list[str]:
        async with working(open_log(), tmp_path / "home", (str(tmp_path / "none"),)) as exports:
            return [(await made(exports, job(number))).state for number in range(2)]

    assert asyncio.run(run()) == ["failed", "failed"]


def test_one_runs_and_a_few_wait_and_a_stop_interrupts_all(open_log: Any, tmp_path: Path) -> None:
    log, home = open_log(), tmp_path / "home"
    (home / "hang").touch()

    async def stopped() -> list[str]:
        async with working(log, home) as exports:
            for number in range(WAITING + 1):
                await exports.prepare(next_job := job(number))
                exports.begin(next_job)
                await until(lambda: exports.jobs()[-1].phase)
            with pytest.raises(NoRoomToWait):
                await exports.prepare(job(9))
            return [one.state for one in exports.jobs()]

    async def again() -> list[Job]:
        return (await Exports(log, home / "exports", STAND_IN).take_over()).jobs()

    assert asyncio.run(stopped()) == ["queued"] * WAITING + ["running"]
    assert [one.state for one in asyncio.run(again())] == ["interrupted"] * (WAITING + 1)
    assert recorded(log) == []


def test_what_the_log_calls_exported_is_done_after_a_restart(open_log: Any, tmp_path: Path) -> None:
    log, folder = open_log(), tmp_path / "home" / "exports"
    found = {"sha256": "5" * 64, "bytes": 3, "size": 5, "rows": 5, "first": 0, "last": 4}
    whole, unsaid, gone = (job(number, state="running", **found) for number in range(3))

    async def run() -> dict[str, str]:
        exports = await Exports(log, folder, STAND_IN).take_over()
        for one in (whole, unsaid, gone):
            await exports.prepare(one)
            exports.pack(one).write_bytes(b"tar")
        for one in (whole, gone):
            await log.append("audit.exported", one.record())
        exports.pack(gone).unlink()
        later = await Exports(log, folder, STAND_IN).take_over()
        assert later.pack(whole).exists()
        assert not later.pack(unsaid).exists()
        return {one.id: one.state for one in later.jobs()}

    assert asyncio.run(run()) == {whole.id: "done", unsaid.id: "interrupted", gone.id: "interrupted"}


def test_only_the_newest_are_kept_and_what_cannot_be_read_is_left_out(open_log: Any, tmp_path: Path) -> None:
    log, folder = open_log(), tmp_path / "home" / "exports"

    async def run() -> list[Job]:
        exports = await Exports(log, folder, STAND_IN).take_over()
        for number in range(KEPT + 3):
            await exports.prepare(job(number, state="failed"))
        (folder / f"{new_id()}.json").write_text("{")
        (folder / "stray.tar").touch()
        for _ in range(3):  # what a process leaves that was killed while it wrote
            (folder / f".{new_id()}.tar.7" / "files").mkdir(parents=True)
        return (await Exports(log, folder, STAND_IN).take_over()).jobs()

    kept = asyncio.run(run())
    assert [one.created[17:19] for one in kept] == [f"{number:02d}" for number in range(KEPT + 2, 2, -1)]
    assert len(list(folder.iterdir())) == KEPT


def test_exports_of_other_processes_are_shown_and_left_alone(open_log: Any, tmp_path: Path) -> None:
    log = open_log()

    async def run() -> None:
        async with working(log, tmp_path / "one") as one:
            theirs = await made(one, job(1))
            await one.prepare(waits := job(2))
            here = await Exports(
                log, tmp_path / "two", STAND_IN, beside=lambda: [tmp_path / "one" / "exports"]
            ).take_over()
            await here.prepare(own := job(3))
            assert [known.id for known in here.jobs()] == [own.id, waits.id, theirs.id]
            assert here.find(waits.id) == waits, "it is not interrupted by who finds it"
            assert here.find(theirs.id) == theirs
            assert here.pack(theirs) == one.pack(theirs)
            assert here.pack(own).parent == tmp_path / "two"
            here._tidy()
            assert one.pack(theirs).is_file()
            assert here.find("../exports/x") is None

    asyncio.run(run())


def test_a_folder_that_cannot_be_made_does_not_keep_the_server_from_starting(
    open_log: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = open_log()
    (tmp_path / "home" / "exports").touch()

    async def run() -> None:
        exports = await Exports(log, tmp_path / "home" / "exports", STAND_IN).take_over()
        with pytest.raises(NotADirectoryError):
            await exports.prepare(job())
        assert exports.jobs() == []

    asyncio.run(run())
    assert "cannot be read or written" in caplog.text
