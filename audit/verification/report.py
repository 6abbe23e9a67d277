"""What a verification found, and what its grade does not say."""

from dataclasses import dataclass
from typing import Literal

from audit.verification.state import Dark

Grade = Literal["failed", "self-consistent", "signed", "anchored", "witnessed"]
MAX_FINDINGS = 1000
"""Findings that are kept; more are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: where (None for the log as a whole), and what, in words without content."""

    code: str
    seq: int | None
    what: str


class Findings:
    """Keeps the first findings and counts all."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.total = 0

    def add(self, code: str, seq: int | None, what: str) -> None:
        """Count one, and keep it where there is room."""
        self.total += 1
        if len(self.kept) < MAX_FINDINGS:
            self.kept.append(Finding(code, seq, what))


@dataclass(frozen=True, slots=True)
class Fork:
    """Proof that there are two logs: the head from outside, and the log's own checkpoint of as many records or more."""

    outside: str
    own: str | None


@dataclass(frozen=True, slots=True)
class Existed:
    """The newest time stamp: so many records existed then, says the owner of a certificate.

    `waited_s` is the longest time between that of a record and that of the first stamp over it.
    """

    size: int
    at: str
    by: str
    waited_s: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result. `size` and `head` are what the database claims; `unproven` is what this grade does not say.

    `signed`, `anchored` and `witnessed` are how many records, from the first on, lie under such a head. Of `left_out`
    records there is no body, because those below `pruned` were pruned or a pack is of a period; `erased` are the places
    of the first that were erased, `unerased` counts those that are said to be erased and are there.
    """

    grade: Grade
    log_id: str
    origin: str
    size: int
    head: str
    checked: int
    first_ts: str
    last_ts: str
    receipts: int
    checkpoints: int
    signed: int
    anchored: int
    witnessed: int
    existed: Existed | None
    pruned: int
    left_out: int
    erased: tuple[int, ...]
    erased_total: int
    unerased: int
    dark: tuple[Dark, ...]
    dark_total: int
    forks: tuple[Fork, ...]
    findings: tuple[Finding, ...]
    findings_total: int
    unproven: tuple[str, ...]
    missing_texts: tuple[str, ...] = ()
    """Digests of texts that records say are archived, and that are not."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.findings_total == 0
