"""The register of exceptions: how each stands on a day, for whom, who approved it, and what a log says of its use.

Beside the exceptions of a bundle stand those that the log knows and the bundle does not hold any more.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from proxy.policy.exceptions import Standing, standing
from proxy.policy.model import PolicyException
from proxy.policy.uses import UNUSED, Use, Uses

_WIDTH = len(Standing.EXPIRING) + 2


@dataclass(frozen=True, slots=True)
class Register:
    """Exceptions with how they stand on a day, those that end first before the others; no uses: no log was read."""

    on: dt.date
    within: int
    """Days before its end that an exception counts as expiring."""
    rows: tuple[tuple[PolicyException, Standing], ...]
    uses: Uses | None

    def text(self) -> str:
        """Write the register for a terminal."""
        lines = [line for item, stands in self.rows for line in (*self._lines(item, stands), *self._used(item.id))]
        for name in self._unlisted():
            lines += [f"{'unlisted':<{_WIDTH}}{name}  is not in this bundle", *self._used(name)]
        counted = Counter(stands for _, stands in self.rows)
        figures = f"{counted[Standing.LIVE]} live, {counted[Standing.EXPIRING]} expiring within {self.within} days"
        lines.append(f"{figures}, {counted[Standing.EXPIRED]} expired on {self.on}")
        return "\n".join([*lines, *(self.uses.lines() if self.uses else ())])

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values; `uses` and `log` are null when no log was read.

        `uses` is {requests, otherwise, first, last, turns} as `policy shadow` prints it, where before is the decision
        without the exception. `unlisted` are those that the log knows and the bundle does not.
        """
        return {
            "on": self.on.isoformat(),
            "exceptions": [{**self._plain(item, stands), "uses": self._uses_of(item.id)} for item, stands in self.rows],
            "unlisted": [{"id": name, "uses": self._uses_of(name)} for name in self._unlisted()],
            "log": self.uses.as_json() if self.uses else None,
        }

    def _unlisted(self) -> list[str]:
        return sorted(self.uses.found.keys() - {item.id for item, _ in self.rows}) if self.uses else []

    def _lines(self, item: PolicyException, stands: Standing) -> Iterator[str]:
        callers = "; ".join(f"{kind} {', '.join(names)}" for kind, names in _callers(item).items())
        left = (item.until - self.on).days
        end = f"{-left} days ago" if left < 0 else f"{left} days left" if left else "its last day"
        what = f"{item.id}  waives {item.waives}  for {callers}  until {item.until}, {end}  [{item.where}]"
        yield f"{stands.value:<{_WIDTH}}{what}"
        yield f"{'':<{_WIDTH}}{item.ticket}, asked for by {item.owner}, approved by {item.approved_by}"
        yield f"{'':<{_WIDTH}}{item.because}"

    def _used(self, name: str) -> Iterator[str]:
        """Say how often an exception was used, if a log was read."""
        if self.uses is None:
            return
        use: Use | None = self.uses.found.get(name)
        if use is None:
            yield f"{'':<{_WIDTH}}not used"
            return
        yield f"{'':<{_WIDTH}}used by {use.requests}, {use.otherwise:,} of them opened by it; {use.span}"
        yield from use.lines()

    def _uses_of(self, name: str) -> dict[str, Any] | None:
        if self.uses is None:
            return None
        use = self.uses.found.get(name)
        return use.as_json() if use else UNUSED

    def _plain(self, item: PolicyException, stands: Standing) -> dict[str, Any]:
        return {
            "id": item.id,
            "standing": stands.value,
            "waives": item.waives,
            "for": {kind: list(names) for kind, names in _callers(item).items()},
            "until": item.until.isoformat(),
            "days_left": (item.until - self.on).days,
            "ticket": item.ticket,
            "owner": item.owner,
            "approved_by": item.approved_by,
            "because": item.because,
            "file": item.where.file,
            "line": item.where.line,
        }


def register(exceptions: Iterable[PolicyException], on: dt.date, within: int, uses: Uses | None) -> Register:
    """Put exceptions into the order of their ends."""
    listed = sorted(exceptions, key=lambda item: (item.until, item.id))
    return Register(on, within, tuple((item, standing(item.until, on, within)) for item in listed), uses)


def _callers(item: PolicyException) -> dict[str, tuple[str, ...]]:
    named = {"teams": item.who.teams, "apps": item.who.apps, "keys": item.who.keys}
    return {kind: names for kind, names in named.items() if names}
