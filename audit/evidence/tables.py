"""What documents consist of: sums, lists that are bounded with their total beside, and places of records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audit.records.schema import MAX_INT

ROWS = 10_000
"""So many rows of a list stand in a document."""
NONE = "-"
"""Stands for a name that is absent: no name can be so."""

Body = Mapping[str, Any]
Row = dict[str, Any]
Key = tuple[Any, ...]


def add(before: int, more: int) -> int:
    """Return the sum, or the largest integer that every JSON reader keeps exact."""
    return min(before + more, MAX_INT)


class Rows:
    """A list that keeps its first rows and counts all."""

    def __init__(self) -> None:
        self.kept: list[Row] = []
        self.total = 0

    def append(self, row: Row) -> None:
        """Take in one more."""
        self.total += 1
        if self.total <= ROWS:
            self.kept.append(row)

    def listed(self) -> Row:
        """Return the list as a document has it."""
        return {"rows": self.kept, "total": self.total}


def listed(rows: Sequence[Row]) -> Row:
    """Return the first rows, and how many there are."""
    return {"rows": list(rows[:ROWS]), "total": len(rows)}


def counted(counts: Mapping[Key, int], *names: str) -> list[Row]:
    """Return a row for each key of a count, in their order: the key's parts under their names, and `n`."""
    return [{**dict(zip(names, key, strict=True)), "n": counts[key]} for key in sorted(counts)]


def tabled(sums: Mapping[Key, Sequence[int]], keys: Iterable[str], values: Iterable[str]) -> list[Row]:
    """Return a row for each key of several sums, in their order."""
    keys, values = tuple(keys), tuple(values)
    return [{**dict(zip(keys, key, strict=True)), **dict(zip(values, sums[key], strict=True))} for key in sorted(sums)]


def at(seq: int, body: Body) -> Row:
    """Say which record."""
    return {"seq": seq, "id": body["id"], "ts": body["ts"]}


def who(actor: Body) -> Row:
    """Say who."""
    return {name: actor[name] for name in ("kind", "id", "app", "team") if name in actor}


def by(body: Body) -> Row:
    """Say by whom, where the record does."""
    return {"by": who(body["actor"])} if "actor" in body else {}


def given(body: Body, *names: str) -> Row:
    """Return those of the fields that are there."""
    return {name: body[name] for name in names if name in body}
