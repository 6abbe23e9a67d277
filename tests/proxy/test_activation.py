# ruff: noqa: ASYNC240 - a test may wait for its own small files
import asyncio
import datetime as dt
import itertools
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import StandIn, chat_body, eventually, upstreams_file
from inside import Inside, inside

from audit.errors import AuditUnavailable
from proxy import activation
from proxy.activation import Activation
from proxy.detection.findings import DetectorSet
from proxy.files.diagnostics import FileRefused
from proxy.notify.channels import File
from proxy.policy.decide import decide
from proxy.policy.model import Call, Identity
from proxy.routing import routes
from proxy.settings import ROOT, Settings
from proxy.upstreams.kinds.kind import Observation

EXTRA = """policy: extra
version: {version}
owner: security@company.example
rules:
  - id: would-stay-home
    if: {{class: uncovered}}
    then: pin
    mode: shadow
    because: "extra"
"""

WAIVED = """policy: extra
version: 1
owner: security@company.example
rules:
  - {id: all-stay-home, who: {teams: [a, b]}, then: pin, because: "extra"}
"""
WAIVER = """exceptions:
  - {{id: EX-1, waives: all-stay-home, for: {{apps: [chatbot]}}, until: {until}, owner: ann, approved_by: bob,
     ticket: S-1, because: b}}
"""


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "POLL_S", 0.1)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def run(
    tmp_path: Path, policies: Path, servers: tuple[StandIn, StandIn], story: Callable[[Inside], Awaitable[None]]
) -> list[dict[str, Any]]:
    async def go() -> list[dict[str, Any]]:
        async with inside(tmp_path / "home", *servers, policies=policies) as ring:
            await story(ring)
            return await ring.settled()

    return [body for body in asyncio.run(go()) if body["kind"] == "policy.activated"]


async def ask(ring: Inside, key: dict[str, str]) -> Any:
    return await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)


def test_a_bundle_is_archived_and_recorded_before_it_is_used(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    async def story(ring: Inside) -> None:
        (policies / "extra.yaml").write_text(EXTRA.format(version=1))
        await ring.runtime.activation.reload()

    first, second = run(tmp_path, policies, (vendor, own), story)
    assert (first["source"], second["source"]) == ("start", "reload")
    assert second["previous"] == first["bundle"]["sha256"]
    assert {"id": "extra", "version": 1} in second["bundle"]["policies"]
    assert first["files_sha256"] != second["files_sha256"]


def test_files_that_mean_the_same_change_nothing(tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn) -> None:
    async def story(ring: Inside) -> None:
        path = policies / "soc2.yaml"
        path.write_text("# a comment\n" + path.read_text())
        await ring.runtime.activation.reload()
        assert ring.runtime.activation.not_ready() is None

    assert len(run(tmp_path, policies, (vendor, own), story)) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "soc2.yaml").write_text("policy: ["),
        lambda folder: (folder / "soc2.yaml").write_bytes(b"\xff\xfe"),
        lambda folder: (folder / "taxonomy.yaml").unlink(),
        lambda folder: (folder / "extra.yaml").write_text(EXTRA.format(version=1) + "rulez: []\n"),
        lambda folder: [path.unlink() for path in folder.iterdir()],
        shutil.rmtree,
    ],
)
def test_a_broken_bundle_leaves_the_old_one_in_force_and_says_so(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, spoil: Callable[[Path], Any]
) -> None:
    async def story(ring: Inside) -> None:
        key, before = ring.key(), ring.runtime.activation.active
        kept = {path.name: path.read_bytes() for path in policies.iterdir()}
        spoil(policies)
        await ring.runtime.activation.reload()
        assert ring.runtime.activation.active is before
        ready = await ring.client.get("/readyz")
        assert ready.status_code == 503
        assert "stay" in ready.json()["policy"]
        assert (await ask(ring, key)).headers["x-ringfence-zone"] == "cloud-us"
        policies.mkdir(exist_ok=True)
        (policies / "extra.yaml").unlink(missing_ok=True)
        for name, data in kept.items():
            (policies / name).write_bytes(data)
        await ring.runtime.activation.reload()
        assert (await ring.client.get("/readyz")).status_code == 200

    assert len(run(tmp_path, policies, (vendor, own), story)) == 1


