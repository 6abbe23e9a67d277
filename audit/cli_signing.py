"""`ringfence audit keys ...` and `ringfence audit acknowledge`: the keys that sign the log, and heads that are lost."""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from audit.access import Filters, ReadRecord, Records
from audit.anchors.keepers import NOWHERE, Outside
from audit.errors import AuditError, AuditMismatch
from audit.incidents import RESTORED, still_open
from audit.keys import FURTHER, read_signers, write_secret
from audit.place import Place
from audit.proofs.keyring import ENDED, GENESIS, INTRODUCED, USAGE, Keyring, Span, key_id
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.record import new_id
from audit.seen import Seen
from audit.signing.signer import Refused, accept, lost_heads
from audit.sources.postgres import open_source
from audit.spool.imports import DAMAGED

REFUSED = 2
GIVEN_UP = "heads_given_up"
FOR_PERSONS = frozenset({DAMAGED, GIVEN_UP, RESTORED, "fingerprint_guessing"})
"""Incidents that no condition ends."""
RESTORED_MEANS = (
    "this log was restored from a copy of its first {from_seq} records, made at {since}: what was recorded after that "
    "is lost, or lives on elsewhere, and API keys that were revoked after that can be used again"
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Own:
    """The log that this program writes: where it, its home and its anchors are, and how to append a record to it."""

    place: Place
    home: Path
    record: Callable[[str, dict[str, Any]], None]
    outside: Outside = NOWHERE
    clock: Callable[[str], dict[str, Any]] = lambda _: {}
    """What is wrong with the wall clock, by `look`; `accept` ends that."""
    desks: tuple[Path, ...] = ()
    """Where further processes of the home keep what they saw."""


own_log: Callable[[], Own] | None = None
"""Set by the program that mounts these commands."""

keys = typer.Typer(help="The keys that sign the log, and the sizes for which each may.")
KeyId = Annotated[str, typer.Argument(help="The id, as `audit keys` shows it.")]


@keys.callback(invoke_without_command=True)
def list_keys(context: typer.Context) -> None:
    """List every key that the log ever named, with the range of sizes of checkpoints that it may sign."""
    if context.invoked_subcommand is not None:
        return
    own = _own()
    here: set[str] = set()
    with suppress(AuditMismatch):  # the signer may be another user, with keys that only that one can read
        here.update(key_id(signer.vkey) for signer in read_signers(own.home / "keys"))
    for span in _ring(own.place).spans():
        name = key_id(span.vkey)
        until = "" if span.until is None else f"{span.until}"
        state = f"{span.how}, counts below {span.disowned}" if span.how else "in use"
        at_hand = "key at hand" if name in here else "key not here"
        typer.echo(f"{name}  [{span.since}, {until})  {state}  {at_hand}  {span.vkey.encode()}")


@keys.command()
def rotate() -> None:
    """Make a new key and introduce it; both sign from then on, until the old one is retired."""
    own = _own()
    made = Signer.generate(_ring(own.place).spans()[0].vkey.name)
    name = key_id(made.vkey)
    path = own.home / "keys" / FURTHER.replace("*", name)
    write_secret(path, made.encode().encode() + b"\n")
    try:
        own.record(INTRODUCED, {"usage": USAGE, "key_id": name, "vkey": made.vkey.encode()})
    except BaseException:
        path.unlink()
        raise
    typer.echo(made.vkey.encode())
    typer.echo(
        f"{name} signs beside the old key from the next checkpoint on. Give the line above to whoever verifies, "
        "then end the old key with: ringfence audit keys retire ID",
        err=True,
    )


@keys.command()
def retire(name: KeyId) -> None:
    """End a key that another one has taken over from; refused before both have signed a checkpoint together."""
    own = _own()
    ring, span = _span(own, name)
    if span.until is not None:
        raise _stop(f"this key was {span.how} before")
    others = [other.vkey for other in ring.spans() if other.until is None and other is not span]
    with closing(_read(lambda: open_source(own.place))) as source:
        newest = _read(source.newest_checkpoint)
        size = _read(source.claim).size
    signed = Note.decode(newest.note).verified([span.vkey, *others]) if newest else ()
    if span.vkey not in signed or not set(others).intersection(signed):
        raise _stop(
            "the newest checkpoint is not signed by this key and by one that stays; rotate, or wait for the signer"
        )
    own.record("key.retired", {"usage": USAGE, "key_id": name, "size": size})
    typer.echo(f"{name} is retired; it signs no checkpoint that covers this")


@keys.command()
def revoke(
    name: KeyId,
    size: Annotated[
        int, typer.Option("--from-size", min=0, help="The smallest size of a checkpoint that it may have forged.")
    ],
) -> None:
    """End a key that was stolen: what it signed from that size on counts only for those who kept it."""
    own = _own()
    ring, _ = _span(own, name)
    with closing(_read(lambda: open_source(own.place))) as source:
        if size > _read(source.claim).size:
            raise _stop("the log does not have so many records")
    own.record("key.revoked", {"usage": USAGE, "key_id": name, "size": size})
    typer.echo(f"{name} is revoked from checkpoints of {size} records on")
    if not any(span.until is None and key_id(span.vkey) != name for span in ring.spans()):
        typer.echo("no key is left to sign; make one with: ringfence audit keys rotate", err=True)


def acknowledge(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give up heads that were seen and are not in the log any more, after a restore; accept a clock that jumped.

    The loss becomes an incident, the server then starts again, and the signer begins anew. Whoever kept one of these
    heads will find that the log is not the one it was. Incidents that nothing else ends, such as a damaged spool, end.
    """
    own = _own()
    _give_up_heads(own, yes)
    clock = own.clock("look")
    if clock.get("off"):
        typer.echo(f"the wall clock jumped ({clock['off']}); it says {clock['now']}")
        if not yes:
            typer.confirm("Record that this is the time?", abort=True)
        own.clock("accept")
    for record in _read(lambda: still_open(Records(own.place))):
        if record.body["what"] in FOR_PERSONS:
            typer.echo(f"the incident {record.body['what']} of {record.body['ts']} is open")
            if record.body["what"] == RESTORED:
                typer.echo(RESTORED_MEANS.format_map(record.body))
            if not yes:
                typer.confirm("Record that you looked at it?", abort=True)
            own.record("incident.closed", {"incident": record.body["incident"], "how": "acknowledged"})


def _give_up_heads(own: Own, yes: bool) -> None:
    directory, seen, others = own.home / "signer", Seen(own.home), [Seen(desk) for desk in own.desks]
    anchors = own.outside.keepers(own.place, own.home / "keys", directory, lambda *_: False).values()
    try:
        with closing(open_source(own.place)) as source:
            lost, size = lost_heads(directory, source, tuple(anchors)), source.claim().size
            missed = seen.missing_from(source)
            elsewhere = [(other, kept) for other in others if (kept := other.missing_from(source))]
    except Refused as refused:
        raise _stop(f"this log cannot be signed at all, there is nothing to acknowledge: {refused}") from None
    except AuditError as error:
        raise _stop(str(error)) from None
    except OSError as error:
        raise _stop(f"an anchor does not say which heads it keeps: {error}") from None
    sizes = [kept.size for _, kept in elsewhere] + ([missed.size] if missed else [])
    if not lost and not sizes:
        typer.echo("every head that was signed is in the log")
        return
    for head in lost:
        typer.echo(f"lost: a log of {head.size} records with the root {head.root.hex()}; this one has {size}")
    if sizes:
        typer.echo(f"lost: the {max(sizes)} records that a server saw; this log has {size}")
    if not yes:
        typer.confirm("Record that they are lost, and sign what is there from now on?", abort=True)
    sizes += [head.size for head in lost]
    places = {"from_seq": min(size, *sizes), "to_seq": max(sizes)}
    incident = new_id()
    with seen.giving_up(missed):
        own.record("incident.opened", {"incident": incident, "what": GIVEN_UP, **places})
        own.record("incident.closed", {"incident": incident, "how": "acknowledged"})
    for other, kept in elsewhere:
        other.forget(kept)
    accept(directory, [head.encode() for head in lost])


def _ring(place: Place) -> Keyring:
    records, ring = Records(place), Keyring()
    found: list[ReadRecord] = []
    for kind in (GENESIS, INTRODUCED, *ENDED):
        after: int | None = -1
        while after is not None:
            page = _read(partial(records.page, Filters(kind=kind), after=after, limit=1000))
            found += page.records
            after = page.next
    for record in sorted(found, key=lambda record: record.seq):
        ring.take(record.seq, record.body)
    return ring


def _span(own: Own, name: str) -> tuple[Keyring, Span]:
    ring = _ring(own.place)
    for span in ring.spans():
        if key_id(span.vkey) == name:
            return ring, span
    raise _stop("the log names no key with this id; see: ringfence audit keys")


def _own() -> Own:
    if own_log is None:
        raise _stop("only the program that writes the log can do this")
    return own_log()


def _stop(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(REFUSED)


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except AuditError as error:
        raise _stop(str(error)) from None
