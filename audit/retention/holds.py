"""Legal holds: what must stay whatever the period of retention is, and whoever asks for its erasure. Pure.

A hold is of a time, of a team, of both, or of everything. Which holds are in force follows from the log's own records
alone. A record belongs to a hold by its own time, and by the team of its request; of a record without a team, such as
an outcome, the request's decision says it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from audit.records.times import full

PLACED, LIFTED = "hold.placed", "hold.lifted"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. Times are RFC 3339 in UTC with microseconds, `until` excluded; None is no restriction."""

    name: str
    since: str | None = None
    until: str | None = None
    team: str | None = None
    placed: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read the record of its placing."""
        since, until = (full(body[name]) if name in body else None for name in ("from", "to"))
        return cls(body["hold"], since, until, body.get("team"), body.get("ts", ""))

    def record(self) -> dict[str, str]:
        """Return the body of the record of its placing, without the actor."""
        given = {"hold": self.name, "from": self.since, "to": self.until, "team": self.team}
        return {name: value for name, value in given.items() if value is not None}

    def covers(self, ts: str, team: str | None) -> bool:
        """Whether a request of that time and team is held; without a known team, it is as if it were of the hold's."""
        in_time = (self.since is None or ts >= self.since) and (self.until is None or ts < self.until)
        return in_time and (self.team is None or team is None or team == self.team)

    def __str__(self) -> str:
        """Say what it covers."""
        said = [f"from {self.since}"] if self.since else []
        said += [f"to {self.until}"] if self.until else []
        said += [f"of team {self.team}"] if self.team else []
        return f"{self.name}: {' '.join(said) or 'everything'}"


def in_force(bodies: Iterable[Mapping[str, Any]]) -> tuple[Hold, ...]:
    """Return the holds that were placed and not lifted, from the bodies of all records of holds in their order.

    Two who place one at the same time may give both the same name: both count, and each needs a lifting of its own.
    """
    found: list[Hold] = []
    for body in bodies:
        if body["kind"] == PLACED:
            found.append(Hold.of(body))
        elif same := [hold for hold in found if hold.name == body["hold"]]:
            found.remove(same[-1])
    return tuple(found)
