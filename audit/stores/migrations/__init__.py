"""Versioned schemas of the store, applied by alembic at every start, each in one transaction."""
