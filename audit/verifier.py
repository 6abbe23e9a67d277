"""Verifies a log without trusting whoever ran it: one pass over every record, in flat memory.

Needs only the standard library beside this package's schemas and formulas. The answer is a grade, never a bare "valid":
a chain that agrees with itself says nothing about records cut off its end, or about a rewrite of all of it. For that,
something from outside is needed: receipts that callers kept, later also checkpoints, anchors and witnesses.

A live log is read page by page, up to the head found at the start, so that its writer is never held up.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audit.chain import LOG_ID_BYTES
from audit.checks import CHECKS, Check, Row, State, read_body
from audit.errors import AuditUnavailable
from audit.source import Claim, Source, SqliteSource

Grade = Literal["failed", "self-consistent"]
Progress = Callable[[int, int], None]
PAGE = 1000
MAX_FINDINGS = 1000
"""Findings that are kept; more are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: where (None for the log as a whole), and what, in words without content."""

    code: str
    seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """What a caller kept of an acknowledged record: its place and its link."""

    seq: int
    link: bytes

    @classmethod
    def parse(cls, text: str) -> "KeptReceipt":
        """Read `SEQ:LINK`, the values of the response headers; raises ValueError."""
        found = re.fullmatch(r"([0-9]{1,16}):([0-9a-f]{64})", text)
        if found is None:
            raise ValueError("not a receipt")
        return cls(int(found[1]), bytes.fromhex(found[2]))


@dataclass(frozen=True, slots=True)
class Report:
    """The result. `size` and `head` are what the database claims; `unproven` is what this grade does not say."""

    grade: Grade
    log_id: str
    origin: str
    size: int
    head: str
    checked: int
    first_ts: str
    last_ts: str
    receipts: int
    findings: tuple[Finding, ...]
    findings_total: int
    unproven: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.findings_total == 0


@dataclass(frozen=True, slots=True)
class LogCheck:
    """A step for the log as a whole, after its last record."""

    name: str
    code: str
    judge: Callable[[Source, Claim, State], Iterator[tuple[int | None, str]]]


def _head(_: Source, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    if claim.heads != 1 or len(claim.log_id) != LOG_ID_BYTES:
        yield None, "there is not exactly one head"
    if claim.last_seq >= claim.size:
        yield claim.size, "records lie beyond the head"
    elif state.expected_seq == claim.size and state.prev != claim.hash:
        yield claim.last_seq, "the head is not the link of the last record"


def _cut_off(_: Source, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    if state.expected_seq < claim.size:
        yield state.expected_seq, f"the head names {claim.size} records, the last ones are not there"


def _cut_off_by_receipt(_: Source, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    for seq in sorted(state.receipts):
        if seq >= claim.size:
            yield seq, f"a receipt names this record, the log claims {claim.size} records"


def _surplus_labels(source: Source, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    if source.label_count(claim.size) == state.labels:
        return
    for what, name, seq in source.labels(claim.size):
        found = source.rows(seq, 1)
        derived = read_body(found[0].body)[2] if found and found[0].seq == seq else None
        if derived is None or (what, name) not in derived.labels:
            yield seq, "a label that does not follow from the body"


def _texts(source: Source, _: Claim, __: State) -> Iterator[tuple[int | None, str]]:
    for sha256, text in source.texts():
        if hashlib.sha256(text).hexdigest() != sha256:
            yield None, "an archived policy text does not have its digest"


LOG_CHECKS: tuple[LogCheck, ...] = (
    LogCheck("head", "HEAD", _head),
    LogCheck("cut_off", "TRUNCATED", _cut_off),
    LogCheck("cut_off_by_receipt", "TRUNCATED", _cut_off_by_receipt),
    LogCheck("surplus_labels", "COLUMN_MISMATCH", _surplus_labels),
    LogCheck("texts", "BUNDLE_TEXT", _texts),
)


class _Findings:
    """Keeps the first findings and counts all."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.total = 0

    def add(self, code: str, seq: int | None, what: str) -> None:
        self.total += 1
        if len(self.kept) < MAX_FINDINGS:
            self.kept.append(Finding(code, seq, what))


