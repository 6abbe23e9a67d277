"""The write side of the canonical form: orjson, fourteen times faster than a pure RFC 8785 serialiser.

On values that passed their schema, `OPT_SORT_KEYS` gives the bytes of RFC 8785; elsewhere it does not (it writes NaN as
null), so nothing else may be given to it. The verifier has its own canonicaliser in `audit.records.jcs`.

A record's `w` holds a counter without gaps, so only the writer thread can know it, at the last moment. Everything else
is encoded by the caller's thread: `Halves` are the canonical bytes before and after `w`.
"""

from dataclasses import dataclass
from typing import Any

import orjson

OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a value that passed its schema."""
    return orjson.dumps(value, option=OPTIONS)


@dataclass(frozen=True, slots=True)
class Writer:
    """The constant part of `w`: which process incarnation writes."""

    inst: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Halves:
    """A record without its `w`."""

    before: bytes
    after: bytes
    mono_us: int

    def join(self, writer: Writer, n: int) -> bytes:
        """Return the canonical bytes of the whole record as the writer's n-th."""
        w = b'"w":{"epoch":"%b","inst":"%b","mono_us":%d,"n":%d}'
        return self.before + w % (writer.epoch.encode(), writer.inst.encode(), self.mono_us, n) + self.after


def halves(record: dict[str, Any], mono_us: int) -> Halves:
    """Encode a record that has every field but `w`. At least one key (`ts`) sorts before it."""
    before = encode({name: value for name, value in record.items() if name < "w"})
    after = encode({name: value for name, value in record.items() if name > "w"})
    return Halves(before[:-1] + b",", b"}" if after == b"{}" else b"," + after[1:], mono_us)
