"""Bundles that change under load: no request sees half of one, none fails, nothing is lost.

Two bundles differ in policies and upstreams together. Bright lets everything go to a cloud and names a vendor's server;
dark keeps everything at home and names an own one. Each names the other kind of server, too, which only a mixture of
both would ask. RINGFENCE_TEST_EXAMPLES makes it twenty times as many reloads.
"""

import itertools
import os
import shutil
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from attacks.fortress import TEAM
from harness import QUICK, ROOT, Ringfence, StandIn, chat_body, eventually, start, upstreams_file

from audit.access import Records
from audit.verification.verifier import KeptReceipt, verify
from proxy.archive import Archive
from proxy.policy.replay import Report, Why, replay
from proxy.recorded import Database

CALLERS = 3
RELOADS = 50 if int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "0")) == 0 else 1000
EDITS = RELOADS // 5
"""So many of them write over the files where they lie."""
TORN = 20
"""Reloads of a server that is broken, which is noticed in some of them."""
POLICY = """\
policy: turning
version: {version}
owner: security@company.example
grants:
  - {{id: everyone, zones: [cloud-us, onprem]}}
"""
HOME = 'rules:\n  - {id: all-stay-home, then: pin, because: "Nothing leaves today."}\n'
TURN: dict[str, str] = {"bright": POLICY.format(version=1), "dark": POLICY.format(version=2) + HOME}
ASKED = {"bright": "bright-cloud", "dark": "dark-own"}
"""The one server that each bundle makes a request go to."""


@dataclass
class Said:
    """What a caller got: the server that answered, and the record of the decision."""

    status: int
    server: str
    record: str
    receipt: KeptReceipt


@dataclass
class Turning:
    """A server whose bundle is changed while callers ask, and all that they got."""

    folder: Path
    server: Ringfence
    servers: dict[str, StandIn]
    security: httpx.Client
    said: list[Said] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def ask(self, stop: threading.Event) -> None:
        """Ask until told to stop."""
        with self.server.client(self.server.key(team=TEAM)) as client:
            for number in itertools.count():
                if stop.is_set():
                    return
                text = f"What is {number % 97} plus {number % 89}?"
                try:
                    self.said.append(heard(client.post("/v1/chat/completions", json=chat_body(text))))
                except (httpx.HTTPError, KeyError, ValueError) as error:
                    self.faults.append(f"{type(error).__name__}: {error}")
                    return

    def in_force(self) -> str:
        return str(self.security.get("/ringfence/v1/policy").raise_for_status().json()["sha256"])

    def reload(self, way: str) -> None:
        """Have the server take up what lies on disk, in one of the ways there are."""
        if way == "api":
            self.security.post("/ringfence/v1/policy/reload").raise_for_status()
        elif way == "command":
            assert "refused" not in self.server.admin("policy.reload")
        else:
            self.server.process.send_signal(signal.SIGHUP)

    def turn(self, name: str, way: str, change: Callable[[str], None]) -> None:
        """Change the files and have them taken up."""
        change(name)
        self.reload(way)
        digest = self.digests.get(name)
        if digest is None:
            self.digests[name] = self.in_force()
        else:
            eventually(lambda: self.in_force() == digest, 30)

    def swap(self, name: str) -> None:
        """Turn the link to a folder that nobody has seen, as the kubelet does with a ConfigMap."""
        fresh = self.folder / f"{name}-{len(list(self.folder.iterdir()))}"
        shutil.copytree(self.folder / name, fresh)
        (self.folder / "next").symlink_to(fresh)
        (self.folder / "next").rename(self.folder / "current")

    def edit(self, name: str) -> None:
        """Write over one file after the other, as an editor does."""
        for file in ("policies/turning.yaml", "upstreams.yaml"):
            (self.folder / "current" / file).write_bytes((self.folder / name / file).read_bytes())

    def records(self, kind: str) -> list[dict[str, Any]]:
        query = "SELECT body FROM record WHERE kind = ? ORDER BY seq"
        with closing(sqlite3.connect(f"file:{self.server.home / 'audit.db'}?mode=ro", uri=True)) as database:
            return [orjson.loads(body) for (body,) in database.execute(query, (kind,))]

    def mixed(self) -> list[str]:
        """Return the answers that did not come from the server that the bundle in their record names."""
        names = {digest: name for name, digest in self.digests.items()}
        bundles = [record["bundle"] for record in self.records("policy.activated")]
        decisions = {record["id"]: record for record in self.records("route.decision")}
        return [
            said.record
            for said in self.said
            for record in [decisions[said.record]]
            if record["bundle"] not in bundles
            or not said.server == record["up"]["id"] == ASKED[names[record["bundle"]["sha256"]]]
        ]

    def decided_again(self) -> Report:
        """Decide every record again by the bundle that it names."""
        path = self.server.home / "audit.db"
        bright = Archive(Records(path)).policy(self.digests["bright"])
        assert bright is not None
        return replay(bright, Database(path))

    def assert_whole(self) -> None:
        """Every request was answered, decided and sent under one bundle, and is in the log with its end."""
        assert self.faults == []
        assert [said.status for said in self.said if said.status != 200] == []
        assert {row["bundle"]["sha256"] for row in self.records("policy.activated")} == set(self.digests.values())
        assert self.mixed() == []
        posts = {name: len(server.posts) for name, server in self.servers.items() if server.posts}
        assert posts == dict(Counter(said.server for said in self.said))
        assert posts.keys() == set(ASKED.values()), "both bundles had their share"
        report = self.decided_again()
        assert (report.skipped, report.verified) == ((), len(self.said))
        ends = eventually(lambda: len(found := self.records("route.outcome")) == len(self.said) and found)
        assert {end["status"] for end in ends} == {"ok"}
        assert verify(self.server.home / "audit.db", receipts=[said.receipt for said in self.said]).findings == ()


