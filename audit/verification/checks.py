"""What the verifier asks of every record, as a table of steps that know nothing of databases.

A table, so that a test can take one step away and show an attack that then passes unnoticed. A record that fails one
step is still judged by the others, and so are all records after it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from audit.records.chain import HASH_BYTES, body_hash, genesis_prev, link
from audit.records.kept import OF_REQUESTS
from audit.records.record import GENESIS, REGISTRY
from audit.records.schema import MAX_INT
from audit.sources.source import COLUMNS
from audit.verification.state import INTRODUCTION, START, Row, State, schema_of


@dataclass(frozen=True, slots=True)
class Check:
    """One step: what is wrong with a record, or None."""

    name: str
    code: str
    judge: Callable[[Row, State], str | None]


def _gap(row: Row, state: State) -> str | None:
    return None if row.seq == state.expected_seq else f"sequence number {state.expected_seq} was expected"


def _left_out(row: Row, state: State) -> str | None:
    if not row.is_left_out or state.absences.may_be_left_out(row.seq):
        return None
    return "its body is not there, and nothing says that it may be left out"


def _erased(row: Row, _: State) -> str | None:
    stone = row.tombstone
    if stone is None:
        return None
    if stone.seq != row.seq or stone.bh != row.bh.hex():
        return "what is left of an erased body is of another record"
    return None if stone.kind in OF_REQUESTS else "it is about no request, and only what is can be erased"


def _body_hash(row: Row, _: State) -> str | None:
    if row.is_absent or body_hash(row.raw) == row.bh:
        return None
    return "the stored bytes do not have the stored hash"


def _link(row: Row, state: State) -> str | None:
    if not (len(row.prev) == len(row.bh) == HASH_BYTES and 0 <= row.seq <= MAX_INT):
        return "a part of the link has the wrong size"
    made = link(state.log_id, row.seq, row.prev, row.bh)
    return None if made == row.link else "the link is not the hash of its parts"


def _prev(row: Row, state: State) -> str | None:
    return None if state.prev in (None, row.prev) else "it does not follow the record before it"


def _canonical(row: Row, _: State) -> str | None:
    return "the bytes are not in canonical form" if row.body is None and not row.is_absent else None


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
    if not row.columns or (row.derived is None and row.tombstone is None):
        return None
    made = row.tombstone.columns() if row.tombstone is not None else [getattr(row.derived, name) for name in COLUMNS]
    told = zip(COLUMNS, row.columns, made, strict=True)
    wrong = [name for name, stored, expected in told if stored != expected]
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
    begins = row.derived is not None and row.derived.kind in (GENESIS, START)
    if row.writer is None or begins or row.writer[0] in state.epochs:
        return None
    return "its writer was not introduced in this log"


def _counter(row: Row, state: State) -> str | None:
    if row.writer is None:
        return None
    epoch, n = row.writer
    begins = row.derived is not None and row.derived.kind in (GENESIS, START)
    expected = state.epochs.get(epoch, 0 if begins else n) + state.skipped(epoch, n)
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
    Check("left_out", "LEFT_OUT", _left_out),
    Check("erased", "ERASED", _erased),
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
