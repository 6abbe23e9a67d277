"""The spans of one request, from what was noted of it.

chat                    all of it
├── detect              until the findings: reading it is within
├── decide
├── audit               of a refusal's record
└── attempt             one for each model server that was tried
    ├── queue           until it had a place there
    ├── audit           until the record was durable
    └── upstream        until the end of the answer
        └── first byte
"""

import secrets
from dataclasses import dataclass, field, replace
from enum import IntEnum

from proxy.traces.notes import Attempted, Recorded, Stage, Trace

Facts = dict[str, str | int]
"""Attributes: constants, numbers, ids of ours and names from the configuration."""
BEFORE = frozenset({"detect", "decide"})
"""Stages that are of no attempt."""
FAILED = frozenset({"not_sent", "upstream_error", "timeout", "unknown"})
"""How an attempt ends that failed."""
FAULT = 500


class Kind(IntEnum):
    """As OTLP numbers them."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3


@dataclass(slots=True)
class Span:
    """Times are in nanoseconds since 1970."""

    name: str
    parent: str
    begun: int
    ended: int
    kind: Kind = Kind.INTERNAL
    facts: Facts = field(default_factory=dict)
    failed: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(8))


def spans(trace: Trace, ended: float) -> list[Span]:
    """Return the spans of a request that ended at a moment, its own first."""

    def ns(moment: float) -> int:
        return trace.epoch_ns + round((moment - trace.begun) * 1e9)

    root = Span(trace.endpoint, trace.caller.span, ns(trace.begun), ns(ended), Kind.SERVER)
    made, stages, since = [root], list[Span](), root.begun
    for moment, note in trace.notes:
        match note:
            case Recorded(attempts=attempts):
                root.facts |= _recorded(note)
                if attempts:  # its stage goes on until it is marked
                    continue
                stages.append(Span("audit", root.id, since, ns(moment)))
            case Stage(name="ttfb") if not stages or stages[-1].name != "audit":
                pass  # of an answer that was read whole first: its attempt has ended
            case Stage(name=name) if stages and stages[-1].name == name:
                stages[-1].ended = ns(moment)
            case Stage(name=name):
                stages.append(Span(name, root.id, since, ns(moment)))
            case Attempted():
                root.facts |= {"ringfence.zone": note.zone, "ringfence.upstream": note.upstream}
                made += _attempt(note, root.id, stages, since, ns(moment))
                stages = []
        since = ns(moment)
    root.facts |= _answered(trace)
    root.failed = trace.status >= FAULT
    return made + stages


def _attempt(note: Attempted, root: str, stages: list[Span], since: int, ended: int) -> list[Span]:
    """Return the stages before an attempt, the attempt, and its own; the last of them ended at `since`."""
    before = [stage for stage in stages if stage.name in BEFORE]
    own = {stage.name: stage for stage in stages if stage.name not in BEFORE}
    failed = note.status in FAILED
    facts: Facts = {
        "ringfence.audit_id": note.record,
        "ringfence.attempt": note.number,
        "ringfence.upstream": note.upstream,
        "ringfence.zone": note.zone,
        "ringfence.status": note.status,
    }
    began = next(iter(own.values())).begun if own else since
    attempt = Span("attempt", root, began, ended, facts=facts, failed=failed)
    first = own.pop("ttfb", None)
    for stage in own.values():
        stage.parent = attempt.id
    answered: Facts = {"http.response.status_code": note.http} if note.http else {}
    upstream = Span("upstream", attempt.id, first.begun if first else since, ended, Kind.CLIENT, answered, failed)
    made = [*before, attempt, *own.values(), upstream]
    return [*made, replace(first, name="first byte", parent=upstream.id)] if first else made


def _recorded(note: Recorded) -> Facts:
    zone: Facts = {"ringfence.zone": note.zone} if note.zone else {}
    said: Facts = {
        "ringfence.audit_id": note.id,
        "ringfence.request_id": note.request,
        "ringfence.decision": note.decision,
    }
    return said | zone


def _answered(trace: Trace) -> Facts:
    status: Facts = {"http.response.status_code": trace.status} if trace.status else {}
    return status | ({"ringfence.error": trace.code} if trace.code else {})
