"""`ringfence audit reconcile`: a vendor's usage beside the log's."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from audit import cli_common as common
from audit.errors import AuditError, AuditMismatch
from audit.evidence import billed, comparing
from audit.evidence.comparing import Compared, Side, Verdict
from audit.evidence.usage import Usage
from audit.pack.reading import opened
from audit.pack.verifying import is_pack
from audit.place import Place
from audit.records.fields import NAME
from audit.sources.exported import ExportSource
from audit.sources.postgres import open_source
from audit.sources.source import Source
from audit.verification.state import read_body

AGREES, MORE, UNREADABLE, LOOK = 0, 1, common.UNREADABLE, 3
PAGE = 1000
CODES: dict[Verdict, int] = {"agrees": AGREES, "more": MORE, "less": LOOK, "unsure": LOOK}
SAID: dict[Verdict, str] = {
    "agrees": "the vendor reports what the log knows",
    "more": "THE VENDOR REPORTS MORE THAN THE LOG KNOWS: something reached it past the proxy, or past the log",
    "less": "the log knows more than the vendor reports: it may report late, or not all",
    "unsure": "the log lacks figures of some attempts, so that it cannot be told",
}

Usages = Annotated[Path, typer.Option("--usage", help="What the vendor says: CSV or JSON; see the guide.")]
Log = Annotated[str | None, typer.Argument(help="The log, an export or a pack. Default: this home's log.")]
Db = Annotated[str | None, typer.Option("--db", help="The same.")]
Since = Annotated[str | None, typer.Option("--from", help="The first day, as 2026-03-01. Default: the file's first.")]
Until = Annotated[str | None, typer.Option("--to", help="The day behind the last. Default: behind the file's last.")]
Upstreams = Annotated[
    list[str] | None,
    typer.Option("--upstream", help="Of this vendor, as the log names it; repeatable. Default: all but own zones."),
]
Tolerance = Annotated[str, typer.Option("--tolerance", help="In percent of the log's figure.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


def mount(app: typer.Typer, there: Callable[[str | None], Place]) -> None:
    """Add the command. `there` finds a log by what was given, or this home's."""

    @app.command("reconcile")
    def reconcile(  # noqa: PLR0917 - the options of the command
        usage: Usages,
        log: Log = None,
        db: Db = None,
        since: Since = None,
        until: Until = None,
        upstream: Upstreams = None,
        tolerance: Tolerance = "0",
        json: Json = False,
    ) -> None:
        """Compare a vendor's usage with the log. Exit code 0: they agree, 1: the vendor has more, 3: less or unsure."""
        try:
            given = billed.read(_bytes(usage))
        except billed.BadUsage as error:
            raise common.stop(f"{usage}: {error}") from None
        days = _days(since, until, [one.day for one in given])
        allowed, chosen = _percent(tolerance), frozenset(map(_name, upstream or ()))
        place = there(db or log)
        try:
            with _source(place) as source, common.progress(json) as progress:
                ours = _fold(source, progress)
        except AuditError as error:
            raise common.unreadable(place, error) from None
        rows = comparing.compare(
            [one for one in given if days[0] <= one.day < days[1]], ours.rows(*days, chosen), allowed
        )
        found = comparing.verdict(rows)
        typer.echo(_as_json(rows, found, ours.absent) if json else "\n".join(_table(rows, found, ours.absent)))
        raise typer.Exit(CODES[found])


@contextmanager
def _source(place: Place) -> Iterator[Source]:
    if isinstance(place, Path) and is_pack(place):
        try:
            with opened(place) as packed, closing(ExportSource(packed)) as source:
                yield source
        except ValueError as error:
            raise AuditMismatch(f"{place} is no pack that can be read: {error}") from None
        return
    with closing(open_source(place)) as source:
        yield source


def _fold(source: Source, progress: Callable[[int, int], None] | None) -> Usage:
    claim, start = source.claim(), 0
    folded = Usage()
    while page := source.rows(start, PAGE):
        for raw in page:
            body, fault, derived = read_body(raw.body) if raw.body else (None, None, None)
            folded.take(raw.seq, body if fault is None and derived is not None else None)
        start = page[-1].seq + 1
        if progress is not None:
            progress(start, claim.size)
    return folded


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise common.stop(f"{path} is not a file")
        with path.open("rb") as file:
            return file.read(billed.MAX_BYTES + 1)
    except OSError as error:
        raise common.stop(f"{path} cannot be read: {error.strerror}") from None


def _days(since: str | None, until: str | None, given: list[str]) -> tuple[str, str]:
    """Return the first day, and the one behind the last."""
    if not all(one is None or _is_day(one) for one in (since, until)):
        raise common.stop("--from and --to are days, such as 2026-03-01")
    if not given and (since is None or until is None):
        raise common.stop("the file has no rows: say with --from and --to which days it is of")
    return since or min(given), until or max(given) + "~"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _percent(text: str) -> Decimal:
    if re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,6})?|100", text) is None:
        raise common.stop("--tolerance is a number of percent from 0 to 100, such as 0.5")
    return Decimal(text)


def _name(text: str) -> str:
    if NAME.compile()(text) is not None:
        raise common.stop("--upstream is the id of an upstream, as the log has it")
    return text


def _as_json(rows: list[Compared], found: Verdict, absent: int) -> str:
    told: dict[str, Any] = {"verdict": found, "absent": absent, "rows": [asdict(row) for row in rows]}
    return orjson.dumps(told).decode()


def _table(rows: list[Compared], found: Verdict, absent: int) -> Iterator[str]:
    yield f"{'day':10}  {'model':24} {'requests':>19} {'tokens in':>21} {'tokens out':>21}"
    yield f"{'':10}  {'':24} {'vendor / log':>19} {'vendor / log':>21} {'vendor / log':>21}"
    for row in rows:
        vendor, log = row.vendor, row.log
        tokens = ((vendor.tokens_in, log.tokens_in), (vendor.tokens_out, log.tokens_out))
        figures = " ".join(f"{f'{theirs:,} / {ours:,}':>21}" for theirs, ours in tokens)
        told = "" if row.verdict == "agrees" else f"  {row.verdict.upper()}: {row.why}"
        yield f"{row.day:10}  {row.model:24} {_requests(vendor, log):>19} {figures}{told}"
    if absent:
        yield f"{absent:,} records have no body any more, or are left out of the pack: what they say is not counted"
    unknown = sum(row.log.unknown for row in rows)
    if unknown:
        yield f"{unknown:,} attempts ended without figures of tokens; they may be in the vendor's"
    yield f"verdict    {SAID[found]}"


def _requests(vendor: Side, log: Side) -> str:
    ours = f"{log.requests:,}" + (f"+{log.doubtful:,}?" if log.doubtful else "")
    return f"{f'{vendor.requests:,}' if vendor.counted else '-'} / {ours}"
