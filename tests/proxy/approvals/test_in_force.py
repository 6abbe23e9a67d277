"""Approvals and a running server: what starts, what is taken up, what is recorded, and what stays out."""

import asyncio
import hashlib
import json
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from approving import AUTHOR, approve, around
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence, start, upstreams_file
from inside import Inside, inside

from audit.proofs.note import Note
from audit.proofs.vkey import Signer, VerifierKey
from audit.verification.verifier import verify
from proxy import activation
from proxy.activation import signature
from proxy.approvals.statement import FILE
from proxy.files.diagnostics import FileRefused
from proxy.identity import Role
from proxy.settings import Settings

REFUSED = "the policy files on disk are refused, the last good ones stay in force"
Story = Callable[[Inside], Awaitable[None]]


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "POLL_S", 0.1)


@pytest.fixture
def settings(tmp_path: Path, ciso: Signer, vendor: StandIn, own: StandIn) -> Settings:
    """Return settings around servers that answer."""
    return around(tmp_path, ciso, upstreams=upstreams_file(tmp_path / "upstreams.yaml", vendor, own))


@pytest.fixture
def required(settings: Settings) -> Settings:
    return settings.model_copy(update={"policy_signatures_required": True})


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Inside]:
    names = {"policies", "policy_signers", "policy_signatures_required", "policy_approvals"}
    chosen = settings.model_dump(include=names)
    async with inside(settings.home, upstreams=settings.upstreams, begun=False, **chosen) as ring:
        yield ring


def run(settings: Settings, story: Story | None = None) -> list[dict[str, Any]]:
    """Run a server for the length of a story, and return the activations of its log."""

    async def go() -> list[dict[str, Any]]:
        async with running(settings) as ring:
            if story is not None:
                await story(ring)
            return await ring.records("policy.activated")

    return asyncio.run(go())


def more(path: Path, text: str = "# more\n") -> None:
    with path.open("a") as file:
        file.write(text)


async def works(ring: Inside, key: dict[str, str]) -> bool:
    answer = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
    return answer.status_code == 200 and answer.headers["x-ringfence-zone"] == "cloud-us"


async def ready(ring: Inside) -> str:
    return str((await ring.client.get("/readyz")).json()["policy"])


def test_a_stranger_checks_who_approved_from_the_log_alone(required: Settings, ciso: Signer) -> None:
    approve(required, ciso, serial=3)
    [record] = run(required)
    approval = record["approval"]
    assert (approval["standing"], approval["author"], approval["approver"]) == ("verified", AUTHOR, ciso.name)
    assert (approval["serial"], approval["ticket"]) == (3, "SEC-4412")

    with closing(sqlite3.connect(required.home / "audit.db")) as log:
        texts: dict[str, bytes] = dict(log.execute("SELECT sha256, text FROM bundle_text"))
    assert all(hashlib.sha256(text).hexdigest() == sha256 for sha256, text in texts.items())
    key = VerifierKey.decode(approval["key"])
    note = Note.decode(texts[approval["note_sha256"]])
    assert note.verified([key]) == (key,)
    said = dict(line.split(" ") for line in note.text.splitlines()[1:])
    assert (said["approver"], said["author"]) == (key.name, approval["author"])
    assert said["files"] == record["files_sha256"]
    assert {item["name"] for item in json.loads(texts[said["files"]])["files"]} >= {"taxonomy.yaml", "soc2.yaml"}
    assert texts[said["upstreams"]] == required.upstreams.read_bytes()
    assert verify(required.home / "audit.db").ok
    assert verify(required.home / "audit.db").ok


def test_what_nobody_approved_or_signed_is_recorded_as_that(settings: Settings, stranger: Signer) -> None:
    async def story(ring: Inside) -> None:
        for by in ((), (stranger,)):
            approve(settings, *by, serial=len(by) + 1)
            await ring.runtime.activation.reload()
            assert await ready(ring) == "ready"

    first, second, third = run(settings, story)
    assert "approval" not in first
    assert [one["approval"]["standing"] for one in (second, third)] == ["claimed", "claimed"]
    assert "key" not in third["approval"]
    assert first["bundle"] == second["bundle"] == third["bundle"]


def test_an_approval_of_what_is_in_force_is_taken_up_and_recorded_once(settings: Settings, ciso: Signer) -> None:
    async def story(ring: Inside) -> None:
        await asyncio.sleep(0.3)  # the watch has to begin
        approve(settings, ciso)
        await asyncio.to_thread(eventually, lambda: ring.runtime.activation.active.approval is not None)
        await ring.runtime.activation.reload()

    first, second = run(settings, story)
    assert second["previous"] == first["bundle"]["sha256"] == second["bundle"]["sha256"]
    assert second["approval"]["standing"] == "verified"


