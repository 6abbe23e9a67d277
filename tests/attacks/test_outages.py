"""The log is away in every way it can be: to vendors nothing goes out, to own servers only what is in the spool."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from attacks.fortress import small_disk
from databases import Cluster, migrate, new_database
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence, upstreams_file, wait_for_url
from inside import Inside, Scripted, inside

from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from audit.keys import load
from audit.log import AuditLog
from audit.place import Postgres
from audit.records.draft import draft
from audit.sources.postgres import open_source
from audit.stores import sqlite
from audit.verification.verifier import verify, verify_source
from proxy import identity
from proxy.errors import ConfigurationError
from proxy.identity import Role
from proxy.upstreams.permit import EgressPermit, Outgoing

DEADLINE_S = 0.5
ROUNDS = 1 if int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "0")) == 0 else 20
HARMLESS, PINNED = "What is a monad?", "jane"
GLASS = "/ringfence/v1/break-glass"


@asynccontextmanager
async def proxy(home: Path, vendor: StandIn, own: StandIn, **settings: Any) -> AsyncIterator[Inside]:
    """Run a server in this process; its detector finds a person in PINNED."""
    settings = {"audit_deadline_s": DEADLINE_S, **settings}
    async with inside(home, vendor, own, detector=Scripted({PINNED: "PERSON"}), **settings) as ring:
        yield ring


async def ask(ring: Inside, key: dict[str, str], text: str) -> Any:
    return await ring.client.post("/v1/chat/completions", json=chat_body(text), headers=key)


def bodies(log: AuditLog) -> list[dict[str, Any]]:
    return [record.body for record in Records(log.place).page(Filters(), after=-1, limit=1000).records]


def assert_refused(answer: Any, said: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "audit_unavailable")
    assert said in answer.json()["error"]["message"]


async def assert_recovers(ring: Inside, own: StandIn, served: list[Any]) -> None:
    """The store is back: what was spooled is in the log, in order and once, before what comes now."""
    log = ring.runtime.audit
    await ring.runtime.outcomes.drain(10)
    await asyncio.to_thread(eventually, lambda: log.not_ready() is None and not log.spool.pending, 20)
    records = bodies(log)
    ids = [record["id"] for record in records]
    assert len(set(ids)) == len(ids)
    for answer in served:
        at = ids.index(answer.headers["x-ringfence-audit-id"])
        closed = [n for n, record in enumerate(records) if record.get("dec") == ids[at]]
        assert [records[n]["status"] for n in closed] == ["ok"]
        assert closed[0] > at
    prints = load(ring.runtime.settings.home / "keys").fingerprinter()
    allowed = {record["up"]["body_fp"] for record in records if "up" in record}
    assert {prints.fingerprint("team", "body", "chat", seen.body) for seen in own.posts} <= allowed
    with closing(open_source(log.place)) as source:
        assert verify_source(source).findings == ()


@contextmanager
def locked(log: AuditLog, patch: pytest.MonkeyPatch) -> Iterator[str]:
    with closing(sqlite3.connect(log.place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield "locked"
        other.execute("ROLLBACK")


@contextmanager
def full(log: AuditLog, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the database have no page more than it has; SQLite then says what it says of a full disk."""
    connection = log._store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    for _ in range(50):
        try:
            log.append_sync("writer.heartbeat", {"records": 1})
        except AuditUnavailable:
            break
    yield "full"
    connection.execute("PRAGMA max_page_count=1073741823")


