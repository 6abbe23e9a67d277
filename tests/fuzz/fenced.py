"""A real Ringfence with real detection, two scripted model servers and a witness, and what has to be true always."""

import asyncio
import contextlib
import http.client
import itertools
import json
import re
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clients.scripted import Scripted
from fuzz.surfaces import MAIL
from fuzz.wire import MARK, Answer, Sent, answers, exchange
from harness import BRISK, ROOT, Ringfence, StandIn, eventually, ringfence, upstreams_file
from witnessing import WitnessProcess

from audit.keys import load
from audit.verification.verifier import verify
from proxy.endpoints import anthropic
from proxy.endpoints.served import ENDPOINTS
from proxy.identity import Role

TABLE = re.findall(r"^\| `(\w+)` \| ([\d, ]+) \|", (ROOT / "deploy" / "docs" / "errors.md").read_text(), re.MULTILINE)
DOCUMENTED = {(code, int(status)) for code, statuses in TABLE for status in statuses.split(",")}
NAMES = {endpoint.path: endpoint.name for endpoint in ENDPOINTS}
TEAM = "team"
IDLE_S = 2.0
"""After so long the server may be about to end a connection that nobody uses."""
KEEP = 100
"""After so many requests a vendor's are looked through and forgotten."""
FAULTS = ("Traceback", "unexpected", "Exception", MARK, MAIL)
"""What no line of a server's log may hold."""


class Forgiving(Scripted):
    """A model server that refuses what it does not understand."""

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        try:
            return await super()._answer(method, path, body, writer)
        except Exception:  # noqa: BLE001 - what it cannot take is any of them
            return self._reply(writer, 400, b'{"error": {"message": "no"}}')


class Broken(AssertionError):
    """Something that has to be true always is not."""


def holds(true: object, what: str) -> None:
    """Raise Broken unless it is true."""
    if not true:
        raise Broken(what)


