"""Where records are durable while the log takes none."""
