"""What a stranger runs over a log; it needs the standard library and `cryptography`."""
