"""Three real servers with a home each on one log in PostgreSQL, one of them on a line that can be cut, and their load.

Only the log's secrets are copied from home to home: whatever else they share is in the database.
"""

import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from databases import Cluster, migrate, new_database
from harness import QUICK, ROOT, Ringfence, StandIn, chat_body, eventually, start, upstreams_file

from audit.verification.verifier import KeptReceipt

DEADLINE_S = 2.0
PER_MINUTE = 30
PRICES = {"currency": "USD", "models": {"gpt-4*": {"cloud-us": {"input": 1000, "output": 1000}}}}
"""An answer of the stand-in has 17 tokens: 0.017."""
BUDGET = (
    "policy: money\nversion: 1\nowner: finance@company.example\nbudgets:\n"
    "  - {id: vendors, who: {teams: [spender]}, zones: [cloud-us], monthly: 0.03, then: pin, because: all is paid}\n"
)
LIMITS = f"teams: {{limited: {{requests_per_minute: {PER_MINUTE}}}}}"
PLANTED = "Maria Gonzalez"
CALLERS = 9
PAUSE_S = 0.03
READY_WITHIN_S = 20.0


class Line:
    """Relays connections to a server. While it is cut nothing comes through, and nobody is told."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.whole = threading.Event()
        self.whole.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            self.whole.wait()
            server = socket.create_connection(self._server)
        except OSError:
            client.close()
            return
        for ends in ((client, server), (server, client)):
            threading.Thread(target=self._relay, args=ends, daemon=True).start()

    def _relay(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65536):
                self.whole.wait()
                other.sendall(piece)
        for side in (one, other):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()


@dataclass(frozen=True)
class Answer:
    """What became of a request: `said` is the zone, the code of a refusal, or `lost`. Times are monotonic, in s."""

    server: int
    said: str
    began: float
    ended: float
    receipt: KeptReceipt | None = None
    record: str = ""


@dataclass
class Trouble:
    """When a server had a right to refuse, or to be gone."""

    server: int
    began: float
    ended: float = float("inf")


@dataclass
class Fleet:
    cluster: Cluster
    url: str
    servers: list[Ringfence]
    cloud: StandIn
    onprem: StandIn
    line: Line
    answers: list[Answer] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    phases: list[tuple[str, float]] = field(default_factory=list)
    """What is being done, and since when."""

    def ask(self, server: int, client: httpx.Client, text: str) -> Answer:
        """Ask a server by a client of it."""
        began = time.monotonic()
        try:
            came = client.post("/v1/chat/completions", json=chat_body(text))
        except httpx.TransportError:
            return Answer(server, "lost", began, time.monotonic())
        ended = time.monotonic()
        if came.status_code != 200:
            return Answer(server, f"{came.status_code} {came.json()['error']['code']}", began, ended)
        receipt = KeptReceipt(
            int(came.headers["x-ringfence-audit-seq"]), bytes.fromhex(came.headers["x-ringfence-audit-link"])
        )
        record = came.headers["x-ringfence-audit-id"]
        return Answer(server, came.headers["x-ringfence-zone"], began, ended, receipt, record)

    @contextmanager
    def load(self, key: str) -> Iterator[None]:
        """Let callers ask all servers in turn, every third time with something that must stay, until the block ends."""
        done = threading.Event()

        def call(number: int) -> None:
            with ExitStack() as stack:
                clients = [stack.enter_context(server.client(key)) for server in self.servers]
                while not done.wait(PAUSE_S):
                    number += CALLERS
                    text = f"Write to {PLANTED}, {number}." if number % 3 == 0 else f"What is {number} plus 1?"
                    at = number // 3 % len(clients)
                    self.answers.append(self.ask(at, clients[at], text))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join(60)

    @contextmanager
    def trouble(self, *servers: int) -> Iterator[None]:
        """Do something to servers: they may refuse until they are ready again, which each has to be by itself."""
        made = [Trouble(server, time.monotonic()) for server in servers]
        self.troubles += made
        yield
        for each in made:
            eventually(lambda at=each.server: self.is_ready(at), READY_WITHIN_S)
            each.ended = time.monotonic()

    def is_ready(self, server: int) -> bool:
        try:
            return httpx.get(f"{self.servers[server].url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def served_since(self, server: int, moment: float) -> bool:
        """Whether a request that was sent after a moment was answered."""
        return any(each.server == server and each.began > moment and each.receipt for each in self.answers[-200:])

    def unexcused(self) -> list[Answer]:
        """Return what was neither served, nor refused by a server that was just in trouble."""

        def excused(answer: Answer) -> bool:
            mine = [each for each in self.troubles if each.server == answer.server]
            return any(each.began <= answer.ended and answer.began <= each.ended for each in mine)

        return [each for each in self.answers if each.receipt is None and not excused(each)]

    def longest_outage_s(self, server: int, began: float, ended: float) -> float:
        """Return the longest time from the first refusal to the next answer, of requests sent within a time."""
        longest, since = 0.0, None
        asked = [each for each in self.answers if each.server == server and began <= each.began < ended]
        for each in sorted(asked, key=lambda each: each.ended):
            if each.receipt is None:
                since = since or each.began
            elif since is not None:
                longest, since = max(longest, each.ended - since), None
        return longest

    def figures(self) -> str:
        """Return what came of all requests, in lines."""
        lines, servers = [f"requests  {len(self.answers)}"], range(len(self.servers))
        for server in servers:
            said = Counter(each.said for each in self.answers if each.server == server)
            lines.append(f"server {server}  {', '.join(f'{count} {what}' for what, count in said.most_common())}")
        for (phase, began), (_, ended) in pairwise([*self.phases, ("", float("inf"))]):
            outages = [f"{self.longest_outage_s(server, began, ended):.1f} s" for server in servers]
            lines.append(f"{phase}: longest outage of each {', '.join(outages)}")
        refused = [each.ended - each.began for each in self.answers if each.receipt is None]
        return "\n".join([*lines, f"slowest refusal {max(refused, default=0):.1f} s"])


@contextmanager
def fleet(folder: Path, cloud: StandIn, onprem: StandIn) -> Iterator[Fleet]:
    """Run three servers, and a database server of their own."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster.running())
        place = stack.enter_context(new_database(cluster.url))
        migrate(place)
        line = Line("127.0.0.1", cluster.port)
        stack.callback(line.close)
        parts = urlsplit(place.url)
        through = parts._replace(netloc=f"postgres@127.0.0.1:{line.port}").geturl()
        policies = Path(shutil.copytree(ROOT / "policies", folder / "policies"))
        (policies / "money.yaml").write_text(BUDGET)
        (folder / "limits.yaml").write_text(LIMITS)
        given = {"limits": folder / "limits.yaml", "policies": policies, "audit_deadline_s": DEADLINE_S, **QUICK}
        upstreams = upstreams_file(folder / "upstreams.yaml", cloud, onprem, prices=PRICES)
        servers: list[Ringfence] = []
        for name, url in (("a", place.url), ("b", place.url), ("c", through)):
            if servers:
                shutil.copytree(folder / "a" / "keys", folder / name / "keys")
            servers.append(start(folder / name, upstreams, audit_url=url, **given))
            stack.callback(_end, servers[-1])
        yield Fleet(cluster, place.url, servers, cloud, onprem, line)


def _end(server: Ringfence) -> None:
    if server.process.poll() is None:
        server.process.kill()
    server.stop()


def timed(condition: Callable[[], object], within_s: float) -> float:
    """Wait for something and say how long that took."""
    began = time.monotonic()
    eventually(condition, within_s)
    return time.monotonic() - began
