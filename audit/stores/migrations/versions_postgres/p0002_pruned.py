"""What may go: bodies of a pruned prefix, whose hashes stay in tiles, and bodies that become their tombstones.

The same rules as in a file, see `r0003_pruned`. Nobody but `ringfence_retention` and the owner may delete at all.
"""

from alembic import op

revision = "p0002"
down_revision = "p0001"

SCHEMA = "ringfence_audit"
TABLES = (
    f"CREATE TABLE {SCHEMA}.pruning (size bigint PRIMARY KEY CHECK (size > 0))",
    f"""
    CREATE TABLE {SCHEMA}.pruned (
      first bigint PRIMARY KEY CHECK (first >= 0),
      prev bytea NOT NULL CHECK (octet_length(prev) = 32),
      bhs bytea NOT NULL CHECK (octet_length(bhs) BETWEEN 32 AND 8192 AND octet_length(bhs) % 32 = 0)
    )
    """,
    f"ALTER TABLE {SCHEMA}.pruned ALTER COLUMN bhs SET STORAGE EXTERNAL",  # hashes cannot be compressed
)
REFUSE = "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';"
HEADER = "RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$"
END = f"""
    coalesce((SELECT first + octet_length(bhs) / 32 FROM {SCHEMA}.pruned ORDER BY first DESC LIMIT 1), 0)"""  # noqa: S608 - constants, here and below
FUNCTIONS = (
    f"""
CREATE FUNCTION {SCHEMA}.refuse_size() {HEADER}
BEGIN
  IF NEW.size <= (SELECT max(size) FROM {SCHEMA}.pruning)
    OR NOT EXISTS (SELECT 1 FROM {SCHEMA}.checkpoint AS one WHERE one.size = NEW.size)
    OR NOT EXISTS (
      SELECT 1 FROM {SCHEMA}.record
      WHERE kind = 'retention.pruned'
        AND position(convert_to('"to_seq":' || (NEW.size - 1) || ',', 'UTF8') in body) > 0)
  THEN {REFUSE} END IF;
  RETURN NEW;
END $$
""",  # noqa: S608
    f"""
CREATE FUNCTION {SCHEMA}.refuse_tile() {HEADER}
DECLARE n bigint := octet_length(NEW.bhs) / 32;
BEGIN
  IF NEW.first <> {END}
    OR NEW.first + n > coalesce((SELECT max(size) FROM {SCHEMA}.pruning), 0)
    OR NEW.prev IS DISTINCT FROM (SELECT prev FROM {SCHEMA}.record WHERE seq = NEW.first)
    OR NEW.bhs IS DISTINCT FROM (
      SELECT string_agg(bh, ''::bytea ORDER BY seq)
      FROM {SCHEMA}.record WHERE seq >= NEW.first AND seq < NEW.first + n)
  THEN {REFUSE} END IF;
  RETURN NEW;
END $$
""",  # noqa: S608
    f"""
CREATE FUNCTION {SCHEMA}.refuse_deletion() {HEADER}
BEGIN
  IF OLD.seq >= {END} OR OLD.kind NOT IN (
    'route.decision', 'route.attempt', 'route.outcome', 'ingress.counted', 'access.denied', 'notify.failed',
    'audit.read', 'audit.verified', 'writer.heartbeat', 'control.tested')
  THEN {REFUSE} END IF;
  RETURN OLD;
END $$
""",
    f"""
CREATE FUNCTION {SCHEMA}.refuse_change() {HEADER}
DECLARE
  w jsonb := convert_from(OLD.body, 'UTF8')::jsonb -> 'w';
  stone text := '{{"bh":"' || encode(OLD.bh, 'hex') || '","epoch":"' || (w ->> 'epoch') || '","id":"' || OLD.id
    || '","kind":"' || OLD.kind || '","n":' || (w ->> 'n') || ',"seq":' || OLD.seq || ',"ts":"' || OLD.ts
    || '","v":' || OLD.v || '}}';
BEGIN
  IF (NEW.seq, NEW.id, NEW.prev, NEW.bh, NEW.link, NEW.kind, NEW.v, NEW.ts)
      IS DISTINCT FROM (OLD.seq, OLD.id, OLD.prev, OLD.bh, OLD.link, OLD.kind, OLD.v, OLD.ts)
    OR num_nonnulls(NEW.dec, NEW.attempt, NEW.app, NEW.team, NEW.decision, NEW.zone) > 0
    OR OLD.kind NOT IN ('route.decision', 'route.attempt', 'route.outcome')
    OR NEW.body IS DISTINCT FROM convert_to('{{"erased":' || stone || '}}', 'UTF8')
    OR NOT EXISTS (
      SELECT 1 FROM {SCHEMA}.record AS said
      WHERE said.kind = 'erasure.done' AND said.seq > OLD.seq
        AND position(convert_to(stone, 'UTF8') in said.body) > 0)
  THEN {REFUSE} END IF;
  RETURN NEW;
END $$
""",  # noqa: S608
    f"""
CREATE FUNCTION {SCHEMA}.refuse_label() {HEADER}
BEGIN
  IF EXISTS (
    SELECT 1 FROM {SCHEMA}.record
    WHERE seq = OLD.seq AND substr(body, 1, 11) <> convert_to('{{"erased":{{', 'UTF8'))
  THEN {REFUSE} END IF;
  RETURN OLD;
END $$
""",  # noqa: S608
)
ROWS = (
    ("pruning", "only_grows", "INSERT", "refuse_size"),
    ("pruned", "only_grows", "INSERT", "refuse_tile"),
    ("record", "erases", "UPDATE", "refuse_change"),
    ("record", "prunes", "DELETE", "refuse_deletion"),
    ("record_label", "follows", "DELETE", "refuse_label"),
)
STATEMENTS = (
    ("pruning", "UPDATE OR DELETE OR TRUNCATE"),
    ("pruned", "UPDATE OR DELETE OR TRUNCATE"),
    ("record", "TRUNCATE"),
    ("record_label", "UPDATE OR TRUNCATE"),
)


def upgrade() -> None:
    """Create the tables, and let go what may go."""
    for statement in (*TABLES, *FUNCTIONS):
        op.execute(statement)
    for table in ("record", "record_label"):
        op.execute(f"DROP TRIGGER append_only ON {SCHEMA}.{table}")
    for table, change in STATEMENTS:
        refuse = f"FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse('is append-only')"
        _always(table, "append_only", f"BEFORE {change} ON {SCHEMA}.{table} {refuse}")
    for table, name, change, function in ROWS:
        refuse = f"FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.{function}()"
        _always(table, name, f"BEFORE {change} ON {SCHEMA}.{table} {refuse}")


def _always(table: str, name: str, when: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when}")
    op.execute(f"ALTER TABLE {SCHEMA}.{table} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    """Refuse: an append-only store has no way back."""
    raise NotImplementedError