def verify(
    path: Path,
    *,
    receipts: Sequence[KeptReceipt] = (),
    progress: Progress | None = None,
    checks: Sequence[Check] = CHECKS,
    log_checks: Sequence[LogCheck] = LOG_CHECKS,
) -> Report:
    """Verify the log in a SQLite file; raises AuditUnavailable when it cannot be opened or has no head at all."""
    with closing(SqliteSource(path)) as source:
        return verify_source(source, receipts=receipts, progress=progress, checks=checks, log_checks=log_checks)


def verify_source(
    source: Source,
    *,
    receipts: Sequence[KeptReceipt] = (),
    progress: Progress | None = None,
    checks: Sequence[Check] = CHECKS,
    log_checks: Sequence[LogCheck] = LOG_CHECKS,
) -> Report:
    """Verify a log; raises AuditUnavailable when it has no head at all.

    Two receipts that name the same place with different links cannot both be met: the second is reported at once.
    """
    found = _Findings()
    kept: dict[int, bytes] = {}
    for receipt in receipts:
        if kept.setdefault(receipt.seq, receipt.link) != receipt.link:
            found.add("RECEIPT", receipt.seq, "two receipts contradict each other")
    claim = source.claim()
    state, checked = State(claim.log_id, kept), 0
    try:
        for row in _rows(source, claim):
            _judge(row, state, checks, found)
            checked += 1
            if progress is not None and checked % PAGE == 0:
                progress(checked, claim.size)
        for log_check in log_checks:
            for seq, what in log_check.judge(source, claim, state):
                found.add(log_check.code, seq, what)
    except AuditUnavailable:
        found.add("UNREADABLE", state.expected_seq, "the database cannot be read from here on")
    return _report(claim, state, found, checked)


def _judge(row: Row, state: State, checks: Sequence[Check], found: _Findings) -> None:
    state.before(row)
    for check in checks:
        what = check.judge(row, state)
        if what is not None:
            found.add(check.code, row.seq, what)
    state.after(row)


def _rows(source: Source, claim: Claim) -> Iterator[Row]:
    """Yield the records that were there when the verification began."""
    start: int | None = None
    while page := source.rows(start, PAGE):
        read = [(raw, *read_body(raw.body)) for raw in page if raw.seq <= claim.last_seq]
        wanted = {(*label, raw.seq) for raw, _, _, derived in read if derived for label in derived.labels}
        missing = wanted.difference(source.present(wanted))
        for raw, body, fault, derived in read:
            labels = derived.labels if derived and missing else ()
            absent = tuple(label for label in labels if (*label, raw.seq) in missing)
            yield Row(raw.seq, raw.prev, raw.bh, raw.link, raw.body, raw.columns, body, fault, derived, absent)
        if len(read) < PAGE:
            return
        start = page[-1].seq + 1


def _report(claim: Claim, state: State, found: _Findings, checked: int) -> Report:
    newest = max(state.receipts, default=None)
    tail = "that no record was cut off the end" if newest is None else f"that no record after {newest} was cut off"
    whole = "that it was not rewritten from some record on by whoever could write the database"
    if newest is not None:
        whole = f"that it was not rewritten after record {newest}, the newest one that a receipt names"
    return Report(
        grade="failed" if found.total else "self-consistent",
        log_id=claim.log_id.hex(),
        origin=state.origin,
        size=claim.size,
        head=claim.hash.hex(),
        checked=checked,
        first_ts=state.first_ts,
        last_ts=state.last_ts,
        receipts=len(state.receipts),
        findings=tuple(found.kept),
        findings_total=found.total,
        unproven=(tail, whole, "that all traffic went through the proxy, or that the proxy recorded what it did"),
    )
