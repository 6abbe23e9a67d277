"""Compares what a vendor says that it served with what the log says that it was asked.

What the vendor has and the log has not is the alarming direction: traffic that went past the proxy, or a log that
leaves something out. The other direction is mostly harmless: a vendor that reports late, or does not count everything.

Of an attempt that ended badly, the log may not know whether the vendor counted it: a caller that left, a time-out, a
crash. Such attempts *may* be in the vendor's figures; tokens are compared as far as the log knows them, and where some
are unknown, more tokens at the vendor's are no alarm by themselves if requests agree. Attempts that were refused or
not sent are not expected there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from audit.evidence.billed import Billed

Verdict = Literal["agrees", "more", "less", "unsure"]
"""Seen from the vendor's side: `more` than the log knows of."""
_DATED = re.compile(r"-(?:[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2})$")
"""What vendors add to the name of a model for the day on which it was made."""


@dataclass(slots=True)
class Side:
    """Sums of one side: requests that are certain, those that may be, and tokens."""

    requests: int = 0
    doubtful: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    unknown: int = 0
    """Of the log: attempts without figures of tokens that a vendor may have counted."""
    counted: bool = True
    """Of a vendor: whether it counts requests."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of the table."""

    day: str
    model: str
    vendor: Side
    log: Side
    verdict: Verdict
    why: str


def compare(billed: Iterable[Billed], usage: Iterable[Mapping[str, Any]], tolerance: Decimal) -> list[Compared]:
    """Compare by day and model. `usage` are rows of a reconciliation; `tolerance` is in percent of the log's figure."""
    ours: dict[tuple[str, str], Side] = {}
    for row in usage:
        _take(ours.setdefault((row["day"], row["model"]), Side()), row)
    known = {model for _, model in ours}
    theirs: dict[tuple[str, str], Side] = {}
    for one in billed:
        side = theirs.setdefault((one.day, _named(one.model, known)), Side())
        side.counted &= one.requests is not None
        side.requests += one.requests or 0
        side.tokens_in += one.tokens_in
        side.tokens_out += one.tokens_out
    keys = sorted({*ours, *theirs})
    return [_row(key, theirs.get(key, Side()), ours.get(key, Side()), tolerance) for key in keys]


def verdict(rows: Iterable[Compared]) -> Verdict:
    """Return the gravest of all."""
    found = {row.verdict for row in rows}
    grave: tuple[Verdict, ...] = ("more", "unsure", "less")
    return next((one for one in grave if one in found), "agrees")


def _take(side: Side, row: Mapping[str, Any]) -> None:
    side.requests += row["answered"]
    side.doubtful += row["doubtful"] + row["open"]
    side.tokens_in += row["in"]
    side.tokens_out += row["out"]
    side.unknown += max(0, row["answered"] + row["doubtful"] + row["open"] - row["reported"])


def _named(model: str, known: set[str]) -> str:
    """Return the name under which the log has a model: its own, that without its day, or the longest pattern of it."""
    plain = _DATED.sub("", model)
    patterns = (name for name in known if name.endswith("*") and model.startswith(name[:-1]))
    return model if model in known else plain if plain in known else max(patterns, key=len, default=model)


def _row(key: tuple[str, str], vendor: Side, log: Side, tolerance: Decimal) -> Compared:
    found, why = _judge(vendor, log, tolerance)
    return Compared(*key, vendor, log, found, why)


def _judge(vendor: Side, log: Side, tolerance: Decimal) -> tuple[Verdict, str]:
    def allowed(figure: int) -> int:
        return int(figure * tolerance / 100)

    known = log.requests + log.doubtful
    if vendor.counted and vendor.requests - known > allowed(known):
        return "more", "requests that the log does not know"
    for name, theirs, ours in _tokens(vendor, log):
        if theirs - ours > allowed(ours):
            if not log.unknown:
                return "more", f"tokens {name} that the log does not know"
            if not vendor.counted:
                return "unsure", f"more tokens {name}; the log has no figures of {log.unknown} attempts"
    if vendor.counted and log.requests - vendor.requests > allowed(log.requests):
        return "less", "requests that the vendor does not report"
    for name, theirs, ours in _tokens(vendor, log):
        if ours - theirs > allowed(ours):
            return "less", f"tokens {name} that the vendor does not report"
    return "agrees", ""


def _tokens(vendor: Side, log: Side) -> tuple[tuple[str, int, int], ...]:
    return (("in", vendor.tokens_in, log.tokens_in), ("out", vendor.tokens_out, log.tokens_out))
