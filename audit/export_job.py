"""One export that the server makes, as its file says it: see `audit.exporting`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from audit import durable

QUEUED, RUNNING, DONE, FAILED, INTERRUPTED = "queued", "running", "done", "failed", "interrupted"
OPEN = frozenset({QUEUED, RUNNING})


@dataclass(frozen=True, slots=True)
class Job:
    """One export. Numbers are there as soon as they are known; `reason` says in a word why it failed."""

    id: str
    actor: Mapping[str, Any]
    created: str
    state: str = QUEUED
    since: str | None = None
    until: str | None = None
    as_of: int | None = None
    phase: str | None = None
    done: int = 0
    total: int = 0
    finished: str | None = None
    reason: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    size: int | None = None
    rows: int | None = None
    first: int | None = None
    last: int | None = None

    def record(self) -> dict[str, Any]:
        """Return the body of its `audit.exported` record."""
        body = {
            "actor": dict(self.actor),
            "from_seq": self.first,
            "to_seq": self.last,
            "rows": self.rows,
            "sha256": self.sha256,
            "form": "pack",
            "size": self.size,
            "from": self.since,
            "to": self.until,
            "request": self.id,
        }
        return {name: value for name, value in body.items() if value is not None}

    def write(self, path: Path) -> None:
        """Keep it, durably; raises OSError."""
        durable.replace(path, orjson.dumps(asdict(self)))


def read(path: Path) -> Job | None:
    """Return what a file keeps; None where it is not there, or damaged."""
    try:
        return Job(**orjson.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
