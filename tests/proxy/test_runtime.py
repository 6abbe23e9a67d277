import asyncio
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import StandIn, chat_body, upstreams_file
from inside import inside

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from proxy import runtime
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import FileRefused
from proxy.settings import Settings
from proxy.upstreams import client as door


def test_what_a_start_makes_is_for_its_owner_only(tmp_path: Path, vendor: StandIn) -> None:
    home = tmp_path / "home"

    async def run() -> None:
        async with inside(home, vendor):
            assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700
            for name in ("state.db", "audit.db"):
                assert stat.S_IMODE((home / name).stat().st_mode) & 0o077 == 0, name
            assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (home / "keys").iterdir())

    asyncio.run(run())


def test_a_stop_writes_what_is_open_and_says_that_it_stopped(tmp_path: Path, vendor: StandIn) -> None:
    async def first() -> None:
        async with inside(tmp_path, vendor) as ring:
            await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())
            await ring.client.get("/v1/nothing")

    async def second() -> list[str]:
        async with inside(tmp_path, vendor) as ring:
            return [body["kind"] for body in await ring.settled()]

    asyncio.run(first())
    kinds = asyncio.run(second())
    assert kinds[-3:] == ["writer.stop", "writer.start", "policy.activated"]
    assert kinds.count("route.outcome") == 1
    assert kinds.count("access.denied") == 1


def test_a_policy_that_does_not_load_stops_the_start_before_anything_is_made(tmp_path: Path, vendor: StandIn) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "taxonomy.yaml").write_text("taxonomy: [")

    async def run() -> None:
        async with inside(tmp_path / "home", vendor, policies=policies, begun=False):
            raise AssertionError

    with pytest.raises(FileRefused):
        asyncio.run(run())
    assert not (tmp_path / "home" / "audit.db").exists()


@pytest.mark.parametrize("gone", ["audit.db", "keys"])
def test_a_log_that_is_not_whole_is_not_begun_anew(tmp_path: Path, vendor: StandIn, gone: str) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor):
            pass

    asyncio.run(run())
    path = tmp_path / gone
    path.rename(tmp_path / "away")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        asyncio.run(run())


def begun(home: Path) -> AuditLog:
    return AuditLog.open(home / "audit.db", keys=home / "keys", origin="ringfence.local/audit", deadline_s=1)


def test_a_log_that_another_process_holds_is_not_opened(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "LOCK_WITHIN_S", 0.1)
    held = begun(tmp_path)

    async def run() -> None:
        async with inside(tmp_path, vendor):
            raise AssertionError

    try:
        with pytest.raises(ConfigurationError, match="another process"):
            asyncio.run(run())
    finally:
        held.close()


def test_a_command_that_holds_the_log_while_a_server_is_replaced_does_not_end_it(
    tmp_path: Path, vendor: StandIn
) -> None:
    held = begun(tmp_path)

    async def run() -> int:
        asyncio.get_running_loop().call_later(0.3, held.close)
        async with inside(tmp_path, vendor) as ring:
            return (await ring.client.get("/livez")).status_code

    assert asyncio.run(run()) == 200


def test_a_dead_database_is_waited_for_and_then_explained(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runtime, "LOG_WITHIN_S", 0.5)

    async def run() -> None:
        async with inside(tmp_path, vendor, audit_url="postgresql://jane:hunter2@127.0.0.1:1/logs"):
            raise AssertionError

    with pytest.raises(ConfigurationError, match="its database is away, or refuses user, password or name") as refused:
        asyncio.run(run())
    assert "postgresql://127.0.0.1:1/logs cannot be reached yet" in caplog.text
    assert "hunter2" not in caplog.text + refused.value.message


def test_a_log_that_somebody_holds_for_a_moment_is_waited_for(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held = [AuditUnavailable("locked")]

    def open_log(settings: Settings, desk: Path) -> AuditLog:
        if held:
            raise held.pop()
        return opened(settings, desk)

    opened = runtime.admin.open_log
    monkeypatch.setattr(runtime.admin, "open_log", open_log)

    async def run() -> int:
        async with inside(tmp_path, vendor) as ring:
            return (await ring.client.get("/readyz")).status_code

    assert asyncio.run(run()) == 200
    assert "cannot be reached yet" in caplog.text


@pytest.mark.parametrize("name", ["home", "state.db"])
def test_what_lies_in_the_way_of_a_start_is_named(tmp_path: Path, vendor: StandIn, name: str) -> None:
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", vendor, None)
    home = tmp_path / "home"
    if name == "home":
        home.write_text("a file")
    else:
        home.mkdir()
        (home / name).write_bytes(b"nothing of the kind" * 1000)

    async def run() -> None:
        async with inside(home, upstreams=upstreams, begun=False):
            raise AssertionError

    with pytest.raises(ConfigurationError, match=f"{home}.* cannot be (made|opened): "):
        asyncio.run(run())


def test_a_decision_without_an_outcome_is_closed_at_the_next_start(tmp_path: Path, vendor: StandIn) -> None:
    async def crash() -> None:
        async with inside(tmp_path, vendor) as ring:
            ring.runtime.outcomes.write = lambda *_: None  # type: ignore[method-assign]
            await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())

    async def again() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with inside(tmp_path, vendor) as ring:
            return await ring.records("route.decision"), await ring.records("route.outcome")

    asyncio.run(crash())
    (decision,), (outcome,) = asyncio.run(again())
    assert (outcome["dec"], outcome["status"]) == (decision["id"], "unknown_after_crash")


def test_models_that_upstreams_list_are_served_from_the_start(tmp_path: Path, own: StandIn) -> None:
    own.models = ("llama3",)
    file = tmp_path / "u.yaml"
    row = {"name": "l", "kind": "openai", "zone": "onprem", "base_url": own.url, "models": ["*"]}
    file.write_text(yaml.safe_dump({"upstreams": [row]}))

    async def run() -> int:
        async with inside(tmp_path / "home", upstreams=file) as ring:
            body = chat_body(model="llama3")
            return (await ring.client.post("/v1/chat/completions", json=body, headers=ring.key())).status_code

    assert asyncio.run(run()) == 200


def test_an_upstream_that_hangs_does_not_hold_up_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PROBE_S", 0.3)

    async def run(urls: list[str]) -> None:
        rows = [
            {"name": f"hung-{number}", "kind": "openai", "zone": "onprem", "models": ["*"], "base_url": url}
            for number, url in enumerate(urls)
        ]
        (tmp_path / "u.yaml").write_text(yaml.safe_dump({"upstreams": rows}))
        async with asyncio.timeout(10), inside(tmp_path / "home", upstreams=tmp_path / "u.yaml") as ring:
            assert (await ring.client.get("/readyz")).status_code == 200

    with socket.create_server(("127.0.0.1", 0)) as hung:
        asyncio.run(run([f"http://127.0.0.1:{hung.getsockname()[1]}/v1/{number}" for number in range(40)]))
