"""One file a revision of the schema on PostgreSQL; a released one is never edited."""
