"""What may go: bodies of a pruned prefix, whose hashes stay in tiles, and bodies that become their tombstones.

    pruning   each prefix that was pruned, or is being pruned, by how many records it has; only growing
    pruned    the hashes of the bodies of such a prefix, in tiles: 32 bytes a record, of all records from `first` on

A record is deleted only once its hash is in a tile, and if it is of a kind that passes; it is changed only into the
tombstone that a later `erasure.done` record names. Its labels go with it. Everything else stays as it was written.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

PRUNING = """
    CREATE TABLE pruning (
      size INTEGER PRIMARY KEY CHECK (size > 0)
    ) STRICT
    """
PRUNED = """
    CREATE TABLE pruned (
      first INTEGER PRIMARY KEY CHECK (first >= 0),
      prev BLOB NOT NULL CHECK (length(prev) = 32),
      bhs BLOB NOT NULL CHECK (length(bhs) BETWEEN 32 AND 8192 AND length(bhs) % 32 = 0)
    ) STRICT
    """
PASSING = """(
    'route.decision', 'route.attempt', 'route.outcome', 'ingress.counted', 'access.denied', 'notify.failed',
    'audit.read', 'audit.verified', 'writer.heartbeat', 'control.tested')"""
END = "coalesce((SELECT first + length(bhs) / 32 FROM pruned ORDER BY first DESC LIMIT 1), 0)"
MISPLACED_SIZE = """
    NEW.size <= (SELECT max(size) FROM pruning) OR NOT EXISTS (SELECT 1 FROM checkpoint WHERE size = NEW.size)
    OR NOT EXISTS (
      SELECT 1 FROM record
      WHERE kind = 'retention.pruned' AND instr(body, CAST('"to_seq":' || (NEW.size - 1) || ',' AS BLOB)) > 0)
    """
MISPLACED_TILE = f"""
    NEW.first IS NOT {END}
    OR NEW.first + length(NEW.bhs) / 32 > coalesce((SELECT max(size) FROM pruning), 0)
    OR NEW.prev IS NOT (SELECT prev FROM record WHERE seq = NEW.first)
    OR hex(NEW.bhs) IS NOT (
      SELECT group_concat(hex(bh), '') FROM (
        SELECT bh FROM record WHERE seq >= NEW.first AND seq < NEW.first + length(NEW.bhs) / 32 ORDER BY seq))
    """  # noqa: S608 - constants, here and below
STAYS = f"OLD.seq >= {END} OR OLD.kind NOT IN {PASSING}"
BODY = "CAST(OLD.body AS TEXT)"
W = f'substr({BODY}, instr({BODY}, \'"w":{{"epoch":"\'))'
"""The rest of a body from its `w` on; functions for JSON are refused in triggers where the schema is not trusted."""
N = f"substr({W}, instr({W}, '\"n\":') + 4)"
TOMBSTONE = f"""
    '{{"bh":"' || lower(hex(OLD.bh)) || '","epoch":"' || substr({W}, 15, 36) || '","id":"' || OLD.id
    || '","kind":"' || OLD.kind || '","n":' || substr({N}, 1, instr({N}, '}}') - 1)
    || ',"seq":' || OLD.seq || ',"ts":"' || OLD.ts || '","v":' || OLD.v || '}}'"""
SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in ("seq", "id", "prev", "bh", "link", "kind", "v", "ts"))
EMPTY = " AND ".join(f"NEW.{name} IS NULL" for name in ("dec", "attempt", "app", "team", "decision", "zone"))
ERASES = f"""
    {SAME} AND {EMPTY} AND OLD.kind IN ('route.decision', 'route.attempt', 'route.outcome')
    AND NEW.body IS CAST('{{"erased":' || {TOMBSTONE} || '}}' AS BLOB)
    AND EXISTS (
      SELECT 1 FROM record AS said
      WHERE said.kind = 'erasure.done' AND said.seq > OLD.seq AND instr(said.body, CAST({TOMBSTONE} AS BLOB)) > 0)
    """  # noqa: S608
LABEL_STAYS = """
    EXISTS (SELECT 1 FROM record WHERE seq = OLD.seq AND substr(body, 1, 11) IS NOT CAST('{"erased":{' AS BLOB))
    """


def upgrade() -> None:
    """Create the tables, and let go what may go."""
    op.execute(PRUNING)
    op.execute(PRUNED)
    for table, misplaced in (("pruning", MISPLACED_SIZE), ("pruned", MISPLACED_TILE)):
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_only_grows BEFORE INSERT ON {table} WHEN {misplaced} {refuse}")
    changes = (
        ("record", "update", f"NOT ({ERASES})"),
        ("record", "delete", STAYS),
        ("record_label", "delete", LABEL_STAYS),
    )
    for table, change, when in changes:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"DROP TRIGGER {table}_no_{change}")
        op.execute(f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} WHEN {when} {refuse}")


def downgrade() -> None:
    """Refuse: an append-only store has no way back."""
    raise NotImplementedError
