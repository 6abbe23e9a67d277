"""The commands, in this process, with a server in another thread's loop."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, StandIn
from inside import Inside, inside
from typer.testing import CliRunner

from audit.errors import AuditUnavailable
from proxy.cli_break_glass import app
from proxy.errors import RingfenceError
from proxy.identity import Role


def command(home: Path, key: str, *words: str) -> str:
    """Run a command in this process; return what it says, be it why it refuses."""
    environ = {"RINGFENCE_HOME": str(home), "RINGFENCE_API_KEY": key}
    done = CliRunner().invoke(app, words, env=environ)
    return done.exception.message if isinstance(done.exception, RingfenceError) else done.output


def test_two_persons_open_it_from_the_command_line_and_one_ends_it(
    tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise AuditUnavailable("full")

    async def tell(ring: Inside) -> None:
        ana, ben = (
            ring.key(name, "security", Role.SECURITY)["authorization"].removeprefix("Bearer ")
            for name in ("ana", "ben")
        )
        monkeypatch.setattr(ring.runtime.audit._store, "commit", refuse)
        with pytest.raises(AuditUnavailable):
            await ring.runtime.audit.append("writer.heartbeat", {"records": 1})

        async def said(key: str, *words: str) -> str:
            return await asyncio.to_thread(command, tmp_path, key, *words)

        proposed = await said(ana, "propose", "--minutes", "15", "--reason", "exercise")
        assert proposed.startswith("closed\nproposed ")
        assert "15 minutes, exercise, by ak_" in proposed
        name = proposed.split()[2].rstrip(":")
        assert "Another person has to confirm" in await said(ana, "confirm", name)
        assert (await said(ben, "confirm", name)).startswith("open until 20")
        assert ring.runtime.audit.spool.is_open()
        assert await said(ben, "end") == "closed\n"
        monkeypatch.undo()

    async def run() -> None:
        async with inside(tmp_path, vendor, own) as ring:
            await tell(ring)

    asyncio.run(run())


def test_without_a_server_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert command(tmp_path, "rf-x", "status") == "No server runs here."


def test_it_is_a_part_of_the_command_line(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "proxy", "audit", "break-glass", "--help"]
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    shown = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert "propose" in shown.stdout
