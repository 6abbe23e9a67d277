"""Where records become durable: SQLite and PostgreSQL beside each other, and their schemas."""
