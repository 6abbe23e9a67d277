"""Real parts for tests: a scripted model server that keeps every byte it got, and a Ringfence process around it."""

import asyncio
import atexit
import functools
import json
import os
import re
import select
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from nursery import Program

from audit.stores.migrate import migrate_sqlite
from proxy import admin
from proxy.process import DETECTOR, SERVER
from proxy.settings import Settings
from proxy.upstreams.upstream import ENDPOINTS

ROOT = Path(__file__).resolve().parent.parent
PATIENT = {"detect_deadline_s": 30, "audit_deadline_s": 10}
"""On a busy machine a late scan would rightly keep a harmless request at home; tests of deadlines set their own."""
QUICK = {"detectors": ROOT / "tests" / "quick-detectors.yaml"}
"""For servers of which detection is not what is tested: no models, which take seconds to load."""
CALM = {"upstream_failures": 1000, "upstream_health_s": 0, "canary_every_s": 0}
"""Model servers are not asked how they are and stay in use however often a test lets them fail; no canary is sent."""
BRISK = {"launcher": (str(ROOT / "tests" / "brisk.py"),)}
"""For servers whose signer is waited for."""
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients: httpx would read the certificates of all authorities for each of them."""
WORDS = ("The", " quick", " brown", " fox", " jumps.")


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandIn:
    """A model server on loopback, in a thread of its own. `received` is every byte of every connection.

    `behaviour` is one of: answer (streams when asked to), echo_error, hang, hang_up, redirect, slow_stream,
    half_stream, error_in_stream, garbage, or `status:NNN`.
    """

    name: str = "stand-in"
    behaviour: str = "answer"
    models: tuple[str, ...] = ()
    model_reported: str = ""
    extra_headers: dict[str, str] = field(default_factory=dict)
    chunk_delay_s: float = 0.0
    answer_delay_s: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    status_body: Any = None
    routes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ready = threading.Event()
        self._writers: list[asyncio.StreamWriter] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def posts(self) -> list[Seen]:
        return [seen for seen in self.requests if seen.method == "POST"]

    def clear(self) -> None:
        """Forget what arrived and answer normally again."""
        self.received.clear()
        self.requests.clear()
        self.connections = 0
        self.behaviour = "answer"

    def stop(self) -> None:
        """Close the port: connections are refused from now on."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        self._loop.remove_reader(server.sockets[0].fileno())
        await asyncio.sleep(0)  # whoever was accepted begins: the socket of one that cannot stays open
        server.close()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # and their sockets are closed

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)  # at once: a task that is cancelled before it begins ends nothing
        asyncio.create_task(self._handle(reader, writer))  # noqa: RUF006 - the loop holds it, and stopping awaits it

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = await reader.read(1)
            if not byte:
                return False
            self.received += byte
            head += byte
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = b""
        while len(body) < int(headers.get("content-length", 0)):
            piece = await reader.read(65536)
            if not piece:
                return False
            self.received += piece
            body += piece
        self.requests.append(Seen(method, path, headers, body))
        return await self._answer(method, path, body, writer)

    async def _answer(  # noqa: PLR0911 - one return a behaviour
        self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        if path in self.routes:
            return self._reply(writer, 200, json.dumps(self.routes[path]).encode())
        if method == "GET":
            listed = {"object": "list", "data": [{"id": model, "object": "model"} for model in self.models]}
            return self._reply(writer, 200, json.dumps(listed).encode())
        await asyncio.sleep(self.answer_delay_s)
        mode = self.behaviour
        if mode == "hang":
            await asyncio.sleep(3600)
        if mode == "hang_up":
            return False
        if mode == "redirect":
            return self._reply(
                writer, 307, b"", {"location": self.extra_headers.get("location", "http://127.0.0.1:1/")}
            )
        if mode == "garbage":
            return self._reply(writer, 200, b"this is not JSON: " + body)
        if mode.startswith("status:"):
            return self._reply(
                writer, int(mode[7:]), json.dumps(self.status_body or {"error": {"message": "no"}}).encode()
            )
        if mode == "echo_error":
            said = {
                "error": {
                    "message": f"cannot do {body.decode()}",
                    "code": 400,
                    "type": body.decode()[:200],
                    "param": body.decode(),
                }
            }
            return self._reply(writer, 400, json.dumps(said).encode())
        asked = json.loads(body)
        if asked.get("stream"):
            return await self._stream(asked, writer)
        return self._reply(writer, 200, json.dumps(self._completion(asked)).encode())

    def _completion(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1760000000,
            "model": self.model_reported or asked["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "".join(WORDS)},
                    "finish_reason": "stop",
                    "logprobs": None,
                }
            ],
            "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
        }

    async def _stream(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        writer.write(self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        shape = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1760000000,
            "model": self.model_reported or asked["model"],
        }

        def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
            return (
                b"data: "
                + json.dumps({**shape, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode()
                + b"\n\n"
            )

        events = [
            b": a comment\n\n",
            event({"role": "assistant", "content": ""}),
            *(event({"content": word}) for word in WORDS),
        ]
        if self.behaviour == "error_in_stream":
            events = [
                *events[:3],
                b"data: " + json.dumps({"error": {"message": f"failed on {asked}"}}).encode() + b"\n\n",
            ]
        elif self.behaviour != "half_stream":
            events.append(event({}, "stop"))
            if (asked.get("stream_options") or {}).get("include_usage"):
                usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
                events.append(b"data: " + json.dumps({**shape, "choices": [], "usage": usage}).encode() + b"\n\n")
            events.append(b"data: [DONE]\n\n")
        for item in events:
            writer.write(b"%x\r\n%s\r\n" % (len(item), item))
            await writer.drain()
            await asyncio.sleep(self.chunk_delay_s)
        if self.behaviour == "half_stream":
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def _reply(
        self, writer: asyncio.StreamWriter, status: int, body: bytes, headers: dict[str, str] | None = None
    ) -> bool:
        given = {"content-type": "application/json", **self.extra_headers, **(headers or {})}
        writer.write(self._head(status, {**given, "content-length": str(len(body))}) + body)
        return True

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass
class Ringfence:
    """A running `ringfence serve` with a home of its own."""

    home: Path
    process: subprocess.Popen[bytes]
    url: str
    settings: Settings
    environ: dict[str, str]

    @property
    def log_path(self) -> Path:
        return self.home / "server.log"

    def admin(self, op: str, **arguments: Any) -> dict[str, Any]:
        """Do what the command line does."""
        return admin.call(self.settings, op, **arguments)

    def key(self, app: str = "app", team: str = "team", role: str = "app") -> str:
        """Create an API key."""
        return str(self.admin("key.create", app=app, team=team, role=role)["secret"])

    def client(self, key: str | None = None) -> httpx.Client:
        """Return a plain HTTP client with a key."""
        headers = {"authorization": f"Bearer {key or self.key()}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False, verify=NO_TLS)

    def server_pid(self) -> int:
        """Process id of the server process, a child of the supervisor."""
        return self.server_pids()[0]

    def server_pids(self) -> list[int]:
        """Process ids of all server processes, by age."""
        return sorted(pid for pid, name in self.children() if name == SERVER)

    def worker_pids(self) -> list[int]:
        """Process ids of the detector workers."""
        return [pid for pid, name in self.children() if name == DETECTOR]

    def signer_pid(self) -> int:
        """Process id of the signer, a child of the supervisor."""
        return next(pid for pid, name in self.children() if name not in {SERVER, DETECTOR})

    def children(self) -> Iterator[tuple[int, str]]:
        """Child processes of the supervisor with their names."""
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                before, _, rest = stat.read_text().rpartition(")")
            except OSError:
                continue
            after = rest.split()
            if int(after[1]) == self.process.pid and after[0] != "Z":
                yield int(stat.parent.name), before.partition("(")[2]

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """End it, unless it has ended, and wait."""
        self.process.send_signal(sig)  # does nothing to a process that was waited for
        status = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


def upstreams_file(path: Path, cloud: StandIn | None, onprem: StandIn | None, **more: Any) -> Path:
    """Write a registry with one vendor upstream and one on-prem upstream."""
    rows = []
    if onprem is not None:
        rows.append(
            {
                "name": "local",
                "kind": "openai",
                "zone": "onprem",
                "base_url": onprem.url,
                "default_model": "local-model",
                "endpoints": list(ENDPOINTS),
            }
        )
    if cloud is not None:
        rows.append(
            {
                "name": "vendor",
                "kind": "openai",
                "zone": "cloud-us",
                "base_url": cloud.url,
                "api_key_env": "VENDOR_KEY",
                "models": ["gpt-4*"],
                "endpoints": list(ENDPOINTS),
            }
        )
    path.write_text(yaml.safe_dump({"upstreams": rows, **more}))
    return path


def channels_file(path: Path) -> Path:
    """Write channels for the shipped rules; each leads to `notify.jsonl` beside the file."""
    names = ("security-oncall", "payments-security", "privacy-officer")
    lines = {"file": str(path.with_name("notify.jsonl"))}
    path.write_text(json.dumps({"channels": dict.fromkeys(names, lines)}))
    return path


@contextmanager
def ringfence(home: Path, upstreams: Path, **settings: Any) -> Iterator[Ringfence]:
    """Run a server until the block ends."""
    started = start(home, upstreams, **settings)
    try:
        yield started
    finally:
        started.stop()


def start(
    home: Path, upstreams: Path, *, wait: bool = True, launcher: tuple[str, ...] = ("-m", "proxy"), **settings: Any
) -> Ringfence:
    """Start a server on a free port and wait until it listens; AssertionError with its log if it ends before."""
    home.mkdir(parents=True, exist_ok=True)
    if wait:  # who does not wait may look at what a start leaves behind
        begun_log(home, settings)
    given = {"home": home, "upstreams": upstreams, "port": 0, "detect_workers": 1, **PATIENT, **CALM, **settings}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    environ |= {f"RINGFENCE_{name.upper()}": str(value) for name, value in given.items()}
    environ["VENDOR_KEY"] = "vendor-credential"
    environ.setdefault(
        "SSL_CERT_FILE", os.devnull
    )  # no test trusts an authority of the outside, and reading all takes time
    with (home / "server.log").open("ab") as log:
        process = Program([*launcher, "serve"], stdout=subprocess.PIPE, stderr=log, env=environ, cwd=ROOT)
    made = Ringfence(home, process, "", Settings.load(environ=environ), environ)
    if wait:
        made.url = wait_for_url(made)
    return made


def command(*words: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `ringfence ...` to its end."""
    given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Program(["-m", "proxy", *words], env=env, cwd=ROOT, text=True, **given) as running:
        try:
            out, err = running.communicate(timeout=120)
        except BaseException:
            running.kill()
            raise
    return subprocess.CompletedProcess(words, running.returncode, out, err)


def begun_log(home: Path, settings: Mapping[str, Any]) -> None:
    """Put an empty log into a home that has none, which takes less time than to begin one."""
    fresh = not (home / "keys").exists() and not list(home.glob("audit.db*"))
    if fresh and "audit_url" not in settings:
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(empty_log(), home / "audit.db")


@functools.cache
def empty_log() -> Path:
    """Return a file with the newest schema and nothing else, in which a log may begin; it is made once."""
    made = Path(tempfile.mkdtemp(prefix="ringfence-empty-")) / "audit.db"
    made.touch(0o600)
    migrate_sqlite(made)
    atexit.register(shutil.rmtree, made.parent, ignore_errors=True)
    return made


def wait_for_url(server: Ringfence, timeout_s: float = 90.0) -> str:
    """Read the address from the line that the server prints once it listens."""
    assert server.process.stdout is not None
    until = time.monotonic() + timeout_s
    said = b""
    while time.monotonic() < until:
        if select.select([server.process.stdout], [], [], 0.2)[0]:
            piece = os.read(server.process.stdout.fileno(), 4096)
            said += piece
            if found := re.search(rb"listening on (https?://\S+)\n", said):
                return found[1].decode()
            if not piece:
                break
    if server.process.poll() is None:
        server.process.kill()
    raise AssertionError(f"the server did not start: {server.log_path.read_text()[-4000:]}")


def chat_body(text: str = "What is a monad?", model: str = "gpt-4o-mini", **fields: Any) -> dict[str, Any]:
    """Return a chat body with one user message."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **fields}


def eventually(condition: Any, timeout_s: float = 10.0) -> Any:
    """Wait until a condition gives something true and return it."""
    until = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < until, "the condition did not come true in time"
        time.sleep(0.02)
    return value