def test_a_comment_more_is_recorded_as_approved_by_nobody(settings: Settings, ciso: Signer) -> None:
    async def story(ring: Inside) -> None:
        more(settings.policies / "soc2.yaml")
        await ring.runtime.activation.reload()
        assert await ready(ring) == "ready"

    approve(settings, ciso)
    first, second = run(settings, story)
    assert first["approval"]["standing"] == "verified"
    assert "approval" not in second
    assert first["bundle"] == second["bundle"]
    assert first["files_sha256"] != second["files_sha256"]


@pytest.mark.parametrize("signed", ["by nobody", "by a stranger", "wrongly", "not at all"])
def test_what_is_not_signed_by_the_approver_stops_the_start_before_anything_is_made(
    required: Settings, ciso: Signer, stranger: Signer, signed: str
) -> None:
    approve(required, *{"by a stranger": [stranger], "wrongly": [ciso]}.get(signed, []))
    path = required.policies / FILE
    if signed == "wrongly":
        path.write_bytes(path.read_bytes().replace(b"serial 1", b"serial 2"))
    elif signed == "not at all":
        path.unlink()
    with pytest.raises(FileRefused, match="approval-"):
        run(required)
    assert not (required.home / "audit.db").exists()
    approve(required, ciso)
    assert len(run(required)) == 1


@pytest.mark.parametrize("spoil", ["policy", "upstreams", "note", "signature", "no note", "no key"])
def test_a_byte_that_was_not_signed_leaves_the_old_bundle_in_force_and_requests_go_on(
    required: Settings, ciso: Signer, spoil: str
) -> None:
    assert required.policy_signers is not None
    path = {
        "policy": required.policies / "soc2.yaml",
        "upstreams": required.upstreams,
        "no key": required.policy_signers,
    }
    file = path.get(spoil, required.policies / FILE)

    async def story(ring: Inside) -> None:
        key, before, kept = ring.key(), ring.runtime.activation.active, file.read_bytes()
        assert await works(ring, key)
        if spoil in path:
            file.write_bytes(kept + b"#" if spoil != "no key" else b"")
        elif spoil == "no note":
            file.unlink()
        else:
            at = kept.index(b"SEC") if spoil == "note" else len(kept) - 20
            file.write_bytes(kept[:at] + (b"A" if kept[at : at + 1] == b"B" else b"B") + kept[at + 1 :])
        await ring.runtime.activation.reload()
        assert ring.runtime.activation.active is before
        assert await ready(ring) == REFUSED
        assert await works(ring, key)
        file.write_bytes(kept)
        await ring.runtime.activation.reload()
        assert await ready(ring) == "ready"

    approve(required, ciso)
    assert len(run(required, story)) == 1


def test_a_change_is_taken_up_once_it_is_signed(required: Settings, ciso: Signer) -> None:
    async def story(ring: Inside) -> None:
        more(required.policies / "soc2.yaml")
        await ring.runtime.activation.reload()
        assert await ready(ring) == REFUSED
        approve(required, ciso, serial=2)
        await asyncio.to_thread(eventually, lambda: ring.runtime.activation.not_ready() is None)

    approve(required, ciso)
    assert [one["approval"]["serial"] for one in run(required, story)] == [1, 2]


def test_an_older_bundle_does_not_come_back_under_its_old_signature(
    required: Settings, ciso: Signer, tmp_path: Path
) -> None:
    approve(required, ciso, serial=1)
    old = Path(shutil.copytree(required.policies, tmp_path / "old"))

    def bring_back() -> None:
        for path in old.iterdir():
            shutil.copy(path, required.policies / path.name)

    async def story(ring: Inside) -> None:
        key = ring.key()
        more(required.policies / "soc2.yaml")
        approve(required, ciso, serial=2)
        await ring.runtime.activation.reload()
        newer = ring.runtime.activation.active
        assert await ready(ring) == "ready"
        bring_back()
        await ring.runtime.activation.reload()
        assert await ready(ring) == REFUSED
        assert "approval-older" in str(ring.runtime.activation.not_ready())
        assert ring.runtime.activation.active is newer
        assert await works(ring, key)

    assert [one["approval"]["serial"] for one in run(required, story)] == [1, 2]
    with pytest.raises(FileRefused, match="approval-older"):
        run(required)
    more(required.policies / "soc2.yaml", "# another bundle\n")
    approve(required, ciso, serial=2)
    with pytest.raises(FileRefused, match="approval-older"):
        run(required)
    bring_back()
    approve(required, ciso, serial=3)
    assert [one["approval"]["serial"] for one in run(required)] == [1, 2, 3]
    assert verify(required.home / "audit.db").ok


