import asyncio
import json
import os
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clocks import Hands
from harness import Ringfence, StandIn
from inside import inside

from audit import log as log_module
from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from audit.log import AuditLog, new_id
from audit.place import Postgres
from proxy import admin
from proxy.admin import ACTOR, REPAIR, Admin
from proxy.carry_over import recorded as recorded_of
from proxy.errors import ConfigurationError, RingfenceError
from proxy.identity import KeyStore, Role, new_key
from proxy.settings import ROOT, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", audit_deadline_s=1)


def open_log(settings: Settings) -> AuditLog:
    return AuditLog.open(
        settings.home / "audit.db", keys=settings.home / "keys", origin=settings.origin, deadline_s=1.0
    )


@pytest.fixture
def desk(settings: Settings) -> Iterator[Admin]:
    audit = open_log(settings)
    keys = KeyStore(settings.home / "state.db")
    yield Admin(audit, keys)
    keys.close()
    audit.close()


def recorded(settings: Settings, *kinds: str) -> list[dict[str, Any]]:
    page = Records(settings.home / "audit.db").page(Filters(), after=-1, limit=1000)
    return [record.body for record in page.records if record.body["kind"] in kinds]


def test_without_a_server_a_command_takes_the_log_itself(settings: Settings) -> None:
    made = admin.call(settings, "key.create", app="crm", team="sales", role="app")
    assert made["secret"].startswith("rf-")
    listed = admin.call(settings, "key.list")["keys"]
    assert [key["id"] for key in listed] == [made["key"]["id"]]
    admin.call(settings, "key.revoke", key_id=made["key"]["id"])
    granted, revoked = recorded(settings, "access.granted", "access.revoked")
    assert granted["key"] == revoked["key"] == {"id": made["key"]["id"], "app": "crm", "team": "sales", "role": "app"}
    assert granted["actor"] == ACTOR
    assert made["secret"] not in str(granted)


def test_with_a_server_a_command_goes_through_it(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            settings = ring.runtime.settings
            made = await asyncio.to_thread(admin.call, settings, "key.create", app="a", team="t", role="app")
            headers = {"authorization": f"Bearer {made['secret']}"}
            assert (await ring.client.get("/v1/models", headers=headers)).status_code == 200
            await asyncio.to_thread(admin.call, settings, "key.revoke", key_id=made["key"]["id"])
            assert (await ring.client.get("/v1/models", headers=headers)).status_code == 401
            with pytest.raises(RingfenceError) as refused:
                await asyncio.to_thread(admin.call, settings, "key.revoke", key_id="ak_none")
            assert refused.value.code == "unknown_key"

    asyncio.run(run())


def test_a_server_reloads_at_once_and_says_what_came_of_it(tmp_path: Path, vendor: StandIn) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))

    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path / "home", vendor, policies=policies) as ring:

            async def reload() -> dict[str, Any]:
                return await asyncio.to_thread(admin.call, ring.runtime.settings, "policy.reload")

            assert (await reload())["changed"] is False
            (policies / "extra.yaml").write_text("policy: extra\nversion: 1\nowner: ann\n")
            result = await reload()
            assert result["changed"] is True
            assert result["sha256"] == ring.runtime.activation.active.sha256
            (policies / "extra.yaml").write_text("policy: extra\nversion: one\nowner: ann\n")
            refused = await reload()
            assert (refused["changed"], refused["sha256"]) == (False, result["sha256"])
            assert [line.split(" ")[0] for line in refused["refused"]["diagnostics"]] == ["extra.yaml:2:10:"]
            return await ring.records("policy.activated")

    _, second = asyncio.run(run())
    assert (second["source"], second["actor"]) == ("api", ACTOR)