def test_a_bundle_that_cannot_be_recorded_is_not_used(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    async def story(ring: Inside) -> None:
        before, append = ring.runtime.activation.active, ring.runtime.audit.append

        async def failing(kind: str, *rest: Any, **named: Any) -> Any:
            raise AuditUnavailable("full")

        (policies / "extra.yaml").write_text(EXTRA.format(version=1))
        ring.runtime.audit.append = failing  # type: ignore[method-assign]
        await ring.runtime.activation.reload()
        ring.runtime.audit.append = append  # type: ignore[method-assign]
        assert ring.runtime.activation.active is before
        assert "reload failed" in str(ring.runtime.activation.not_ready())
        await ring.runtime.activation.reload()
        assert ring.runtime.activation.active is not before
        assert ring.runtime.activation.not_ready() is None

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_reloads_that_wait_for_each_other_share_the_next_reading(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storm of them would keep a change that matters waiting for minutes."""
    loads, load = [], Activation._load

    def counted(self: Activation) -> activation.Active:
        loads.append(self)
        return load(self)

    async def story(ring: Inside) -> None:
        monkeypatch.setattr(Activation, "_load", counted)
        first = asyncio.create_task(ring.runtime.activation.reload())
        await asyncio.sleep(0)
        (policies / "extra.yaml").write_text(EXTRA.format(version=1))
        others = await asyncio.gather(*(ring.runtime.activation.reload() for _ in range(50)))
        await first
        assert len(loads) == 2
        assert {("extra", 1) in other.active.policy.policies for other in others} == {True}

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_a_folder_that_cannot_be_looked_at_for_a_while_does_not_end_the_watch(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "POLL_S", 0.02)
    glob = Path.glob

    def failing(self: Path, pattern: str) -> Iterator[Path]:
        if self == policies:
            raise PermissionError(13, "Permission denied", str(self))
        return glob(self, pattern)

    async def story(ring: Inside) -> None:
        monkeypatch.setattr(Path, "glob", failing)
        await asyncio.sleep(0.2)
        monkeypatch.setattr(Path, "glob", glob)
        (policies / "extra.yaml").write_text(EXTRA.format(version=1))
        wanted = ("extra", 1)
        await asyncio.to_thread(eventually, lambda: wanted in ring.runtime.activation.active.policy.policies)

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_under_load_every_decision_names_a_bundle_that_was_recorded_before_it(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    async def go() -> list[dict[str, Any]]:
        async with inside(tmp_path / "home", vendor, own, policies=policies) as ring:
            key, stop = ring.key(), asyncio.Event()

            async def caller() -> None:
                while not stop.is_set():
                    assert (await ask(ring, key)).status_code == 200

            callers = [asyncio.create_task(caller()) for _ in range(6)]
            for version in range(1, 6):
                (policies / "extra.yaml").write_text(EXTRA.format(version=version))
                await ring.runtime.activation.reload()
                await asyncio.sleep(0.05)
            stop.set()
            await asyncio.gather(*callers)
            return await ring.settled()

    known: set[str] = set()
    used: set[str] = set()
    for body in asyncio.run(go()):
        if body["kind"] == "policy.activated":
            known.add(body["bundle"]["sha256"])
        elif body["kind"] == "route.decision":
            assert body["bundle"]["sha256"] in known
            used.add(body["bundle"]["sha256"])
    assert len(known) == 6
    assert len(used) >= 4


def test_a_change_on_disk_is_noticed(tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn) -> None:
    async def story(ring: Inside) -> None:
        await asyncio.sleep(0.3)  # the watch has to begin
        (policies / "extra.yaml").write_text(EXTRA.format(version=1))
        await asyncio.to_thread(eventually, lambda: ("extra", 1) in ring.runtime.activation.active.policy.policies)

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_upstreams_and_policies_change_together(tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn) -> None:
    async def story(ring: Inside) -> None:
        key, file = ring.key(), ring.runtime.settings.upstreams
        upstreams_file(file, None, own)
        await ring.runtime.activation.reload()
        assert (await ask(ring, key)).status_code == 404
        file.write_text(file.read_text().replace("onprem", "no-such-zone"))
        await ring.runtime.activation.reload()
        assert "unknown-zone" in str(ring.runtime.activation.not_ready())

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def listing(file: Path, own: StandIn, models: list[str], url: str = "") -> None:
    row = {"name": "local", "kind": "openai", "zone": "onprem", "base_url": url or own.url, "models": models}
    file.write_text(yaml.safe_dump({"upstreams": [row]}))


LISTS = Observation(("llama3",))


def test_what_an_upstream_listed_outlives_a_reload_and_not_a_change_of_the_upstream(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    async def story(ring: Inside) -> None:
        active = ring.runtime.activation
        listing(ring.runtime.settings.upstreams, own, ["*"])
        await active.reload()
        former = active.active.registry.upstreams[0]
        active.observed(former, LISTS)
        (policies / "extra.yaml").write_text(EXTRA.format(version=1))
        await active.reload()
        assert "llama3" in active.active.registry.names()
        listing(ring.runtime.settings.upstreams, own, ["*"], own.url + "/other")
        await active.reload()
        assert "llama3" not in active.active.registry.names()
        active.observed(former, LISTS)
        assert "llama3" not in active.active.registry.names(), "an answer of the server before came late"
        active.observed(active.active.registry.upstreams[0], LISTS)
        assert "llama3" in active.active.registry.names()
        listing(ring.runtime.settings.upstreams, own, ["gpt-4o"], own.url + "/other")
        await active.reload()
        assert "llama3" not in active.active.registry.names()

    run(tmp_path, policies, (vendor, own), story)


def test_a_folder_that_is_replaced_is_noticed_and_watched_on(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    def holds(ring: Inside, version: int) -> bool:
        return ("extra", version) in ring.runtime.activation.active.policy.policies

    async def story(ring: Inside) -> None:
        fresh = Path(shutil.copytree(policies, tmp_path / "fresh"))
        (fresh / "extra.yaml").write_text(EXTRA.format(version=1))
        policies.rename(tmp_path / "old")
        fresh.rename(policies)
        await asyncio.to_thread(eventually, lambda: holds(ring, 1))
        (policies / "extra.yaml").write_text(EXTRA.format(version=2))
        await asyncio.to_thread(eventually, lambda: holds(ring, 2))

    run(tmp_path, policies, (vendor, own), story)


def test_a_link_that_is_turned_to_another_folder_is_noticed(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    link = tmp_path / "mounted"
    link.symlink_to(policies)

    async def story(ring: Inside) -> None:
        other = Path(shutil.copytree(policies, tmp_path / "other"))
        (other / "soc2.yaml").write_text("policy: [")
        (tmp_path / "next").symlink_to(other)
        (tmp_path / "next").rename(link)
        await asyncio.to_thread(eventually, lambda: ring.runtime.activation.not_ready() is not None)

    run(tmp_path, link, (vendor, own), story)


def write_half(folder: Path, version: int) -> None:
    """Write the second of two files that belong together."""
    text = EXTRA.format(version=version).replace("extra", "other")
    (folder / "other.yaml").write_text(text.replace("would-stay-home", "would-stay-home-too"))


def in_the_middle(monkeypatch: pytest.MonkeyPatch, change: Callable[[int], None]) -> None:
    """Have something happen each time between the reading of upstreams and the reading of policies."""
    read, times = activation.load_policy, itertools.count(1)

    def change_and_read(*arguments: Any, **named: Any) -> Any:
        change(next(times))
        return read(*arguments, **named)

    monkeypatch.setattr(activation, "load_policy", change_and_read)


def test_a_file_that_changes_while_others_are_read_makes_them_be_read_again(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(ring: Inside) -> None:
        file = ring.runtime.settings.upstreams

        def change(time: int) -> None:
            if time == 1:
                upstreams_file(file, vendor, own, models={"gpt-4o": {"onprem": "new-model"}})
                (policies / "extra.yaml").write_text(EXTRA.format(version=1))

        in_the_middle(monkeypatch, change)
        came = await ring.runtime.activation.reload()
        assert came.error is None
        assert "new-model" in came.active.registry.names()
        assert ("extra", 1) in came.active.policy.policies

    first, second = run(tmp_path, policies, (vendor, own), story)
    assert first["bundle"]["upstreams_sha256"] != second["bundle"]["upstreams_sha256"]


def test_a_file_that_is_broken_only_while_it_is_written_is_not_refused(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(ring: Inside) -> None:
        def change(time: int) -> None:
            whole = EXTRA.format(version=1)
            if time <= 2:
                (policies / "extra.yaml").write_text(whole[: len(whole) // 2] if time == 1 else whole)

        in_the_middle(monkeypatch, change)
        came = await ring.runtime.activation.reload()
        assert came.error is None
        assert ("extra", 1) in came.active.policy.policies

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_files_that_never_rest_are_refused_and_tried_again(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(ring: Inside) -> None:
        monkeypatch.setattr(activation, "READS", 3)
        in_the_middle(monkeypatch, lambda time: write_half(policies, time))
        came = await ring.runtime.activation.reload()
        assert came.previous is None
        assert "change again and again" in str(came.error)
        assert "stay in force" in str(ring.runtime.activation.not_ready())
        monkeypatch.undo()
        await asyncio.to_thread(eventually, lambda: ring.runtime.activation.not_ready() is None)
        assert any(name == "other" for name, _ in ring.runtime.activation.active.policy.policies)

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_a_change_that_nobody_announced_is_taken_up_once_the_files_rest(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "POLL_S", 0.7)
    monkeypatch.setattr(activation, "RESTLESS_POLLS", 1000)

    async def story(ring: Inside) -> None:
        for version in range(1, 5):
            (policies / "extra.yaml").write_text(EXTRA.format(version=version))
            await asyncio.sleep(0.3)
            write_half(policies, version)
            await asyncio.sleep(0.3)
        await asyncio.to_thread(eventually, lambda: ("other", 4) in ring.runtime.activation.active.policy.policies)

    _, second = run(tmp_path, policies, (vendor, own), story)
    assert [item["version"] for item in second["bundle"]["policies"] if item["id"] in {"extra", "other"}] == [4, 4]


def test_files_that_change_all_the_time_are_read_nevertheless(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "POLL_S", 0.8)
    monkeypatch.setattr(activation, "RESTLESS_POLLS", 2)

    async def story(ring: Inside) -> None:
        before = ring.runtime.activation.active
        for version in range(1, 100):
            (policies / "extra.yaml").write_text(EXTRA.format(version=version))
            await asyncio.sleep(0.4)
            if ring.runtime.activation.active is not before:
                return
        raise AssertionError

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_a_change_that_leaves_size_and_time_as_they_were_is_noticed(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    (policies / "extra.yaml").write_text(EXTRA.format(version=1))

    async def story(ring: Inside) -> None:
        file = policies / "extra.yaml"
        state = file.stat()
        file.write_text(EXTRA.format(version=2))
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
        await asyncio.to_thread(eventually, lambda: ("extra", 2) in ring.runtime.activation.active.policy.policies)

    run(tmp_path, policies, (vendor, own), story)


def test_a_reload_that_could_not_be_recorded_is_tried_again_under_the_same_id(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    async def story(ring: Inside) -> None:
        append, ids = ring.runtime.audit.append, []

        async def late_once(kind: str, body: dict[str, Any], **named: Any) -> Any:
            receipt = await append(kind, body, **named)
            if kind == "policy.activated":
                ids.append(named["id"])
                if len(ids) == 1:
                    raise AuditUnavailable("deadline")
            return receipt

        ring.runtime.audit.append = late_once  # type: ignore[method-assign]
        (policies / "extra.yaml").write_text(EXTRA.format(version=1))
        await asyncio.to_thread(eventually, lambda: ("extra", 1) in ring.runtime.activation.active.policy.policies)
        assert len(ids) == 2
        assert ids[0] == ids[1]
        assert ring.runtime.activation.not_ready() is None

    assert len(run(tmp_path, policies, (vendor, own), story)) == 2


def test_a_type_that_no_detector_finds_is_refused(tmp_path: Path, own: StandIn) -> None:
    settings = Settings(home=tmp_path, upstreams=upstreams_file(tmp_path / "u.yaml", None, own))
    with pytest.raises(FileRefused) as refused:
        activation.load(settings, DetectorSet(frozenset({"PERSON"}), (), "0" * 64))
    assert "entity-without-detector" in {found.code for found in refused.value.diagnostics}
    assert activation.load(settings, None).policy.policies


def test_nothing_is_in_force_before_the_start(tmp_path: Path) -> None:
    async def announce(*_: Any) -> None:
        raise AssertionError

    made = Activation(Settings(home=tmp_path), DetectorSet(frozenset(), (), ""), announce)
    assert made.not_ready() == "no policy is loaded"
    with pytest.raises(FileRefused):
        _ = made.active


def test_what_is_known_of_harmless_requests_is_what_would_be_decided_that_day(
    tmp_path: Path, policies: Path, own: StandIn, vendor: StandIn
) -> None:
    last = dt.datetime.now(dt.UTC).date() + dt.timedelta(7)
    (policies / "extra.yaml").write_text(WAIVED)
    (policies / "exceptions.yaml").write_text(WAIVER.format(until=last))
    file = upstreams_file(tmp_path / "u.yaml", vendor, own)
    active = activation.load(Settings(home=tmp_path, upstreams=file, policies=policies), None)
    landed = set()
    for team, app, model, day in itertools.product("ab", ("chatbot", "other"), ("gpt-4o", "gpt-4x"), (0, 1)):
        asked = (Identity(team, app, "k"), Call("chat", model, "gpt-4*"), last + dt.timedelta(day))
        for _ in range(2):
            made = active.harmless[asked]
            assert made == decide(active.policy, *asked[:2], {}, asked[2])
        ways = made.zones, "chat", model
        for _ in range(2):
            assert active.routes[ways] == routes(*ways, active.registry)
        landed.add((app, day, made.zones))
    assert {(app, day) for app, day, zones in landed if "cloud-us" in zones} == {("chatbot", 0)}


def test_the_digest_is_of_policies_and_upstreams_together(tmp_path: Path, policies: Path, own: StandIn) -> None:
    file = upstreams_file(tmp_path / "u.yaml", None, own)
    settings = Settings(home=tmp_path, upstreams=file, policies=policies)
    digests = {activation.load(settings, None).sha256}
    (policies / "extra.yaml").write_text(EXTRA.format(version=1))
    digests.add(activation.load(settings, None).sha256)
    rows = yaml.safe_load(file.read_text())
    rows["upstreams"][0]["default_model"] = "other-model"
    file.write_text(yaml.safe_dump(rows))
    digests.add(activation.load(settings, None).sha256)
    assert len(digests) == 3


def paper(file: Path, lines: Path, *names: str) -> Path:
    made = names or ("security-oncall", "payments-security", "privacy-officer")
    file.write_text(yaml.safe_dump({"channels": {name: {"file": str(lines)} for name in made}}))
    return file


def test_channels_are_taken_up_with_the_bundle_and_are_no_part_of_it(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    file = paper(tmp_path / "channels.yaml", tmp_path / "one")

    def leads_to(ring: Inside, name: str) -> bool:
        return ring.runtime.activation.active.channels["security-oncall"].target == File(tmp_path / name)

    async def go() -> list[dict[str, Any]]:
        async with inside(tmp_path / "home", vendor, own, policies=policies, channels=file) as ring:
            before = ring.runtime.activation.active
            assert leads_to(ring, "one")
            await asyncio.sleep(0.3)  # the watch has to begin
            paper(file, tmp_path / "two")
            await asyncio.to_thread(eventually, lambda: leads_to(ring, "two"))
            assert ring.runtime.activation.active.sha256 == before.sha256
            assert before.channels["security-oncall"].target == File(tmp_path / "one")
            return await ring.records("policy.activated")

    assert len(asyncio.run(go())) == 1


def test_channels_that_rules_need_and_do_not_find_leave_the_old_ones_in_force(
    tmp_path: Path, policies: Path, vendor: StandIn, own: StandIn
) -> None:
    file = paper(tmp_path / "channels.yaml", tmp_path / "one")

    async def go() -> None:
        async with inside(tmp_path / "home", vendor, own, policies=policies, channels=file) as ring:
            before = ring.runtime.activation.active
            paper(file, tmp_path / "two", "security-oncall", "payments-security")
            await ring.runtime.activation.reload()
            assert "unknown-channel" in str(ring.runtime.activation.not_ready())
            file.write_text("channels: [")
            await ring.runtime.activation.reload()
            assert "not-yaml" in str(ring.runtime.activation.not_ready())
            assert ring.runtime.activation.active is before

    asyncio.run(go())


def test_without_channels_a_bundle_loads_and_says_that_nobody_is_told(tmp_path: Path, own: StandIn) -> None:
    settings = Settings(home=tmp_path, upstreams=upstreams_file(tmp_path / "u.yaml", None, own))
    codes = [found.code for found in activation.load(settings, None).warnings]
    assert codes.count("channel-not-configured") == 3


def test_a_webhook_whose_key_is_not_there_keeps_the_server_from_starting(
    tmp_path: Path, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    (tmp_path / "channels.yaml").write_text("channels: {x: {webhook: 'https://a.example/', secret_env: HOOK_SECRET}}")
    upstreams = upstreams_file(tmp_path / "u.yaml", None, own)
    with pytest.raises(FileRefused, match="no-secret"):
        activation.load(Settings(home=tmp_path, upstreams=upstreams, channels=tmp_path / "channels.yaml"), None)
