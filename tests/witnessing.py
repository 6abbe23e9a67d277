"""Logs that a witness is asked to cosign, made from nothing but leaves, and a witness as a process of its own."""

import hashlib
import http.client
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.merkle import consistency, node, root
from audit.proofs.note import Note, Signature
from audit.proofs.vkey import Signer, VerifierKey
from audit.sources.source import Claim, Raw
from audit.witness.request import AddCheckpoint

ROOT = Path(__file__).parents[1]
ORIGIN = "log.example/audit"
LOG = Signer(ORIGIN, bytes(range(32)))
OTHER = Signer(ORIGIN, bytes(range(1, 33)))
COSIGNER = Cosigner(Signer("witness.example/w1", bytes(32)))


@dataclass(frozen=True)
class History:
    """What a log says it holds; two of them agree on the records before `forks`."""

    name: str = "a"
    forks: int = 0
    signer: Signer = LOG

    def leaf(self, number: int) -> bytes:
        return hashlib.sha256(f"{self.name if number >= self.forks else ''}{number}".encode()).digest()

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.signer.name, size, root(size, self._subtree))

    def note(self, size: int) -> Note:
        return Note(self.checkpoint(size).encode()).signed(self.signer)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return tuple(consistency(old, new, self._subtree))

    def request(self, old: int, new: int) -> AddCheckpoint:
        return AddCheckpoint(old, self.proof(old, new), self.note(new))

    @cache  # noqa: B019 - a few, as long as a test
    def _subtree(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.leaf(index)
        return node(self._subtree(level - 1, 2 * index), self._subtree(level - 1, 2 * index + 1))


class Leaves:
    """A log as `audit.sources.source.Source` gives it, of nothing but links; `lost` records are not there."""

    def __init__(self, history: History, size: int, lost: int = 0) -> None:
        self.history, self.size, self.lost = history, size, lost
        self.read = 0

    def rows(self, start: int | None, count: int) -> list[Raw]:
        end = min((start or 0) + count, self.size - self.lost)
        found = [Raw(seq, b"", b"", self.history.leaf(seq), b"", ()) for seq in range(start or 0, end)]
        self.read += len(found)
        return found

    def claim(self) -> Claim:
        return Claim(1, bytes(16), self.size - self.lost, b"", self.size - self.lost - 1, -1)

    def close(self) -> None:
        """Nothing is open."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@dataclass
class WitnessProcess:
    """A witness that can be killed and started again at the same port."""

    directory: Path
    logs: tuple[VerifierKey, ...] = (LOG.vkey,)
    port: int = 0
    prelude: str = ""
    process: "subprocess.Popen[str]" = field(init=False)
    vkey: VerifierKey = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        code = f"{self.prelude}\nimport typer; from audit.witness.cli import witness; typer.run(witness)"
        logs = [word for vkey in self.logs for word in ("--log", vkey.encode())]
        paths = ["--key", str(self.directory / "w.key"), "--db", str(self.directory / "w.db")]
        command = [sys.executable, "-c", code, *paths, *logs, "--port", str(self.port), "--name", "witness.example/w1"]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        assert self.process.stdout is not None
        key, listens = self.process.stdout.readline(), self.process.stdout.readline()
        self.vkey = VerifierKey.decode(key.removeprefix("witness: ").strip())
        self.port = int(listens.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def stop(self) -> int:
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        status = self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    def add(self, asked: AddCheckpoint) -> tuple[int, bytes]:
        status, _, said = self.ask("POST", "/add-checkpoint", asked.encode())
        return status, said


def cosignature(said: bytes) -> Signature:
    """Read the one line that a witness answers with."""
    return Signature.decode(said.decode())
