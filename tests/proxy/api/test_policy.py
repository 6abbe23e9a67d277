import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, chat_body
from inside import Inside, inside

from audit.errors import AuditUnavailable
from proxy.activation import Activation
from proxy.identity import Role
from proxy.settings import ROOT

SHOW, RELOAD = "/ringfence/v1/policy", "/ringfence/v1/policy/reload"
EXTRA = "policy: extra\nversion: 7\nowner: security@company.example\n"
UNTOLD = "zebra" + " quartz lantern"


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def run(
    tmp_path: Path, policies: Path, own: StandIn, story: Callable[[Inside], Awaitable[None]]
) -> list[dict[str, Any]]:
    """Tell a story, and return the activations that it left in the log."""

    async def go() -> list[dict[str, Any]]:
        async with inside(tmp_path / "home", None, own, policies=policies) as ring:
            await story(ring)
            return await ring.records("policy.activated")

    return asyncio.run(go())


@pytest.mark.parametrize("role", [Role.SECURITY, Role.ADMIN])
def test_a_reload_takes_up_what_lies_on_disk_and_records_who_asked(
    tmp_path: Path, policies: Path, own: StandIn, role: Role
) -> None:
    async def story(ring: Inside) -> None:
        key = ring.key("console", "security", role)
        before = (await ring.client.get(SHOW, headers=key)).json()
        (policies / "extra.yaml").write_text(EXTRA)
        answer = await ring.client.post(RELOAD, headers=key)
        said = answer.json()
        assert answer.status_code == 200
        assert said.pop("previous") == before["sha256"] != said["sha256"]
        assert (said.pop("object"), said.pop("changed")) == ("policy.bundle", True)
        assert {"id": "extra", "version": 7} in said["policies"]
        assert said == ring.runtime.activation.active.record()
        again = (await ring.client.post(RELOAD, headers=key)).json()
        assert (again["changed"], again["sha256"]) == (False, said["sha256"])
        assert "previous" not in again

    first, second = run(tmp_path, policies, own, story)
    assert first["source"] == "start"
    assert "actor" not in first
    assert second["source"] == "api"
    actor = second["actor"]
    assert (actor["kind"], actor["app"], actor["team"]) == ("api_key", "console", "security")


def test_what_is_in_force_is_shown_with_since_when(tmp_path: Path, policies: Path, own: StandIn) -> None:
    async def story(ring: Inside) -> None:
        said = (await ring.client.get(SHOW, headers=ring.key(role=Role.AUDITOR))).json()
        active = ring.runtime.activation
        since = active.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert said == {"object": "policy.bundle", **active.active.record(), "since": since}

    run(tmp_path, policies, own, story)


def test_refused_files_are_said_to_be_with_every_place_and_none_of_their_text(
    tmp_path: Path, policies: Path, own: StandIn
) -> None:
    async def story(ring: Inside) -> None:
        key = ring.key(role=Role.SECURITY)
        before = (await ring.client.get(SHOW, headers=key)).json()
        (policies / "extra.yaml").write_text(f"{EXTRA}rulez: []\nowners: {UNTOLD}\n")
        answer = await ring.client.post(RELOAD, headers=key)
        error = answer.json()["error"]
        assert answer.status_code == 422
        assert (error["code"], error["type"]) == ("policy_refused", "invalid_request_error")
        places = ["extra.yaml:4:1: error[unknown-key]", "extra.yaml:5:1: error[unknown-key]"]
        assert [line.rpartition("]")[0] + "]" for line in error["diagnostics"]] == places
        assert places[0] in error["message"]
        assert "zebra" not in answer.text
        now = (await ring.client.get(SHOW, headers=key)).json()
        refused = now.pop("refused")
        assert now == before
        assert refused["diagnostics"] == error["diagnostics"]
        assert (await ring.client.get("/readyz")).status_code == 503
        (policies / "extra.yaml").unlink()
        assert (await ring.client.post(RELOAD, headers=key)).json()["changed"] is False
        assert "refused" not in (await ring.client.get(SHOW, headers=key)).json()

    assert len(run(tmp_path, policies, own, story)) == 1


def test_a_reload_that_cannot_be_recorded_is_503_and_made_up_for_in_the_name_of_who_asked(
    tmp_path: Path, policies: Path, own: StandIn
) -> None:
    async def story(ring: Inside) -> None:
        key, before, append = ring.key(role=Role.ADMIN), ring.runtime.activation.active, ring.runtime.audit.append

        async def failing(*_: Any, **__: Any) -> Any:
            raise AuditUnavailable("full")

        (policies / "extra.yaml").write_text(EXTRA)
        ring.runtime.audit.append = failing  # type: ignore[method-assign]
        answer = await ring.client.post(RELOAD, headers=key)
        ring.runtime.audit.append = append  # type: ignore[method-assign]
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "audit_unavailable")
        assert ring.runtime.activation.active is before
        assert "audit log" in (await ring.client.get(SHOW, headers=key)).json()["refused"]["message"]
        await ring.runtime.activation.reload()
        assert ring.runtime.activation.active is not before

    _, second = run(tmp_path, policies, own, story)
    assert (second["source"], second["actor"]["kind"]) == ("api", "api_key")


def test_a_failure_nobody_thought_of_leaves_the_old_bundle_and_none_of_its_text(
    tmp_path: Path, policies: Path, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Activation) -> Any:
        raise KeyError(UNTOLD)

    async def story(ring: Inside) -> None:
        key = ring.key(role=Role.ADMIN)
        monkeypatch.setattr(Activation, "_load", failing)
        answer = await ring.client.post(RELOAD, headers=key)
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
        shown = await ring.client.get(SHOW, headers=key)
        assert shown.json()["refused"] == {"message": "the reload failed", "diagnostics": []}
        assert "zebra" not in answer.text + shown.text
        monkeypatch.undo()

    run(tmp_path, policies, own, story)


def test_only_security_and_admin_reload_auditors_read_and_everybody_else_is_counted_as_denied(
    tmp_path: Path, policies: Path, own: StandIn
) -> None:
    async def go() -> tuple[dict[str, tuple[int, int]], list[dict[str, Any]]]:
        async with inside(tmp_path / "home", None, own, policies=policies) as ring:
            keys = {"none": {}, **{role.value: ring.key(role=role) for role in Role}}
            statuses = {}
            for name, key in keys.items():
                asked = await ring.client.get(SHOW, headers=key), await ring.client.post(RELOAD, headers=key)
                statuses[name] = (asked[0].status_code, asked[1].status_code)
            answer = await ring.client.post(RELOAD, headers=keys["app"], json=chat_body())
            assert answer.json()["error"]["code"] == "wrong_role"
            await ring.runtime.denials.flush()
            return statuses, await ring.records("access.denied")

    statuses, (denied,) = asyncio.run(go())
    assert statuses == {
        "none": (401, 401),
        "app": (403, 403),
        "auditor": (200, 403),
        "security": (200, 200),
        "admin": (200, 200),
    }
    assert (denied["n_401"], denied["n_403"]) == (2, 4)
