"""Who wrote and who approved a bundle: what is said of it, by whom it is signed, and whether that must be so.

An approval never opens anything: it is asked for on top of lint, tests and proofs, and what it says is recorded.
"""
