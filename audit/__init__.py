"""The append-only audit log. Imports nothing from the proxy: an auditor needs this directory and no other."""
