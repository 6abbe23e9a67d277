"""Columns of a batch as PostgreSQL's binary arrays: one parameter each, however many records there are.

    i32 dimensions = 1, i32 1 if there may be nulls, i32 type, i32 length, i32 first index = 1,
    then for each element: i32 length of its bytes, or -1 for null; the bytes

See `array_recv` in PostgreSQL's arrayfuncs.c. The driver's own lists take twice as long.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, pq
from psycopg.adapt import Dumper

NULL = b"\xff\xff\xff\xff"
TYPES: Mapping[str, tuple[int, Callable[[Any], bytes]]] = {
    "int8": (20, lambda value: value.to_bytes(8, "big", signed=True)),
    "int4": (23, lambda value: value.to_bytes(4, "big", signed=True)),
    "text": (25, str.encode),
    "bytea": (17, bytes),
}
"""The number of each type, and how a value becomes bytes."""


@dataclass(frozen=True, slots=True)
class Array:
    """An array, ready to be sent. A statement has to name its type: `%b::text[]`."""

    data: bytes

    @classmethod
    def of(cls, kind: str, values: Sequence[Any]) -> "Array":
        """Encode values of one type; None is null."""
        number, encode = TYPES[kind]
        parts = [struct.pack("!5i", 1, 1, number, len(values), 1)]
        for value in values:
            if value is None:
                parts.append(NULL)
            else:
                data = encode(value)
                parts += (len(data).to_bytes(4, "big"), data)
        return cls(b"".join(parts))


def columns(types: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Array]:
    """Encode rows, of which there is at least one, column by column."""
    return [Array.of(kind, column) for kind, column in zip(types, zip(*rows, strict=True), strict=True)]


class _AsItIs(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.data


def adapt(connection: Connection[Any]) -> None:
    """Let a connection send arrays."""
    connection.adapters.register_dumper(Array, _AsItIs)
