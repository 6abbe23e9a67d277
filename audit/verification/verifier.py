"""Verifies a log without trusting whoever ran it: one pass over every record, in flat memory.

Needs only the standard library and `cryptography` beside this package's schemas and formulas. The answer is a grade,
never a bare "valid":

    self-consistent   every record agrees with every other; says nothing of records cut off the end, or of a rewrite
    signed            checkpoints by the log's key, or by one that the verifying person brought, cover the records
    anchored          a head that the verifying person kept or got elsewhere is one of this log, or one that was stamped
                      by an authority of times that this person believes
    witnessed         such a head is cosigned by a quorum of that person's witnesses

The upper grades exist only under `Trust`, which comes from outside the log and its operator. A grade covers as many
records as its size in the report, and what lies behind is said.

A live log is read page by page, up to the head found at the start, so that its writer is never held up.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from audit.errors import AuditUnavailable
from audit.records.chain import LOG_ID_BYTES
from audit.records.tombstone import Tombstone
from audit.sources.exported import open_path
from audit.sources.source import Claim, Raw, Source
from audit.verification.absences import Absences
from audit.verification.checks import CHECKS, Check
from audit.verification.marks import HEAD_CHECKS, MARK_CHECKS, HeadCheck, MarkCheck, Marks
from audit.verification.passing import Passing
from audit.verification.receipts import with_receipts
from audit.verification.report import Findings, Grade, Report
from audit.verification.state import Row, State, read_body, seconds
from audit.verification.trust import Trust

Progress = Callable[[int, int], None]
PAGE = 1000
MAX_ERASED_LISTED = 1000
"""Erased records that the report names."""
READINGS = 3
GONE = frozenset({"LEFT_OUT", "ERASED", "PRUNED", "COLUMN_MISMATCH"})
"""What is found where bodies go while a log is read, and with them their labels."""
FRESH_RECORDS, FRESH_S = 10_000, 24 * 3600.0
"""What a signer that runs never leaves without a checkpoint."""


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """What a caller kept of an acknowledged record: its place and its link."""

    seq: int
    link: bytes

    @classmethod
    def parse(cls, text: str) -> "KeptReceipt":
        """Read `SEQ:LINK`, the values of the response headers; raises ValueError."""
        found = re.fullmatch(r"([0-9]{1,15}):([0-9a-f]{64})", text)
        if found is None:
            raise ValueError("not a receipt")
        return cls(int(found[1]), bytes.fromhex(found[2]))


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
    if not source.derives or source.label_count(claim.size) == state.labels:
        return
    for what, name, seq in source.labels(claim.size):
        found = source.rows(seq, 1)
        derived = read_body(found[0].body)[2] if found and found[0].seq == seq else None
        follows = derived is not None and (what, name) in derived.labels
        if not follows and source.labelled(what, name, {seq}):
            yield seq, "a label that does not follow from the body"


def _indexes(source: Source, _: Claim, __: State) -> Iterator[tuple[int | None, str]]:
    if not source.is_indexed():
        yield None, "an index differs from its table: searches do not find what is there"


def _erasures(_: Source, __: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    yield from state.absences.unerased()


def _prunes(_: Source, __: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    yield from state.absences.unpruned()


def _texts(source: Source, _: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    for sha256, text in source.texts():
        state.texts.pop(sha256, None)
        if hashlib.sha256(text).hexdigest() != sha256:
            yield None, "an archived policy text does not have its digest"


def _approvals(source: Source, _: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    yield from state.approvals.faults(source.texts())


def _files(source: Source, _: Claim, __: State) -> Iterator[tuple[int | None, str]]:
    yield from source.faults()


def _fresh(_: Source, claim: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    left = state.expected_seq - state.covered
    if state.covered < 0 or not left or state.expected_seq < claim.size:
        return
    if left > FRESH_RECORDS or seconds(state.uncovered_ts or state.last_ts, state.last_ts) > FRESH_S:
        yield state.covered, f"{left} records since the newest checkpoint, which is older than a signer leaves it"


def _vouched(_: Source, __: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    if state.unvouched is not None:
        yield state.unvouched, "from here on, no key has signed that counts, or that one that counts has vouched for"


def _early(_: Source, __: Claim, state: State) -> Iterator[tuple[int | None, str]]:
    for seq in state.early:
        yield seq, "it says that it was written before a stamp that a record above it names"


LOG_CHECKS: tuple[LogCheck, ...] = (
    LogCheck("head", "HEAD", _head),
    LogCheck("cut_off", "TRUNCATED", _cut_off),
    LogCheck("cut_off_by_receipt", "TRUNCATED", _cut_off_by_receipt),
    LogCheck("surplus_labels", "COLUMN_MISMATCH", _surplus_labels),
    LogCheck("indexes", "COLUMN_MISMATCH", _indexes),
    LogCheck("erasures", "ERASED", _erasures),
    LogCheck("prunes", "PRUNED", _prunes),
    LogCheck("texts", "BUNDLE_TEXT", _texts),
    LogCheck("approvals", "APPROVAL", _approvals),
    LogCheck("files", "EXPORT", _files),
    LogCheck("fresh", "STALE", _fresh),
    LogCheck("vouched", "CHECKPOINT_SIG", _vouched),
    LogCheck("early", "TIME", _early),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """Every step of a verification; a test takes one away."""

    records: Sequence[Check] = CHECKS
    log: Sequence[LogCheck] = LOG_CHECKS
    marks: Sequence[MarkCheck] = MARK_CHECKS
    heads: Sequence[HeadCheck] = HEAD_CHECKS


ALL = Steps()
NOTHING = Trust()


def verify(
    path: Path,
    *,
    receipts: Sequence[KeptReceipt] = (),
    trust: Trust = NOTHING,
    progress: Progress | None = None,
    steps: Steps = ALL,
) -> Report:
    """Verify the log in a SQLite file or an export; raises AuditError when it cannot be opened or has no head."""
    with closing(open_path(path)) as source:
        return verify_source(source, receipts=receipts, trust=trust, progress=progress, steps=steps)


def verify_source(
    source: Source,
    *,
    receipts: Sequence[KeptReceipt] = (),
    trust: Trust = NOTHING,
    progress: Progress | None = None,
    steps: Steps = ALL,
) -> Report:
    """Verify a log; raises AuditUnavailable when it has no head at all.

    Two receipts that name the same place with different links cannot both be met: the second is reported at once. A log
    from which bodies were taken while it was read is read once more: what accounts for them may be new as well.
    """
    for _ in range(READINGS):
        report = _verify(source, claim := source.claim(), receipts, trust, progress, steps)
        if not _lost_meanwhile(source, claim, report):
            break
    return report


def _lost_meanwhile(source: Source, before: Claim, report: Report) -> bool:
    if not GONE.intersection(finding.code for finding in report.findings):
        return False
    with suppress(AuditUnavailable):
        return source.claim() != before
    return False


def _verify(  # noqa: PLR0917 - what `verify_source` was given
    source: Source,
    claim: Claim,
    receipts: Sequence[KeptReceipt],
    trust: Trust,
    progress: Progress | None,
    steps: Steps,
) -> Report:
    found = Findings()
    kept: dict[int, bytes] = {}
    for receipt in receipts:
        if kept.setdefault(receipt.seq, receipt.link) != receipt.link:
            found.add("RECEIPT", receipt.seq, "two receipts contradict each other")
    trust = with_receipts(trust, source)
    state, checked = State(claim.log_id, kept), 0
    state.absences = Absences(claim.pruned, claim.first, claim.last)
    passing = Passing(source, claim, Marks.of(trust, state), found, (steps.marks, steps.heads))
    try:
        for row in _rows(source, claim):
            if row.seq >= passing.due:
                passing.upto(row.seq)
            _judge(row, state, steps.records, found)
            checked += 1
            if progress is not None and checked % PAGE == 0:
                progress(checked, claim.size)
        passing.end()
        for log_check in steps.log:
            for seq, what in log_check.judge(source, claim, state):
                found.add(log_check.code, seq, what)
    except AuditUnavailable:
        found.add("UNREADABLE", state.expected_seq, "the database cannot be read from here on")
    return _report(claim, state, found, checked, passing)


def _judge(row: Row, state: State, checks: Sequence[Check], found: Findings) -> None:
    state.before(row)
    for check in checks:
        what = check.judge(row, state)
        if what is not None:
            found.add(check.code, row.seq, what)
    state.after(row)


def _rows(source: Source, claim: Claim) -> Iterator[Row]:
    """Yield the records that were there when the verification began, each read when it is its turn."""
    start: int | None = None
    while page := source.rows(start, PAGE):
        labelled = _labelled(source, {raw.seq for raw in page})
        for raw in page:
            if raw.seq > claim.last_seq:
                return
            row = _row(raw, labelled)
            # Labels go with their body: where they went in between, it has gone as well.
            again = [_row(one, labelled) for one in source.rows(raw.seq, 1)] if row.absent else []
            yield again[0] if again and again[0].seq == row.seq else row
        start = page[-1].seq + 1


def _row(raw: Raw, labelled: Callable[[str, str], Collection[int]]) -> Row:
    stone = Tombstone.decode(raw.body)
    body, fault, derived = (None, None, None) if stone is not None else read_body(raw.body)
    labels = derived.labels if derived is not None else ()
    absent = tuple(label for label in labels if raw.seq not in labelled(*label))
    return Row(raw.seq, raw.prev, raw.bh, raw.link, raw.body, raw.columns, body, fault, derived, absent, stone)


def _labelled(source: Source, seqs: Collection[int]) -> Callable[[str, str], Collection[int]]:
    """Return which of some records are stored under a label; each label is looked up once."""
    return cache(lambda what, name: source.labelled(what, name, seqs))


def _report(claim: Claim, state: State, found: Findings, checked: int, passing: Passing) -> Report:
    signed, anchored, witnessed = passing.marks.signed(), passing.anchored, passing.witnessed
    return Report(
        grade=_grade(found, signed, anchored, witnessed),
        log_id=claim.log_id.hex(),
        origin=state.origin,
        size=claim.size,
        head=claim.hash.hex(),
        checked=checked,
        first_ts=state.first_ts,
        last_ts=state.last_ts,
        receipts=len(state.receipts),
        checkpoints=passing.marks.count,
        signed=signed,
        anchored=anchored,
        witnessed=witnessed,
        existed=passing.existed,
        pruned=claim.pruned,
        left_out=state.absences.left_out,
        erased=tuple(islice(state.absences.erased, MAX_ERASED_LISTED)),
        erased_total=state.absences.erased_total,
        unerased=state.absences.still_there,
        dark=tuple(state.dark),
        dark_total=state.dark_total,
        forks=tuple(passing.forks),
        findings=tuple(found.kept),
        findings_total=found.total,
        unproven=tuple(_unproven(claim, state, passing)),
        missing_texts=tuple(islice(state.texts, MAX_ERASED_LISTED)),
    )


def _grade(found: Findings, signed: int, anchored: int, witnessed: int) -> Grade:
    if found.total:
        return "failed"
    return "witnessed" if witnessed else "anchored" if anchored else "signed" if signed else "self-consistent"


def _unproven(claim: Claim, state: State, passing: Passing) -> Iterator[str]:
    """Say what nobody outside the log vouches for, then what the log's own signatures leave open."""
    kept = max(passing.anchored, max(state.receipts, default=-1) + 1)
    after = "the end" if not kept else f"the end, behind record {kept - 1}"
    yield f"that no record was cut off {after}"
    where = "from some record on" if not kept else f"behind record {kept - 1}, the newest one that is known outside"
    signed = passing.marks.signed()
    if not signed:
        yield f"that it was not rewritten {where} by whoever could write the database"
    else:
        yield f"that it was not rewritten {where} by whoever holds the signing key"
        if signed < claim.size:
            yield f"that whoever could write the database left records {signed} to {claim.size - 1} alone: not signed"
        if not passing.marks.trust.logs:
            yield "that the key is the right one: it was taken from the log itself; bring it with --trust"
    existed = passing.existed
    if existed is not None:
        yield f"that no record was rewritten while it waited for a time stamp, {existed.waited_s} s at most"
        if existed.size > max(passing.kept, passing.witnessed):
            yield "that there is no other log: whoever stamps the time of this one would stamp that as well"
    gone = state.absences.left_out + state.absences.erased_total
    if gone:
        yield f"what was in the {gone:,} bodies that are not here: only that they were in these places"
    if state.texts:
        yield f"what {len(state.texts):,} archived texts said that records name, such as policies: they are not here"
    yield "that all traffic went through the proxy, or that the proxy recorded what it did"
