"""Decides whether a log may be signed as it stands, and signs it. Trusts neither the database nor whoever writes it.

What it has signed is kept in a state file of its own, outside the database. Before it signs more, it reads every record
since then, hashes body, envelope and link anew, and holds the tree against its own state, the newest stored checkpoint
and every anchor that can be reached. A log that was cut off, restored, forked or changed under it is refused; nothing
but an operator's word, which is kept, makes it give up a head that it has seen.

    STORE_BEHIND   the log has fewer records than a head that was signed
    FORK           other records than those that were signed
    GAP BODY_HASH LINK HEAD GENESIS LOG_ID   the records are not a chain, or not this log's
    CHECKPOINT CHECKPOINT_SIG   a stored or anchored head is none, or not signed by a key of this log
    KEY_RANGE      no signing key that the log names is at hand, or the records of keys contradict each other
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

from audit import durable
from audit.errors import AuditLocked, AuditMismatch
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.keyring import GENESIS, Keyring
from audit.proofs.merkle import Frontier
from audit.proofs.note import Note, WrongSignature
from audit.proofs.vkey import Signer
from audit.records.chain import HASH_BYTES, body_hash, genesis_prev, link
from audit.records.jcs import NotCanonicalError, parse
from audit.records.tombstone import Tombstone
from audit.sources.source import Claim, Raw, Source

PAGE = 1000
STATE = "state.json"
ACCEPTED = "accepted.json"
KEY_RECORDS = (b'"kind":"key.', b'"kind":"genesis"')


class Refused(Exception):
    """The log must not be signed as it stands. `seq` is the place, where there is one; no message holds content."""

    def __init__(self, code: str, seq: int | None, what: str) -> None:
        super().__init__(f"{code} {'log' if seq is None else seq}: {what}")
        self.code = code
        self.seq = seq
        self.what = what


class Anchor(Protocol):
    """A place outside the database where heads are kept."""

    def newest(self) -> bytes | None:
        """Return the note of most records; None while there is none, or where it cannot be reached now."""


@dataclass(frozen=True, slots=True)
class State:
    """What was signed last: the tree, the last link, the records of keys so far, the note, and heads given up."""

    log_id: bytes
    size: int = 0
    link: bytes = b""
    peaks: tuple[bytes, ...] = ()
    keys: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    note: bytes = b""
    lost: frozenset[str] = frozenset()

    def encode(self) -> bytes:
        """Return the content of the file."""
        content = {
            "v": 1,
            "log_id": self.log_id.hex(),
            "size": self.size,
            "link": self.link.hex(),
            "peaks": [peak.hex() for peak in self.peaks],
            "keys": [[seq, dict(body)] for seq, body in self.keys],
            "note": self.note.decode(),
            "lost": sorted(self.lost),
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse the content of the file; raises ValueError."""
        try:
            found = json.loads(data)
            made = cls(
                bytes.fromhex(found["log_id"]),
                found["size"],
                bytes.fromhex(found["link"]),
                tuple(bytes.fromhex(peak) for peak in found["peaks"]),
                tuple((seq, body) for seq, body in found["keys"]),
                found["note"].encode(),
                frozenset(found["lost"]),
            )
            whole = made.encode() == data and len(made.peaks) == made.size.bit_count()
            whole = whole and all(len(value) == HASH_BYTES for value in made.peaks)
            if made.size:
                stated = Checkpoint.of(Note.decode(made.note))
                root = Frontier(made.size, list(made.peaks)).root()
                whole = whole and (stated.size, stated.root, len(made.link)) == (made.size, root, HASH_BYTES)
        except (KeyError, TypeError, AttributeError):
            raise ValueError("not a state") from None
        if not whole:
            raise ValueError("not a state")
        return made


