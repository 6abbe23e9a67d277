"""The first schema: records, labels, head, archived texts, and the triggers that keep all of them append-only.

`INSERT OR REPLACE` deletes without firing DELETE triggers unless `recursive_triggers` is on, so that inserting what
exists has a trigger of its own.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE head (
      log_id BLOB PRIMARY KEY NOT NULL CHECK (length(log_id) = 16),
      size INTEGER NOT NULL CHECK (size >= 0),
      hash BLOB NOT NULL CHECK (length(hash) = 32),
      generation INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE record (
      seq INTEGER PRIMARY KEY CHECK (seq >= 0),
      id TEXT NOT NULL UNIQUE,
      prev BLOB NOT NULL UNIQUE CHECK (length(prev) = 32),
      bh BLOB NOT NULL CHECK (length(bh) = 32),
      link BLOB NOT NULL CHECK (length(link) = 32),
      kind TEXT NOT NULL,
      v INTEGER NOT NULL,
      ts TEXT NOT NULL,
      dec TEXT,
      attempt INTEGER,
      app TEXT,
      team TEXT,
      decision TEXT,
      zone TEXT,
      body BLOB NOT NULL CHECK (length(body) <= 16384)
    ) STRICT
    """,
    "CREATE INDEX record_kind ON record (kind)",
    "CREATE INDEX record_ts ON record (ts)",
    "CREATE INDEX record_dec ON record (dec, attempt, kind) WHERE dec IS NOT NULL",
    "CREATE INDEX record_app ON record (app) WHERE app IS NOT NULL",
    "CREATE INDEX record_team ON record (team) WHERE team IS NOT NULL",
    "CREATE INDEX record_decision ON record (decision) WHERE decision IS NOT NULL",
    "CREATE INDEX record_zone ON record (zone) WHERE zone IS NOT NULL",
    """
    CREATE TABLE record_label (
      what TEXT NOT NULL CHECK (what IN ('class', 'rule')),
      name TEXT NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (what, name, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE bundle_text (
      sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
      text BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
KEYS = {
    "record": "seq = NEW.seq OR id = NEW.id OR prev = NEW.prev",
    "record_label": "what = NEW.what AND name = NEW.name AND seq = NEW.seq",
    "bundle_text": "sha256 = NEW.sha256",
}
HEAD_MOVES = "NEW.log_id IS NOT OLD.log_id OR NEW.size <= OLD.size OR NEW.generation < OLD.generation"


def upgrade() -> None:
    """Create everything."""
    for statement in TABLES:
        op.execute(statement)
    for table, same in KEYS.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - constants of this file
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}")
    refuse = "BEGIN SELECT RAISE(ABORT, 'head only grows'); END"
    exists = "EXISTS (SELECT 1 FROM head)"
    op.execute(f"CREATE TRIGGER head_only_grows BEFORE UPDATE ON head WHEN {HEAD_MOVES} {refuse}")
    op.execute(f"CREATE TRIGGER head_no_delete BEFORE DELETE ON head {refuse}")
    op.execute(f"CREATE TRIGGER head_only_one BEFORE INSERT ON head WHEN {exists} {refuse}")


def downgrade() -> None:
    """Refuse: an append-only store has no way back."""
    raise NotImplementedError
