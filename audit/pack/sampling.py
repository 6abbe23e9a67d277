r"""A sample of the records of a pack that its operator cannot steer, each with its proof and the rules that applied.

    seed    = SHA-256("ringfence.sample/v1\0" || u64be(bytes of the nonce) || nonce in UTF-8 || root)
    rank(n) = SHA-256(seed || u64be(n))

The population is every record of the period whose body is there and that has all the values that were asked for; the
sample is those with the smallest ranks, in the order of these. Whoever made the pack fixed the root without knowing the
nonce, and could not try until a sample suits. Whoever has the pack can: nothing here shows that the nonce was fixed
before. Only the standard library and `cryptography` are used.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.pack.proving import inclusions
from audit.pack.rules import Bundles, InForce
from audit.proofs.checkpoint import Proof
from audit.proofs.note import Note
from audit.records.record import Derived
from audit.sources.source import Source
from audit.verification.state import read_body

DOMAIN = b"ringfence.sample/v1\0"
COLUMNS = ("kind", "decision", "zone", "app", "team")
LABELS = ("class", "rule")
ROWS = 1000
MOST = 10_000
"""Records of a sample: they are held in memory."""
MAX_RELATED = 1000
DECISION = "route.decision"


class BadSample(ValueError):
    """What was asked for cannot be sampled; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sample is of. `where` are values that a record must have, by their names."""

    nonce: str
    count: int
    where: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, nonce: str, count: int, where: Iterable[str]) -> "Asked":
        """Read conditions of the form NAME=VALUE; raises BadSample."""
        pairs = []
        for text in where:
            name, equals, value = text.partition("=")
            if not equals or name not in {*COLUMNS, *LABELS}:
                raise BadSample(f"a condition is NAME=VALUE, with a name of: {', '.join((*COLUMNS, *LABELS))}")
            pairs.append((name, value))
        if not nonce or nonce != nonce.encode(errors="ignore").decode():
            raise BadSample("a nonce is words of yours that whoever made the pack could not know")
        if not 1 <= count <= MOST:
            raise BadSample(f"a sample has 1 to {MOST} records")
        return cls(nonce, count, tuple(pairs))

    def seed(self, root: bytes) -> bytes:
        """Return what the ranks depend on."""
        nonce = self.nonce.encode()
        return hashlib.sha256(DOMAIN + len(nonce).to_bytes(8, "big") + nonce + root).digest()

    def has(self, derived: Derived) -> bool:
        """Whether a record belongs to the population."""
        return all(
            (name, value) in derived.labels if name in LABELS else getattr(derived, name) == value
            for name, value in self.where
        )


@dataclass(frozen=True, slots=True)
class Sampled:
    """One record: its bytes, its proof as a file, and of a decision what applied and what came of it."""

    seq: int
    body: bytes
    proof: bytes
    in_force: InForce | None
    related: tuple[bytes, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        shown = None if self.in_force is None else self.in_force.as_json()
        bodies = [body.decode() for body in self.related]
        return {
            "seq": self.seq,
            "body": self.body.decode(),
            "proof": self.proof.decode(),
            "in_force": shown,
            "related": bodies,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample, and how many records there were to choose from."""

    seed: str
    population: int
    records: tuple[Sampled, ...]


def rank(seed: bytes, seq: int) -> bytes:
    """Return by what records are ordered."""
    return hashlib.sha256(seed + seq.to_bytes(8, "big")).digest()


@dataclass(slots=True)
class _Choosing:
    """Keeps those of the smallest ranks; memory is that of the sample."""

    asked: Asked
    seed: bytes
    population: int = 0
    _kept: list[tuple[int, int]] = field(default_factory=list)

    def take(self, seq: int, derived: Derived) -> None:
        """Take in a record."""
        if not self.asked.has(derived):
            return
        self.population += 1
        item = (-int.from_bytes(rank(self.seed, seq), "big"), seq)
        if len(self._kept) < self.asked.count:
            heapq.heappush(self._kept, item)
        else:
            heapq.heappushpop(self._kept, item)

    def seqs(self) -> list[int]:
        """Return the sample, in the order of the ranks."""
        return [seq for _, seq in sorted(self._kept, reverse=True)]


def sample(source: Source, asked: Asked, root: bytes, first: int, last: int) -> Sample:
    """Draw a sample of a log that was verified; `first` and `last` are the bounds of its period."""
    choosing, bundles = _Choosing(asked, asked.seed(root)), Bundles()
    for seq, body, derived, _ in _records(source):
        bundles.take(seq, body)
        if first <= seq <= last:
            choosing.take(seq, derived)
    seqs = choosing.seqs()
    found, related = _gather(source, frozenset(seqs))
    newest = source.newest_checkpoint()
    if newest is None:
        raise BadSample("the log has no checkpoint")
    note = Note.decode(newest.note)
    paths = inclusions(source, seqs, newest.size)
    records = []
    for seq in seqs:
        raw, said = found[seq]
        proof = Proof(seq, tuple(paths[seq]), note).encode()
        records.append(
            Sampled(seq, raw, proof, bundles.in_force(seq, said, source), tuple(related.get(said["id"], ())))
        )
    return Sample(choosing.seed.hex(), choosing.population, tuple(records))


def _gather(
    source: Source, seqs: frozenset[int]
) -> tuple[Mapping[int, tuple[bytes, Mapping[str, Any]]], Mapping[str, Sequence[bytes]]]:
    """Return the records of a sample, and what came of its decisions: attempts and outcomes stand behind them."""
    found: dict[int, tuple[bytes, Mapping[str, Any]]] = {}
    related: dict[str, list[bytes]] = {}
    for seq, body, derived, raw in _records(source):
        if seq in seqs:
            found[seq] = raw, body
            if derived.kind == DECISION:
                related[body["id"]] = []
        elif derived.dec in related and len(related[derived.dec]) < MAX_RELATED:
            related[derived.dec].append(raw)
    return found, related


def _records(source: Source) -> Iterator[tuple[int, dict[str, Any], Derived, bytes]]:
    start: int | None = None
    while page := source.rows(start, ROWS):
        for raw in page:
            body, _, derived = read_body(raw.body) if raw.body else (None, None, None)
            if body is not None and derived is not None:
                yield raw.seq, body, derived, raw.body
        start = page[-1].seq + 1