class StateFile:
    """The signer's directory, held for one process. Written whole or not at all, and synced before anything is told."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise AuditLocked(f"another signer holds {directory}") from None

    def save(self, state: State) -> None:
        """Replace the state, durably."""
        durable.replace(self.directory / STATE, state.encode())

    def close(self) -> None:
        """Let another process sign."""
        os.close(self._lock)


def load_state(directory: Path) -> State | None:
    """Return the state; None where nothing was ever signed here. Raises AuditMismatch for a damaged one."""
    path = directory / STATE
    try:
        return State.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise AuditMismatch(f"{path} is damaged: restore it, or move it away to begin from the anchors") from None


def lost_heads(directory: Path, source: Source, anchors: Sequence[Anchor] = ()) -> list[Checkpoint]:
    """Return what was signed or anchored and is not in the log: what an operator must give up to have it signed.

    Raises Refused where the log is no chain of its own; there is nothing to give up then.
    """
    claim, own = source.claim(), load_state(directory)
    given_up = accepted(directory)
    heads = [stated for stated, note in _heads(source, anchors) if note.text not in given_up]
    if own is not None and own.size and Note.decode(own.note).text not in given_up:
        heads.append(Checkpoint.of(Note.decode(own.note)))
    roots = _Reading(claim, State(claim.log_id)).extend(source, {stated.size for stated in heads})
    return list(dict.fromkeys(stated for stated in heads if roots.get(stated.size) != stated.root))


def _heads(source: Source, anchors: Sequence[Anchor]) -> Iterator[tuple[Checkpoint, Note]]:
    stored = source.newest_checkpoint()
    for data in (stored.note if stored else None, *(anchor.newest() for anchor in anchors)):
        if data is not None:
            try:
                note = Note.decode(data)
                yield Checkpoint.of(note), note
            except ValueError:
                raise Refused("CHECKPOINT", None, "a stored or anchored head is not a checkpoint") from None


def accept(directory: Path, heads: Iterable[str]) -> None:
    """Note heads, each as the text of its checkpoint, that an operator gives up for lost; a signer then reads it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # of a home in which none has signed yet
    durable.replace(directory / ACCEPTED, json.dumps(sorted({*heads, *accepted(directory)})).encode())


def accepted(directory: Path) -> frozenset[str]:
    """Return the heads that an operator gave up."""
    try:
        return frozenset(json.loads((directory / ACCEPTED).read_bytes()))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, TypeError):
        raise AuditMismatch(f"{directory / ACCEPTED} is damaged: remove it, and acknowledge once more") from None


class CheckpointSigner:
    """One log's signer. `signers` reads the keys anew each time, so that a rotation needs no restart."""

    def __init__(
        self, file: StateFile, signers: Callable[[], Sequence[Signer]], anchors: Sequence[Anchor] = ()
    ) -> None:
        self._file = file
        self._signers = signers
        self._anchors = anchors
        self.state = load_state(file.directory)

    def size(self) -> int:
        """Return how many records were signed."""
        return self.state.size if self.state is not None else 0

    def sign(self, source: Source) -> bytes | None:
        """Check, sign and remember what was added; return the note, None where nothing was. Raises Refused.

        The state is durable when this returns, and the note in it: publishing it may be repeated after a crash.
        """
        claim = source.claim()
        if self.state is not None and self.state.log_id != claim.log_id:
            raise Refused("LOG_ID", None, "the database holds another log than the one that was signed")
        state = self._give_up_what_was_accepted(self.state or State(claim.log_id))
        heads = [head for head in _heads(source, self._anchors) if head[1].text not in state.lost]
        if claim.size < state.size:
            raise Refused("STORE_BEHIND", claim.size, f"{state.size} records were signed, the log has {claim.size}")
        reading = _Reading(claim, state)
        roots = reading.extend(source, {stated.size for stated, _ in heads})
        for stated, note in heads:
            self._meet(stated, note, reading, roots)
        if state.size == claim.size:
            return None
        signed = self._signed(Checkpoint(reading.origin(), claim.size, reading.tree.root()), reading.ring)
        state = replace(
            state,
            size=claim.size,
            link=reading.prev,
            peaks=tuple(reading.tree.peaks),
            keys=tuple(reading.keys),
            note=signed,
        )
        self._file.save(state)
        self.state = state
        return signed

    def state_of_keys(self) -> tuple[State | None, Sequence[Signer]]:
        """Return what was signed last, and the keys at hand, read anew."""
        return self.state, self._signers()

    def _give_up_what_was_accepted(self, state: State) -> State:
        """Begin anew, from the first record, once the operator gave up the head that stands in the state."""
        given_up = accepted(self._file.directory)
        if state.size and Note.decode(state.note).text in given_up - state.lost:
            return State(state.log_id, lost=state.lost | given_up)
        return replace(state, lost=state.lost | given_up)

    def _meet(self, stated: Checkpoint, note: Note, reading: "_Reading", roots: Mapping[int, bytes]) -> None:
        vkeys = [span.vkey for span in reading.ring.spans()]
        try:
            known = bool(note.verified(vkeys))
        except WrongSignature:
            known = False
        if not known or stated.origin != reading.origin():
            raise Refused("CHECKPOINT_SIG", None, "a stored or anchored head is not signed by a key of this log")
        if stated.size > reading.tree.size:
            what = f"a head of {stated.size} records was signed, the log has {reading.tree.size}"
            raise Refused("STORE_BEHIND", reading.tree.size, what)
        if stated.size in roots and roots[stated.size] != stated.root:
            raise Refused("FORK", stated.size - 1, "up to here, a head was signed over other records")

    def _signed(self, checkpoint: Checkpoint, ring: Keyring) -> bytes:
        note = Note(checkpoint.encode())
        for signer in self._signers():
            span = ring.find(signer.vkey)
            if span is not None and span.covers(checkpoint.size):
                note = note.signed(signer)
        if not note.signatures:
            raise Refused("KEY_RANGE", None, "no signing key is at hand that the log names for this size")
        return note.encode()


