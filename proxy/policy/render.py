"""Diagnostics, test results and proofs for a person's terminal, or as plain values for a program.

Only the text form shows lines of the files, and only to whoever can read the files anyway.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from proxy.files.diagnostics import Diagnostic
from proxy.policy.labels import written
from proxy.policy.model import InlineTest, Rule
from proxy.policy.testing import TestReport, TestResult
from proxy.policy.verify import CAVEAT, Proof, Support

_WIDEST = 160
_SUPPORT: Mapping[Support, str] = {
    "grants": "no grant opens it",
    "rules": "by rules alone",
    "ceiling": "by the ceiling only",
}


def diagnostics_text(found: Iterable[Diagnostic], files: Mapping[str, str]) -> str:
    """Write each diagnostic with its line and a caret under the place."""
    return "\n".join("\n".join([str(item), *_excerpt(item, files)]) for item in found)


def _excerpt(item: Diagnostic, files: Mapping[str, str]) -> list[str]:
    lines = files.get(item.file, "").split("\n")
    if not 1 <= item.line <= len(lines):
        return []
    line = "".join(sign if sign.isprintable() else " " for sign in lines[item.line - 1].rstrip("\r"))
    if len(line) > _WIDEST or not line.strip():
        return []
    number = f"{item.line:>4} | "
    width = max(1, min(item.width, len(line) - item.col + 1))
    return [f"{number}{line}", f"{'| ':>{len(number)}}{' ' * (item.col - 1)}{'^' * width}"]


def tests_text(report: TestReport) -> str:
    """Write the failing tests, then one line of figures."""
    lines = []
    for result in report.failed:
        lines.append(f"FAIL {result.test.where}  {result.test.name}")
        for expected, got in result.faults:
            lines += [f"       expected {expected}", f"       got      {got}"]
        lines += [f"       {line}" for line in found_text(result)]
    run, failed, rules = len(report.results), len(report.failed), len(report.rules)
    waiting = f", {len(report.not_run)} need --detect, not run" if report.not_run else ""
    lines.append(
        f"{run + len(report.not_run)} tests, {run - failed} passed, {failed} failed{waiting}; "
        f"{len(report.seen_matching)} of {rules} rules seen matching, "
        f"{len(report.seen_not_matching)} of {rules} seen not matching"
    )
    return "\n".join(lines)


def found_text(result: TestResult) -> list[str]:
    """Return lines that say what the detectors found for a test, and no value; none where nothing was scanned."""
    if result.scanned is None or result.got is None:
        return []
    lines = list(result.scanned.lines(9))
    lines += [f"found    {name} x{count} at {written(grid)}" for name, count, grid in result.got.classes]
    return lines if result.got.classes else [*lines, "found    nothing that counts"]


def unseen_text(report: TestReport, rules: Iterable[Rule]) -> str:
    """Write the coverage, and each rule that lacks a test with what none of them shows."""
    lines = [f"{report.coverage} % of {len(report.rules)} rules seen both matching and not matching; not so:"]
    for rule in rules:
        ways = (("matching", report.seen_matching), ("not matching", report.seen_not_matching))
        never = [way for way, seen in ways if rule.id not in seen]
        if never:
            lines.append(f"       {rule.where}  {rule.id} is never seen {' nor '.join(never)}")
    return "\n".join(lines)


def proofs_text(proofs: Iterable[Proof]) -> str:
    """Write each claim's verdict and what it rests on; every proof ends with what it does not say."""
    lines = []
    for proof in proofs:
        claim = f"never {proof.claim.never} in {', '.join(proof.claim.zones)}  [{proof.claim.where}]"
        if proof.counterexample:
            lines += [f"REFUTED  {claim}", f"         {proof.counterexample}"]
        else:
            held = ", ".join(f"{zone} {_SUPPORT[support]}" for zone, support in proof.support)
            lines += [f"proved   {claim}", f"         {held}; {proof.decisions} decisions; {CAVEAT}"]
    return "\n".join(lines) or "no claims"


def diagnostics_json(found: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return diagnostics as plain values, without any text of the files."""
    names = ("file", "line", "col", "code", "severity", "message", "hint")
    return [{name: getattr(item, name) for name in names} for item in found]


def tests_json(report: TestReport) -> dict[str, Any]:
    """Return test results as plain values; `passed` is null for a test that was not run."""
    return {
        "tests": [
            *(
                {
                    **_named(result.test),
                    "passed": result.passed,
                    "got": result.landed,
                    "faults": [{"expected": expected, "got": got} for expected, got in result.faults],
                    **({"found": result.scanned.as_json()} if result.scanned else {}),
                }
                for result in report.results
            ),
            *({**_named(test), "passed": None, "got": None, "faults": []} for test in report.not_run),
        ],
        "rules": {
            name: [name in report.seen_matching, name in report.seen_not_matching] for name in sorted(report.rules)
        },
    }


def _named(test: InlineTest) -> dict[str, Any]:
    return {"name": test.name, "file": test.where.file, "line": test.where.line}


def proofs_json(proofs: Iterable[Proof]) -> list[dict[str, Any]]:
    """Return proofs as plain values."""
    return [
        {
            "never": proof.claim.never,
            "in": list(proof.claim.zones),
            "holds": proof.holds,
            "held_by": dict(proof.support),
            "counterexample": str(proof.counterexample) if proof.counterexample else None,
            "decisions": proof.decisions,
            "caveat": CAVEAT,
        }
        for proof in proofs
    ]
