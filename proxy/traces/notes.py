"""What is noted of a request while it goes its way: when, and ids, numbers and names of ours. Never content.

A note takes a microsecond, waits for nothing and cannot fail a request; spans are made of them when it has ended. Where
a request is not traced, a note is one look at a variable.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from proxy.clock import Clock
from proxy.traces.caller import Caller


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage ended, which began when the one before it did."""

    name: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record of a decision is durable."""

    id: str
    request: str
    decision: str
    zone: str
    attempts: bool
    """Whether it is that of an attempt, too."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """An attempt ended."""

    record: str
    """Id of its decision's record."""
    number: int
    upstream: str
    zone: str
    status: str
    http: int
    """What the model server answered; 0 where it did not."""


Note = Stage | Recorded | Attempted


@dataclass(slots=True)
class Trace:
    """Of one request. Moments are those of `time.perf_counter`; `epoch_ns` is when it began."""

    caller: Caller
    begun: float = field(default_factory=time.perf_counter)
    epoch_ns: int = field(default_factory=time.time_ns)
    notes: list[tuple[float, Note]] = field(default_factory=list)
    endpoint: str = ""
    """Empty until it came to an endpoint that decides: nobody wants to see other requests."""
    status: int = 0
    """What the caller was answered; 0 where it left before."""
    code: str = ""
    """Of the error that it was answered."""

    def note(self, note: Note) -> None:
        """Take note of something that happened now."""
        self.notes.append((time.perf_counter(), note))


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
begin, end = _current.set, _current.reset


class _Noted(Clock):
    """The clock of a request that is traced."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace = trace

    def mark(self, stage: str) -> None:
        super().mark(stage)
        self._trace.note(Stage(stage))


def clock(endpoint: str) -> Clock:
    """Return the clock of a request that has come to an endpoint."""
    trace = _current.get()
    if trace is None:
        return Clock()
    trace.endpoint = endpoint
    return _Noted(trace)


def judged() -> None:
    """Note that a decision was made. It is no stage of records, which have their own list of those."""
    if (trace := _current.get()) is not None:
        trace.note(Stage("decide"))


def recorded(body: Mapping[str, Any], record: str) -> None:
    """Note that a decision is durable, as its record says it."""
    if (trace := _current.get()) is not None:
        trace.note(Recorded(record, body["req"]["id"], body["decision"], body.get("zone", ""), "up" in body))


def attempted(upstream: str, zone: str, body: Mapping[str, Any]) -> None:
    """Note that an attempt ended, as its outcome record says it."""
    if (trace := _current.get()) is not None:
        http = body.get("http", 0)
        trace.note(Attempted(body["dec"], body["attempt"], upstream, zone, body["status"], http))


def refused(code: str) -> None:
    """Note the code of the error that the caller is answered."""
    if (trace := _current.get()) is not None:
        trace.code = code
