"""The statements that take bodies away, each call within one transaction of its caller. The same for both databases.

A slice of a prune puts the body hashes of up to 256 records into a tile, and then deletes those of passing kinds; so
whoever reads sees each record as it was or as it is in the tile. An erasure replaces a body by its tombstone. A hold
that is in force when the transaction begins wins over both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from audit.errors import AuditUnavailable
from audit.records.kept import PASSING
from audit.records.record import DECISION, derive
from audit.records.tombstone import START, Tombstone
from audit.retention.holds import LIFTED, PLACED, Hold, in_force
from audit.stores.asking import Run
from audit.stores.pruned import TILE

NO_LIMIT = 2**62
PASSING_LIST = ", ".join(f"'{kind}'" for kind in sorted(PASSING))

HOLDS = f"SELECT body FROM {{s}}record WHERE kind IN ('{PLACED}', '{LIFTED}') ORDER BY seq"  # noqa: S608 - constants, here and below
BEGUN = "SELECT coalesce(max(size), 0) FROM {s}pruning"
LAST_TILE = "SELECT first, bhs FROM {s}pruned ORDER BY first DESC LIMIT 1"
SLICE = "SELECT bh, prev, kind, body FROM {s}record WHERE seq >= ? AND seq < ? ORDER BY seq"
DELETE = f"DELETE FROM {{s}}record WHERE seq >= ? AND seq < ? AND kind IN ({PASSING_LIST})"  # noqa: S608
DELETE_LABELS = "DELETE FROM {s}record_label WHERE what = ? AND name = ? AND seq >= ? AND seq < ?"
OF_TEAM = """(team = ? OR (team IS NULL AND EXISTS (
  SELECT 1 FROM {s}record AS decided WHERE decided.id = one.dec AND decided.team = ?)))"""
"""Of a record without a team, its decision says it; one whose decision was pruned before is of none."""
DECIDED = "SELECT ts, team FROM {s}record WHERE id = ?"
ERASE = """
UPDATE {s}record SET body = ?, dec = NULL, attempt = NULL, app = NULL, team = NULL, decision = NULL, zone = NULL
WHERE seq = ? AND id = ?"""
ERASURES = "SELECT body FROM {s}record WHERE kind = 'erasure.done' AND v = 2 ORDER BY seq"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many records of a prune are still to be looked at, and whether a hold keeps the next ones."""

    left: int
    held: bool = False


@dataclass(frozen=True, slots=True)
class Entombed:
    """How many bodies became tombstones now, and how many a hold keeps."""

    done: int
    held: int = 0


def holds(run: Run) -> tuple[Hold, ...]:
    """Return the holds that are in force."""
    return in_force(orjson.loads(body) for (body,) in run(HOLDS))


def first_held(run: Run, start: int, end: int, among: Iterable[Hold]) -> int:
    """Return the first record of a range that a hold covers; the end of the range where none does."""
    found = end
    for hold in among:
        where = "seq >= ? AND seq < ?"
        values: list[int | str] = [start, found]
        given = (("ts >= ?", hold.since), ("ts < ?", hold.until), (OF_TEAM, hold.team))
        for condition, value in given:
            if value is not None:
                where += f" AND {condition}"
                values += [value] * condition.count("?")
        seq = run(f"SELECT min(seq) FROM {{s}}record AS one WHERE {where}", *values)[0][0]  # noqa: S608
        found = found if seq is None else min(found, seq)
    return found


def begun(run: Run) -> tuple[int, int]:
    """Return how many records the largest prune has that was begun, and how many of them were looked at."""
    size, tile = run(BEGUN)[0][0], run(LAST_TILE)
    return size, tile[0][0] + len(tile[0][1]) // 32 if tile else 0


def begin(run: Run, size: int) -> None:
    """Let a prune begin that a record announces; once is enough."""
    if run(BEGUN)[0][0] < size:
        run("INSERT INTO {s}pruning (size) VALUES (?)", size)


def take(run: Run) -> Progress:
    """Take the next slice of the prune that was begun."""
    size, start = begun(run)
    if start >= size:
        return Progress(0)
    end = first_held(run, start, min(start + TILE, size), holds(run))
    if end == start:
        return Progress(size - start, held=True)
    rows = run(SLICE, start, end)
    if len(rows) != end - start:
        raise AuditUnavailable("corrupt")
    run(
        "INSERT INTO {s}pruned (first, prev, bhs) VALUES (?, ?, ?)",
        start,
        bytes(rows[0][1]),
        b"".join(bytes(row[0]) for row in rows),
    )
    run(DELETE, start, end)
    labels = {label for *_, kind, body in rows if kind == DECISION for label in _labels(bytes(body))}
    for what, name in sorted(labels):
        run(DELETE_LABELS, what, name, start, end)
    return Progress(size - end)


def entomb(run: Run, stones: Sequence[Tombstone]) -> Entombed:
    """Erase what records say is erased; what is gone already is passed over."""
    kept, found = holds(run), []
    held = 0
    for stone in stones:
        rows = run("SELECT body, bh FROM {s}record WHERE seq = ? AND id = ?", stone.seq, stone.id)
        if not rows or bytes(rows[0][0]).startswith(START):
            continue
        body = orjson.loads(rows[0][0])
        if Tombstone.of(stone.seq, bytes(rows[0][1]), body) != stone:
            raise AuditUnavailable("corrupt")
        if any(hold.covers(*place) for hold in kept for place in _places(run, body)):
            held += 1
        else:
            found.append((stone, derive(body).labels))
    for stone, labels in found:
        run(ERASE, stone.encode(), stone.seq, stone.id)
        for what, name in labels:
            run(DELETE_LABELS, what, name, stone.seq, stone.seq + 1)
    return Entombed(len(found), held)


def unfinished(run: Run) -> list[Tombstone]:
    """Return what records say is erased, and whose body is still there: its eraser was stopped, or by a hold."""
    found = []
    for (body,) in run(ERASURES):
        for named in orjson.loads(body)["records"]:
            stone = Tombstone(**named)
            rows = run("SELECT body FROM {s}record WHERE seq = ? AND id = ?", stone.seq, stone.id)
            if rows and not bytes(rows[0][0]).startswith(START):
                found.append(stone)
    return found


def _places(run: Run, body: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return time and team of a record, and of the decision of its request."""
    decided = run(DECIDED, body["dec"]) if "dec" in body else []
    team = body.get("actor", {}).get("team") or (decided[0][1] if decided else None)
    return [(body["ts"], team), *((ts, found) for ts, found in decided)]


def _labels(body: bytes) -> tuple[tuple[str, str], ...]:
    return () if body.startswith(START) else derive(orjson.loads(body)).labels
