"""What is known of the model servers while the server runs: health, load, faults; nothing of it outlives it."""
