"""What the verifier asks of every record, as a table of steps that know nothing of databases.

A table, so that a test can take one step away and show an attack that then passes unnoticed. A record that fails one
step is still judged by the others, and so are all records after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.proofs.keyring import Keyring
from audit.proofs.merkle import Frontier
from audit.records.chain import HASH_BYTES, body_hash, genesis_prev, link
from audit.records.jcs import NotCanonicalError, parse, read
from audit.records.record import GENESIS, REGISTRY, Derived, Schema, derive, known_at
from audit.records.schema import MAX_INT, Fault
from audit.sources.source import COLUMNS
from audit.verification.approved import ACTIVATION, Approvals

DARK_S = 3900.0
"""An idle log writes a heartbeat each hour."""
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
    where. `absent` are labels that belong to the body and are not stored.
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
    tree: Frontier = field(default_factory=Frontier.empty)
    ring: Keyring = field(default_factory=Keyring)
    key_fault: str | None = None
    approvals: Approvals = field(default_factory=Approvals)
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

    def before(self, row: Row) -> None:
        """Take from the genesis record what it is judged by itself."""
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
        body, made = row.body, row.derived
        if made is None or body is None:
            return
        self.labels += len(made.labels)
        self._pass(row.seq, made.ts)
        epoch, n = body["w"]["epoch"], body["w"]["n"]
        self.epochs[epoch] = n + 1
        if made.kind == STOP:
            self.epochs.pop(epoch, None)
        if made.kind == INTRODUCTION:
            self.known |= {(body["schema_kind"], body["schema_v"])}
        if made.kind == ACTIVATION:
            self.approvals.take(row.seq, body)
        if made.ts < self.not_before:
            self.early = [*self.early, row.seq][:MAX_EARLY]
            self.early_ts = min(self.early_ts or made.ts, made.ts)
            self.early_total += 1
        if made.kind == IMPORTED and self.early:
            self._import(body["count"], body["since"])
        if made.kind == RECEIPT:
            self.not_before = max(self.not_before, self.stamped.get(body["receipt_sha256"], ""))

    def _import(self, count: int, since: str) -> None:
        """Take in the account of a spool: it speaks for no more records than it has, and for none from before it."""
        self.spooled, self.spooled_since = self.spooled + count, min(self.spooled_since or since, since)
        if self.early_total <= self.spooled and seconds(self.early_ts, self.spooled_since) <= SPOOLING_S:
            self.early, self.early_ts, self.early_total, self.spooled, self.spooled_since = [], "", 0, 0, ""

    def _pass(self, seq: int, ts: str) -> None:
        if ts[:13] != self.last_ts[:13] and self.last_ts and seconds(self.last_ts, ts) > DARK_S:
            self.dark_total += 1
            if len(self.dark) < MAX_DARK:
                self.dark.append(Dark(seq, self.last_ts, ts))
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


@dataclass(frozen=True, slots=True)
class Check:
    """One step: what is wrong with a record, or None."""

    name: str
    code: str
    judge: Callable[[Row, State], str | None]


def _gap(row: Row, state: State) -> str | None:
    return None if row.seq == state.expected_seq else f"sequence number {state.expected_seq} was expected"


def _body_hash(row: Row, _: State) -> str | None:
    return None if body_hash(row.raw) == row.bh else "the stored bytes do not have the stored hash"


def _link(row: Row, state: State) -> str | None:
    if not (len(row.prev) == len(row.bh) == HASH_BYTES and 0 <= row.seq <= MAX_INT):
        return "a part of the link has the wrong size"
    made = link(state.log_id, row.seq, row.prev, row.bh)
    return None if made == row.link else "the link is not the hash of its parts"


def _prev(row: Row, state: State) -> str | None:
    return None if state.prev in (None, row.prev) else "it does not follow the record before it"


def _canonical(row: Row, _: State) -> str | None:
    return "the bytes are not in canonical form" if row.body is None else None


def _kind(row: Row, state: State) -> str | None:
    if row.body is None:
        return None
    schema = schema_of(row.body)
    if schema is None:
        return "this verifier does not know the kind or its version"
    if state.known and (schema.kind, schema.v) not in state.known:
        return "this log did not introduce the kind or its version"
    if schema.kind == INTRODUCTION and row.derived is not None:
        introduced = REGISTRY.get((row.body["schema_kind"], row.body["schema_v"]))
        if introduced is None or introduced.sha256 != row.body["sha256"]:
            return "it introduces a schema that this verifier does not know"
    return None


def _schema(row: Row, _: State) -> str | None:
    return f"the body does not fit its schema: {row.fault[0]} {row.fault[1]}" if row.fault else None


def _columns(row: Row, _: State) -> str | None:
    if row.derived is None or not row.columns:
        return None
    pairs = zip(COLUMNS, row.columns, strict=True)
    wrong = [name for name, stored in pairs if stored != getattr(row.derived, name)]
    return f"columns differ from the body: {', '.join(wrong)}" if wrong else None


def _labels(row: Row, _: State) -> str | None:
    return "a label of the body is not stored" if row.absent else None


def _genesis(row: Row, state: State) -> str | None:
    is_genesis = row.derived is not None and row.derived.kind == GENESIS
    if row.seq != 0:
        return "a second genesis" if is_genesis else None
    if row.body is None or not is_genesis:
        return "the first record is not a genesis record"
    if row.prev != genesis_prev(bytes.fromhex(row.body["log_id"]), row.body):
        return "the chain does not begin at its genesis parameters"
    return None if state.known else "begun with record schemas that this verifier does not know"


def _log_id(row: Row, state: State) -> str | None:
    if row.seq == 0 and row.body is not None and row.body.get("log_id") != state.log_id.hex():
        return "the genesis record belongs to another log"
    return None


def _epoch(row: Row, state: State) -> str | None:
    if row.derived is None or row.body is None or row.derived.kind in (GENESIS, START):
        return None
    return None if row.body["w"]["epoch"] in state.epochs else "its writer was not introduced in this log"


def _counter(row: Row, state: State) -> str | None:
    if row.derived is None or row.body is None:
        return None
    epoch, n = row.body["w"]["epoch"], row.body["w"]["n"]
    expected = state.epochs.get(epoch, 0 if row.derived.kind in (GENESIS, START) else n)
    return None if n == expected else f"its writer's count is {n}, {expected} was expected"


def _receipt(row: Row, state: State) -> str | None:
    kept = state.receipts.get(row.seq)
    return None if kept in (None, row.link) else "the link is not the one that a receipt names"


def _keys(_: Row, state: State) -> str | None:
    return state.key_fault


def _time(row: Row, state: State) -> str | None:
    if row.derived is None or row.derived.ts <= state.not_after:
        return None
    return "it says that it was written after it was stamped"


CHECKS: tuple[Check, ...] = (
    Check("gap", "GAP", _gap),
    Check("body_hash", "BODY_HASH", _body_hash),
    Check("link", "LINK", _link),
    Check("prev", "LINK", _prev),
    Check("canonical", "NONCANONICAL", _canonical),
    Check("kind", "UNKNOWN_KIND", _kind),
    Check("schema", "SCHEMA", _schema),
    Check("columns", "COLUMN_MISMATCH", _columns),
    Check("labels", "COLUMN_MISMATCH", _labels),
    Check("genesis", "GENESIS", _genesis),
    Check("log_id", "LOG_ID", _log_id),
    Check("epoch", "LOG_ID", _epoch),
    Check("counter", "WRITER_GAP", _counter),
    Check("receipt", "RECEIPT", _receipt),
    Check("keys", "KEY_RANGE", _keys),
    Check("time", "TIME", _time),
)
