"""`ringfence detect`: what the detectors find in a text or a request body, without a server and without a log.

Exit codes: 0 inspected, 1 cannot be read, 2 usage or not all of it was inspected, 3 found something, if that was asked
for. What was found is written masked, unless asked for; nothing of the input ever goes to stderr.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from proxy.content.parsing import parse
from proxy.content.walk import Opaque
from proxy.detection.findings import UNSCANNED, Segment, Unit
from proxy.endpoints.endpoint import Endpoint
from proxy.endpoints.served import endpoint_of
from proxy.errors import ConfigurationError, RequestRefused, RingfenceError
from proxy.settings import Settings

INCOMPLETE, FOUND = 2, 3
TEXT_PATH = "text"
"""Where findings of plain text stand: there is no path in it."""
MASKED = 14

Row = dict[str, Any]
Scan = Callable[[bytes], Row]


def detect(
    file: Annotated[str, typer.Argument(help="A file; - reads standard input.")] = "-",
    *,
    show: Annotated[bool, typer.Option("--show", help="Print what was found, not only its outline.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    lines: Annotated[bool, typer.Option("--lines", help="Read one JSON value a line, answer each in a line.")] = False,
    fail_on_findings: Annotated[bool, typer.Option("--fail-on-findings", help="Exit with 3 after findings.")] = False,
    detectors: Annotated[
        bool, typer.Option("--detectors", help="List the detectors instead, and read nothing.")
    ] = False,
    home: Annotated[Path | None, typer.Option(help="Where ringfence.toml lives.")] = None,
) -> None:
    """Find personal data and secrets in a text, or in the body of a chat request (a JSON object with `messages`).

    With --lines, each line is a JSON string, a request body, or {"id": ..., "text": ...}; an id is repeated.
    Exits with 2 if some part could not be inspected.
    """
    settings = Settings.load({"home": home})
    if detectors:
        sys.stdout.write(_listed(settings))
        return
    write = _as_json if as_json or lines else _as_text
    complete, empty = True, True
    try:
        with _opened(file) as source:
            scan = _scanner(settings, show=show)
            for row in _lines(source, scan) if lines else [scan(source.read())]:
                complete, empty = complete and row["complete"], empty and not row["findings"]
                sys.stdout.write(write(row))
                sys.stdout.flush()
    except (RingfenceError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - no traceback: it could quote the text
        sys.stderr.write(f"ringfence: the scan failed: {type(error).__name__}\n")
        raise typer.Exit(INCOMPLETE) from None
    if not complete:
        raise typer.Exit(INCOMPLETE)
    if fail_on_findings and not empty:
        raise typer.Exit(FOUND)


def _listed(settings: Settings) -> str:
    """Return every detector that is loaded, with its types and the lowest score of each."""
    from proxy.detection.analysis import Analyzer  # noqa: PLC0415 - no other command imports a model

    its = Analyzer.of(settings).detectors
    rows = [
        f"{each.name:<16} {', '.join(f'{kind} {score:.2f}' for kind, score in sorted(each.emits.items()))}"
        for each in (*its.built_in, *its.configured)
    ]
    return "\n".join([*rows, f"detectors {its.loaded.sha256}"]) + "\n"


def _opened(file: str) -> BinaryIO:
    try:
        return sys.stdin.buffer if file == "-" else Path(file).open("rb")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None


def _lines(source: BinaryIO, scan: Scan) -> Iterator[Row]:
    """Answer line by line; what cannot be read is answered, too."""
    for line in source:
        if line.strip():
            name: Row = {}
            try:
                name, text = _line(line)
                yield {**name, **scan(text)}
            except RequestRefused as error:
                yield {**name, **_REFUSED, "failures": [error.code], "error": error.message}


def _line(line: bytes) -> tuple[Row, bytes]:
    """Return the id of a line's object, if it has one, and what to read of it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    name = {"id": value["id"]} if isinstance(value, dict) and "id" in value else {}
    if isinstance(value, dict) and isinstance(value.get("text"), str) and value.keys() <= {"id", "text"}:
        value = value["text"]
    if isinstance(value, str):
        return name, value.encode("utf-8", "surrogatepass")
    if not isinstance(value, dict):
        raise RequestRefused("A line is neither a JSON object nor a JSON string.", code="invalid_json")
    return name, line


