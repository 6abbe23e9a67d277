"""What the log is told of an answer: types, counts, scores and names of rules, never text."""

from itertools import accumulate
from typing import Any

import orjson

from audit.records.record import MAX_BODY_BYTES
from proxy import evidence
from proxy.detection.findings import Finding
from proxy.policy.answering import Verdict

LISTED = {"rules": 64, "types": 64, "classes": 64, "exceptions": 32, "shadow": 32}
"""How many of each a record can list."""
ROOM = MAX_BODY_BYTES - 2048
"""Bytes of a record, less what the log adds to it and what an outcome says beside this."""


def answer(found: tuple[Finding, ...], failures: set[str], us: int, verdict: Verdict) -> dict[str, Any]:
    """Return the `answer` of a `route.outcome`: what was found in it and, if not all was scanned, why.

    What there is no room for in a record is left out, what blocked it last of all, and then it is not complete.
    """
    wanted: dict[str, list[Any]] = {
        "rules": list(verdict.rules),
        "types": evidence.types(found, evidence.scores(found)),
        "classes": evidence.classes(verdict.classes),
        "exceptions": list(verdict.exceptions),
        "shadow": list(verdict.shadow),
    }
    room, listed, whole = ROOM, dict[str, Any](types=[]), True
    for name, items in wanted.items():
        if items:
            sizes = accumulate(len(orjson.dumps(item)) + 1 for item in items)
            fits = sum(size <= room for size in sizes)
            if kept := items[: min(fits, LISTED[name])]:
                listed[name] = kept
                room -= len(orjson.dumps(kept))
            whole = whole and len(kept) == len(items)
    failures = failures if whole else failures | {"record_bound"}
    said = {"fail": sorted(failures)[:16]} if failures else {}
    return {"complete": not failures, "us": us, **said, **listed}
