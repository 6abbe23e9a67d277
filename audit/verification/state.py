"""What the verifier carries from record to record, and how a stored record is read.

Nothing here grows with the log but what is named as bounded. Only the standard library and `cryptography` are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.proofs.keyring import Keyring
from audit.proofs.merkle import Frontier
from audit.records.jcs import NotCanonicalError, parse, read
from audit.records.record import GENESIS, REGISTRY, Derived, Schema, derive, known_at
from audit.records.schema import Fault
from audit.records.tombstone import Tombstone
from audit.verification.absences import Absences
from audit.verification.approved import ACTIVATION, Approvals

DARK_S = 3900.0
"""An idle log writes a heartbeat each hour."""
MAX_TEXTS = 10_000
"""Of so many texts it is known whether they are there."""
MAX_DARK = 100
"""Dark times that are kept; more are counted."""
INTRODUCTION = "schema.introduced"
START = "writer.start"
STOP = "writer.stop"
RECEIPT = "anchor.receipt"
IMPORTED = "spool.imported"
SPOOLING_S = 60.0
"""A spooled record may be older than its file by as long as making it durable took."""
MAX_EARLY = 100
"""So many records are named that claim to be too old."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored record as it stands in the database, and what its bytes say.

    `body` is None when the bytes are not canonical, `derived` also when they do not fit their schema; `fault` says
    where. `absent` are labels that belong to the body and are not stored. Of an erased body a `tombstone` is left.
    """

    seq: int
    prev: bytes
    bh: bytes
    link: bytes
    raw: bytes
    columns: tuple[Any, ...]
    body: dict[str, Any] | None
    fault: Fault | None
    derived: Derived | None
    absent: tuple[tuple[str, str], ...] = ()
    tombstone: Tombstone | None = None

    @property
    def is_left_out(self) -> bool:
        """Whether there is no body, as where it was pruned."""
        return not self.raw

    @property
    def is_absent(self) -> bool:
        """Whether its body is not there, whatever the reason: the chain keeps its hash."""
        return self.is_left_out or self.tombstone is not None

    @property
    def writer(self) -> tuple[str, int] | None:
        """Return the epoch of its writer and its number there, as far as that is known."""
        if self.tombstone is not None:
            return self.tombstone.epoch, self.tombstone.n
        return None if self.derived is None or self.body is None else (self.body["w"]["epoch"], self.body["w"]["n"])


@dataclass(frozen=True, slots=True)
class Dark:
    """A time without any record, though a log that runs writes one each hour: it did not run, or records are gone.

    `seq` is the first record after it.
    """

    seq: int
    since: str
    until: str


def read_body(raw: bytes) -> tuple[dict[str, Any] | None, Fault | None, Derived | None]:
    """Parse, check against the schema and derive.

    Almost every record is done with when its schema's form matches; what is wrong with another is found slowly.
    """
    try:
        body = read(raw)
        schema = schema_of(body)
        if schema is not None and schema.form.match(raw):
            return body, None, derive(body)
        body = parse(raw)
    except NotCanonicalError:
        return None, None, None
    if type(body) is not dict:
        return None, None, None
    fault = None if schema is None else schema.whole(body)
    return body, fault, None if schema is None or fault is not None else derive(body)


def schema_of(body: Any) -> Schema | None:
    """Return the schema that a body claims, if this verifier has it."""
    if type(body) is not dict:
        return None
    kind, v = body.get("kind"), body.get("v")
    return REGISTRY.get((kind, v)) if type(kind) is str and type(v) is int else None


@dataclass(slots=True)
class State:
    """What is carried from record to record: nothing that grows with the log but epochs of crashed writers.

    Of approvals of bundles, only so many are kept.
    """

    log_id: bytes
    receipts: dict[int, bytes]
    expected_seq: int = 0
    prev: bytes | None = None
    known: frozenset[tuple[str, int]] = frozenset()
    epochs: dict[str, int] = field(default_factory=dict)
    labels: int = 0
    origin: str = ""
    first_ts: str = ""
    last_ts: str = ""
    last_seen: str = ""
    """The time of the record before, if it is there."""
    tree: Frontier = field(default_factory=Frontier.empty)
    ring: Keyring = field(default_factory=Keyring)
    key_fault: str | None = None
    approvals: Approvals = field(default_factory=Approvals)
    texts: dict[str, None] = field(default_factory=dict)
    """Texts that records name, by their digests; at the end, those of them that are not there."""
    dark: list["Dark"] = field(default_factory=list)
    dark_total: int = 0
    covered: int = -1
    unvouched: int | None = None
    """The first checkpoint by a key that does not count, since the last one by a key that does."""
    uncovered_ts: str = ""
    stamped: Mapping[str, str] = field(default_factory=dict)
    """Of each stamp that the log keeps, by its digest: what nothing behind its receipt can have been written before."""
    not_before: str = ""
    not_after: str = "~"
    early: list[int] = field(default_factory=list)
    """Records that say that they are older than a stamp above them, since the import of a spool accounted for any."""
    early_ts: str = ""
    early_total: int = 0
    spooled: int = 0
    """How many records were imported meanwhile, from spools since `spooled_since`."""
    spooled_since: str = ""
    unstamped_ts: str = ""
    """The oldest time of a record since the last stamp; records need not be in the order of their times."""
    absences: Absences = field(default_factory=Absences)

    def before(self, row: Row) -> None:
        """Take from the genesis record what it is judged by itself."""
        self.absences.before(row.seq, row.raw, row.tombstone, self.tree)
        if row.seq == 0 and row.derived is not None and row.body is not None and row.derived.kind == GENESIS:
            self.known = known_at(row.body["schema_sha256"]) or frozenset()
            self.origin = row.body["origin"]
        self.key_fault = None
        if row.derived is not None and row.body is not None:
            self.key_fault = self.ring.take(row.seq, row.body)

    def after(self, row: Row) -> None:
        """Go on from this record as it claims to be, so that one fault is reported once."""
        self.expected_seq, self.prev = row.seq + 1, row.link
        self.tree.append(row.link)
        if row.writer is not None:
            epoch, n = row.writer
            self.absences.slack -= self.skipped(epoch, n)
            self.epochs[epoch] = n + 1
        if row.is_absent:
            self._pass_absent(row)
        body, made = row.body, row.derived
        if made is None or body is None:
            return
        self.labels += len(made.labels)
        self._pass(row.seq, made.ts)
        self.absences.after(row.seq, body)
        if made.kind == STOP:
            self.epochs.pop(epoch, None)
        if made.kind == INTRODUCTION:
            self.known |= {(body["schema_kind"], body["schema_v"])}
        if made.kind == ACTIVATION:
            self.approvals.take(row.seq, body)
            self._name(body["files_sha256"], body["bundle"]["upstreams_sha256"])
        if made.ts < self.not_before:
            self.early = [*self.early, row.seq][:MAX_EARLY]
            self.early_ts = min(self.early_ts or made.ts, made.ts)
            self.early_total += 1
        if made.kind == IMPORTED and self.early:
            self._import(body["count"], body["since"])
        if made.kind == RECEIPT:
            self._name(body["receipt_sha256"])
            self.not_before = max(self.not_before, self.stamped.get(body["receipt_sha256"], ""))

    def skipped(self, epoch: str, n: int) -> int:
        """Return how many of a writer's records before its n-th are among those that are left out."""
        gap = n - self.epochs.get(epoch, n)
        return gap if 0 < gap <= self.absences.slack else 0

    def _import(self, count: int, since: str) -> None:
        """Take in the account of a spool: it speaks for no more records than it has, and for none from before it."""
        self.spooled, self.spooled_since = self.spooled + count, min(self.spooled_since or since, since)
        if self.early_total <= self.spooled and seconds(self.early_ts, self.spooled_since) <= SPOOLING_S:
            self.early, self.early_ts, self.early_total, self.spooled, self.spooled_since = [], "", 0, 0, ""

    def _pass_absent(self, row: Row) -> None:
        if row.tombstone is None:
            self.last_seen = ""
        else:
            self._pass(row.seq, row.tombstone.ts)

    def _name(self, *digests: str) -> None:
        """Note which texts the log says that it archived."""
        self.texts.update(dict.fromkeys(digests[: MAX_TEXTS - len(self.texts)]))

    def _pass(self, seq: int, ts: str) -> None:
        if ts[:13] != self.last_seen[:13] and self.last_seen and seconds(self.last_seen, ts) > DARK_S:
            self.dark_total += 1
            if len(self.dark) < MAX_DARK:
                self.dark.append(Dark(seq, self.last_seen, ts))
        self.last_seen = ts
        self.first_ts, self.last_ts, self.uncovered_ts = self.first_ts or ts, ts, self.uncovered_ts or ts
        self.unstamped_ts = min(self.unstamped_ts or ts, ts)

    def cover(self, size: int) -> None:
        """Note that so many records lie under a checkpoint."""
        self.covered, self.uncovered_ts = size, ""


def seconds(since: str, until: str) -> float:
    """Return the time between two stamps of records; without end where one is no time, as of a thirteenth month."""
    try:
        return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    except ValueError:
        return float("inf")
