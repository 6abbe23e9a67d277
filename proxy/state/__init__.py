"""The proxy's own small database: what must outlive a request, and be known to every server of a log."""
