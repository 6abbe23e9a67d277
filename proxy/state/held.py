"""Where stored state lives: a response or conversation that a model server keeps can be asked for only there.

It belongs to the team that made it. What is kept of an id is a SHA-256 over

    "ringfence held 1", then for each of team, kind and id: u64 length of its UTF-8 bytes, big-endian; the bytes

so that nobody can read an id here, nor find one of another team. Nothing expires before the state itself is deleted.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Executable,
    String,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    true,
)

from proxy.errors import RequestRefused
from proxy.state.database import Database, StateUnavailable
from proxy.state.schema import metadata

FRAME = b"ringfence held 1"
Kind = Literal["response", "item", "conversation", "file", "batch"]

_held = Table(
    "held",
    metadata,
    Column("ref", String, primary_key=True),  # the digest, in hex
    Column("zone", String),
    Column("upstream", String),
    Column("endpoint_sha256", String),
    Column("created", BigInteger),  # seconds since 1970
    Column("ambiguous", BigInteger),  # 1: two places claimed it; never 0 again
)
_FIND = select(_held.c.zone, _held.c.upstream, _held.c.endpoint_sha256, _held.c.ambiguous).where(
    _held.c.ref == bindparam("ref")
)
_FORGET = _held.delete().where(_held.c.ref == bindparam("ref"), _held.c.ambiguous == 0)


@dataclass(frozen=True, slots=True)
class Held:
    """What holds a piece of state: an upstream's id, its zone, and the digest of its base URL as in records."""

    zone: str
    upstream: str
    endpoint_sha256: str


class _Batch:
    """What several callers note in one statement: of each digest the place, and whether two were named."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[Held, bool]] = {}
        self.done = False
        self.fault: StateUnavailable | None = None

    def add(self, ref: str, held: Held) -> None:
        known, _ = noted = self.rows.setdefault(ref, (held, False))
        self.rows[ref] = noted if known == held else (known, True)

    def values(self) -> dict[str, Any]:
        """Return it for the statement; in order: else two servers could wait for each other."""
        rows = [[ref, *astuple(held), int(ambiguous)] for ref, (held, ambiguous) in sorted(self.rows.items())]
        return {"rows": json.dumps(rows), "created": int(time.time())}


class HeldStates:
    """The memory of all servers that share a database; one object for each server. Methods raise StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remember = _remember(database)
        self._find_all = _find_all(database)
        self._writing = asyncio.Lock()
        self._next = _Batch()

    async def remember(self, team: str, kind: Kind, ids: Iterable[str], held: Held) -> None:
        """Note where some ids live; durable when it returns. One that is known from elsewhere is unusable from then on.

        It is one round trip, however many there are. Who comes while one is under way shares the next.
        """
        await self.remember_all(team, ((kind, each) for each in ids), held)

    async def remember_all(self, team: str, named: Iterable[tuple[Kind, str]], held: Held) -> None:
        """Note where things of several kinds live, in the same way."""
        batch = self._next
        refs = {_ref(team, *each) for each in named}
        for ref in refs:
            batch.add(ref, held)
        if not refs:
            return
        try:
            async with asyncio.timeout(self._database.deadline_s), self._writing:
                if not batch.done:
                    await self._write(batch)
        except TimeoutError:
            raise StateUnavailable("deadline") from None
        if batch.fault is not None:
            raise StateUnavailable(batch.fault.reason)

    async def _write(self, batch: _Batch) -> None:
        """Write a batch for all who are in it. Where the caller is cancelled, the next of them writes it."""
        if batch is self._next:
            self._next = _Batch()
        try:
            await self._database.execute(self._remember, batch.values())
        except StateUnavailable as error:
            batch.fault = error
        batch.done = True

    async def find(self, team: str, kind: Kind, id: str) -> Held | None:  # noqa: A002 - what the API calls it
        """Return where this team's state lives; None where the team has none of this id.

        Raises RequestRefused (409 `state_ambiguous`) where two places gave the same id.
        """
        rows = await self._database.execute(_FIND, {"ref": _ref(team, kind, id)})
        if not rows:
            return None
        found = rows[0]
        if found.ambiguous:
            raise ambiguous()
        return Held(found.zone, found.upstream, found.endpoint_sha256)

    async def find_all(self, team: str, named: Iterable[tuple[Kind, str]]) -> dict[tuple[Kind, str], Held | None]:
        """Return where each of this team's things lives, None for an id that two places gave. Unknown ones are absent.

        However many there are, it is one round trip.
        """
        refs = {_ref(team, *each): each for each in named}
        if not refs:
            return {}
        rows = await self._database.execute(self._find_all, {"refs": json.dumps([[ref] for ref in refs])})
        places = {row.ref: Held(row.zone, row.upstream, row.endpoint_sha256) for row in rows if not row.ambiguous}
        return {refs[row.ref]: places.get(row.ref) for row in rows}

    async def forget(self, team: str, kind: Kind, id: str) -> None:  # noqa: A002 - the same
        """Forget state that was deleted where it lived. What is ambiguous stays so."""
        await self._database.execute(_FORGET, {"ref": _ref(team, kind, id)})


def ambiguous() -> RequestRefused:
    """Return what is said of an id that two places gave."""
    return RequestRefused(
        "Two model servers gave different things this same id; it can no longer be used.",
        status=409,
        code="state_ambiguous",
    )


def _given(database: Database, name: str) -> TableValuedAlias:
    """Return the elements of a JSON array as a table."""
    given = bindparam(name, type_=Text)
    each = func.json_each(given) if database.dialect == "sqlite" else func.json_array_elements(cast(given, JSON))
    return each.table_valued(column("value", JSON))


def _find_all(database: Database) -> Executable:
    columns = (_held.c.ref, _held.c.zone, _held.c.upstream, _held.c.endpoint_sha256, _held.c.ambiguous)
    return select(*columns).where(_held.c.ref.in_(select(_given(database, "refs").c.value[0].as_string())))


def _remember(database: Database) -> Executable:
    """Build the statement: a row for each array in a JSON array. A row that is there stays, but for its mark."""
    row = _given(database, "rows").c.value
    place = [field.name for field in fields(Held)]
    texts = [row[at].as_string() for at in range(1 + len(place))]
    rows = select(*texts, row[1 + len(place)].as_integer(), bindparam("created", type_=BigInteger)).where(true())
    insert = database.insert(_held).from_select(["ref", *place, "ambiguous", "created"], rows)
    elsewhere = or_(insert.excluded.ambiguous == 1, *(_held.c[name] != insert.excluded[name] for name in place))
    return insert.on_conflict_do_update(index_elements=["ref"], set_={"ambiguous": 1}, where=elsewhere)


def _ref(team: str, kind: Kind, name: str) -> str:
    digest = hashlib.sha256(FRAME)
    for part in (team, kind, name):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
