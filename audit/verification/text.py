"""A report as a person reads it. Only the standard library is used."""

from collections.abc import Iterator

from audit.verification.report import Report


def text(name: str, report: Report, agreed: str, about: str = "") -> str:
    """Return a report of what lies at `name`; `agreed` says what agrees with what, where nothing was found.

    `about` is what else is known of it, as one line.
    """
    lines = [*_head(name, report, about), *_gone(report), *_dark(report), *_findings(report)]
    if report.ok:
        lines.append(f"{agreed} This does not prove")
        lines += [f"  - {what}" for what in report.unproven]
    return "\n".join(map(plain, lines))


def plain(line: str) -> str:
    """Return a line without what would steer a terminal or begin another: nobody has checked yet what stands in it."""
    return "".join(mark if mark.isprintable() else "?" for mark in line)


def _head(name: str, report: Report, about: str) -> Iterator[str]:
    behind = report.size - report.signed
    yield f"log        {report.log_id or '-'} of {report.origin or '(unknown origin)'}, {name}"
    if about:
        yield f"pack       {about}"
    yield f"records    {report.checked:,} checked; the head names {report.size:,}"
    yield f"time       {report.first_ts or '-'} to {report.last_ts or '-'}"
    yield f"head       {report.head or '-'}"
    yield f"receipts   {report.receipts}"
    yield f"signed     {report.signed:,} records, by {report.checkpoints:,} checkpoints; behind them {behind:,}"
    yield f"outside    {report.anchored:,} records are under a head from outside, {report.witnessed:,} under witnesses"
    if report.existed is not None:
        yield f"timed      {report.existed.size:,} records were there at {report.existed.at}, says {report.existed.by}"
    yield f"grade      {report.grade}"


def _gone(report: Report) -> Iterator[str]:
    if report.left_out:
        below = f", those below {report.pruned:,} because they were pruned" if report.pruned else ""
        yield f"left out   the bodies of {report.left_out:,} records{below}"
    if report.erased_total:
        places = ", ".join(map(str, report.erased[:20])) + (
            ", ..." if report.erased_total > len(report.erased[:20]) else ""
        )
        yield f"erased     {report.erased_total:,} records: {places}"
    if report.unerased:
        yield f"not erased {report.unerased:,} records that are said to be erased, and are there"


def _dark(report: Report) -> Iterator[str]:
    for dark in report.dark:
        yield f"dark       no record from {dark.since} to {dark.until}, before {dark.seq}"
    if report.dark_total > len(report.dark):
        yield f"dark       ... and {report.dark_total - len(report.dark):,} more times without a record"


def _findings(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield f"{finding.code:16} {'log' if finding.seq is None else finding.seq}: {finding.what}"
    for fork in report.forks:
        yield "proof of a fork, the head from outside and the log's own:"
        yield from fork.outside.split("\n")
        yield from (fork.own or "(none stored)").split("\n")
    if report.findings_total > len(report.findings):
        yield f"... and {report.findings_total - len(report.findings):,} more findings"
