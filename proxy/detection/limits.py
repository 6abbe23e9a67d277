"""What the operating system holds a worker to: a life no longer than its parent's, and bounded memory."""

import ctypes
import resource
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int) -> None:
    """Ask Linux for a signal when the parent dies; elsewhere the closed socket has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def limit_memory(extra: int) -> None:
    """Let private memory grow by `extra` bytes beyond what is mapped now (RLIMIT_DATA; Linux counts all of it)."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return
    mapped = next(int(row.split()[1]) for row in status.read_text().splitlines() if row.startswith("VmData:")) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (mapped + extra, mapped + extra))


def private_bytes() -> int:
    """Return how much memory this process shares with nobody: what it allocated, and what it wrote to since its fork.

    Costs some milliseconds, because the kernel walks the page tables (proc(5), smaps_rollup). 0 where there is none.
    """
    rollup = Path("/proc/self/smaps_rollup")
    if not rollup.is_file():
        return 0
    return sum(int(row.split()[1]) for row in rollup.read_text().splitlines() if row.startswith("Private_")) * 1024
