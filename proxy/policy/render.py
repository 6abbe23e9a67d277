"""Diagnostics, test results and proofs for a person's terminal, or as plain values for a program.

Only the text form shows lines of the files, and only to whoever can read the files anyway.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from proxy.files.diagnostics import Diagnostic
from proxy.policy.model import Rule
from proxy.policy.testing import TestReport, landing
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
    total, failed, rules = len(report.results), len(report.failed), len(report.rules)
    lines.append(
        f"{total} tests, {total - failed} passed, {failed} failed; {len(report.seen_matching)} of {rules} rules seen "
        f"matching, {len(report.seen_not_matching)} of {rules} seen not matching"
    )
    return "\n".join(lines)


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
    """Return test results as plain values."""
    return {
        "tests": [
            {
                "name": result.test.name,
                "file": result.test.where.file,
                "line": result.test.where.line,
                "passed": result.passed,
                "got": landing(result.got),
                "faults": [{"expected": expected, "got": got} for expected, got in result.faults],
            }
            for result in report.results
        ],
        "rules": {
            name: [name in report.seen_matching, name in report.seen_not_matching] for name in sorted(report.rules)
        },
    }


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
