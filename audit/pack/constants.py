"""What this version puts into every pack. In `verify.py`, a module of this name has the digests alone, and its own."""

from functools import cache

from audit.pack import single
from audit.pack.known import Known


@cache
def known() -> Known:
    """Return what is known of the constant files of this version."""
    return single.known()
