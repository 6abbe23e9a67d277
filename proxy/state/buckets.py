"""Buckets in the database that all servers of a log share: one statement for each request, by the database's clock."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Boolean, Text, bindparam, text

from proxy.limits.bucket import Draw, Level, levels, take
from proxy.state.database import Database
from proxy.state.engines import SCHEMA

TAKE = text(f"SELECT {SCHEMA}.take(:names, :costs, :force)").bindparams(
    bindparam("names", type_=ARRAY(Text)),
    bindparam("costs", type_=ARRAY(BigInteger)),
    bindparam("force", type_=Boolean),
)


class InDatabase:
    """Buckets in PostgreSQL. Methods raise StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, draws: Sequence[Draw]) -> tuple[bool, list[Level]]:
        """Take all that is drawn or nothing: whether it was, and what each bucket holds then."""
        now, before = await self._take(draws, force=False)
        done, full_at = take(draws, before, now)
        return done, levels(draws, full_at, now)

    async def settle(self, draws: Sequence[Draw]) -> None:
        """Take or give back what has already been used."""
        await self._take(draws, force=True)

    async def _take(self, draws: Sequence[Draw], *, force: bool) -> tuple[int, list[int]]:
        """Return the time, and when each bucket was to be full before."""
        values = {"names": [draw.name for draw in draws], "costs": [draw.cost_us for draw in draws], "force": force}
        now, *before = (await self._database.execute(TAKE, values))[0][0]
        return now, before
