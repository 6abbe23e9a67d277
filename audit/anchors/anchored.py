"""Anchors: places outside the database, and best outside its host, where heads are kept. None of them holds up a log.

Each is served by a thread of its own, because a mount that is gone hangs whoever touches it: the signer waits for an
answer for a moment and goes on without. Nothing waits in memory: what an anchor lacks is read from the stored
checkpoints, however long it was away.
"""

import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from audit.proofs.checkpoint import Checkpoint, split_notes
from audit.proofs.note import Note

WITHIN_S = 2.0
TAIL_BYTES = 128 * 1024
"""More than one checkpoint with many cosignatures takes."""


EVERY_S = 300.0
"""How often one is bothered that is somebody else's service."""


class NotYet(OSError):
    """It was asked for something a moment ago. This is no failure."""

    def __init__(self) -> None:
        super().__init__("it is not time yet")


class Keeper(Protocol):
    """Where heads are kept. Its methods may take for ever, and raise OSError.

    One that keeps `every` head is given all that it lacks, another only the newest.
    """

    every: bool

    def newest(self) -> bytes | None:
        """Return the note that was kept last; None while there is none."""

    def keep(self, notes: Sequence[bytes]) -> None:
        """Keep notes, durably, in their order."""


class FileKeeper:
    """A file on another mount, to which checkpoints are appended; `ringfence audit verify --trust` reads it."""

    every = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self) -> bytes | None:
        """Return the last whole note."""
        with suppress(FileNotFoundError), self._open(os.O_RDONLY) as descriptor:
            return _last(descriptor)[0]
        return None

    def keep(self, notes: Sequence[bytes]) -> None:
        """Append, and sync. What a crash left of a note that was cut short is taken off first."""
        with self._open(os.O_RDWR | os.O_CREAT) as descriptor:
            os.ftruncate(descriptor, _last(descriptor)[1])
            os.lseek(descriptor, 0, os.SEEK_END)
            content = b"".join(notes)
            if os.write(descriptor, content) != len(content):
                raise OSError("the disk is full")
            os.fsync(descriptor)

    @contextmanager
    def _open(self, flags: int) -> Iterator[int]:
        descriptor = os.open(self._path, flags | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if flags & os.O_RDWR else fcntl.LOCK_SH)
            yield descriptor
        finally:
            os.close(descriptor)


class Sparing:
    """A keeper of the newest head only, which is given one every five minutes in which there was any."""

    every = False

    def __init__(self, keeper: Keeper, clock: Callable[[], float] = time.monotonic) -> None:
        self.keeper, self._clock = keeper, clock
        self._kept: float | None = None

    def newest(self) -> bytes | None:
        """Return what the keeper has."""
        return self.keeper.newest()

    def keep(self, notes: Sequence[bytes]) -> None:
        """Have it keep them; raises NotYet where it was given others a moment ago."""
        if self._kept is not None and self._clock() - self._kept < EVERY_S:
            raise NotYet
        self.keeper.keep(notes)
        self._kept = self._clock()

    def at_once(self) -> None:
        """Give it the next one when it comes: there will be none after that."""
        self._kept = None


class Anchored:
    """One anchor and its thread: an `audit.signing.signer.Anchor`.

    It has lacked a checkpoint for `behind_s` when this begins. `failing` says what went wrong when it was last used.
    """

    def __init__(
        self, name: str, keeper: Keeper, clock: Callable[[], float] = time.monotonic, *, behind_s: float = 0
    ) -> None:
        self.name, self.every, self.failing = name, keeper.every, ""
        self._keeper, self._clock = keeper, clock
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._known: bytes | None = None
        self._asked = False
        self._behind_since: float | None = clock() - behind_s
        self._busy = threading.Lock()
        threading.Thread(target=self._work, name=f"anchor-{name}", daemon=True).start()

    def newest(self) -> bytes | None:
        """Return the newest head that is kept; what was known last, where it does not answer in time."""
        self._do(self._look)
        return self._known

    def lacks(self) -> int | None:
        """Return the size above which checkpoints are to be kept now; None while it is busy or was never reached."""
        if self._busy.locked() or not self._asked:
            return None
        return -1 if self._known is None else Checkpoint.of(Note.decode(self._known)).size

    def offer(self, notes: Sequence[bytes], *, ahead: bool = False) -> None:
        """Have notes kept that it lacks, without waiting longer than a moment; none: it has them all.

        One that is `ahead` keeps the heads of a log that lost records: it has none of this one's.
        """
        if not notes and not ahead:
            self._behind_since = None
            return
        if self._behind_since is None:
            self._behind_since = self._clock()
        if notes:
            self._do(lambda: self._keep(notes))

    def age(self) -> float:
        """Return for how many seconds it has lacked a checkpoint; 0 when it has them all."""
        return 0.0 if self._behind_since is None else self._clock() - self._behind_since

    def settle(self, within_s: float) -> None:
        """Wait until it is done with what it is at, or for so long."""
        if self._busy.acquire(timeout=within_s):
            self._busy.release()

    def _do(self, job: Callable[[], None]) -> None:
        """Run a job in the thread, and wait a moment; not at all while another hangs."""
        if not self._busy.acquire(blocking=False):
            return
        done = threading.Event()

        def run() -> None:
            try:
                job()
                self.failing = ""
            except NotYet:
                self.failing = ""
            except (OSError, ValueError) as error:
                self.failing = getattr(error, "strerror", None) or str(error)
            except Exception as error:  # noqa: BLE001 - a library's: a thread that ended would never keep anything again
                self.failing = type(error).__name__
            finally:
                self._busy.release()
                done.set()

        self._jobs.put(run)
        done.wait(WITHIN_S)

    def _look(self) -> None:
        self._known, self._asked = self._keeper.newest(), True

    def _keep(self, notes: Sequence[bytes]) -> None:
        self._keeper.keep(notes)
        self._known, self._behind_since = notes[-1], None

    def _work(self) -> None:
        while True:
            self._jobs.get()()


def _last(descriptor: int) -> tuple[bytes | None, int]:
    """Return the last whole note of a file, and where it ends."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    start = max(0, size - TAIL_BYTES)
    pieces = list(split_notes(os.pread(descriptor, TAIL_BYTES, start)))
    end = size
    for piece in reversed(pieces):
        with suppress(ValueError):
            Checkpoint.of(Note.decode(piece))
            return piece, end
        end -= len(piece)
    if size:
        raise OSError("not a file of checkpoints")  # somebody else's: nothing is taken off it
    return None, 0
