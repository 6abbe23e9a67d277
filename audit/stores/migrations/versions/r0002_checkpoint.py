"""Checkpoints: the signed notes of the log, by how many records each covers. Append-only, and only growing."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLE = """
    CREATE TABLE checkpoint (
      size INTEGER PRIMARY KEY CHECK (size >= 0),
      note BLOB NOT NULL CHECK (length(note) <= 65536)
    ) STRICT
    """
MISPLACED = "NEW.size <= (SELECT max(size) FROM checkpoint) OR NEW.size > (SELECT size FROM head)"


def upgrade() -> None:
    """Create the table."""
    op.execute(TABLE)
    refuse = "BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END"
    op.execute(f"CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint {refuse}")
    op.execute(f"CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint {refuse}")
    op.execute(f"CREATE TRIGGER checkpoint_only_grows BEFORE INSERT ON checkpoint WHEN {MISPLACED} {refuse}")


def downgrade() -> None:
    """Refuse: an append-only store has no way back."""
    raise NotImplementedError
