"""How writers that share a PostgreSQL database tell that they live: the statements about their leases."""

from audit.records.record import ATTEMPT, DECISION, OUTCOME
from audit.stores.postgres import SCHEMA

LEASE_S = 60
"""A writer that was not heard of for so long counts as gone."""
RENEW_S = 10.0

RENEW = f"""
INSERT INTO {SCHEMA}.writer_lease (epoch, since, seen) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (epoch) DO UPDATE SET since = excluded.since, seen = excluded.seen"""  # noqa: S608
CLAIM = f"""
UPDATE {SCHEMA}.writer_lease SET seen = clock_timestamp()
WHERE epoch <> %s AND (seen = '-infinity' OR %s AND seen < clock_timestamp() - make_interval(secs => {LEASE_S}))
RETURNING epoch, since"""  # noqa: S608
OPEN_ATTEMPTS = f"""
SELECT made.dec, made.attempt, made.body FROM {SCHEMA}.record AS made
WHERE made.seq >= %s AND made.kind IN ('{DECISION}', '{ATTEMPT}') AND made.dec IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM {SCHEMA}.record AS done
    WHERE done.dec = made.dec AND done.attempt = made.attempt AND done.kind = '{OUTCOME}')
ORDER BY made.seq"""  # noqa: S608
END_LEASES = f"DELETE FROM {SCHEMA}.writer_lease WHERE epoch = ANY(%s)"  # noqa: S608
LET_LAPSE = f"UPDATE {SCHEMA}.writer_lease SET since = %s, seen = '-infinity' WHERE epoch = %s"  # noqa: S608