@dataclass(slots=True)
class _Reading:
    """The records from the state on, hashed anew."""

    claim: Claim
    state: State
    tree: Frontier = field(init=False)
    ring: Keyring = field(init=False)
    prev: bytes = field(init=False)
    keys: list[tuple[int, Mapping[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        self.tree = Frontier(self.state.size, list(self.state.peaks))
        self.prev, self.keys, self.ring = self.state.link, list(self.state.keys), Keyring()
        for seq, body in self.keys:
            self.ring.take(seq, body)

    def origin(self) -> str:
        """Return the name of the log; every key has it."""
        return self.ring.spans()[0].vkey.name if self.ring.spans() else ""

    def extend(self, source: Source, sizes: Iterable[int]) -> dict[int, bytes]:
        """Read to the claimed end; return the roots of the sizes asked for that lie on the way. Raises Refused."""
        wanted, roots = set(sizes), {self.tree.size: self.tree.root()}
        while self.tree.size < self.claim.size:
            page = source.rows(self.tree.size, min(PAGE, self.claim.size - self.tree.size))
            if not page:
                raise Refused("GAP", self.tree.size, "a record that the head counts is not there")
            for row in page:
                self._add(row)
                if self.tree.size in wanted:
                    roots[self.tree.size] = self.tree.root()
        if self.prev != self.claim.hash:
            code, what = ("FORK", "the head is not what was signed") if self.tree.size == self.state.size else _HEAD
            raise Refused(code, self.tree.size - 1, what)
        return roots

    def _add(self, row: Raw) -> None:
        if row.seq != self.tree.size:
            raise Refused("GAP", self.tree.size, "a record that the head counts is not there")
        if not self._is_gone(row) and body_hash(row.body) != row.bh:
            raise Refused("BODY_HASH", row.seq, "the stored bytes do not have the stored hash")
        body = self._key_record(row)
        if (row.seq == 0) != (body is not None and body["kind"] == GENESIS):
            raise Refused("GENESIS", row.seq, "a genesis record begins a log, and stands nowhere else")
        if row.seq == 0 and body is not None:
            if body["log_id"] != self.claim.log_id.hex():
                raise Refused("LOG_ID", 0, "the genesis record belongs to another log")
            self.prev = genesis_prev(self.claim.log_id, body)
        if row.prev != self.prev:
            signed = 0 < row.seq == self.state.size
            code, what = ("FORK", "it follows another record than the one that was signed") if signed else _LINK
            raise Refused(code, row.seq, what)
        if len(row.prev) != HASH_BYTES or link(self.claim.log_id, row.seq, row.prev, row.bh) != row.link:
            raise Refused("LINK", row.seq, "the link is not the hash of its parts")
        self.tree.append(row.link)
        self.prev = row.link

    def _is_gone(self, row: Raw) -> bool:
        """Whether its body was pruned or erased; that this is on record is for verifiers to find."""
        stone = Tombstone.decode(row.body)
        erased = stone is not None and (stone.seq, stone.bh) == (row.seq, row.bh.hex())
        return erased or (not row.body and row.seq < self.claim.pruned)

    def _key_record(self, row: Raw) -> Mapping[str, Any] | None:
        """Take in what a record says of keys; return it if it says anything."""
        if not any(mark in row.body for mark in KEY_RECORDS):
            return None
        try:
            body: Mapping[str, Any] = parse(row.body)
            contradiction = self.ring.take(row.seq, body)
        except (NotCanonicalError, KeyError, TypeError, AttributeError):
            raise Refused("KEY_RANGE", row.seq, "a record of keys cannot be read") from None
        if contradiction is not None:
            raise Refused("KEY_RANGE", row.seq, contradiction)
        self.keys.append((row.seq, body))
        return body


_HEAD = ("HEAD", "the head is not the link of the last record")
_LINK = ("LINK", "it does not follow the record before it")
