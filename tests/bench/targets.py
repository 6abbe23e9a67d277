"""What `make bench` compares: the upstream itself, a bare proxy and Ringfence in several forms, each a process tree."""

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DIRECT, BARE, OURS = "direct", "bare", "ringfence"
OFF, UNSCANNED, HELD = "ringfence, detection off", "answers not scanned", "answers held back"
OWN = (DIRECT, BARE, OFF, UNSCANNED, OURS, HELD)
"""As shipped, `ringfence` scans answers beside their way."""
RULE = """
policy: answers
version: 1
owner: bench@company.example
rules:
  - {id: no-secrets, direction: answer, if: {class: secret}, then: block, because: It is one.}
"""
START_S = 120.0


@dataclass
class Target:
    """Something to send requests to; no process for the upstream itself, whose CPU is not counted."""

    name: str
    url: str
    key: str
    process: psutil.Process | None
    beside: Sequence[psutil.Process] = field(default=())
    """Servers that it needs and that belong to its cost."""

    def cpu_s(self) -> float:
        """User and system time of all its processes until now."""
        total = 0.0
        for process in self.tree():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total

    def pss_mb(self) -> float:
        """Memory of all its processes, shared pages counted once."""
        return sum(process.memory_full_info().pss for process in self.tree()) / 1e6

    def tree(self) -> list[psutil.Process]:
        """Its processes and everything below them."""
        roots = [] if self.process is None else [self.process, *self.beside]
        return [process for root in roots for process in (root, *root.children(recursive=True))]


@contextmanager
def started(command: list[str], log: Path, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with this environment and no other until the block ends."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environ, cwd=ROOT
        )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def running(command: list[str], log: Path, **environ: str) -> Iterator[tuple[psutil.Process, str]]:
    """Run a server that says where it listens, until the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    with started(command, log, {**clean, **environ}) as process:
        yield psutil.Process(process.pid), address(process, log)


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the line in which a server says where it listens."""
    assert process.stdout is not None
    said, until = b"", time.monotonic() + START_S
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.2)[0]:
            piece = os.read(process.stdout.fileno(), 4096)
            said += piece
            if found := re.search(rb"listening on (http://\S+)\n", said):
                return found[1].decode()
            if not piece:
                break
    raise SystemExit(f"a target did not start: {log.read_text()[-2000:]}")


def start(stack: ExitStack, names: Sequence[str], home: Path) -> list[Target]:
    """Start the upstream and the chosen ones of our own targets."""
    _, upstream = stack.enter_context(running([sys.executable, str(HERE / "upstream.py")], home / "upstream.log"))
    targets = [Target(DIRECT, upstream, "none", None)]
    if BARE in names:
        command = [sys.executable, str(HERE / "bare.py"), upstream]
        process, url = stack.enter_context(running(command, home / "bare.log"))
        targets.append(Target(BARE, f"{url}/v1", "none", process))
    if OFF in names:
        targets.append(ringfence(stack, OFF, [str(HERE / "undetected.py")], home / "off", upstream))
    ruled = shutil.copytree(ROOT / "policies", home / "policies")
    (ruled / "answers.yaml").write_text(RULE)
    chosen = {UNSCANNED: {"SCAN_ANSWERS": "ruled"}, OURS: {}, HELD: {"POLICIES": str(ruled)}}
    for number, (name, settings) in enumerate(chosen.items()):
        if name in names:
            environ = {f"RINGFENCE_{setting}": value for setting, value in settings.items()}
            command = ["-m", "proxy", "serve"]
            targets.append(ringfence(stack, name, command, home / str(number), upstream, **environ))
    return targets


def ringfence(stack: ExitStack, name: str, arguments: list[str], home: Path, upstream: str, **settings: str) -> Target:
    """Start Ringfence; both zones are the same upstream, so a doubtful finding changes nothing that is measured."""
    zones = ("cloud-us", "onprem")
    rows = [
        {"name": zone, "kind": "openai", "zone": zone, "base_url": upstream, "models": ["gpt-4*"]} for zone in zones
    ]
    process, url, key = serve(stack, arguments, home, {"upstreams": rows}, **settings)
    return Target(name, url, key, process)


def serve(
    stack: ExitStack, arguments: list[str], home: Path, upstreams: dict[str, Any], **settings: str
) -> tuple[psutil.Process, str, str]:
    """Start a Ringfence of its own; returns its process, its base URL and an application's key."""
    home.mkdir()
    (home / "upstreams.yaml").write_text(yaml.safe_dump(upstreams))
    environ = {"RINGFENCE_HOME": str(home), "RINGFENCE_UPSTREAMS": str(home / "upstreams.yaml"), "RINGFENCE_PORT": "0"}
    environ |= settings
    process, url = stack.enter_context(running([sys.executable, *arguments], home / "server.log", **environ))
    made = subprocess.run(
        [sys.executable, "-m", "proxy", "key", "create", "--app", "bench", "--team", "bench"],
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return process, f"{url}/v1", made.stdout.strip()
