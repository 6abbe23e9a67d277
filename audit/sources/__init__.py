"""What verifiers and signers read of a log, wherever it lies, and how it is taken elsewhere as plain files."""