def test_a_restart_with_the_same_approval_is_no_step_back(required: Settings, ciso: Signer) -> None:
    approve(required, ciso, serial=2)
    assert [len(run(required)) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("name", [FILE, "signers"])
def test_a_changed_approval_and_a_changed_list_of_signers_are_noticed(
    settings: Settings, ciso: Signer, name: str
) -> None:
    approve(settings, ciso)
    before = signature(settings)
    assert signature(settings) == before
    more(settings.policies / FILE if name == FILE else settings.policies.parent / name)
    assert signature(settings) != before


def test_the_security_team_is_told_who_approved_what_is_in_force(settings: Settings, ciso: Signer) -> None:
    async def story(ring: Inside) -> None:
        key = ring.key(role=Role.SECURITY)
        assert "approval" not in (await ring.client.get("/ringfence/v1/policy", headers=key)).json()
        approve(settings, ciso)
        came = (await ring.client.post("/ringfence/v1/policy/reload", headers=key)).json()
        assert came["changed"] is True
        assert (came["previous"], came["approval"]["standing"]) == (came["sha256"], "verified")
        now = (await ring.client.get("/ringfence/v1/policy", headers=key)).json()
        assert now["approval"] == came["approval"]

    _, second = run(settings, story)
    assert second["source"] == "api"
    assert second["actor"]["app"] == "app"


def test_what_commits_claim_is_taken_up_and_recorded(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    who = ["-c", "user.name=Dana", "-c", f"user.email={AUTHOR}"]

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)

    def commit(message: str) -> None:
        git("add", "--all", "policies")
        git(*who, "commit", "-qm", message)

    git("init", "-q")
    commit("Begin\n\nReviewed-by: Eve <eve@acme.example>")

    async def story(ring: Inside) -> None:
        at = ring.runtime.activation
        more(settings.policies / "soc2.yaml")
        await asyncio.to_thread(eventually, lambda: at.active.approval is None)
        commit("Say more\n\nApproved-by: The CISO <ciso@acme.example>")
        await asyncio.to_thread(eventually, lambda: at.active.approval is not None)

    records = run(settings.model_copy(update={"policy_approvals": "git"}), story)
    first, second, third = (one.get("approval") for one in records)
    assert second is None
    assert first is not None
    assert third is not None
    assert [(one["standing"], one["author"], one["approver"]) for one in (first, third)] == [
        ("claimed", AUTHOR, "eve@acme.example"),
        ("claimed", AUTHOR, "ciso@acme.example"),
    ]
    assert first["commit"] != third["commit"]


# The same with the whole program and its processes.


def process(settings: Settings, **more_settings: Any) -> dict[str, Any]:
    names = {"policies", "policy_signers", "policy_signatures_required", "policy_approvals"}
    return {**settings.model_dump(include=names), **QUICK, **more_settings}


def activations(home: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(f"file:{home / 'audit.db'}?mode=ro", uri=True)) as log:
        rows = log.execute("SELECT body FROM record WHERE kind = 'policy.activated' ORDER BY seq").fetchall()
    return [json.loads(row[0]) for row in rows]


def said_ready(server: Ringfence) -> str:
    with server.client() as client:
        return str(client.get("/readyz").json()["policy"])


def test_the_program_runs_what_was_signed_and_keeps_out_what_was_not(required: Settings, ciso: Signer) -> None:
    refused = start(required.home, required.upstreams, wait=False, **process(required))
    assert refused.process.wait(60) != 0
    refused.stop()
    assert "error[approval-missing]" in refused.log_path.read_text()
    assert "Traceback" not in refused.log_path.read_text()
    assert not (required.home / "audit.db").exists()

    approve(required, ciso)
    with ringfence(required.home, required.upstreams, **process(required)) as server, server.client() as client:
        eventually(lambda: said_ready(server) == "ready", 60)
        assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200
        more(required.policies / "soc2.yaml")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: said_ready(server) == REFUSED, 30)
        assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200
        assert server.process.poll() is None
        approve(required, ciso, serial=2)
        eventually(lambda: said_ready(server) == "ready", 30)
    assert [one["approval"]["serial"] for one in activations(required.home)] == [1, 2]
    assert verify(required.home / "audit.db").ok
