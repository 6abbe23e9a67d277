"""What may go and how it goes: periods of retention, legal holds, and the erasure of single requests."""
