"""The command line of `verify.py`, and what `ringfence audit verify` and `sample` say of packs, in the same words.

    python3 verify.py PACK.tar [--trust FILE]... [--receipt SEQ:LINK]... [--json]
    python3 verify.py sample PACK.tar --nonce WORDS --count 25 [--where NAME=VALUE]... [--out DIR] [--trust FILE]...

Exit code 0: nothing found, 1: findings, 2: cannot be read, or was asked for what cannot be. Only the standard library
and `cryptography` are used.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from audit.errors import AuditError, AuditUnavailable
from audit.pack.reading import opened
from audit.pack.sampling import COLUMNS, LABELS, Asked, BadSample, Sample, Sampled, sample
from audit.pack.tar import MalformedTar
from audit.pack.verifying import Judged, verify_pack
from audit.sources.exported import ExportSource
from audit.verification.text import plain, text
from audit.verification.trust import MalformedTrust, Trust
from audit.verification.verifier import KeptReceipt

FOUND, UNREADABLE = 1, 2
NAMES = ", ".join((*COLUMNS, *LABELS))
VERIFIES = "Verify a pack of evidence, offline. Exit code 0: nothing found, 1: findings, 2: cannot be read."
SAMPLES = "Draw a sample of a pack's records that its operator cannot steer, each with its proof."
MORE = f"""\
To draw a sample (verify.py sample --help):
  verify.py sample PACK.tar --nonce WORDS --count 25 [--where NAME=VALUE]... [--out DIR] [--trust FILE]... [--json]
  NAME is one of {NAMES}"""
AGREED = "Every file, record and link agrees with every other, and every document follows from the records."


class Unusable(Exception):
    """What was given cannot be used; the message says why."""


def read_trust(paths: Sequence[Path]) -> Trust:
    """Read what the person who verifies brought; raises Unusable."""
    files: list[bytes] = []
    for path in paths:
        try:
            files.append(path.read_bytes())
            Trust.read(files)
        except OSError:
            raise Unusable(f"{path} cannot be read") from None
        except MalformedTrust as error:
            raise Unusable(f"{path}:{error.line}: {error.what}") from None
    return Trust.read(files)


def read_receipts(texts: Sequence[str]) -> list[KeptReceipt]:
    """Read receipts that callers kept; raises Unusable."""
    try:
        return [KeptReceipt.parse(text) for text in texts]
    except ValueError:
        raise Unusable("a receipt has the form SEQ:LINK, a number and 64 hexadecimal digits") from None


def said(path: Path, judged: Judged) -> str:
    """Return a report on a pack for a person."""
    return text(str(path), judged.report, AGREED, judged.about())


def said_as_json(judged: Judged) -> str:
    """Return it for machines, as one line."""
    return line({"ok": judged.report.ok, **asdict(judged.report), "pack": judged.as_json()})


def line(value: Any) -> str:
    """Return JSON without spaces, and without any character that a terminal would act upon."""
    return json.dumps(value, separators=(",", ":"))


def draw(path: Path, judged: Judged, asked: Asked) -> Sample:
    """Draw a sample from a pack that was verified; raises Unusable where something was found, and BadSample."""
    manifest = judged.manifest
    if manifest is None or not judged.report.ok:
        raise Unusable("nothing is sampled from a pack that does not verify")
    try:
        with opened(path) as packed:
            source, root = ExportSource(packed), bytes.fromhex(manifest.root)
            return sample(source, asked, root, manifest.first, manifest.last)
    except (MalformedTar, OSError):
        raise AuditUnavailable("io") from None


def sample_lines(drawn: Sample, asked: Asked) -> Iterator[str]:
    """Yield a sample as a person reads it."""
    yield f"seed       {drawn.seed}"
    where = ", ".join(f"{name}={value}" for name, value in asked.where) or "every record of the period"
    yield plain(f"population {drawn.population:,} records ({where}), of which {len(drawn.records):,} were drawn")
    for one in drawn.records:
        yield ""
        yield from map(plain, _sampled(one))


def _sampled(one: Sampled) -> Iterator[str]:
    yield f"record     {one.seq}"
    yield f"  {one.body.decode()}"
    if one.in_force is not None:
        since = (
            "no activation is in the pack"
            if one.in_force.activated < 0
            else f"activated by record {one.in_force.activated}"
        )
        yield f"in force   bundle {one.in_force.bundle}, {since}"
        for rule in one.in_force.rules:
            place = f"{rule.file}:{rule.line}" if rule.line else "its text was not found in the archive"
            yield f"rule       {rule.id} ({rule.effect}), {place}"
            yield from (f"  {text_line}" for text_line in rule.text.split("\n") if rule.text)
    yield from (f"then       {body.decode()}" for body in one.related)
    yield f"proof      {one.seq}.tlog-proof"


def write_sample(drawn: Sample, out: Path) -> None:
    """Write a new directory with each record, its proof and the whole sample; raises OSError."""
    out.mkdir(parents=True)
    for one in drawn.records:
        (out / f"{one.seq}.json").write_bytes(one.body + b"\n")
        (out / f"{one.seq}.tlog-proof").write_bytes(one.proof)
    (out / "sample.json").write_bytes(f"{line(sample_as_json(drawn))}\n".encode())


def sample_as_json(drawn: Sample) -> dict[str, Any]:
    """Return a sample for machines."""
    records = [one.as_json() for one in drawn.records]
    return {"seed": drawn.seed, "population": drawn.population, "records": records}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `verify.py`."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if argv is None else argv)
    is_sample = words[:1] == ["sample"]
    given = _parser(is_sample).parse_args(words[1:] if is_sample else words)
    try:
        return _sample(given) if is_sample else _verify(given)
    except (Unusable, BadSample) as error:
        sys.stderr.write(f"{error}\n")
    except AuditUnavailable as error:
        sys.stderr.write(f"{given.pack}: it cannot be read: {error.reason}\n")
    except AuditError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'the output'}: {error.strerror}\n")
    return UNREADABLE


def _verify(given: argparse.Namespace) -> int:
    receipts = read_receipts(given.receipt)
    judged = verify_pack(given.pack, receipts=receipts, trust=read_trust(given.trust), progress=_progress())
    sys.stdout.write((said_as_json(judged) if given.json else said(given.pack, judged)) + "\n")
    return 0 if judged.report.ok else FOUND


def _sample(given: argparse.Namespace) -> int:
    asked = Asked.parse(given.nonce, given.count, given.where)
    judged = verify_pack(given.pack, trust=read_trust(given.trust), progress=_progress())
    if not judged.report.ok:
        sys.stdout.write((said_as_json(judged) if given.json else said(given.pack, judged)) + "\n")
        return FOUND
    drawn = draw(given.pack, judged, asked)
    if given.out is not None:
        write_sample(drawn, given.out)
    said_ = (
        line(sample_as_json(drawn))
        if given.json
        else "\n".join([f"grade      {judged.report.grade}", *sample_lines(drawn, asked)])
    )
    sys.stdout.write(said_ + "\n")
    return 0


def _progress() -> Any:
    """Return what shows how far it is, on a terminal."""
    if not sys.stderr.isatty():
        return None
    return lambda done, total: sys.stderr.write(f"\r{done:,} of {total:,} records" + ("\n" if done >= total else ""))


def _parser(is_sample: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify.py sample" if is_sample else "verify.py",
        description=SAMPLES if is_sample else VERIFIES,
        epilog=None if is_sample else MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("pack", type=Path, metavar="PACK.tar")
    add(
        "--trust", type=Path, action="append", default=[], help="keys, heads or certificates from elsewhere; repeatable"
    )
    add("--json", action="store_true", help="JSON instead of text")
    if is_sample:
        add("--nonce", required=True, help="words that the operator could not know")
        add("--count", type=int, required=True, help="how many records")
        add("--where", action="append", default=[], metavar="NAME=VALUE", help=f"{NAMES}; repeatable")
        add("--out", type=Path, help="a new directory for the records and their proofs")
    else:
        add("--receipt", action="append", default=[], metavar="SEQ:LINK", help="what a caller kept; repeatable")
    return parser
