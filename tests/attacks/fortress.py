"""What the fault tests attack: a Ringfence with three vendor servers and one of its own, and what they leave behind."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from harness import NO_TLS, QUICK, ROOT, Ringfence, StandIn, chat_body, eventually, start
from properties.translating import SAID_AT

from audit.keys import load
from audit.verification.verifier import KeptReceipt, verify
from proxy.endpoints.chat import CHAT
from proxy.endpoints.served import ENDPOINTS

TEAM = "team"
ENDPOINT_AT = {endpoint.path: endpoint.name for endpoint in ENDPOINTS}
ASKED = sorted(set(ENDPOINT_AT.values()))
DETECT_DEADLINE_S, AUDIT_DEADLINE_S = 3.0, 1.0
CARD = "4929 7182 0364 " + "5103"
THINGS = ("bridge", "kettle", "lantern", "pebble", "ladder", "bucket", "violin", "hammer", "pillow", "saddle", "anchor")
LOOKS = ("heavy", "small", "round", "quiet", "rusty", "green", "hollow", "narrow", "wooden", "plain", "bright", "old")
_FRESH = (
    f"How does a {look} {one} differ from a {two}?" for look, one, two in itertools.product(LOOKS, THINGS, THINGS)
)
ROUNDS = 4 if int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "0")) == 0 else 100
"""How many times the server is killed in all."""


def harmless() -> str:
    """Return a question that nobody asked before: an answer of the detectors' cache would hide that they are dead."""
    return next(_FRESH)


