"""A witness for logs: remembers the newest checkpoint of each, and cosigns only what extends it."""