def test_many_who_ask_for_a_reload_at_once_do_not_wait_for_each_other_for_ever(tmp_path: Path, vendor: StandIn) -> None:
    """A reload reads in a thread: if those who wait for it hold every thread, it never ends, nor does any request."""

    async def ask(path: Path) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"op": "policy.reload"}\n')
        answer = json.loads(await reader.readline())
        writer.close()
        return dict(answer)

    async def run() -> None:
        async with inside(tmp_path / "home", vendor) as ring:
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
            path = ring.runtime.settings.home / "admin.sock"
            asked = [asyncio.create_task(ask(path)) for _ in range(8)]
            done, waiting = await asyncio.wait(asked, timeout=30)
            for task in waiting:
                task.cancel()
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
            assert (len(waiting), ["ok" in task.result() for task in done]) == (0, [True] * 8)

    asyncio.run(run())


def test_a_reload_that_cannot_be_recorded_is_an_error(tmp_path: Path, vendor: StandIn) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))

    async def run() -> None:
        async with inside(tmp_path / "home", vendor, policies=policies) as ring:

            async def failing(*_: Any, **__: Any) -> Any:
                raise AuditUnavailable("full")

            (policies / "extra.yaml").write_text("policy: extra\nversion: 1\nowner: ann\n")
            append = ring.runtime.audit.append
            ring.runtime.audit.append = failing  # type: ignore[method-assign]
            with pytest.raises(RingfenceError) as refused:
                await asyncio.to_thread(admin.call, ring.runtime.settings, "policy.reload")
            ring.runtime.audit.append = append  # type: ignore[method-assign]
            assert refused.value.code == "audit_unavailable"

    asyncio.run(run())


def test_a_socket_that_cannot_be_used_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        admin.tell_server(Settings(home=tmp_path / ("x" * 120)), "key.list")

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", denied)
    with pytest.raises(ConfigurationError, match=r"Permission denied.*the server's user"):
        admin.tell_server(Settings(home=tmp_path), "key.list")


def test_of_what_the_command_line_did_only_its_own_kinds_are_recorded(settings: Settings, desk: Admin) -> None:
    incident = {"incident": new_id(), "what": "heads_given_up"}
    desk.do("audit.records.record", {"kind": "incident.opened", "body": incident})
    assert [body["what"] for body in recorded(settings, "incident.opened")] == ["heads_given_up"]
    for kind in ("route.decision", "policy.activated", "access.granted"):
        with pytest.raises(RingfenceError, match="no record of this kind"):
            desk.do("audit.records.record", {"kind": kind, "body": incident})


def test_t32_without_a_server_a_person_accepts_a_clock_that_jumped_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands(time.time_ns())
    monkeypatch.setattr(log_module, "Clock", hands.clock)
    open_log(settings).close()
    hands.step(-7200)
    assert admin.call(settings, "clock.look")["off"] == "back_hours"
    assert admin.call(settings, "clock.accept")["off"] is not None
    assert admin.call(settings, "clock.look")["off"] is None
    opened, closed = recorded(settings, "incident.opened", "incident.closed")
    assert (opened["what"], opened["about"], closed["how"]) == ("time_anomaly", "back_hours", "acknowledged")
    assert opened["incident"] == closed["incident"]


def test_without_a_server_nothing_is_reloaded(settings: Settings, desk: Admin) -> None:
    assert admin.tell_server(settings, "policy.reload") is None
    with pytest.raises(RingfenceError, match="no server"):
        desk.do("policy.reload", {})


def test_the_socket_is_for_one_user_and_gone_after_the_server(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor):
            mode = (tmp_path / "admin.sock").stat().st_mode
            assert stat.S_ISSOCK(mode)
            assert stat.S_IMODE(mode) == 0o600
        assert not (tmp_path / "admin.sock").exists()

    asyncio.run(run())


