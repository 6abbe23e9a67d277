"""What the operating system holds a worker to: bounded memory."""

import resource
from pathlib import Path


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
