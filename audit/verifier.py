"""Verifies a log without trusting whoever ran it: one pass over every record, in flat memory.

Needs only the standard library beside this package's schemas and formulas. The answer is a grade, never a bare "valid":
a chain that agrees with itself says nothing about records cut off its end, or about a rewrite of all of it. For that,
something from outside is needed: receipts that callers kept, later also checkpoints, anchors and witnesses.

A live log is read page by page, up to the head found at the start, so that its writer is never held up.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from audit.chain import LOG_ID_BYTES
from audit.checks import CHECKS, COLUMNS, Check, Row, State, read_body
from audit.errors import AuditUnavailable
from audit.sqlite import open_reader

Grade = Literal["failed", "self-consistent"]
Progress = Callable[[int, int], None]
PAGE = 1000
MAX_FINDINGS = 1000
"""Findings that are kept; more are counted."""

SELECT = f"SELECT seq, prev, bh, link, body, {', '.join(COLUMNS)} FROM record WHERE seq >= ? ORDER BY seq LIMIT ?"  # noqa: S608
HAS_LABEL = "SELECT 1 FROM record_label WHERE what = ? AND name = ? AND seq = ?"


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
class Claim:
    """What the database said of itself when the verification began: one snapshot."""

    heads: int
    log_id: bytes
    size: int
    hash: bytes
    last_seq: int


@dataclass(frozen=True, slots=True)
class LogCheck:
    """A step for the log as a whole, after its last record."""

    name: str
    code: str
    judge: Callable[[sqlite3.Connection, Claim, State], Iterator[tuple[int | None, str]]]


def _head(_: sqlite3.Connection, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    if claim.heads != 1 or len(claim.log_id) != LOG_ID_BYTES:
        yield None, "there is not exactly one head"
    if claim.last_seq >= claim.size:
        yield claim.size, "records lie beyond the head"
    elif state.expected_seq == claim.size and state.prev != claim.hash:
        yield claim.last_seq, "the head is not the link of the last record"


def _cut_off(_: sqlite3.Connection, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    if state.expected_seq < claim.size:
        yield state.expected_seq, f"the head names {claim.size} records, the last ones are not there"


def _cut_off_by_receipt(_: sqlite3.Connection, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    for seq in sorted(state.receipts):
        if seq >= claim.size:
            yield seq, f"a receipt names this record, the log claims {claim.size} records"


def _surplus_labels(connection: sqlite3.Connection, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    query = "SELECT count(*) FROM record_label WHERE seq < ?"
    if connection.execute(query, (claim.size,)).fetchone()[0] == state.labels:
        return
    for what, name, seq in connection.execute("SELECT what, name, seq FROM record_label WHERE seq < ?", (claim.size,)):
        row = connection.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
        derived = read_body(_bytes(row[0]))[2] if row else None
        if derived is None or (what, name) not in derived.labels:
            yield seq, "a label that does not follow from the body"


def _texts(connection: sqlite3.Connection, _: Claim, __: State) -> Iterator[tuple[int | None, str]]:
    for sha256, text in connection.execute("SELECT sha256, text FROM bundle_text"):
        if hashlib.sha256(_bytes(text)).hexdigest() != sha256:
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
    """Verify the log in a SQLite file; raises AuditUnavailable when it cannot be opened or has no head at all.

    Two receipts that name the same place with different links cannot both be met: the second is reported at once.
    """
    found = _Findings()
    kept: dict[int, bytes] = {}
    for receipt in receipts:
        if kept.setdefault(receipt.seq, receipt.link) != receipt.link:
            found.add("RECEIPT", receipt.seq, "two receipts contradict each other")
    with closing(open_reader(path)) as connection:
        try:
            claim = _claim(connection)
        except sqlite3.Error:
            raise AuditUnavailable("corrupt") from None
        state, checked = State(claim.log_id, kept), 0
        try:
            for row in _rows(connection, claim):
                _judge(row, state, checks, found)
                checked += 1
                if progress is not None and checked % PAGE == 0:
                    progress(checked, claim.size)
            for log_check in log_checks:
                for seq, what in log_check.judge(connection, claim, state):
                    found.add(log_check.code, seq, what)
        except sqlite3.Error:
            found.add("UNREADABLE", state.expected_seq, "the database cannot be read from here on")
    return _report(claim, state, found, checked)


def _judge(row: Row, state: State, checks: Sequence[Check], found: _Findings) -> None:
    state.before(row)
    for check in checks:
        what = check.judge(row, state)
        if what is not None:
            found.add(check.code, row.seq, what)
    state.after(row)


def _claim(connection: sqlite3.Connection) -> Claim:
    connection.execute("BEGIN")
    heads = connection.execute("SELECT log_id, size, hash FROM head LIMIT 2").fetchall()
    last = connection.execute("SELECT max(seq) FROM record").fetchone()[0]
    connection.execute("COMMIT")
    if not heads:
        raise AuditUnavailable("corrupt")
    log_id, size, end = heads[0]
    whole = isinstance(size, int) and len(_bytes(log_id)) == LOG_ID_BYTES
    if not whole:
        raise AuditUnavailable("corrupt")
    return Claim(len(heads), log_id, size, _bytes(end), -1 if last is None else last)


def _rows(connection: sqlite3.Connection, claim: Claim) -> Iterator[Row]:
    """Yield the records that were there when the verification began."""
    start = -(2**63)
    while True:
        page = connection.execute(SELECT, (start, PAGE)).fetchall()
        for seq, *values in page:
            if seq > claim.last_seq:
                return
            yield _row(connection, seq, values)
        if len(page) < PAGE:
            return
        start = page[-1][0] + 1


def _row(connection: sqlite3.Connection, seq: int, values: Sequence[Any]) -> Row:
    prev, bh, end, raw = (_bytes(value) for value in values[:4])
    body, fault, derived = read_body(raw)
    labels = derived.labels if derived else ()
    absent = tuple(label for label in labels if connection.execute(HAS_LABEL, (*label, seq)).fetchone() is None)
    return Row(seq, prev, bh, end, raw, tuple(values[4:]), body, fault, derived, absent)


def _bytes(value: object) -> bytes:
    """Read a column that ought to be a BLOB; whatever else stands there fails its check as an empty one."""
    return value if isinstance(value, bytes) else b""


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
