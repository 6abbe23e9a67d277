"""What answers cost, added up from the audit log, beside what the same tokens would have cost elsewhere.

Memory grows with the lines of the table and not with the log. What is not known is counted by its reason and is in no
sum: a comparison is of the answers alone whose price is known on both sides.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from proxy.costs.answers import charge
from proxy.costs.log import Answered, Log, Lone
from proxy.costs.prices import Price, Prices
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import did_you_mean, shown
from proxy.files.money import exactly, written
from proxy.policy.decide import granted
from proxy.policy.model import Trust
from proxy.policy.policy import Policy

ALL_VENDOR = "all-vendor"
TOKENS = ("in", "out", "cached")
UNKNOWN = "-"


class By(StrEnum):
    """What lines of a report can be told apart by."""

    TEAM = "team"
    APP = "app"
    ZONE = "zone"
    MODEL = "model"


class Why(StrEnum):
    """Why it is not known what an answer cost."""

    USAGE = "no tokens were reported: the answer broke off, or its server reports none"
    PRICE = "the model has no price in that zone"
    TEXT = "the prices of that time are not in this log"
    ALONE = "the decision before it is not there"


@dataclass(slots=True)
class Line:
    """Answers that belong together. Money is in billionths of the currency."""

    answers: int = 0
    unpriced: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    """Of all answers that reported any."""
    cost: int = 0
    compared: int = 0
    """How many answers have a price on both sides, what these cost, and what they would have cost."""
    compared_cost: int = 0
    elsewhere: int = 0

    def add(self, other: "Line") -> None:
        """Take in what another line has."""
        self.answers += other.answers
        self.unpriced += other.unpriced
        self.tokens += other.tokens
        self.cost += other.cost
        self.compared += other.compared
        self.compared_cost += other.compared_cost
        self.elsewhere += other.elsewhere


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked for, and what was found."""

    by: tuple[By, ...]
    what_if: str
    currency: str
    lines: Mapping[tuple[str, ...], Line]
    at_home: int
    """How many answers came from own zones, of those of which it is known."""
    placed: int
    unpriced: Mapping[Why, int]

    @property
    def total(self) -> Line:
        """Return all lines together."""
        total = Line()
        for line in self.lines.values():
            total.add(line)
        return total

    def text(self) -> str:
        """Write it for a terminal."""
        total = self.total
        head = [*self.by, "answers", *TOKENS, self.currency or "cost", *([self.what_if] if self.what_if else ())]
        rows = [[*names, *self._figures(line)] for names, line in sorted(self.lines.items())]
        rows.append(["total", *[""] * (len(self.by) - 1), *self._figures(total)])
        return "\n".join([*table([[str(word) for word in head], *rows], len(self.by)), *self._notes(total)])

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values; amounts are text, exact to the billionth."""
        return {
            "currency": self.currency,
            "by": [str(by) for by in self.by],
            "what_if": self.what_if,
            "lines": [
                {**dict(zip(map(str, self.by), names, strict=True)), **_plain(line)}
                for names, line in sorted(self.lines.items())
            ],
            "total": _plain(self.total),
            "own": {"answers": self.at_home, "of": self.placed},
            "unpriced": {why.name.lower(): count for why, count in self.unpriced.items()},
        }

    def _figures(self, line: Line) -> list[str]:
        cost = written(line.cost, 4) if line.answers > line.unpriced else UNKNOWN
        elsewhere = written(line.elsewhere, 4) if line.compared else UNKNOWN
        figures = [f"{line.answers:,}", *(f"{line.tokens[name]:,}" for name in TOKENS), cost]
        return [*figures, elsewhere] if self.what_if else figures

    def _notes(self, total: Line) -> Iterator[str]:
        if self.placed:
            yield f"own zones     {100 * self.at_home / self.placed:.1f} % of {self.placed:,} answers"
        if total.compared:
            saved = total.elsewhere - total.compared_cost
            where = "the preferred vendor's prices" if self.what_if == ALL_VENDOR else f"the prices of {self.what_if}"
            yield (
                f"{'saved' if saved >= 0 else 'paid more':<14}{written(abs(saved), 4)}: what cost "
                f"{written(total.compared_cost, 4)} would have cost {written(total.elsewhere, 4)} at {where}"
            )
        if self.what_if and (left := total.answers - total.compared):
            yield f"not compared  {left:,}: no price here, or none there"
        for why, count in self.unpriced.items():
            yield f"unpriced      {count:,}: {why}"


def report(log: Log, found: Iterable[Answered | Lone], by: tuple[By, ...], what_if: str) -> Report:
    """Add up answers by some of their names. `what_if` is ALL_VENDOR, a zone, or empty for no comparison.

    Raises ConfigurationError where prices of two currencies would be added, or a zone is none in which any were.
    """
    known = Known(log)
    lines: dict[tuple[str, ...], Line] = {}
    unpriced: Counter[Why] = Counter()
    at_home = placed = 0
    for item in found:
        if isinstance(item, Lone):
            unpriced[Why.ALONE] += 1
            continue
        names = tuple(_name(item, each) for each in by)
        line, why = _line(item, known, what_if)
        lines.setdefault(names, Line()).add(line)
        if why is not None:
            unpriced[why] += 1
        own = known.own(item)
        placed += own is not None
        at_home += own is True
    currency = known.currency()
    if what_if not in {"", ALL_VENDOR, *known.zones} and known.zones:
        raise ConfigurationError(f"No model had a price in a zone {shown(what_if)}{_meant(what_if, known.zones)}.")
    ordered = {why: unpriced[why] for why in Why if unpriced[why]}
    return Report(by, what_if, currency, lines, at_home, placed, ordered)


class Known:
    """The prices and policies of bundles, each asked for once."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._prices: dict[str, Prices | None] = {}
        self._policies: dict[str, Policy | None] = {}
        self.currencies: set[str] = set()
        self.zones: set[str] = set()

    def prices(self, upstreams: str) -> Prices | None:
        """Return the prices in the upstreams with this digest."""
        if upstreams not in self._prices:
            found = self._prices[upstreams] = self._log.prices(upstreams)
            self.currencies |= {found.currency} if found and found.currency else set()
            self.zones |= found.zones() if found else set()
        return self._prices[upstreams]

    def currency(self) -> str:
        """Return the currency of all prices that were asked for; raises ConfigurationError where there are several."""
        if len(self.currencies) > 1:
            listed = " and ".join(sorted(self.currencies))
            message = f"Prices of this time are in {listed}, which do not add up; choose one with --since."
            raise ConfigurationError(message)
        return next(iter(self.currencies), "")

    def policy(self, bundle: str) -> Policy | None:
        """Return the policy of the bundle with this digest."""
        if bundle not in self._policies:
            self._policies[bundle] = self._log.policy(bundle)
        return self._policies[bundle]

    def own(self, item: Answered) -> bool | None:
        """Return whether an own zone answered; None where the policy of that time is not there."""
        policy = self.policy(item.asked.bundle)
        zone = policy.zones.get(item.zone) if policy else None
        return zone.trust is Trust.OWN if zone else None

    def elsewhere(self, item: Answered, prices: Prices, what_if: str) -> Price | None:
        """Return the price of the model that was asked for: in a zone, or in the first vendor's that has one.

        First is the one that grants of that time put first for this caller and call, whatever rules kept it home.
        """
        asked = item.asked
        if what_if != ALL_VENDOR:
            return prices.of(item.model if item.zone == what_if else asked.call.model, what_if)
        policy = self.policy(asked.bundle)
        order = granted(policy.index, asked.who, asked.call) if policy else ()
        vendors = (zone for zone in order if policy and policy.zones[zone].trust is Trust.VENDOR)
        return next((price for zone in vendors if (price := prices.of(asked.call.model, zone))), None)


