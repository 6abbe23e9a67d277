"""The documents of evidence: pure folds from the records of a log, or of a pack, to counts and lists.

Whoever has the same records gets the same bytes: there is no clock, no file and no database here, and nothing but the
standard library. What a fold keeps grows with the days, policies, keys and incidents that it lists, and with what is
still open; not with the records.
"""
