"""Which requests with an `Idempotency-Key` were begun, and how they ended: so that none is sent twice.

Semantics: draft-ietf-httpapi-idempotency-key-header. A key belongs to the API key that sent it, and is remembered for
a day. Its row is durable before the request goes on. It is `open` while a server works on it and says so again and
again; `kept` with the sealed answer; `unkept` where there is one that is too large; `unknown` where nobody can say
whether it was sent. A row that is open and of which no server speaks any more is unknown as well: its server died.
"""

import asyncio
import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Delete,
    LargeBinary,
    String,
    Table,
    Update,
    func,
    literal_column,
    null,
    or_,
    select,
)

from audit.records.fingerprint import Fingerprinter
from proxy.errors import RequestRefused
from proxy.identity import Caller
from proxy.state.database import Database, StateUnavailable
from proxy.state.schema import metadata
from proxy.state.sealing import Kept, Seal, SealBroken

log = logging.getLogger(__name__)
KEPT_S = 24 * 3600
LEASE_S = 20
"""For so long after its last word, a server is taken to work on a request."""
SPEAK_S = 5.0
SWEEP_S = 60.0
MAX_ANSWER_BYTES = 1024 * 1024
MAX_KEYS = 50_000
"""Of one team, within a day."""
MAX_TEAM_BYTES = 256 * 1024 * 1024
"""Of the answers that are kept for one team; more are not."""
MAX_LAPSED = 5_000
"""Claims to take back when the database is there again: one statement names them all. Others end as `unknown`."""
PURPOSE = "ringfence/idempotency"
CONFLICT, UNPROCESSABLE, TOO_MANY = 409, 422, 429
MAY_HAVE_BEEN_SENT = (
    "A request with this Idempotency-Key was begun and did not end well: it may have been sent, and its answer is not "
    "known. Find out, or use another key to send it again."
)

_row = Table(
    "idempotency",
    metadata,
    Column("name", String, primary_key=True),
    Column("team", String),
    Column("asked", String),
    Column("state", String),
    Column("claim", String),  # of whoever works on it, at random
    Column("lease", BigInteger),  # seconds since 1970, by the database's clock
    Column("expires", BigInteger),  # the same
    Column("size", BigInteger),  # of the answer, in bytes
    Column("answer", LargeBinary),
)


