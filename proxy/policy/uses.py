"""How often rules in shadow matched or exceptions were used, according to a log: for whom, and what difference it made.

Requests are counted, not decisions. Dry runs are left out and counted apart: whoever tries a rule would show up in the
figures by which it is judged. What cannot be read is counted, too.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from proxy.policy.model import Landing
from proxy.policy.noted import Effect, Noted
from proxy.policy.replay import SHOWN, Skipped, Why

NAMED = 6
"""Callers that a line of text names; JSON has all."""
INDENT = 10


@dataclass(frozen=True, slots=True)
class Turn:
    """Requests that it turned alike: team and app with their counts, the most first, and the first few records."""

    before: Landing
    after: Landing
    count: int
    callers: tuple[tuple[str, str, int], ...]
    records: tuple[str, ...]

    @property
    def otherwise(self) -> bool:
        """Whether it made a difference."""
        return self.before != self.after

    def lines(self) -> Iterator[str]:
        """Write it for a terminal."""
        what = f"{self.before} => {self.after}" if self.otherwise else f"{self.before} either way"
        named = ", ".join(f"{team}/{app} {count:,}" for team, app, count in self.callers[:NAMED])
        more = len(self.callers) - NAMED
        yield f"{'':<{INDENT}}{self.count:>7,}  {what}  {named}{f', {more:,} more callers' if more > 0 else ''}"
        yield f"{'':<{INDENT + 9}}{' '.join(self.records)}{' ...' if self.count > len(self.records) else ''}"

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "before": _landing(self.before),
            "after": _landing(self.after),
            "otherwise": self.otherwise,
            "count": self.count,
            "callers": [{"team": team, "app": app, "count": count} for team, app, count in self.callers],
            "records": list(self.records),
        }


@dataclass(frozen=True, slots=True)
class Use:
    """What the log says of one rule or exception; `first` and `last` are RFC 3339 in UTC."""

    count: int
    first: str
    last: str
    turns: tuple[Turn, ...]

    @property
    def otherwise(self) -> int:
        """How many requests it made a difference to."""
        return sum(turn.count for turn in self.turns if turn.otherwise)

    @property
    def requests(self) -> str:
        """Say how many requests there were."""
        return f"{self.count:,} request{'s' if self.count > 1 else ''}"

    @property
    def span(self) -> str:
        """Say from when to when, to the second."""
        first, last = (f"{moment[:19].replace('T', ' ')} UTC" for moment in (self.first, self.last))
        return first if first == last else f"{first} to {last}"

    def lines(self) -> Iterator[str]:
        """Write what it came to for a terminal."""
        for turn in self.turns:
            yield from turn.lines()

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "requests": self.count,
            "otherwise": self.otherwise,
            "first": self.first,
            "last": self.last,
            "turns": [turn.as_json() for turn in self.turns],
        }


UNUSED: dict[str, Any] = {"requests": 0, "otherwise": 0, "first": None, "last": None, "turns": []}
"""As plain values: what the log says of a rule or exception that it does not name."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What a log says of all of them, by name."""

    found: dict[str, Use]
    decisions: int
    dry_runs: int
    skipped: tuple[tuple[Why, int, tuple[str, ...]], ...]

    def lines(self) -> Iterator[str]:
        """Write what was read for a terminal."""
        yield f"{self.decisions:,} recorded decisions read, {self.dry_runs:,} dry runs among them left out"
        for why, count, records in self.skipped:
            yield f"{count:,} not read: {why}"
            yield f"{'':<{INDENT + 9}}{' '.join(records)}{' ...' if count > len(records) else ''}"

    def as_json(self) -> dict[str, Any]:
        """Return what was read as plain values."""
        return {
            "decisions": self.decisions,
            "dry_runs": self.dry_runs,
            "not_read": [
                {"why": why.name.lower(), "text": why.value, "count": count, "records": list(records)}
                for why, count, records in self.skipped
            ],
        }


@dataclass(slots=True)
class _Tally:
    callers: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: list[str] = field(default_factory=list)

    def add(self, item: Noted) -> None:
        self.callers[item.who.team, item.who.app] += 1
        if len(self.records) < SHOWN:
            self.records.append(item.id)

    def turn(self, before: Landing, after: Landing) -> Turn:
        ordered = sorted(self.callers.items(), key=lambda pair: (-pair[1], pair[0]))
        callers = tuple((team, app, count) for (team, app), count in ordered)
        return Turn(before, after, self.callers.total(), callers, tuple(self.records))


@dataclass(slots=True)
class _Seen:
    """What was seen of one rule or exception."""

    first: str
    last: str
    requests: set[str] = field(default_factory=set)
    turns: dict[tuple[Landing, Landing], _Tally] = field(default_factory=dict)

    def add(self, item: Noted, effect: Effect) -> None:
        if item.request in self.requests:
            return
        self.requests.add(item.request)
        self.first, self.last = min(self.first, item.at), max(self.last, item.at)
        self.turns.setdefault((effect.before, effect.after), _Tally()).add(item)

    def use(self) -> Use:
        turns = [tally.turn(*pair) for pair, tally in self.turns.items()]
        turns.sort(key=lambda turn: (not turn.otherwise, -turn.count, turn.before, turn.after))
        return Use(len(self.requests), self.first, self.last, tuple(turns))


def collect(notes: Iterable[Noted | Skipped], effects: Callable[[Noted], Iterable[Effect]]) -> Uses:
    """Count the effects of every request in a log."""
    seen: dict[str, _Seen] = {}
    unread: dict[Why, list[str]] = {}
    decisions = dry_runs = 0
    for item in notes:
        if isinstance(item, Skipped):
            unread.setdefault(item.why, []).append(item.id)
            continue
        decisions += not item.of_answer
        if item.dry_run:
            dry_runs += 1
            continue
        for effect in effects(item):
            seen.setdefault(effect.name, _Seen(item.at, item.at)).add(item, effect)
    return Uses(
        found={name: seen[name].use() for name in sorted(seen)},
        decisions=decisions,
        dry_runs=dry_runs,
        skipped=tuple((why, len(unread[why]), tuple(unread[why][:SHOWN])) for why in Why if why in unread),
    )


def _landing(landing: Landing) -> dict[str, Any]:
    """Return a landing as records hold it: a zone only where there is one."""
    return {"decision": landing.outcome.value, **({"zone": landing.zones[0]} if landing.zones else {})}
