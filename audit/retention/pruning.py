"""Which prefix of a log may be pruned: records older than the period, under a checkpoint that an anchor has.

Nothing that a hold covers, and no request that has not ended, lies in it; and the whole log up to the anchor's head is
hashed anew before anything is announced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from audit.errors import AuditMismatch
from audit.records.record import ATTEMPT, DECISION, OUTCOME
from audit.records.times import full, written
from audit.retention.attesting import Attested, largest
from audit.retention.taking import NO_LIMIT, PASSING_LIST, begun, first_held, holds
from audit.stores.asking import Run

SIZE = "SELECT size FROM {s}head"
FIRST_YOUNG = "SELECT min(seq) FROM {s}record WHERE seq >= ? AND ts >= ?"
OLDEST_LEFT = "SELECT min(ts) FROM {s}record WHERE seq >= ?"
LAST_WITHIN = "SELECT max(ts) FROM {s}record WHERE ts > ? AND ts <= ?"
ONLY_WRITER = "SELECT coalesce(max(seq), 0) FROM {s}record WHERE kind = 'writer.start'"
OLDEST_LEASE = "SELECT coalesce(min(since), ?) FROM {s}writer_lease"
FIRST_OPEN = f"""
SELECT min(made.seq) FROM {{s}}record AS made
WHERE made.seq >= ? AND made.seq < ? AND made.kind IN ('{DECISION}', '{ATTEMPT}') AND made.dec IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM {{s}}record AS done
    WHERE done.dec = made.dec AND done.attempt = made.attempt AND done.kind = '{OUTCOME}')"""  # noqa: S608 - constants, here and below
KINDS = f"""
SELECT kind, count(*) FROM {{s}}record WHERE seq < ? AND kind IN ({PASSING_LIST}) GROUP BY kind ORDER BY kind"""  # noqa: S608
ANNOUNCED = "SELECT seq, body FROM {s}record WHERE kind = 'retention.pruned' AND v = 2 ORDER BY seq"


SILENCE = timedelta(days=31)
"""Without a record for so long, this machine's clock alone does not tell how old records are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A prefix that may go: how many records, their root, what is in it, who vouches, and what it does not reach."""

    size: int
    root: bytes
    until: str
    kinds: tuple[tuple[str, int], ...]
    anchors: tuple[str, ...]
    stopped_by: str

    def record(self) -> dict[str, Any]:
        """Return the body of the record that announces it, without the actor."""
        return {
            "from_seq": 0,
            "to_seq": self.size - 1,
            "root": self.root.hex(),
            "until": self.until,
            "bodies": sum(n for _, n in self.kinds),
            "anchors": list(self.anchors[:8]),
            "kinds": [{"kind": kind, "n": n} for kind, n in self.kinds],
        }


@dataclass(frozen=True, slots=True)
class Announced:
    """A prune that a record of the log announces: where the record stands, and what it says. `begun`: some may be gone.

    Any process that writes the log can write such a record.
    """

    seq: int
    size: int
    root: bytes
    until: str
    bodies: int
    begun: bool = False


def choose(run: Run, until: str, heads: Sequence[Attested], *, shared: bool) -> Plan:
    """Choose the largest prefix that may go; raises AuditMismatch, which says why nothing may.

    `until` is the time, as records have it, before which everything in the prefix was written.
    """
    if not heads:
        raise AuditMismatch(
            "no anchor is known to have a head of this log, so nothing is pruned: set one up (a file elsewhere, git, "
            "S3, a time-stamp authority or a witness, see deploy/docs/audit.md), and wait until it has a checkpoint"
        )
    size = run(SIZE)[0][0]
    bounds = _bounds(run, until, size, max(heads, key=lambda head: head.size), shared=shared)
    limit, why = min(bounds)
    top, (done, _) = largest(run, limit), begun(run)
    kinds = () if top is None else tuple((kind, n) for kind, n in run(KINDS, top.size))
    if top is None or top.size <= done or not kinds:
        raise AuditMismatch(f"there is nothing to prune{' beyond what was' if done else ''}: {why}")
    vouching = tuple(head.anchor for head in heads if head.size >= top.size)
    return Plan(top.size, top.root, until, kinds, vouching, why)


def announced(run: Run) -> Announced | None:
    """Return the prune that was announced last and is not done; None where there is none."""
    size, taken = begun(run)
    for seq, body in reversed(run(ANNOUNCED)):
        said = orjson.loads(body)
        reach = said["to_seq"] + 1
        if reach > size or (reach == size and taken < size):
            begun_already = reach == size
            return Announced(
                seq, reach, bytes.fromhex(said["root"]), full(said["until"]), said["bodies"], begun_already
            )
        return None
    return None


def silent_after(run: Run, until: str, now: datetime) -> str | None:
    """Return the time after which the log has no record for long, between `until` and now; None where there is none.

    A log that runs writes each hour. So either nothing ran, or a clock was set ahead, by which new records are old.
    """
    oldest: str | None = run(OLDEST_LEFT, begun(run)[1])[0][0]
    at = max(until, oldest or until)
    while (limit := datetime.fromisoformat(at) + SILENCE) < now:
        found: str | None = run(LAST_WITHIN, at, written(limit))[0][0]
        if found is None:
            return at
        at = found
    return None


def held_from(run: Run, size: int) -> int | None:
    """Return the first record of a prefix that is not pruned yet and that a hold covers."""
    _, start = begun(run)
    seq = first_held(run, start, size, holds(run))
    return seq if seq < size else None


def _bounds(run: Run, until: str, size: int, head: Attested, *, shared: bool) -> list[tuple[int, str]]:
    """Return how far each reason lets a prune go, and what that reason is."""
    _, start = begun(run)
    young = run(FIRST_YOUNG, start, until)[0][0]
    since = run(OLDEST_LEASE, NO_LIMIT)[0][0] if shared else run(ONLY_WRITER)[0][0]
    unended = run(FIRST_OPEN, since, size)[0][0]
    held = first_held(run, start, size, holds(run))
    found = [(head.size, f"no anchor is known to have more than {head.size:,} records")]
    found += [] if young is None else [(young, f"record {young:,} is from {until} or later")]
    found += [] if unended is None else [(unended, f"the request of record {unended:,} has not ended")]
    found += [] if held >= size else [(held, f"record {held:,} is under a hold")]
    return found
