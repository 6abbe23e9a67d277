"""What a record is: its schemas, its one canonical text, its hashes, and what is derived from it."""