def _scanner(settings: Settings, *, show: bool) -> Scan:
    """Load the models once; what they cost is paid by this command alone."""
    from proxy.detection.analysis import Analyzer  # noqa: PLC0415 - no other command imports a model
    from proxy.detection.inspection import inspect  # noqa: PLC0415

    analyzer = Analyzer.of(settings)

    def scan(raw: bytes) -> Row:
        units, opaque = _read(raw, settings.max_depth)
        seen = inspect(analyzer, units)
        missing = [("ringfence", path) for path in dict.fromkeys(path for path, _ in seen.failures)]
        missing += [(part.reason, part.path) for part in opaque]
        reasons = {reason for _, reason in seen.failures} | {part.reason for part in opaque}
        return {
            "complete": not reasons,
            "findings": [
                {
                    "type": found.entity_type,
                    "score": found.score,
                    "detector": found.detector,
                    "path": found.path,
                    "view": found.view,
                    "start": found.start,
                    "end": found.end,
                    "text": found.text if show else mask(found.text),
                }
                for found in seen.findings
            ]
            + [{**_UNSCANNED, "detector": detector, "path": path} for detector, path in missing],
            "failures": sorted(reasons),
            "detectors": analyzer.loaded.sha256,
            "us": seen.us,
        }

    return scan


_REFUSED: Row = {"complete": False, "findings": [], "failures": [], "detectors": None, "us": 0}
_UNSCANNED: Row = {
    "type": UNSCANNED,
    "score": 1.0,
    "detector": "",
    "path": "",
    "view": None,
    "start": None,
    "end": None,
    "text": None,
}


def _read(raw: bytes, max_depth: int) -> tuple[tuple[Unit, ...], tuple[Opaque, ...]]:
    """Return the strings of a request body, or all of it as one text; raises RequestRefused."""
    if endpoint := _endpoint(raw):
        body = endpoint.read(parse(raw), max_depth)
        elsewhere = tuple(Opaque(each.param, each.unknown or "reference") for each in body.references)
        return body.units, (*body.opaque, *elsewhere)
    try:
        text = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise RequestRefused("The input is not valid UTF-8.", code="invalid_utf8") from None
    return (Unit(TEXT_PATH, "user", (Segment(TEXT_PATH, "", text),)),), ()


def _endpoint(raw: bytes) -> Endpoint | None:
    """Return the endpoint that a text looks like a request's body of."""
    if not raw.lstrip().startswith(b"{"):
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return endpoint_of(value) if isinstance(value, dict) else None


def mask(text: str) -> str:
    """Return the outline of a text: its first and last character when it is long, and about how long it is."""
    if len(text) < 6:  # noqa: PLR2004 - nothing of a security code
        return "*" * len(text)
    return f"{text[0]}{'*' * min(len(text) - 2, MASKED)}{text[-1]}"


def _as_json(row: Row) -> str:
    return json.dumps(row) + "\n"


def _as_text(row: Row) -> str:
    """Lay out findings, a line each, and what was made of all."""
    shown = [
        f"{found['type']:<22} {found['score']:.2f}  {found['detector']:<16} {found['view'] or '-':<8} "
        f"{_place(found)}  {_printable(found['text'] or '')}".rstrip()
        for found in row["findings"]
    ]
    missing = f"incomplete: {', '.join(row['failures'])}" if row["failures"] else "complete"
    count = len(shown)
    shown.append(
        f"{count} finding{'' if count == 1 else 's'}, {missing}, {row['us'] / 1000:.1f} ms, "
        f"detectors {row['detectors'][:12]}"
    )
    return "\n".join(shown) + "\n"


def _place(found: Row) -> str:
    return found["path"] if found["start"] is None else f"{found['path']}:{found['start']}-{found['end']}"


def _printable(text: str) -> str:
    """Write control characters so that no text can speak to the terminal."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
