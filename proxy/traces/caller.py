"""The trace that a caller is in: `traceparent`, as W3C's Trace Context has it in its version 00.

Hex of one form, or the request gets a trace of its own. `tracestate` and `baggage` are any text, and are not read.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

HEADER = b"traceparent"
FORM = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]([0-9a-f])")
SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Caller:
    """Ids of a trace and of the span in it that a request is part of, in hex."""

    trace: str
    span: str = ""
    """Empty where the trace begins here."""
    sampled: bool = True
    """Whether the caller keeps that trace: what it does not keep is not wanted of anybody else."""


def caller(headers: Iterable[tuple[bytes, bytes]]) -> Caller:
    """Read the caller's trace from the headers of a request, or begin one."""
    given = [value for name, value in headers if name == HEADER]
    found = FORM.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        return Caller(secrets.token_hex(16))
    trace, span, flags = (part.decode() for part in found.groups())
    return Caller(trace, span, bool(int(flags, 16) & SAMPLED))
