import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from harness import StandIn
from inside import Inside, inside

from audit.access import Records
from audit.errors import AuditUnavailable
from proxy.archive import Archive
from proxy.policy.policy import Policy
from proxy.settings import ROOT

EXTRA = """policy: extra
version: 7
owner: security@company.example
rules:
  - {id: would-stay-home, if: {class: uncovered}, then: pin, mode: shadow, because: "extra"}
"""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def run(
    home: Path, policies: Path, servers: tuple[StandIn, StandIn], story: Callable[[Inside], Awaitable[None]]
) -> None:
    async def go() -> None:
        async with inside(home, *servers, policies=policies) as ring:
            await story(ring)

    asyncio.run(go())


def test_every_bundle_that_was_in_force_is_read_back_as_it_decided(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    used: dict[str, Policy] = {}

    async def story(ring: Inside) -> None:
        archive = Archive(Records(ring.runtime.audit.place))
        for change in (
            lambda: None,
            lambda: (policies / "extra.yaml").write_text(EXTRA),
            lambda: only_at_home(tmp_path / "home" / "upstreams.yaml"),
        ):
            change()
            await ring.runtime.activation.reload()
            active = ring.runtime.activation.active
            used[active.sha256] = active.policy
            assert archive.policy(active.sha256) == active.policy

    run(tmp_path / "home", policies, (vendor, own), story)
    shutil.rmtree(policies)
    later = Archive(Records(tmp_path / "home" / "audit.db"))
    assert len(used) == 3
    assert all(later.policy(sha256) == policy for sha256, policy in used.items())
    assert later.policy("0" * 64) is None


def only_at_home(upstreams: Path) -> None:
    """Take the vendor's server away: the policy is the same, the bundle is not."""
    kept = [row for row in yaml.safe_load(upstreams.read_text())["upstreams"] if row["zone"] == "onprem"]
    upstreams.write_text(yaml.safe_dump({"upstreams": kept}))


@pytest.mark.parametrize("missing", ["files", "upstreams"])
def test_a_bundle_without_its_texts_is_not_guessed(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, missing: str
) -> None:
    sha256 = texts = ""

    async def story(ring: Inside) -> None:
        nonlocal sha256, texts
        active = ring.runtime.activation.active
        sha256 = active.sha256
        texts = active.policy.files_sha256 if missing == "files" else active.registry.sha256

    run(tmp_path / "home", policies, (vendor, own), story)
    with closing(sqlite3.connect(tmp_path / "home" / "audit.db")) as database:
        database.execute("DROP TRIGGER bundle_text_no_delete")
        assert database.execute("DELETE FROM bundle_text WHERE sha256 = ?", (texts,)).rowcount == 1
        database.commit()
    assert Archive(Records(tmp_path / "home" / "audit.db")).policy(sha256) is None


@pytest.mark.parametrize(
    "change", [(b"[cloud-us, cloud-eu, onprem]", b"[cloud-eu, cloud-us, onprem]"), (b"policy: soc2", b"policy: [")]
)
def test_a_text_that_means_something_else_now_is_not_used(
    tmp_path: Path, policies: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch, change: tuple[bytes, bytes]
) -> None:
    sha256 = ""

    async def story(ring: Inside) -> None:
        nonlocal sha256
        sha256 = ring.runtime.activation.active.sha256

    run(tmp_path / "home", policies, (vendor, vendor), story)
    records = Records(tmp_path / "home" / "audit.db")
    assert Archive(records).policy(sha256) is not None
    real = records.text
    monkeypatch.setattr(records, "text", lambda digest: (real(digest) or b"").replace(*change))
    assert Archive(records).policy(sha256) is None


def test_a_text_that_was_changed_in_the_database_is_an_error(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    sha256 = ""

    async def story(ring: Inside) -> None:
        nonlocal sha256
        sha256 = ring.runtime.activation.active.sha256

    run(tmp_path / "home", policies, (vendor, own), story)
    with closing(sqlite3.connect(tmp_path / "home" / "audit.db")) as database:
        database.execute("DROP TRIGGER bundle_text_no_update")
        database.execute("UPDATE bundle_text SET text = CAST(replace(text, 'pin', 'all') AS BLOB)")
        database.commit()
    with pytest.raises(AuditUnavailable):
        Archive(Records(tmp_path / "home" / "audit.db")).policy(sha256)
