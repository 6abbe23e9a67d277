"""The process that signs the log's heads, and refuses a log that is not the one it signed before."""