def test_another_users_process_gets_no_answer(tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            monkeypatch.setattr(admin, "_peer_uid", lambda _: os.getuid() + 4711)
            monkeypatch.setattr(os, "getuid", lambda: 1)
            with pytest.raises(RingfenceError, match="closed the admin socket"):
                await asyncio.to_thread(admin.call, ring.runtime.settings, "key.list")

    asyncio.run(run())


def test_the_peer_is_who_the_kernel_says(tmp_path: Path) -> None:
    async def run() -> int:
        seen = asyncio.get_running_loop().create_future()

        async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set_result(admin._peer_uid(writer))
            writer.close()

        server = await asyncio.start_unix_server(handle, tmp_path / "s")
        _, writer = await asyncio.open_unix_connection(tmp_path / "s")
        uid = await seen
        writer.close()
        server.close()
        return int(uid)

    assert asyncio.run(run()) == os.getuid()


LINES = [
    b"",
    b"\n",
    b"nonsense\n",
    b"5\n",
    b"[]\n",
    b"{}\n",
    b'{"op": null}\n',
    b'{"op": ["key.list"]}\n',
    b'{"op": "key.unknown"}\n',
    b'{"op": "do"}\n',
    b'{"op": "policy.reload", "from": "/etc"}\n',
    b'{"op": "key.list", "more": 1}\n',
    b'{"op": "key.create"}\n',
    b'{"op": "key.create", "app": "a", "team": "t", "role": "king"}\n',
    b'{"op": "key.create", "app": 7, "team": "t", "role": "app"}\n',
    b'{"op": "key.create", "app": "a", "team": "t", "role": "app", "expires": "never"}\n',
    b'{"op": "key.create", "app": "a", "team": "t", "role": "app", "expires": "2030-01-01"}\n',
    b'{"op": "key.create", "app": "A B", "team": "t", "role": "app"}\n',
    b'{"op": "key.revoke", "key_id": {"a": 1}}\n',
    b'{"op": "audit.verified", "grade": "perfect"}\n',
    b'{"op": "audit.verified", "text": "zebra quartz"}\n',
    b'{"op": "\xff"}\n',
    b'{"op": "' + b"x" * 100_000 + b'"}\n',
]


@pytest.mark.parametrize("line", LINES, ids=[str(number) for number in range(len(LINES))])
def test_bad_input_is_refused_and_the_socket_stays_open(server: Ringfence, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(server.home / "admin.sock"))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert answer == b"" or "error" in json.loads(answer)
    assert b"zebra" not in answer
    assert server.admin("key.list")["keys"] is not None


def test_bad_input_leaves_no_trace_of_itself_in_the_log_of_the_server(server: Ringfence) -> None:
    said = server.log_path.read_text()
    assert "zebra" not in said
    assert "Traceback" not in said


def test_a_crash_between_the_record_of_a_grant_and_the_key_is_repaired_at_the_next_start(desk: Admin) -> None:
    _, row = new_key("crm", "sales", Role.APP, None)
    lost = {name: value for name, value in row.public().items() if name != "created"}
    desk.audit.append_sync("access.granted", {"actor": ACTOR, "key": lost})
    desk.repair(desk.audit.place.parent)
    desk.repair(desk.audit.place.parent)
    revoked = [body for body in bodies(desk) if body["kind"] == "access.revoked"]
    assert [(body["key"], body["actor"]) for body in revoked] == [(lost, REPAIR)]


def test_a_crash_between_the_record_of_a_revocation_and_the_key_is_repaired_at_the_next_start(desk: Admin) -> None:
    made = desk.create_key("crm", "sales", "app")
    key = {name: made["key"][name] for name in ("id", "app", "team", "role")}
    desk.audit.append_sync("access.revoked", {"actor": ACTOR, "key": key})
    assert desk.keys.authenticate(made["secret"]) is not None
    desk.repair(desk.audit.place.parent)
    assert desk.keys.authenticate(made["secret"]) is None
    assert len([body for body in bodies(desk) if body["kind"] == "access.revoked"]) == 1


def test_servers_that_share_keys_repair_at_once_what_one_that_died_left_and_nothing_that_another_is_doing(
    database: Postgres, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        desks = []
        for name in "abc":
            if desks:
                shutil.copytree(tmp_path / "a" / "keys", tmp_path / name / "keys")
            settings = Settings(home=tmp_path / name, audit_url=database.url)
            audit = admin.open_log(settings)
            stack.callback(audit.close)
            keys = KeyStore(database, 10)
            stack.callback(keys.close)
            desks.append(Admin(audit, keys))
        _, row = new_key("crm", "sales", Role.APP, None)
        desks[0].audit.append_sync("access.granted", {"actor": ACTOR, "key": recorded_of(row)})
        with ThreadPoolExecutor(3) as pool:
            made = pool.submit(lambda: [desks[0].create_key("crm", "sales", "app")["secret"] for _ in range(20)])
            while not made.done():
                list(pool.map(lambda desk: desk.repair(tmp_path), desks[1:]))
        for desk in desks:
            desk.repair(tmp_path)
            assert all(desk.keys.authenticate(secret) for secret in made.result())
        revoked = [body for body in bodies(desks[0]) if body["kind"] == "access.revoked"]
        assert [(body["key"]["id"], body["actor"]) for body in revoked] == [(row.id, REPAIR)]


def test_repair_reads_more_than_one_page(desk: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "MAX_LIMIT", 2)
    secrets = [desk.create_key("crm", "sales", "app")["secret"] for _ in range(5)]
    desk.repair(desk.audit.place.parent)
    assert all(desk.keys.authenticate(secret) for secret in secrets)
    assert not [body for body in bodies(desk) if body["kind"] == "access.revoked"]


def bodies(desk: Admin) -> list[dict[str, Any]]:
    page = Records(desk.audit.place).page(Filters(), after=-1, limit=1000)
    return [record.body for record in page.records]


def test_revoking_twice_is_recorded_once(desk: Admin) -> None:
    key_id = desk.create_key("crm", "sales", "app")["key"]["id"]
    first, second = desk.revoke_key(key_id), desk.revoke_key(key_id)
    assert first == second
    assert len([body for body in bodies(desk) if body["kind"] == "access.revoked"]) == 1


def test_a_log_that_is_held_without_a_socket_is_explained(settings: Settings, desk: Admin) -> None:
    with pytest.raises(ConfigurationError, match="holds the log"):
        admin.call(settings, "key.list")


def test_a_log_that_cannot_be_opened_is_explained(settings: Settings) -> None:
    open_log(settings).close()
    (settings.home / "audit.db").unlink()
    with pytest.raises(RingfenceError):
        admin.call(settings, "key.list")


def test_an_export_is_recorded(desk: Admin) -> None:
    made = desk.do("audit.exported", {"from_seq": 0, "to_seq": 2, "rows": 3, "sha256": "0" * 64})
    last = bodies(desk)[-1]
    assert (last["w"]["n"], last["kind"], last["rows"], last["actor"]["id"]) == (
        *(made["seq"], "audit.exported"),
        *(3, "command-line"),
    )


def test_a_verification_is_recorded(desk: Admin) -> None:
    made = desk.do("audit.verified", {"grade": "signed", "size": 3, "findings": 0})
    assert made["seq"] == bodies(desk)[-1]["w"]["n"]
    assert bodies(desk)[-1]["grade"] == "signed"


def test_a_backup_is_recorded(desk: Admin) -> None:
    made = desk.do("backup.made", {"size": 3, "head": "0" * 64, "sha256": "1" * 64, "keys": False})
    assert made["seq"] == bodies(desk)[-1]["w"]["n"]
    assert bodies(desk)[-1]["size"] == 3


def test_how_model_servers_stand_is_told_by_a_server_and_by_nothing_else(desk: Admin) -> None:
    with pytest.raises(RingfenceError, match="no server"):
        desk.do("upstreams.state", {})
    told = replace(desk, upstreams=lambda: [{"name": "u"}]).do("upstreams.state", {})
    assert told == {"upstreams": [{"name": "u"}]}
