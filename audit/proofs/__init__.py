"""What proves a log: its Merkle tree (RFC 6962), signed notes and checkpoints (C2SP), and the keys that count."""
