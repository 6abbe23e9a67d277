"""How many answers of own servers that were asked first stood, from the audit log, and what that saved.

An own server was asked first where a decision's record has `local_first` and leads to the zone that it prefers; its
answer did not stand where a later decision's record `escalates` it. What is not known is in no sum.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from audit.records.record import DECISION, OUTCOME
from proxy.costs.log import LAST, Body, Log
from proxy.costs.prices import Price
from proxy.costs.report import Known, table
from proxy.files.money import exactly, written
from proxy.policy.model import Trust
from proxy.recorded import is_known

OPEN = 50_000
"""Requests that are kept in mind at once, of a log of any length."""
WHY = ("unsure", "short", "refused", "cut", "empty")


@dataclass(slots=True)
class Line:
    """Requests of one team and app. Money is in billionths of the currency."""

    asked: int = 0
    stood: int = 0
    went_on: Counter[str] = field(default_factory=Counter)
    """Answers that did not stand, by why."""
    priced: int = 0
    """Answers in the two sums: what own servers' answers cost, and what those that stood would have at a vendor's."""
    own: int = 0
    elsewhere: int = 0

    @property
    def saved(self) -> int:
        """What was saved; below 0 where own answers that did not stand cost more."""
        return self.elsewhere - self.own

    def add(self, other: "Line") -> None:
        """Take in what another line has."""
        self.asked += other.asked
        self.stood += other.stood
        self.went_on += other.went_on
        self.priced += other.priced
        self.own += other.own
        self.elsewhere += other.elsewhere


@dataclass(frozen=True, slots=True)
class Standings:
    """What was found, by team and app."""

    lines: dict[tuple[str, str], Line]
    currency: str

    @property
    def total(self) -> Line:
        """Return all lines together."""
        total = Line()
        for line in self.lines.values():
            total.add(line)
        return total

    def text(self) -> str:
        """Write it for a terminal."""
        money = [f"saved {self.currency}"] if self.currency else []
        head = ["team", "app", "asked", "stood", "went on", *WHY, *money]
        rows = [[*names, *self._figures(line)] for names, line in sorted(self.lines.items())]
        total = self.total
        lines = table([head, *rows, ["total", "", *self._figures(total)]], 2)
        if went := total.went_on.total():
            lines.append(f"{100 * went / total.asked:.1f} % of {total.asked:,} requests went on to the next zone")
        if self.currency and (left := total.stood + went - total.priced):
            lines.append(f"{left:,} answers are in no sum: no price here, or none there, or no tokens reported")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values; amounts are text, exact to the billionth."""
        listed = [{"team": team, "app": app, **_plain(line)} for (team, app), line in sorted(self.lines.items())]
        return {"currency": self.currency, "lines": listed, "total": _plain(self.total)}

    def _figures(self, line: Line) -> list[str]:
        figures = [line.asked, line.stood, line.went_on.total(), *(line.went_on[why] for why in WHY)]
        return [*(f"{figure:,}" for figure in figures), *([written(line.saved, 4)] if self.currency else [])]


@dataclass(slots=True)
class _Request:
    """One request of which an own server was asked first."""

    decision: Body
    usage: Body | None = None
    """Of the answer; None until there is one."""
    why: str = ""


def standings(log: Log, since: str | None, until: str | None) -> Standings:
    """Add up what became of requests that were decided in this time (RFC 3339, UTC; `until` excluded).

    Raises ConfigurationError where prices of two currencies would be added.
    """
    known = Known(log)
    lines: dict[tuple[str, str], Line] = {}
    open_: dict[str, _Request] = {}

    def close(request: _Request) -> None:
        actor = request.decision["actor"]
        lines.setdefault((actor["team"], actor["app"]), Line()).add(_line(request, known))

    for body in log.bodies(since, until):
        if not is_known(body, body["kind"]):
            continue
        if body["kind"] == DECISION and (before := open_.get(body.get("escalates", {}).get("dec"))):
            before.why = body["escalates"]["why"]
        if body["kind"] == DECISION and _asked_first(body) and (since or "") <= body["ts"] < (until or LAST):
            open_[body["id"]] = _Request(body)
            if len(open_) > OPEN:
                close(open_.pop(next(iter(open_))))
        elif body["kind"] == OUTCOME and body["status"] == "ok" and body["dec"] in open_:
            open_[body["dec"]].usage = body.get("usage", {})
    for request in open_.values():
        close(request)
    return Standings(lines, known.currency())


def _asked_first(decision: Body) -> bool:
    """Whether an own server is asked first, and may be asked no more. Other endpoints than chat are not measured."""
    sent = "up" in decision and decision["req"]["endpoint"] == "chat" and "escalates" not in decision
    first = "local_first" in decision and decision["zone"] == decision["zones_left"][0]
    return sent and first and decision["actor"]["kind"] != "system"


def _line(request: _Request, known: Known) -> Line:
    line = Line(asked=1)
    if request.usage is None:
        return line
    if request.why:
        line.went_on[request.why] = 1
    else:
        line.stood = 1
    own, elsewhere = _prices(request.decision, known)
    cost = own.cost(request.usage) if own else None
    there = 0 if request.why else elsewhere.cost(request.usage) if elsewhere else None
    if cost is not None and there is not None:
        line.priced, line.own, line.elsewhere = 1, cost, there
    return line


def _prices(decision: Body, known: Known) -> tuple[Price | None, Price | None]:
    """Return the price there, and at the first vendor's zone that was left and has one."""
    prices, policy = known.prices(decision["bundle"]["upstreams_sha256"]), known.policy(decision["bundle"]["sha256"])
    if prices is None or policy is None:
        return None, None
    vendors = [zone for zone in decision["zones_left"] if policy.zones[zone].trust is Trust.VENDOR]
    found = (prices.of(decision["req"]["model_req"], zone) for zone in vendors)
    return prices.of(decision["up"]["model"], decision["zone"]), next((price for price in found if price), None)


def _plain(line: Line) -> dict[str, Any]:
    return {
        "asked": line.asked,
        "stood": line.stood,
        "went_on": {why: line.went_on[why] for why in WHY if line.went_on[why]},
        "priced": line.priced,
        "own": exactly(line.own),
        "elsewhere": exactly(line.elsewhere),
    }
