"""Decisions and attempts without an outcome, as the database alone tells, without reading all of a large log.

Where a server runs, most of them are answers under way.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg

from audit.errors import AuditUnavailable
from audit.place import Place, Postgres
from audit.records.record import ATTEMPT, DECISION, OUTCOME
from audit.stores import postgres, sqlite
from audit.stores.leases import LEASE_S

WINDOW = 100_000
"""In a file, only so many of the last records are looked at, and none from before its writer's last start."""
WITHIN_S = 10.0

FIND = f"""
SELECT count(*), min(made.seq) FROM {{record}} AS made
WHERE made.seq >= {{since}} AND made.kind IN ('{DECISION}', '{ATTEMPT}') AND made.dec IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM {{record}} AS done
    WHERE done.dec = made.dec AND done.attempt = made.attempt AND done.kind = '{OUTCOME}')"""  # noqa: S608 - constants
LAST_START = "SELECT max(seq) FROM record WHERE kind = 'writer.start'"
LAST = "SELECT max(seq) FROM record"
IN_FILE = FIND.format(record="record", since="?")
SHARED = FIND.format(
    record=f"{postgres.SCHEMA}.record",
    since=f"coalesce((SELECT min(since) FROM {postgres.SCHEMA}.writer_lease), {2**62})",  # noqa: S608
)
"""Each lease names the first record that may lack an outcome; without a lease, nothing does."""
LIVING = f"""
SELECT epoch FROM {postgres.SCHEMA}.writer_lease WHERE seen > clock_timestamp() - make_interval(secs => {LEASE_S})"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Orphans:
    """How many there are, and the sequence number of the oldest. Not `whole`: there may be others further back."""

    count: int
    oldest: int | None
    whole: bool = True


def find(place: Place) -> Orphans:
    """Look for them; raises AuditUnavailable."""
    return _shared(place) if isinstance(place, Postgres) else _in_file(place)


def live_writers(place: Postgres) -> set[str]:
    """Return the epochs of the writers that were heard of within the time of a lease; raises AuditUnavailable."""
    try:
        with closing(postgres.connect(place, WITHIN_S)) as connection:
            return {epoch for (epoch,) in connection.execute(LIVING)}
    except psycopg.Error as error:
        raise postgres.unavailable(error) from None


def _in_file(place: Path) -> Orphans:
    try:
        with closing(sqlite.open_reader(place)) as connection:
            start = connection.execute(LAST_START).fetchone()[0] or 0
            far = (connection.execute(LAST).fetchone()[0] or 0) - WINDOW
            count, oldest = connection.execute(IN_FILE, (max(start, far),)).fetchone()
    except sqlite3.Error as error:
        raise sqlite.unavailable(error) from None
    except TypeError:  # a number that is none: the table is not the one that was made
        raise AuditUnavailable("corrupt") from None
    return Orphans(count, oldest, whole=start >= far)


def _shared(place: Postgres) -> Orphans:
    try:
        with closing(postgres.connect(place, WITHIN_S)) as connection:
            row = connection.execute(SHARED).fetchone()
    except psycopg.Error as error:
        raise postgres.unavailable(error) from None
    return Orphans(*(row or (0, None)))
