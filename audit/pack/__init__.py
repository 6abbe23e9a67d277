"""Packs of evidence: a log of a period in one file, which a stranger verifies with one other file."""