def heard(answer: httpx.Response) -> Said:
    headers = answer.headers
    receipt = KeptReceipt.parse(f"{headers['x-ringfence-audit-seq']}:{headers['x-ringfence-audit-link']}")
    return Said(answer.status_code, answer.json()["model"], headers["x-ringfence-audit-id"], receipt)


@contextmanager
def turning(folder: Path, **options: Any) -> Iterator[Turning]:
    """Run a server whose bundle lies behind a link, bright at first."""
    with ExitStack() as stack:
        names = [f"{name}-{place}" for name in TURN for place in ("cloud", "own")]
        servers = {name: StandIn(name, model_reported=name) for name in names}
        for server in servers.values():
            stack.callback(server.stop)
        for name, written in TURN.items():
            policies = folder / name / "policies"
            policies.mkdir(parents=True)
            shutil.copy(ROOT / "policies" / "taxonomy.yaml", policies)
            (policies / "turning.yaml").write_text(written)
            file = upstreams_file(policies.parent / "upstreams.yaml", servers[f"{name}-cloud"], servers[f"{name}-own"])
            text = file.read_text().replace("name: vendor", f"name: {name}-cloud")
            file.write_text(text.replace("name: local", f"name: {name}-own"))
        shutil.copytree(folder / "bright", folder / "bright-0")
        (folder / "current").symlink_to(folder / "bright-0")
        files = {"policies": folder / "current" / "policies", "upstreams": folder / "current" / "upstreams.yaml"}
        running = start(folder / "home", **files, **QUICK, **options)
        stack.callback(running.stop)
        security = stack.enter_context(running.client(running.key(role="security")))
        yield Turning(folder, running, servers, security)


@contextmanager
def load(turning: Turning) -> Iterator[None]:
    """Have callers ask until the block ends."""
    stop = threading.Event()
    callers = [threading.Thread(target=turning.ask, args=(stop,)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        stop.set()
        for caller in callers:
            caller.join(60)
            assert not caller.is_alive()


@contextmanager
def impatience(turning: Turning) -> Iterator[None]:
    """Reload all the time, so that files are read in the middle of their change."""
    stop = threading.Event()

    def work() -> None:
        with turning.server.client(turning.server.key(role="admin")) as client:
            while not stop.wait(0.01):
                client.post("/ringfence/v1/policy/reload").raise_for_status()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


def turns(count: int) -> Iterator[tuple[str, str]]:
    """Yield bundles in turn, each with a way in which it is taken up."""
    return itertools.islice(
        zip(itertools.cycle(("dark", "bright")), itertools.cycle(("api", "command", "signal"))), count
    )


def test_no_request_sees_half_a_bundle_while_folders_are_swapped_and_files_edited(tmp_path: Path) -> None:
    with turning(tmp_path) as server:
        server.digests["bright"] = server.in_force()
        with load(server):
            with impatience(server):
                for name, way in turns(RELOADS - EDITS):
                    server.turn(name, way, server.swap)
            for name, way in turns(EDITS):
                server.turn(name, way, server.edit)
        server.assert_whole()
        activated = server.records("policy.activated")
        assert len(activated) == 1 + RELOADS
        assert {row["source"] for row in activated} >= {"start", "api", "signal"}
        assert len(server.said) > RELOADS


def test_a_request_that_takes_two_snapshots_is_seen_to(tmp_path: Path) -> None:
    """Control: the same load and the same checks, on a server that is broken."""
    with turning(tmp_path, launcher=(str(ROOT / "tests" / "attacks" / "torn.py"),)) as server:
        server.digests["bright"] = server.in_force()
        with load(server):
            for name, way in turns(TORN):
                server.turn(name, way, server.swap)
        assert server.mixed()
        assert [why for why, _, _ in server.decided_again().skipped] == [Why.DIFFERS]
        with pytest.raises(AssertionError):
            server.assert_whole()
