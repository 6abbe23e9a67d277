"""`ringfence audit verify`, `sample` and `verifiers`: logs, exports and packs, judged and told alike."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import typer

from audit import cli_common as common
from audit.errors import AuditError
from audit.pack import command, single
from audit.pack.manifest import PAGE, VERIFIER
from audit.pack.sampling import Asked, BadSample
from audit.pack.verifying import Judged, is_pack, verify_pack
from audit.page import building
from audit.place import Place
from audit.sources.postgres import open_source
from audit.verification.report import Report
from audit.verification.text import text
from audit.verification.trust import Trust
from audit.verification.verifier import KeptReceipt, verify_source

EVERY = "Every {} agrees with every other."


def run(place_of: Callable[[], Place], receipts: Sequence[str], trust: Sequence[Path], *, json: bool) -> Report:
    """Verify what lies at a place, say the result, and return it; ends the command where it cannot be read."""
    try:
        kept, outside = command.read_receipts(receipts), command.read_trust(trust)
    except command.Unusable as error:
        raise common.stop(str(error)) from None
    place = place_of()
    try:
        if isinstance(place, Path) and is_pack(place):
            judged = _judge(place, kept, outside, json=json)
            typer.echo(command.said_as_json(judged) if json else command.said(place, judged))
            return judged.report
        with closing(open_source(place)) as source, common.progress(json) as progress:
            report = verify_source(source, receipts=kept, trust=outside, progress=progress)
    except AuditError as error:
        raise common.unreadable(place, error) from None
    agreed = EVERY.format("record and link" if _is_export(place) else "record, link, column and label")
    typer.echo(command.line({"ok": report.ok, **asdict(report)}) if json else text(str(place), report, agreed))
    return report


def recorded(report: Report) -> dict[str, Any]:
    """Return the body of the record of a verification, without its actor."""
    same = {name: getattr(report, name) for name in ("grade", "size", "head", "receipts")}
    return {**same, "findings": report.findings_total}


def draw(
    pack: Path, wish: tuple[str, int, Sequence[str]], out: Path | None, trust: Sequence[Path], *, json: bool
) -> int:
    """Verify a pack and draw a sample from it; return the exit code."""
    try:
        asked = Asked.parse(*wish)
        judged = _judge(pack, [], command.read_trust(trust), json=json)
        if not judged.report.ok:
            typer.echo(command.said_as_json(judged) if json else command.said(pack, judged))
            return common.FOUND
        drawn = command.draw(pack, judged, asked)
        if out is not None:
            command.write_sample(drawn, out)
    except (command.Unusable, BadSample) as error:
        raise common.stop(str(error)) from None
    except AuditError as error:
        raise common.unreadable(pack, error) from None
    except OSError as error:
        raise common.stop(f"{out} cannot be written: {error.strerror}") from None
    lines = [f"grade      {judged.report.grade}", *command.sample_lines(drawn, asked)]
    typer.echo(command.line(command.sample_as_json(drawn)) if json else "\n".join(lines))
    return 0


def verifiers() -> Iterator[tuple[str, str]]:
    """Yield each verifier that packs of this version carry, with its digest."""
    yield VERIFIER, single.digest()
    yield PAGE, sha256(building.verify_html()).hexdigest()


def _judge(pack: Path, receipts: Sequence[KeptReceipt], trust: Trust, *, json: bool) -> Judged:
    with common.progress(json) as progress:
        return verify_pack(pack, receipts=receipts, trust=trust, progress=progress)


def _is_export(place: Place) -> bool:
    return isinstance(place, Path) and place.is_dir()
