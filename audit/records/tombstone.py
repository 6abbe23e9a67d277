"""What stands in the place of a body that was erased: where the record stood, and the hash that the chain keeps of it.

    {"erased":{"bh":"<hex>","epoch":"<uuid>","id":"<uuid>","kind":"route.decision","n":7,"seq":9,"ts":"...Z","v":2}}

The salt that was in the body is gone with it, so that the hash says nothing of what it was. An `erasure.done` record
names the same object; without one, a tombstone is a body that was taken away. Only the standard library is used.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

from audit.records.jcs import NotCanonicalError, canonical, parse
from audit.records.kinds import ERASED

START = b'{"erased":{'
_fault = ERASED.compile()


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erased record. `bh` and `epoch` are as in the record and its envelope, `n` counts its writer's records."""

    seq: int
    id: str
    kind: str
    v: int
    ts: str
    bh: str
    epoch: str
    n: int

    @classmethod
    def of(cls, seq: int, bh: bytes, body: dict[str, Any]) -> Self:
        """Return that of a valid record."""
        w = body["w"]
        return cls(seq, body["id"], body["kind"], body["v"], body["ts"], bh.hex(), w["epoch"], w["n"])

    @classmethod
    def decode(cls, raw: bytes) -> Self | None:
        """Read what is stored in the place of a body; None for what is no tombstone in its one form."""
        if not raw.startswith(START):
            return None
        try:
            value = parse(raw)
        except NotCanonicalError:
            return None
        if type(value) is not dict or value.keys() != {"erased"} or _fault(value["erased"]) is not None:
            return None
        return cls(**value["erased"])

    def encode(self) -> bytes:
        """Return the bytes that are stored."""
        return canonical({"erased": self.as_json()})

    def as_json(self) -> dict[str, Any]:
        """Return how an `erasure.done` record names it."""
        return asdict(self)

    def columns(self) -> tuple[Any, ...]:
        """Return what stands beside it, as `audit.sources.source.COLUMNS` orders it: nothing that the body said."""
        return (self.id, self.kind, self.v, self.ts, None, None, None, None, None, None)