class BlackHole:
    """A port that never completes a connection: whoever connects to it has not been able to send a byte."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._fillers: list[socket.socket] = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)  # noqa: FBT003
            filler.connect_ex(self._listener.getsockname())
            self._fillers.append(filler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def close(self) -> None:
        for sock in (*self._fillers, self._listener):
            sock.close()


@dataclass
class Fortress:
    """One server that is attacked again and again, with everything around it."""

    home: Path
    cloud: StandIn
    spare: StandIn
    europe: StandIn
    onprem: StandIn
    hole: BlackHole
    port: int
    server: Ringfence = field(init=False)
    secret: str = ""
    receipts: list[KeptReceipt] = field(default_factory=list)

    @property
    def policies(self) -> Path:
        return self.home / "policies"

    @property
    def upstreams(self) -> Path:
        return self.home / "upstreams.yaml"

    @property
    def vendors(self) -> tuple[StandIn, StandIn, StandIn]:
        return self.cloud, self.spare, self.europe

    def prepare(self) -> None:
        """Write policies and upstreams, as shipped and as they were."""
        self.policies.mkdir(parents=True, exist_ok=True)
        for file in sorted((ROOT / "policies").glob("*.yaml")):
            _put(self.policies / file.name, file.read_bytes())
        for file in set(self.policies.glob("*.yaml")):
            if not (ROOT / "policies" / file.name).exists():
                file.unlink()
        rows: list[dict[str, Any]] = [
            self._vendor("vendor", self.cloud.url, "gpt-4*"),
            self._vendor("first", self.cloud.url, "pair-*"),
            self._vendor("second", self.spare.url, "pair-*"),
            self._vendor("west", self.cloud.url, "far-*"),
            self._vendor("east", self.europe.url, "far-*", zone="cloud-eu"),
            self._vendor("hole", self.hole.url, "hole-*"),
            {**self._vendor("local", self.onprem.url, "own", zone="onprem"), "default_model": "own"},
        ]
        _put(self.upstreams, yaml.safe_dump({"upstreams": rows}).encode())

    def _vendor(self, name: str, url: str, models: str, zone: str = "cloud-us") -> dict[str, Any]:
        return {
            "name": name,
            "kind": "openai",
            "zone": zone,
            "base_url": url,
            "models": [models],
            "endpoints": list(ASKED),
        }

    def reload(self) -> None:
        """Have the files taken up now, and not when they are looked at next."""
        self.server.process.send_signal(signal.SIGHUP)

    def start(self) -> None:
        """Start the server, with short deadlines and little memory."""
        before = getattr(self, "server", None)
        if before is not None:
            before.stop()
        self.server = start(
            self.home,
            self.upstreams,
            launcher=(str(ROOT / "tests" / "attacks" / "patient.py"),),
            **QUICK,
            policies=self.policies,
            port=self.port,
            detect_deadline_s=DETECT_DEADLINE_S,
            audit_deadline_s=AUDIT_DEADLINE_S,
            detect_worker_memory_bytes=128 * 1024 * 1024,
            upstream_connect_timeout_s=3.0,
            upstream_read_timeout_s=30.0,
        )
        self.secret = self.server.key(team=TEAM)

    def mend(self) -> None:
        """Take back what a test did; start again what it ended."""
        if self.server.process.poll() is not None:
            self.start()
        for at, standin in {name: getattr(self, name) for name in ("cloud", "spare", "europe", "onprem")}.items():
            if not standin._thread.is_alive():
                setattr(self, at, StandIn(at, port=standin.port))
            getattr(self, at).clear()
            getattr(self, at).chunk_delay_s = 0.0
            getattr(self, at).extra_headers = {}
        try:
            eventually(self.ready, 20)
        except AssertionError:  # the test before has said so; those after it are not to fail for it
            family = [pid for pid, _ in self.server.children()]
            self.server.stop(signal.SIGKILL)
            eventually(lambda: all(is_gone(pid) for pid in family), 60)
            self.start()

    def ready(self) -> bool:
        """Whether the server says that it can work."""
        try:
            return httpx.get(f"{self.server.url}/readyz", trust_env=False, verify=NO_TLS, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def not_ready(self) -> dict[str, str]:
        """Return what readiness says while it says no."""
        return eventually(self._complaint, 15)

    def _complaint(self) -> Any:
        answer = httpx.get(f"{self.server.url}/readyz", trust_env=False, verify=NO_TLS, timeout=5)
        return answer.json() if answer.status_code == 503 else None

    def ask(
        self, text: str | None = None, *, model: str = "gpt-4o-mini", at: str = CHAT.path[1:], **fields: Any
    ) -> httpx.Response:
        """Send one request, to chat or to another endpoint; its receipt is kept."""
        body = chat_body(text or harmless(), model, **fields)
        with self.server.client(self.secret) as client:
            answer = client.post(f"/v1/{at}", json=SAID_AT[at](body) if at in SAID_AT else body)
        self.keep(answer)
        return answer

    def keep(self, answer: httpx.Response) -> None:
        """Keep the receipt that an answer holds, as a careful caller does."""
        if "x-ringfence-audit-seq" in answer.headers:
            kept = f"{answer.headers['x-ringfence-audit-seq']}:{answer.headers['x-ringfence-audit-link']}"
            self.receipts.append(KeptReceipt.parse(kept))

    def assert_harmless_reaches_the_cloud(self) -> None:
        """The control of every fault: without it, the same kind of request goes out."""
        before = len(self.cloud.posts)
        answer = eventually(lambda: self._goes_out() or None, 20)
        assert answer.headers["x-ringfence-zone"] == "cloud-us"
        assert len(self.cloud.posts) > before

    def _goes_out(self) -> httpx.Response | None:
        answer = self.ask()
        return answer if answer.headers.get("x-ringfence-zone") == "cloud-us" else None

    def assert_nothing_reached_a_vendor(self) -> None:
        """Not a byte, not even of a connection without a request."""
        assert [(vendor.name, bytes(vendor.received)) for vendor in self.vendors if vendor.received] == []

    def records(self) -> list[dict[str, Any]]:
        """Return every record of the log."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home / 'audit.db'}?mode=ro", uri=True)) as database:
            return [json.loads(body) for (body,) in database.execute("SELECT body FROM record ORDER BY seq")]

    def record(self, answer: httpx.Response) -> dict[str, Any]:
        """Return the record that an answer names."""
        wanted = answer.headers["x-ringfence-audit-id"]
        return next(record for record in self.records() if record["id"] == wanted)

    def outcomes(self, decision: str) -> list[dict[str, Any]]:
        """Return the outcome records of a decision, once there is one."""
        return eventually(lambda: [r for r in self.records() if r["kind"] == "route.outcome" and r["dec"] == decision])

    def assert_log_is_whole(self) -> None:
        """It verifies, every kept receipt is in it, and whatever a vendor got has a decision for those very bytes."""
        report = verify(self.home / "audit.db", receipts=self.receipts)
        assert report.findings == ()
        assert report.receipts == len(set(self.receipts))
        records = self.records()
        allowed = {(record["up"]["zone"], record["up"]["body_fp"]) for record in records if "up" in record}
        prints = load(self.home / "keys").fingerprinter()
        for vendor, zone in ((self.cloud, "cloud-us"), (self.spare, "cloud-us"), (self.europe, "cloud-eu")):
            for seen in vendor.posts:
                endpoint = ENDPOINT_AT[seen.path.removeprefix("/v1")]
                assert (zone, prints.fingerprint(TEAM, "body", endpoint, seen.body)) in allowed

    def open_attempts(self) -> set[tuple[str, int]]:
        """Return the decisions and attempts that have no outcome."""
        records = self.records()
        begun = {
            (record["id"], 1) if record["kind"] == "route.decision" else (record["dec"], record["attempt"])
            for record in records
            if record["kind"] in {"route.decision", "route.attempt"} and not record.get("dry_run")
        }
        return begun - {(r["dec"], r["attempt"]) for r in records if r["kind"] == "route.outcome"}


def _put(path: Path, content: bytes) -> None:
    """Write a file at once, and only when it changes: the server watches."""
    if not path.exists() or path.read_bytes() != content:
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.rename(path)


@contextlib.contextmanager
def small_disk(at: Path, size: str = "48m") -> Iterator[None]:
    """Put a small file system of its own under a folder, where that is permitted: it can be filled up."""
    at.mkdir(parents=True, exist_ok=True)
    mounted = (
        os.geteuid() == 0
        and shutil.which("mount") is not None
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(at)], capture_output=True, check=False
        ).returncode
        == 0
    )
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(at)], check=False)


@contextlib.contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Hold processes; let them go on afterwards, if they are still there."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has reaped it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def soon() -> None:
    """Give a request the time to arrive where it is held; being too short makes a test weaker, never wrong."""
    time.sleep(0.4)