@contextmanager
def read_only(log: AuditLog, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let every connection be one that SQLite does not let write."""
    with patch.context() as inner:
        inner.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, ("query_only", "1", 1)))
        log._store._connection.execute("PRAGMA query_only=1")
        yield "read_only"


@contextmanager
def corrupt(log: AuditLog, patch: pytest.MonkeyPatch) -> Iterator[str]:
    def damaged(_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with patch.context() as inner:
        inner.setattr("audit.stores.store_sqlite._read_head", damaged)
        yield ""


FAULTS = [locked, full, read_only, corrupt]


async def open_glass(ring: Inside, ana: dict[str, str], ben: dict[str, str]) -> None:
    asked = {"minutes": 5, "reason": "exercise"}
    name = (await ring.client.post(GLASS, json=asked, headers=ana)).json()["proposal"]["id"]
    opened = await ring.client.post(f"{GLASS}/confirm", json={"proposal": name}, headers=ben)
    assert opened.json()["open"]


@pytest.mark.parametrize("setting", ["deny", "spool_local"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_t27_a_log_that_takes_nothing_sends_nothing_to_a_vendor_and_home_only_what_is_spooled(  # noqa: PLR0917
    fault: Any, setting: str, tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `deny`, nothing goes home either, until two persons say so."""

    async def run() -> None:
        async with proxy(tmp_path, vendor, own, audit_on_unavailable=setting) as ring:
            app = ring.key()
            people = ring.key("ana", "x", Role.SECURITY), ring.key("ben", "x", Role.ADMIN)
            with fault(ring.runtime.audit, monkeypatch) as said:
                assert_refused(await ask(ring, app, HARMLESS), said)
                if setting == "deny":
                    assert_refused(await ask(ring, app, PINNED), said)
                    assert own.received == b""
                    await open_glass(ring, *people)
                served = [await ask(ring, app, PINNED) for _ in range(3)]
                assert {answer.status_code for answer in served} == {200}
                assert {answer.headers["x-ringfence-audit"] for answer in served} == {"spooled"}
                assert_refused(await ask(ring, app, HARMLESS), said)
            assert len(own.posts) == len(served)
            assert vendor.received == b""
            await assert_recovers(ring, own, served)
            assert (await ask(ring, app, HARMLESS)).headers["x-ringfence-zone"] == "cloud-us"
        assert len(vendor.posts) == 1, "the control: with its log, the same request goes out"

    asyncio.run(run())
    assert list((tmp_path / "spool").glob("*-*")) == []


def test_a_log_that_vanished_is_imported_into_when_it_is_back_and_the_server_was_restarted(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    async def run() -> None:
        served = []
        async with proxy(tmp_path, vendor, own, audit_on_unavailable="spool_local") as ring:
            app = ring.key()
            files = [tmp_path / name for name in ("audit.db", "audit.db-wal")]
            for file in files:
                file.rename(file.with_suffix(f"{file.suffix}.away"))
            assert_refused(await ask(ring, app, HARMLESS), "behind")
            served = [await ask(ring, app, PINNED) for _ in range(3)]
            assert {answer.status_code for answer in served} == {200}
            for file in files:
                file.with_suffix(f"{file.suffix}.away").rename(file)
        async with proxy(tmp_path, vendor, own) as ring:
            await assert_recovers(ring, own, served)

    asyncio.run(run())
    assert vendor.received == b""


def test_t28_a_database_that_hangs_and_one_that_is_gone_let_home_only_what_is_spooled(
    tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Cluster.possible():
        pytest.skip("this test needs a PostgreSQL server of its own, which it can stop")

    async def run(cluster: Cluster, place: Postgres) -> None:
        settings = {"audit_url": place.url, "audit_on_unavailable": "spool_local"}
        async with proxy(tmp_path, vendor, own, **settings) as ring:
            app = ring.key()
            served = [await ask(ring, app, PINNED)]
            with cluster.frozen():
                assert_refused(await ask(ring, app, HARMLESS), "(")
                monkeypatch.setattr(identity, "BLIND_S", -1.0)  # from here on, the keys count as not seen for too long
                began = time.monotonic()
                served += [await ask(ring, app, PINNED) for _ in range(4)]
                assert time.monotonic() - began < 4 * DEADLINE_S, "no longer than the first is the store waited for"
                assert_refused(await ask(ring, app, HARMLESS), "(")
                monkeypatch.undo()
            await assert_recovers(ring, own, served)
            await asyncio.to_thread(cluster.stop, "immediate")
            try:
                assert_refused(await ask(ring, app, HARMLESS), "(")
                served += [await ask(ring, app, PINNED) for _ in range(4)]
            finally:
                await asyncio.to_thread(cluster.start)
            assert {answer.status_code for answer in served} == {200}
            await assert_recovers(ring, own, served)
            assert vendor.received == b""

    with Cluster.running() as cluster, new_database(cluster.url) as place:
        migrate(place)
        asyncio.run(run(cluster, place))


def test_a_full_spool_refuses_as_well_and_says_which_of_the_two_is_full(
    tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with proxy(tmp_path, vendor, own, audit_on_unavailable="spool_local") as ring:
            app, spool = ring.key(), ring.runtime.audit.spool
            spool._plan = replace(spool._plan, max_bytes=4096)
            served = []
            with locked(ring.runtime.audit, monkeypatch):
                while (answer := await ask(ring, app, PINNED)).status_code == 200:
                    served.append(answer)
                assert_refused(answer, "; its spool: limit)")
                assert 1 <= len(served) == len(own.posts) <= 3
            await assert_recovers(ring, own, served)

    asyncio.run(run())


def test_a_spool_on_a_full_disk_refuses_and_nothing_of_what_it_took_is_lost(
    tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"

    async def run() -> None:
        async with proxy(
            tmp_path / "home", vendor, own, audit_on_unavailable="spool_local", audit_spool=disk / "spool"
        ) as ring:
            app = ring.key()
            with locked(ring.runtime.audit, monkeypatch):
                served = [await ask(ring, app, PINNED)]
                filler = disk / "filler"
                with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(4096))
                while (answer := await ask(ring, app, PINNED)).status_code == 200:
                    served.append(answer)
                assert_refused(answer, "; its spool: full)")
                filler.unlink()
                served.append(await ask(ring, app, PINNED))
                assert {answer.status_code for answer in served} == {200}
            await assert_recovers(ring, own, served)

    with small_disk(disk, "256k"):
        if not disk.is_mount():
            pytest.skip("a file system of its own, which can be filled, needs the right to mount one")
        asyncio.run(run())
    assert vendor.received == b""


def test_two_servers_never_share_a_spool(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    async def run() -> None:
        shared = {"audit_on_unavailable": "spool_local", "audit_spool": tmp_path / "spool"}
        async with proxy(tmp_path / "a", vendor, own, **shared):
            with pytest.raises(ConfigurationError, match="another process holds"):
                async with proxy(tmp_path / "b", vendor, own, **shared):
                    pass

    asyncio.run(run())


def test_a_spool_that_somebody_changed_lets_nothing_go_out_under_what_was_changed(
    tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the moment that a record is durable and the one when its permit is redeemed."""

    async def run() -> None:
        async with proxy(tmp_path, vendor, own, audit_on_unavailable="spool_local") as ring:
            app = ring.key()
            issue = EgressPermit.issue.__func__  # type: ignore[attr-defined]

            def changing(kind: type[EgressPermit], *arguments: Any) -> EgressPermit:
                (file,) = (tmp_path / "spool").glob("spool-*")
                file.write_bytes(file.read_bytes().replace(b'"decision":"pin"', b'"decision":"pun"'))
                made: EgressPermit = issue(kind, *arguments)
                return made

            with locked(ring.runtime.audit, monkeypatch), monkeypatch.context() as patch:
                patch.setattr(EgressPermit, "issue", classmethod(changing))
                assert_refused(await ask(ring, app, PINNED), "does not confirm")
            assert own.posts == []

    asyncio.run(run())


SABOTAGE = ("nothing", "the way of a request", "the issue of permits", "what confirms for vendors")
"""What is broken on purpose, each together with those before it."""


@pytest.mark.parametrize("broken", range(len(SABOTAGE)), ids=SABOTAGE)
def test_a_vendor_is_never_served_under_a_spooled_record_unless_three_safeguards_are_broken_at_once(
    broken: int, tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with proxy(tmp_path, vendor, own, audit_on_unavailable="spool_local") as ring:
            app, log = ring.key(), ring.runtime.audit
            with locked(log, monkeypatch), monkeypatch.context() as patch:
                if broken >= 1:
                    patch.setattr(log, "append", partial(spooling, log))
                if broken >= 2:
                    patch.setattr(EgressPermit, "issue", classmethod(issuing))
                if broken >= 3:
                    patch.setattr(ring.runtime.pool, "_confirm", log.confirmed)
                answer = await ask(ring, app, HARMLESS)
                assert answer.status_code == (200 if broken == 3 else 503)
                assert len(vendor.posts) == (1 if broken == 3 else 0)
                assert bool(vendor.received) == (broken == 3)

    async def spooling(log: AuditLog, kind: str, body: Any, *, late: Any) -> Any:
        return await log.spool.offer(draft(kind, body, None, log.clock), "locked", 1.0, late)

    def issuing(kind: type[EgressPermit], receipt: Any, tenant: str, upstream: Any, outgoing: Outgoing) -> EgressPermit:
        return kind(receipt.id, tenant, upstream.id, upstream.zone, outgoing)

    asyncio.run(run())


def test_t24_a_server_killed_in_an_outage_has_sent_nothing_without_a_record_that_outlives_it(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    home = tmp_path / "home"
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", vendor, own)
    answered: list[str] = []

    def work(server: Ringfence, key: str) -> None:
        with contextlib.suppress(httpx.HTTPError), server.client(key) as client:
            while True:
                answer = client.post("/v1/chat/completions", json=chat_body(f"Maria Gonzalez {random.random()}"))
                if answer.status_code == 200:
                    answered.append(answer.headers["x-ringfence-audit-id"])

    with ringfence(home, upstreams, audit_on_unavailable="spool_local", audit_deadline_s=1, **QUICK) as server:
        key = server.key(team="team")
        for _ in range(ROUNDS):
            before = len(answered)
            with closing(sqlite3.connect(home / "audit.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                callers = [threading.Thread(target=work, args=(server, key)) for _ in range(4)]
                for caller in callers:
                    caller.start()
                eventually(lambda before=before: len(answered) > before + random.randint(4, 40), 30)
                os.kill(server.server_pid(), signal.SIGKILL)
                for caller in callers:
                    caller.join(30)
                other.execute("ROLLBACK")
            server.url = wait_for_url(server)
    with closing(sqlite3.connect(home / "audit.db")) as database:
        records = [orjson.loads(body) for (body,) in database.execute("SELECT body FROM record ORDER BY seq")]
    decided = [record for record in records if record["kind"] == "route.decision"]
    prints = load(home / "keys").fingerprinter()
    sent = {prints.fingerprint("team", "body", "chat", seen.body) for seen in own.posts}
    assert sent <= {record["up"]["body_fp"] for record in decided}
    assert set(answered) <= {record["id"] for record in decided}
    closed = [record["dec"] for record in records if record["kind"] == "route.outcome"]
    assert sorted(closed) == sorted(record["id"] for record in decided), "each is closed once"
    assert verify(home / "audit.db").ok
    assert vendor.received == b""
