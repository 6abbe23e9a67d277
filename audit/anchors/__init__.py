"""Places outside the database where heads of the log are kept."""
