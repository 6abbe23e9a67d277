"""Processes that are watched at every call that changes a file: see `watched` and `child_watched`."""

import errno
import os
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import watched
from attacks.disk import Disk
from watched import Call

from audit.verification.verifier import KeptReceipt

CHILD = Path(__file__).with_name("child_watched.py")
ORIGIN = "log.example/watched"
RECORDS = 3
REFUSED = 78
"""How a process ends that could not open its log, and said so."""
Fault = tuple[int, int]
"""The number of a call that changes a file, and what becomes of it: an error, or KILL."""
NONE: Fault = (-1, 0)


@dataclass
class Life:
    """What a process did until it ended with `status`; `failed` are those of its calls that did not happen."""

    calls: list[Call] = field(default_factory=list)
    failed: set[int] = field(default_factory=set)
    status: int | None = None

    def said(self, until: int | None = None) -> list[list[str]]:
        """Return the words of each line that it had said before a call."""
        return [call.data.decode().split() for call in self.calls[:until] if call.kind == "say"]

    def receipts(self, until: int | None = None) -> list[KeptReceipt]:
        """Return what it had acknowledged before a call."""
        lines = [words for words in self.said(until) if len(words) == 3]
        return [KeptReceipt(int(seq), bytes.fromhex(link)) for _, seq, link in lines]

    def spooled(self, until: int | None = None) -> set[str]:
        """Return the ids of what it had acknowledged as spooled before a call."""
        return {words[1] for words in self.said(until) if words[0] == "spooled"}

    def seen(self, until: int | None = None) -> int:
        """Return the largest size that it had said to have seen before a call."""
        return max((int(words[1]) for words in self.said(until) if words[0] == "seen"), default=0)

    def until(self, fault: Fault) -> watched.Answer:
        """Let everything go on but one call."""
        left, what = fault

        def answer(call: Call) -> int:
            nonlocal left
            self.calls.append(call)
            left -= call.kind != "say"
            if call.kind == "say" or left != -1:
                return 0
            self.failed.add(len(self.calls) - 1)
            return what

        return answer

    def happened_to(self, disk: Disk) -> Disk:
        """Let a disk go through it."""
        for number, call in enumerate(self.calls):
            disk.take(call, failed=number in self.failed)
        return disk


class Lives:
    """Begins them, one after another."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(60)
        self._parent = subprocess.Popen(
            [sys.executable, str(CHILD), str(theirs.fileno())],
            env={**os.environ, "PYTHONPATH": str(CHILD.parents[1])},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        theirs.close()

    def live(self, home: Path, *, synchronous: str = "FULL", fault: Fault = NONE) -> Life:
        """Let one open the log in a folder, write, and close it."""
        made = Life()
        return self._live(made, f"log {home} {ORIGIN} {synchronous} {RECORDS} 0", made.until(fault), home)

    def witness(self, home: Path, *, fault: Fault = NONE) -> Life:
        """Let one see some checkpoints, and remember them in a folder."""
        made = Life()
        return self._live(made, f"witness {home} {RECORDS}", made.until(fault), home)

    def copy(self, what: str, home: Path, folder: Path, keys: Path, *, fault: Fault = NONE) -> Life:
        """Let one make a backup of a home, or restore one into it; all of them lie beside each other."""
        made = Life()
        return self._live(made, f"{what} {home} {folder} {keys}", made.until(fault), home.parent)

    def spool(self, home: Path, count: int) -> Life:
        """Let one open the log in a folder, write, and write on when there is no room for the log any more."""
        made = Life()

        def answer(call: Call) -> int:
            made.calls.append(call)
            if call.kind in ("say", "sync") or ["spooling"] not in made.said() or "audit.db" not in call.path:
                return 0
            made.failed.add(len(made.calls) - 1)
            return errno.ENOSPC

        return self._live(made, f"log {home} {ORIGIN} FULL {RECORDS} {count}", answer, home)

    def _live(self, made: Life, asked: str, answer: watched.Answer, home: Path) -> Life:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{asked}\n")
        self._parent.stdin.flush()
        watched.watch(self._ours, home, answer)
        while made.status is None:
            with suppress(ValueError):
                made.status = int(self._parent.stdout.readline())
        return made

    def close(self) -> None:
        """End."""
        self._parent.communicate(timeout=30)
        self._ours.close()
