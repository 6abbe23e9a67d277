"""The first schema: records, labels, head, archived texts and leases, with what keeps all but the last append-only.

The triggers are ENABLE ALWAYS, so that `session_replication_role` does not silence them. The owner of the tables can
take them away; what was changed then is found by the hashes.
"""

from alembic import op

revision = "p0001"
down_revision = None

SCHEMA = "ringfence_audit"
TABLES = (
    f"""
    CREATE TABLE {SCHEMA}.head (
      log_id bytea PRIMARY KEY CHECK (octet_length(log_id) = 16),
      size bigint NOT NULL CHECK (size >= 0),
      hash bytea NOT NULL CHECK (octet_length(hash) = 32),
      generation bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50)
    """,
    f"CREATE UNIQUE INDEX head_only_one ON {SCHEMA}.head ((true))",
    f"""
    CREATE TABLE {SCHEMA}.record (
      seq bigint PRIMARY KEY CHECK (seq >= 0),
      id text COLLATE "C" NOT NULL UNIQUE,
      prev bytea NOT NULL UNIQUE CHECK (octet_length(prev) = 32),
      bh bytea NOT NULL CHECK (octet_length(bh) = 32),
      link bytea NOT NULL UNIQUE CHECK (octet_length(link) = 32),
      kind text COLLATE "C" NOT NULL,
      v integer NOT NULL,
      ts text COLLATE "C" NOT NULL,
      dec text COLLATE "C",
      attempt integer,
      app text COLLATE "C",
      team text COLLATE "C",
      decision text COLLATE "C",
      zone text COLLATE "C",
      body bytea NOT NULL CHECK (octet_length(body) <= 16384)
    )
    """,
    f"CREATE INDEX record_kind ON {SCHEMA}.record (kind, seq)",
    f"CREATE INDEX record_ts ON {SCHEMA}.record (ts, seq)",
    f"CREATE INDEX record_dec ON {SCHEMA}.record (dec, attempt, kind) WHERE dec IS NOT NULL",
    f"CREATE INDEX record_app ON {SCHEMA}.record (app, seq) WHERE app IS NOT NULL",
    f"CREATE INDEX record_team ON {SCHEMA}.record (team, seq) WHERE team IS NOT NULL",
    f"CREATE INDEX record_decision ON {SCHEMA}.record (decision, seq) WHERE decision IS NOT NULL",
    f"CREATE INDEX record_zone ON {SCHEMA}.record (zone, seq) WHERE zone IS NOT NULL",
    f"""
    CREATE TABLE {SCHEMA}.record_label (
      what text COLLATE "C" NOT NULL CHECK (what IN ('class', 'rule')),
      name text COLLATE "C" NOT NULL,
      seq bigint NOT NULL,
      PRIMARY KEY (what, name, seq)
    )
    """,
    f"""
    CREATE TABLE {SCHEMA}.bundle_text (
      sha256 text COLLATE "C" PRIMARY KEY CHECK (octet_length(sha256) = 64),
      text bytea NOT NULL
    )
    """,
    f"""
    CREATE TABLE {SCHEMA}.checkpoint (
      size bigint PRIMARY KEY CHECK (size >= 0),
      note bytea NOT NULL CHECK (octet_length(note) <= 65536)
    )
    """,
    f"""
    CREATE TABLE {SCHEMA}.writer_lease (
      epoch text COLLATE "C" PRIMARY KEY,
      since bigint NOT NULL,
      seen timestamptz NOT NULL
    ) WITH (fillfactor = 50)
    """,
)
FOLLOWS = f"""
CREATE FUNCTION {SCHEMA}.refuse_misplaced() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NEW.size <= (SELECT max(size) FROM {SCHEMA}.checkpoint) OR NEW.size > (SELECT size FROM {SCHEMA}.head) THEN
    RAISE EXCEPTION 'checkpoint is append-only' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""  # noqa: S608 - constants of this file
FUNCTION = f"""
CREATE FUNCTION {SCHEMA}.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION '% %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY = ("record", "record_label", "bundle_text", "checkpoint")
HEAD_MOVES = "NEW.log_id IS DISTINCT FROM OLD.log_id OR NEW.size <= OLD.size OR NEW.generation < OLD.generation"


def upgrade() -> None:
    """Create everything."""
    for statement in (*TABLES, FUNCTION, FOLLOWS):
        op.execute(statement)
    for table in APPEND_ONLY:
        refuse = f"FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse('is append-only')"
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {SCHEMA}.{table} {refuse}")
        op.execute(f"ALTER TABLE {SCHEMA}.{table} ENABLE ALWAYS TRIGGER append_only")
    follows = f"FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuse_misplaced()"
    op.execute(f"CREATE TRIGGER only_grows BEFORE INSERT ON {SCHEMA}.checkpoint {follows}")
    op.execute(f"ALTER TABLE {SCHEMA}.checkpoint ENABLE ALWAYS TRIGGER only_grows")
    refuse = f"EXECUTE FUNCTION {SCHEMA}.refuse('only grows')"
    moves = f"BEFORE UPDATE ON {SCHEMA}.head FOR EACH ROW WHEN ({HEAD_MOVES}) {refuse}"
    op.execute(f"CREATE TRIGGER only_grows {moves}")
    op.execute(f"CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON {SCHEMA}.head FOR EACH STATEMENT {refuse}")
    for trigger in ("only_grows", "stays"):
        op.execute(f"ALTER TABLE {SCHEMA}.head ENABLE ALWAYS TRIGGER {trigger}")


def downgrade() -> None:
    """Refuse: an append-only store has no way back."""
    raise NotImplementedError
