"""Whether a value occurs in the log, which holds none: its keyed fingerprints are made anew, and looked for.

The value is in no record, log line or error, and nothing is kept of it. What is answered is a number of records. Each
look-up is a record by itself, whether it finds anything or not.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from audit.access import Ask, Records
from audit.api.errors import bad_request
from audit.api.guessing import Guesses
from audit.api.proofs import Prover
from audit.api.query import body_of
from audit.api.service import Asked
from audit.records.fields import NAME, SERVED
from audit.records.fingerprint import Fingerprinter

MAX_BYTES = 1024 * 1024
PURPOSES = ("body", "idem", "ip")
BLOCK = 1 << 14
QUARTERS = 40
FOUND = {
    "sqlite": "instr(body, :{name}) > 0",
    "postgresql": "position(CAST(:{name} AS bytea) in body) > 0",
}
FIRST = "SELECT min(ts) FROM @record"
_is_name = NAME.compile()


@dataclass(frozen=True, slots=True)
class LookUp:
    """What is looked for; the value is never shown."""

    team: str
    purpose: str
    value: bytes

    def __repr__(self) -> str:
        return f"LookUp({self.purpose})"


class Fingerprints:
    """The route `/fingerprints`."""

    def __init__(self, fingerprinter: Fingerprinter, guesses: Guesses, prover: Prover) -> None:
        self._fingerprinter, self._guesses, self._prover = fingerprinter, guesses, prover

    async def answer(self, asked: Asked) -> Response:
        """Say in how many records a value occurs."""
        looked = _look_up(await body_of(asked.request, ("team", "purpose", "value"), MAX_BYTES))
        await self._guesses.admit(str(asked.reader.actor["id"]))
        size = await run_in_threadpool(self._prover.size)
        found = await asked.service.heavy(self._count, asked.service.records, looked, size)
        await asked.record("fingerprint", found, ["team"], size=size)
        answer = {"team": looked.team, "purpose": looked.purpose, "occurs": found > 0, "records": found, "size": size}
        return JSONResponse(answer)

    def _count(self, records: Records, looked: LookUp, size: int) -> int:
        """Count the records of a team in which a fingerprint of the value stands, a stretch at a time."""
        with records.asking() as ask:
            wanted = {f"f{n}": each.encode() for n, each in enumerate(self._fingerprints(looked, ask(FIRST)[0][0]))}
            any_of = " OR ".join(FOUND[records.dialect].format(name=name) for name in wanted)
            query = (
                "SELECT count(*) FROM @record "  # noqa: S608 - constants
                f"WHERE seq >= :start AND seq < :end AND team = :team AND ({any_of})"
            )
            return sum(_counted(ask, query, size, {"team": looked.team, **wanted}))

    def _fingerprints(self, looked: LookUp, first: str | None) -> Iterator[str]:
        """Make those of every quarter since the first record, and of every endpoint that a body may have come to."""
        types = SERVED.values if looked.purpose == "body" else (looked.purpose,)
        for moment in quarters(first):
            for type_ in types:
                yield self._fingerprinter.fingerprint(looked.team, looked.purpose, type_, looked.value, moment)


def _counted(ask: Ask, query: str, size: int, values: dict[str, Any]) -> Iterator[int]:
    for start in range(0, size, BLOCK):
        yield int(ask(query, start=start, end=min(start + BLOCK, size), **values)[0][0])


def quarters(first: str | None) -> list[datetime]:
    """Return a moment of each quarter from a time in a record to now, the newest first, and not more than ten years."""
    now = datetime.now(UTC)
    at = now.year * 4 + (now.month - 1) // 3
    begun = at if first is None else int(first[:4]) * 4 + (int(first[5:7]) - 1) // 3
    wanted = range(at, max(begun, at - QUARTERS) - 1, -1)
    return [datetime(quarter // 4, quarter % 4 * 3 + 1, 1, tzinfo=UTC) for quarter in wanted]


def _look_up(body: dict[str, Any]) -> LookUp:
    team, purpose, value = (body.get(name) for name in ("team", "purpose", "value"))
    if not isinstance(team, str) or _is_name(team) is not None:
        raise bad_request("team is not a name")
    if purpose not in PURPOSES:
        raise bad_request(f"purpose is one of {', '.join(PURPOSES)}")
    if not isinstance(value, str) or not value:
        raise bad_request("value is a text that is not empty")
    try:
        raw = ipaddress.ip_address(value).packed if purpose == "ip" else value.encode()
    except ValueError:
        raise bad_request("value is not an address" if purpose == "ip" else "value is not text") from None
    return LookUp(team, str(purpose), raw)