@dataclass
class Fenced:
    """What is fuzzed, and what was seen."""

    server: Ringfence
    vendor: StandIn
    own: StandIn
    witness: WitnessProcess
    metrics_port: int
    keys: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    read: int = 0
    seen: int = 0
    allowed: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.keys = {role.value: self.server.key(team=TEAM, role=role.value) for role in Role}
        self.family = set(self.server.children())
        self.prints = load(self.server.home / "keys").fingerprinter()
        self._sources = (f"127.{a}.{b}.1" for a, b in itertools.cycle(itertools.product(range(1, 255), repeat=2)))
        self._line: http.client.HTTPConnection | None = None
        self._used = 0.0

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        at = urlsplit(self.server.url)
        return str(at.hostname), int(at.port or 0)

    def source(self) -> str:
        """Return an address to come from that nobody came from lately: without a key, one waits ever longer."""
        return next(self._sources)

    def ask(self, method: str, target: str, headers: dict[str, str], body: bytes | None, *, known: bool) -> Answer:
        """Ask on a connection that stays, as long as the server keeps it; without a key, on one of its own."""
        line = self._line if known and time.monotonic() < self._used + IDLE_S else None
        if line is None:
            line = http.client.HTTPConnection(*self.address, timeout=90, source_address=(self.source(), 0))
        line.request(method, target, body, headers)
        its = line.getresponse()
        try:
            answer = Answer(
                its.status, {name.lower(): value for name, value in its.getheaders()}, its.read(), whole=True
            )
        except http.client.IncompleteRead as error:  # a stream that its model server broke off
            answer = Answer(its.status, {}, error.partial, whole=False)
        if line is not self._line:
            (self._line or line).close()
        self._line, self._used = line, time.monotonic()
        if not (known and answer.whole) or its.will_close:
            self.hang_up()
        return answer

    def hang_up(self) -> None:
        """End the connection that stays."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def send(self, sent: Sent, port: int | None = None, *, heads: bool = False) -> list[Answer]:
        """Send bytes and return all answers."""
        return answers(exchange((self.address[0], port or self.address[1]), sent, self.source()), heads=heads)

    def judge(self, answer: Answer, path: str | None, *, empty: bool = False) -> None:
        """Check one answer; without a path, an error may have the shape of either API, and with `empty` no body."""
        self.statuses[answer.status] += 1
        said = answer.body.decode("utf-8", "replace")
        holds(answer.status != 500, f"500 at {path}: {said[:300]}")
        if answer.status >= 400 and answer.whole and not (empty and not said) and path != "/readyz":
            error = shaped(said, path)
            key = (str(error.get("code")), answer.status)
            holds(key in DOCUMENTED, f"{key} at {path} is in no table of errors")
        if answer.status >= 400:
            for secret in (MARK, MAIL):
                holds(
                    secret not in said + str(answer.headers), f"an error at {path} repeats what was sent: {said[:300]}"
                )

    def well(self) -> None:
        """Check what has to be true after each exchange, as far as it costs little."""
        holds(self.server.process.poll() is None, "the server is gone")
        with self.server.log_path.open("rb") as log:
            log.seek(self.read)
            said = log.read().decode("utf-8", "replace")
        self.read += len(said.encode())
        holds(not any(fault in said for fault in FAULTS), f"the server's log says: {said[-2000:]}")
        holds(MAIL.encode() not in self.vendor.received, "a vendor got what has to stay at home")
        if len(self.vendor.posts) >= KEEP:
            self.permitted()

    def permitted(self) -> None:
        """Check that whatever a vendor got has a decision for those very bytes, and forget it."""
        with contextlib.closing(sqlite3.connect(f"file:{self.server.home / 'audit.db'}?mode=ro", uri=True)) as log:
            for seq, body in log.execute("SELECT seq, body FROM record WHERE seq > ? ORDER BY seq", (self.seen,)):
                self.seen = seq
                if "up" in (record := json.loads(body)):
                    self.allowed.add((record["up"]["zone"], record["up"]["body_fp"]))
        for seen in self.vendor.posts:
            name = NAMES.get(seen.path.removeprefix("/v1"))
            holds(name is not None, f"a vendor was asked for {seen.path}")
            mark = self.prints.fingerprint(TEAM, "body", str(name), seen.body)
            holds(("cloud-us", mark) in self.allowed, f"a vendor got what no decision is for: {seen.body[:300]!r}")
        self.vendor.clear()
        self.own.clear()

    def end(self) -> None:
        """Check what is left in the end: processes, log, and what was kept."""
        print("answers by status:", dict(sorted(self.statuses.items())))
        self.hang_up()
        self.well()
        self.permitted()
        holds(set(self.server.children()) == self.family, "a process died on the way")
        with self.server.client(self.keys["app"]) as client:
            holds(client.get("/readyz").status_code == 200, "it is not ready any more")
        report = verify(self.server.home / "audit.db")
        holds(report.findings == (), f"the log does not verify: {report.findings[:3]}")
        for file in self.server.home.rglob("*"):
            kept = file.read_bytes() if file.is_file() else b""
            holds(MARK.encode() not in kept and MAIL.encode() not in kept, f"{file.name} holds what was sent")


def shaped(said: str, path: str | None) -> dict[str, Any]:
    """Return the error of an answer in the shape that callers of its path expect."""
    try:
        body = json.loads(said)
    except ValueError:
        body = None
    holds(
        isinstance(body, dict) and isinstance(body.get("error"), dict), f"an error at {path} has no shape: {said[:300]}"
    )
    theirs = body.get("type") == "error"
    holds(path is None or theirs == anthropic.speaks(path), f"an error at {path} has another API's shape")
    error: dict[str, Any] = body["error"]
    holds(error.keys() >= {"message", "type", "param", "code"}, f"an error at {path} lacks a field: {said[:300]}")
    return error


@contextlib.contextmanager
def fenced(home: Path, **settings: Any) -> Iterator[Fenced]:
    """Run all of it until the block ends, and check it then."""
    with contextlib.ExitStack() as stack:
        vendor, own = Forgiving("vendor"), Forgiving("own")
        stack.callback(vendor.stop)
        stack.callback(own.stop)
        upstreams = upstreams_file(home / "upstreams.yaml", vendor, own)
        (home / "witness").mkdir()
        witness = WitnessProcess(home / "witness")
        stack.callback(witness.stop)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = stack.enter_context(ringfence(home / "fence", upstreams, metrics_port=port, **BRISK, **settings))
        made = Fenced(server, vendor, own, witness, port)
        with server.client(made.keys["auditor"]) as client:  # a log that nobody signed has less to be asked for
            eventually(lambda: client.get("/audit/v1/checkpoints/latest").status_code == 200, 30)
        yield made
        made.end()
