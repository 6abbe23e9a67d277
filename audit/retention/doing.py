"""How a prune, an erasure and a hold are done, step by step: each can be killed behind any step and is then taken up.

prune   announce it in a record; wait until that record, too, is under a checkpoint that an anchor has; let it
        begin; take slices away
erase   name the records in `erasure.done`; replace their bodies by their tombstones; overwrite what was there
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.anchors.anchored import Keeper
from audit.errors import AuditMismatch
from audit.place import Place, Postgres
from audit.records.fields import CODE
from audit.records.tombstone import Tombstone
from audit.retention import attesting, pruning, taking
from audit.retention.attesting import Reading
from audit.retention.erasing import Request, portions
from audit.retention.hands import Hands
from audit.retention.holds import Hold
from audit.retention.pruning import Announced, Plan
from audit.sources.postgres import open_source
from audit.stores.asking import asking

POLL_S = 0.5
_code_fault = CODE.compile()

Record = Callable[[str, dict[str, Any]], int]
"""Makes a record of the log, and returns its number."""
Say = Callable[[str], None]


class NotYetAnchored(AuditMismatch):
    """No anchor has the record that announces a prune; nothing was taken away, and the same command goes on later."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What it takes: the log, who makes records and takes away, its anchors, and who asks for a checkpoint."""

    place: Place
    record: Record
    hands: Hands
    keepers: Mapping[str, Keeper]
    want: Callable[[], bool]


def plan_prune(parts: Parts, until: str, say: Say, reading: Reading | None = None) -> Plan:
    """Choose what may go, and hash the log up to the anchor's head; raises AuditMismatch and AuditUnavailable."""
    with asking(parts.place) as run:
        heads = _heads(parts, run, say)
        plan = pruning.choose(run, until, heads, shared=isinstance(parts.place, Postgres))
    roots = {head.size: head.root for head in heads} | {plan.size: plan.root}
    with closing(open_source(parts.place)) as source:
        attesting.require_whole(source, roots, reading)
    return plan


def require_steady(parts: Parts, until: str, now: datetime) -> None:
    """Raise AuditMismatch where the log does not bear out that what was written before `until` is that old."""
    with asking(parts.place) as run:
        since = pruning.silent_after(run, until, now)
    if since is not None:
        raise AuditMismatch(
            f"the log has no record for {pruning.SILENCE.days} days after {since}: nothing ran, or this machine's "
            "clock is wrong; look at it, and say with --before what is to go"
        )


def announced(parts: Parts) -> Announced | None:
    """Return the prune that was announced and is not done."""
    with asking(parts.place) as run:
        return pruning.announced(run)


def is_sound(parts: Parts, ahead: Announced, until: str, say: Say, reading: Reading | None = None) -> bool:
    """Whether all that an announcement takes may go before `until`, whoever wrote it; raises what plan_prune raises."""
    return plan_prune(parts, min(until, ahead.until), say, reading).size >= ahead.size


def announce(parts: Parts, plan: Plan) -> Announced:
    """Record that a prefix will go."""
    parts.hands.ready()
    said = plan.record()
    seq = parts.record("retention.pruned", said)
    return Announced(seq, plan.size, plan.root, plan.until, said["bodies"])


def wait(parts: Parts, ahead: Announced, within_s: float, say: Say) -> tuple[str, ...]:
    """Wait until an anchor has the record that announces a prune; return which do. Raises NotYetAnchored."""
    until, told = time.monotonic() + within_s, False
    while True:
        with asking(parts.place) as run:
            heads, _ = attesting.anchored(run, parts.keepers)
        have = attesting.covering(heads, ahead.seq)
        if have:
            return have
        signs = parts.want()
        if not told:
            say(f"record {ahead.seq:,} announces it; waiting until an anchor has a checkpoint over that")
            told = True
        if time.monotonic() >= until:
            more = "" if signs else ": no server runs here that has it signed"
            raise NotYetAnchored(
                f"no anchor has record {ahead.seq:,} yet{more}; nothing was taken away, run this again"
            )
        time.sleep(POLL_S)


def carry_out(parts: Parts, ahead: Announced, progress: Callable[[int], None]) -> int:
    """Take away what was announced; return how many records are left because a hold came in between."""
    with asking(parts.place) as run:
        begun = taking.begun(run)[0] >= ahead.size
        held = pruning.held_from(run, ahead.size)
        root = attesting.root_at(run, ahead.size)
    if root != ahead.root:
        raise AuditMismatch("the record that announces this prune does not have the root of its checkpoint")
    if held is not None and not begun:
        raise AuditMismatch(f"record {held:,} is under a hold, which came after the prune was announced")
    parts.hands.begin(ahead.size)
    while (at := parts.hands.take()).left and not at.held:
        progress(ahead.size - at.left)
    return at.left


def erase(parts: Parts, requests: Iterable[Request], reason: str) -> taking.Entombed:
    """Erase requests that may go; raises AuditMismatch for a reason that is no code."""
    if _code_fault(reason) is not None:
        raise AuditMismatch("a reason is a word such as subject_request")
    parts.hands.ready()
    done = held = 0
    for portion in portions(request for request in requests if request.may_go):
        body = {"records": [stone.as_json() for stone in portion], "reason": reason}
        parts.record("erasure.done", body)
        made = parts.hands.entomb(portion)
        done, held = done + made.done, held + made.held
    return taking.Entombed(done, held)


def unfinished_erasures(parts: Parts) -> list[Tombstone]:
    """Return what records say is erased and is there: whoever did that was stopped, or a hold keeps it."""
    with asking(parts.place) as run:
        return taking.unfinished(run)


def holds(place: Place) -> tuple[Hold, ...]:
    """Return the holds that are in force."""
    with asking(place) as run:
        return taking.holds(run)


def _heads(parts: Parts, run: Any, say: Say) -> Sequence[attesting.Attested]:
    heads, silent = attesting.anchored(run, parts.keepers)
    for name in silent:
        say(f"the anchor {name} does not answer")
    return heads
