"""What erasing a request means: its decision, every attempt and outcome of it, and the decisions it led to.

Only a request that has ended can be erased: what is still to be written of it would name what is gone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from audit.records.record import ATTEMPT, DECISION, OUTCOME
from audit.records.tombstone import START, Tombstone
from audit.retention.holds import Hold
from audit.stores.asking import Run

PAGE = 1000
LOOK_BEHIND = 20_000
"""Decisions behind one in which the one that it led to is looked for."""
AT_ONCE = 32
"""Records that one `erasure.done` names at most."""

OF_REQUEST = "SELECT seq, bh, body FROM {s}record WHERE dec = ? ORDER BY seq"
BY_ID = f"SELECT seq, bh, body FROM {{s}}record WHERE id = ? AND kind = '{DECISION}'"  # noqa: S608 - constants, here and below
NEXT_DECISIONS = f"""
SELECT id, body FROM {{s}}record WHERE kind = '{DECISION}' AND seq > ? ORDER BY seq LIMIT {LOOK_BEHIND}"""  # noqa: S608
OF_ROUTES = f"""
SELECT seq, id, body FROM {{s}}record WHERE kind IN ('{DECISION}', '{ATTEMPT}', '{OUTCOME}') AND seq > ?
ORDER BY seq LIMIT {PAGE}"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Request:
    """One request in the log. `stones` are what would be left of its records; none where it is erased already."""

    id: str
    ts: str
    app: str
    team: str
    stones: tuple[Tombstone, ...]
    open: bool = False
    erased: bool = False
    held: tuple[str, ...] = ()
    """The holds that cover it."""

    @property
    def may_go(self) -> bool:
        """Whether it can be erased now."""
        return bool(self.stones) and not self.open and not self.held


def find(run: Run, decision: str, holds: Sequence[Hold] = ()) -> list[Request]:
    """Return the request of a decision, and of those that it led to or that led to it; nothing where none is known."""
    found: dict[str, Request] = {}
    waiting = [decision]
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        rows = run(OF_REQUEST, name) or run(BY_ID, name)
        if rows:
            bodies = [(seq, bytes(bh), bytes(body)) for seq, bh, body in rows]
            found[name] = _request(name, bodies, holds)
            waiting += _led(run, bodies)
    return [found[name] for name in sorted(found, key=lambda name: found[name].ts)]


def about(run: Run, *, key: str | None = None, fingerprint: str | None = None) -> Iterator[str]:
    """Yield the decision of each request of a key, or in whose records a fingerprint stands. Reads every request."""
    after, told = -1, set[str]()
    sought = f'"{key or fingerprint}"'.encode()
    while page := run(OF_ROUTES, after):
        for seq, name, raw in page:
            body = bytes(raw)
            after = seq
            if sought not in body or body.startswith(START):
                continue
            value = orjson.loads(body)
            decision = value.get("dec", name)
            if decision not in told and (key is None or value.get("actor", {}).get("id") == key):
                told.add(decision)
                yield decision


def portions(requests: Iterable[Request]) -> Iterator[tuple[Tombstone, ...]]:
    """Yield the records to erase in portions of which each goes into one record; a request is not split in vain."""
    portion: tuple[Tombstone, ...] = ()
    for request in requests:
        if portion and len(portion) + len(request.stones) > AT_ONCE:
            yield portion
            portion = ()
        portion += request.stones
        while len(portion) > AT_ONCE:
            yield portion[:AT_ONCE]
            portion = portion[AT_ONCE:]
    if portion:
        yield portion


def _request(name: str, rows: Sequence[tuple[int, bytes, bytes]], holds: Sequence[Hold]) -> Request:
    there = [(seq, bh, orjson.loads(body)) for seq, bh, body in rows if not body.startswith(START)]
    if not there:
        stone = Tombstone.decode(rows[0][2])
        return Request(name, "" if stone is None else stone.ts, "", "", (), erased=True)
    decided = next((body for *_, body in there if body["kind"] == DECISION), None)
    actor = {} if decided is None else decided["actor"]
    begun = {body.get("attempt", 1) for *_, body in there if body["kind"] in (DECISION, ATTEMPT)}
    ended = {body["attempt"] for *_, body in there if body["kind"] == OUTCOME}
    is_open = not begun <= ended and not (decided is not None and decided["dry_run"])
    places = [(body["ts"], actor.get("team")) for *_, body in there]
    return Request(
        id=name,
        ts=there[0][2]["ts"],
        app=actor.get("app", ""),
        team=actor.get("team", ""),
        stones=tuple(Tombstone.of(seq, bh, body) for seq, bh, body in there),
        open=is_open,
        held=tuple(hold.name for hold in holds if any(hold.covers(*place) for place in places)),
    )


def _led(run: Run, rows: Sequence[tuple[int, bytes, bytes]]) -> Iterator[str]:
    """Yield the decisions that one led to, and the one that led to it."""
    for seq, _, raw in rows:
        body: dict[str, Any] = {} if raw.startswith(START) else orjson.loads(raw)
        if "escalates" in body:
            yield body["escalates"]["dec"]
        if "local_first" in body:
            for name, other in run(NEXT_DECISIONS, seq):
                if body["id"].encode() in bytes(other) and _escalates(bytes(other)) == body["id"]:
                    yield name


def _escalates(raw: bytes) -> str | None:
    body = orjson.loads(raw)
    found: str | None = body.get("escalates", {}).get("dec")
    return found