def _meant(zone: str, known: Iterable[str]) -> str:
    hint = did_you_mean(zone, known)
    return f"; {hint}" if hint else ""


def _line(item: Answered, known: Known, what_if: str) -> tuple[Line, Why | None]:
    usage = item.outcome.get("usage", {})
    line = Line(answers=1, tokens=Counter({name: usage[name] for name in TOKENS if usage.get(name)}))
    prices = known.prices(item.asked.upstreams)
    price = prices.of(item.model, item.zone) if prices else None
    spent = charge(item.outcome, price)
    if price is None or spent is None or spent.unpriced:
        line.unpriced = 1
        return line, Why.TEXT if prices is None else Why.PRICE if price is None else Why.USAGE
    line.cost = spent.nanos
    other = known.elsewhere(item, prices, what_if) if prices and what_if else None
    if other is not None:
        line.compared, line.compared_cost, line.elsewhere = 1, spent.nanos, other.cost(usage) or 0
    return line, None


def _name(item: Answered, by: By) -> str:
    match by:
        case By.TEAM:
            return item.asked.who.team
        case By.APP:
            return item.asked.who.app
        case By.ZONE:
            return item.zone
        case By.MODEL:
            return item.model


def _plain(line: Line) -> dict[str, Any]:
    return {
        "answers": line.answers,
        "unpriced": line.unpriced,
        "tokens": {name: line.tokens[name] for name in TOKENS},
        "cost": exactly(line.cost),
        "compared": {
            "answers": line.compared,
            "cost": exactly(line.compared_cost),
            "elsewhere": exactly(line.elsewhere),
        },
    }


def table(rows: list[list[str]], names: int) -> list[str]:
    """Align columns: names to the left, figures to the right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if at < names else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
