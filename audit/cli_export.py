"""`ringfence audit export`: a log as plain files, or as a pack of evidence; each is recorded before it is there."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import typer

from audit import cli_common as common
from audit.errors import AuditError
from audit.evidence.readme import README
from audit.pack import single
from audit.pack.making import Constants, Made, Progress, Wish, make
from audit.pack.period import moment
from audit.page import building
from audit.place import Place
from audit.records.record import new_id
from audit.sources.export import Exported, export
from audit.sources.postgres import open_source

POLL_S = 0.5
SIGNED_WITHIN_S = 15.0
PACK = ".tar"
NOT_OWN = "the log was named with --db"

Record = Callable[[str, dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Own:
    """What the program that writes a log does for its exports; the parts are those of `audit.cli`."""

    record: Record | None
    sign: Callable[[], bool] | None
    sign_manifest: Callable[[str], bytes | str] | None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported. `request` is the id of a record that somebody else made of it; then none is made here."""

    place: Place
    out: Path
    wish: Wish
    request: str | None
    json: bool

    @classmethod
    def parse(  # noqa: PLR0917 - the options of the command
        cls,
        place: Place,
        out: Path,
        since: str | None,
        until: str | None,
        as_of: int | None,
        request: str | None,
        json: bool,
    ) -> "Order":
        """Read the options, and end the command where they do not belong together."""
        if out.suffix != PACK and (since or until or as_of is not None or request):
            raise common.stop(f"only a pack is of a period or as of a checkpoint: --out FILE{PACK}")
        try:
            wish = Wish(moment(since) if since else "", moment(until) if until else "", as_of)
        except ValueError:
            raise common.stop("a time is a day, 2026-10-01, or one in UTC, 2026-10-01T12:00:00Z") from None
        if wish.until and wish.since >= wish.until:
            raise common.stop("the period ends before it begins")
        return cls(place, out, wish, request, json)


def run(order: Order, own: Own | None) -> None:
    """Export; `own` is there where it is the log of this home."""
    place = order.place
    try:
        if order.out.suffix == PACK:
            _Packing(order, own).run()
        else:
            _export_files(order, own)
    except AuditError as error:
        raise common.unreadable(place, error) from None
    except ValueError as error:
        raise common.stop(str(error)) from None
    except OSError as error:
        raise common.stop(f"{order.out} cannot be written: {error.strerror}") from None


def _export_files(order: Order, own: Own | None) -> None:
    told: list[str | None] = []

    def recorded(made: Exported) -> None:
        told.append(NOT_OWN if own is None or own.record is None else own.record("audit.exported", made.record()))

    if own is not None and own.sign is not None and own.sign():
        until_signed(order.place)
    with closing(open_source(order.place)) as source, common.progress(order.json) as progress:
        made = export(source, order.out, recorded, progress)
    if order.json:
        typer.echo(orjson.dumps({**asdict(made), "recorded": told == [None]}).decode())
        return
    typer.echo(f"{order.out}: {made.rows:,} records, {made.checkpoints:,} checkpoints, {made.texts:,} texts")
    typer.echo(f"{made.sha256}  records.jsonl")
    if made.behind:
        typer.echo(f"left out: {made.behind:,} records behind the newest checkpoint")
    if told != [None]:
        typer.echo(f"the log has no record of this export: {told[0]}", err=True)


class _Packing:
    """A pack on its way: asked for in the log, signed for, made, and recorded, in this order."""

    def __init__(self, order: Order, own: Own | None) -> None:
        self._order, self._own = order, own
        self._request, self._unrecorded = order.request, None if order.request or own else NOT_OWN
        self._unsigned: str | None = NOT_OWN

    def run(self) -> None:
        """Do all of it, and say what came out."""
        order, own = self._order, self._own
        if own is not None and order.request is None:
            self._ask(own)
        if own is not None and order.wish.as_of is None and own.sign is not None and own.sign():
            until_signed(order.place)
        with closing(open_source(order.place)) as source, _progress(order.json) as progress:
            made = make(
                source, order.out, order.wish, constants(), sign=self._sign, recorded=self._record, progress=progress
            )
        self._say(made)

    def _ask(self, own: Own) -> None:
        """Record that somebody asked for it: then that is in the pack."""
        wish = self._order.wish
        period = {name: at for name, at in (("from", wish.since), ("to", wish.until)) if at}
        with closing(open_source(self._order.place)) as source:
            rows = source.claim().size
        size = {} if wish.as_of is None else {"size": wish.as_of}
        request, body = new_id(), {"what": "export", "filters": list(period), "rows": rows, **period, **size}
        self._unrecorded = NOT_OWN if own.record is None else own.record("audit.read", {"id": request, **body})
        self._request = request if self._unrecorded is None else None

    def _sign(self, statement: str) -> bytes | None:
        if self._own is None or self._own.sign_manifest is None:
            return None
        note = self._own.sign_manifest(statement)
        self._unsigned = None if isinstance(note, bytes) else note
        return note if isinstance(note, bytes) else None

    def _record(self, made: Made) -> None:
        own = self._own
        if own is not None and own.record is not None and self._order.request is None:
            body = made.record(self._order.wish, self._request)
            self._unrecorded = own.record("audit.exported", body) or self._unrecorded

    def _say(self, made: Made) -> None:
        order = self._order
        recorded = order.request is None and self._unrecorded is None
        if order.json:
            said = {"path": str(order.out), **asdict(made), "recorded": recorded}
            typer.echo(orjson.dumps({"pack": said}).decode())
            return
        typer.echo(f"{order.out}: records {made.first:,} to {made.last:,}, as of {made.size:,} records")
        typer.echo(f"{made.sha256}  {order.out.name}")
        if made.behind:
            typer.echo(f"left out: {made.behind:,} records behind this checkpoint")
        if not made.signed:
            typer.echo(f"the manifest is not signed: {self._unsigned}", err=True)
        if self._unrecorded:
            typer.echo(f"the log has no record of this export: {self._unrecorded}", err=True)


def constants() -> Constants:
    """Return the files that are the same in every pack of this version."""
    return Constants(README, single.build(), building.verify_html(), building.summary_html)


def until_signed(place: Place) -> None:
    """Wait until what is in the log now is under a checkpoint; for no longer than a signer takes that runs."""
    with closing(open_source(place)) as source:
        size, until = source.claim().size, time.monotonic() + SIGNED_WITHIN_S
        while source.claim().newest < size and time.monotonic() < until:
            time.sleep(POLL_S)


@contextmanager
def _progress(json: bool) -> Iterator[Progress]:
    """Tell how far it is: a line of JSON each time, a bar on a terminal, or nothing."""

    def tell(phase: str, done: int, total: int) -> None:
        if json:
            typer.echo(orjson.dumps({"progress": {"phase": phase, "done": done, "total": total}}).decode())
        elif sys.stderr.isatty():
            common.bar(done, total, "bytes" if phase == "files" else "records")

    try:
        yield tell
    finally:
        if not json and sys.stderr.isatty():
            typer.echo("\r\x1b[K", nl=False, err=True)