class InProgress(RequestRefused):
    """The same request is being worked on: a retry will find its answer."""

    def __init__(self) -> None:
        text = "A request with this Idempotency-Key is under way; try again to get its answer."
        super().__init__(text, status=CONFLICT, code="idempotency_in_progress")

    def headers(self) -> dict[str, str]:
        """Invite a retry."""
        return {"retry-after": "1"}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, and the duty, to work on a request and to say how that ended."""

    seal: Seal
    token: str
    fingerprint: str
    """Of the caller's key, for the decision's record."""


class Idempotency:
    """The memory of all servers that share a database.

    Without it, nothing can be begun (StateUnavailable), and what was begun is unknown when its lease ends.
    """

    def __init__(self, database: Database, fingerprinter: Fingerprinter) -> None:
        self._database = database
        self._fingerprinter = fingerprinter
        self._secret = fingerprinter.secret(PURPOSE)
        self._open: set[str] = set()
        """The claims of this server."""
        self._lapsed: set[str] = set()
        """Those that it made, if at all, without hearing so, or gave up without being heard."""
        self._full: set[str] = set()
        self._crowded: set[str] = set()
        """Teams that have too many keys, and too many bytes of answers."""
        clock = "CAST(strftime('%s','now') AS INTEGER)"
        if database.dialect == "postgresql":
            clock = "CAST(extract(epoch FROM clock_timestamp()) AS bigint)"
        self._now: ColumnElement[int] = literal_column(clock, BigInteger)

    async def start(self) -> None:
        """Give up what was open when the only server of a file ended."""
        if self._database.dialect == "sqlite":
            await self._database.execute(_row.update().where(_row.c.state == "open").values(state="unknown"))

    async def begin(self, caller: Caller, given: str, path: str, body: bytes) -> Claim | Kept:
        """Claim a request that was not seen before, durably, or return the answer to it.

        Raises RequestRefused: 409 where there is no answer to give, 422 where the key was for another request, 429
        where the team has too many.
        """
        seal = Seal(self._secret, caller, given, path, body)
        token = secrets.token_hex(16)
        full = seal.team in self._full
        if not full and await self._claimed(seal, token):
            self._open.add(token)
            return Claim(seal, token, self._fingerprinter.fingerprint(caller.team, "idem", "idem", given.encode()))
        live = or_(_row.c.state != "open", _row.c.lease > self._now).label("live")
        columns = (_row.c.asked, _row.c.state, _row.c.answer, live)
        found = await self._database.execute(select(*columns).where(_row.c.name == seal.name))
        if not found and full:
            text = f"Your team has used {MAX_KEYS} idempotency keys within a day; send this without one."
            raise RequestRefused(text, status=TOO_MANY, code="idempotency_full")
        if not found:
            raise InProgress  # it has just ended with nothing sent
        row = found[0]
        return _judged(seal, row.asked, row.state, row.answer, live=bool(row.live))

    async def keep(self, claim: Claim, answer: Kept | None) -> None:
        """Keep an answer, or, without one, that there was an answer which is too large."""
        sealed = None if answer is None or claim.seal.team in self._crowded else claim.seal.close(answer)
        values = {"state": "unkept"} if sealed is None else {"state": "kept", "answer": sealed, "size": len(sealed)}
        await self._end(claim, _row.update().values(**values))

    async def doubt(self, claim: Claim) -> None:
        """Note that the request may have been sent, and that its answer is lost."""
        await self._end(claim, _row.update().values(state="unknown"))

    async def free(self, claim: Claim) -> None:
        """Forget a request of which nothing was sent."""
        self._lapse(claim.token)
        if await self._end(claim, _row.delete()):
            self._lapsed.discard(claim.token)

    async def run(self) -> None:
        """Say what this server works on, forget what is old and count, until cancelled."""
        turns = 0
        while True:
            await asyncio.sleep(SPEAK_S)
            turns += 1
            try:
                await self.speak()
                if turns * SPEAK_S >= SWEEP_S:
                    turns = 0
                    await self.sweep()
            except StateUnavailable as error:
                log.warning("idempotency keys: the database cannot be used (%s)", error.reason)

    async def speak(self) -> None:
        """Say that this server still works on its claims, and take back those that nobody works on."""
        if lapsed := list(self._lapsed):
            await self._database.execute(_row.delete().where(_row.c.claim.in_(lapsed), _row.c.state == "open"))
            self._lapsed.difference_update(lapsed)
        if self._open:
            mine = _row.c.claim.in_(list(self._open))
            await self._database.execute(_row.update().where(mine).values(lease=self._now + LEASE_S))

    async def sweep(self) -> None:
        """Forget what is a day old, and see which teams have too much."""
        await self._database.execute(_row.delete().where(_row.c.expires <= self._now))
        count, size = func.count(), func.sum(_row.c.size)
        columns = (_row.c.team, count.label("keys"), size.label("bytes"))
        teams = await self._database.execute(select(*columns).group_by(_row.c.team))
        self._full = {row.team for row in teams if row.keys >= MAX_KEYS}
        self._crowded = {row.team for row in teams if row.bytes >= MAX_TEAM_BYTES}

    async def _claimed(self, seal: Seal, token: str) -> bool:
        """Make a row, in the place of one that has expired, too; False where there is one."""
        values = {
            "team": seal.team,
            "asked": seal.asked,
            "state": "open",
            "claim": token,
            "lease": self._now + LEASE_S,
            "expires": self._now + KEPT_S,
            "size": 0,
            "answer": null(),
        }
        insert = self._database.insert(_row).values(name=seal.name, **values)
        claim = insert.on_conflict_do_update(
            index_elements=["name"], set_=values, where=_row.c.expires <= self._now
        ).returning(_row.c.name)
        try:
            return bool(await self._database.execute(claim))
        except BaseException:
            self._lapse(token)  # it may have been made all the same
            raise

    def _lapse(self, token: str) -> None:
        """Note a claim that is to be taken back."""
        if len(self._lapsed) < MAX_LAPSED:
            self._lapsed.add(token)

    async def _end(self, claim: Claim, change: Update | Delete) -> bool:
        """Change the row of a claim. Where that fails, it becomes unknown when its lease ends."""
        self._open.discard(claim.token)
        try:
            await self._database.execute(change.where(_row.c.name == claim.seal.name, _row.c.claim == claim.token))
        except StateUnavailable as error:
            log.warning("how a request with an idempotency key ended could not be written (%s)", error.reason)
            return False
        return True


def _judged(seal: Seal, asked: str, state: str, answer: bytes | None, *, live: bool) -> Kept:
    """Return the answer that is kept, or say why there is none to give."""
    if asked != seal.asked:
        text = "This Idempotency-Key was used for another request; use a new key for each."
        raise RequestRefused(text, status=UNPROCESSABLE, code="idempotency_mismatch")
    if state == "open" and live:
        raise InProgress
    if state == "unkept":
        text = "The request with this Idempotency-Key was answered; the answer was too large to be kept."
        raise RequestRefused(text, status=CONFLICT, code="idempotency_not_kept")
    if state == "kept" and answer is not None:
        with suppress(SealBroken):
            return seal.open(answer)
    raise RequestRefused(MAY_HAVE_BEEN_SENT, status=CONFLICT, code="idempotency_unknown")
