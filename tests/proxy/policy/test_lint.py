import re
from collections.abc import Callable
from pathlib import Path

import yaml

from proxy.policy.load import Checked

SOURCES = Path(__file__).resolve().parents[3] / "proxy" / "policy"
CASES = Path(__file__).resolve().parents[2] / "policies" / "errors"
# Codes of strict YAML and of files have tests of their own, in test_source.py, test_reading.py and test_load.py.
ELSEWHERE = {
    "alias", "anchor", "bad-key", "directive", "duplicate-key", "empty", "invisible-character", "many-documents",
    "merge-key", "not-read", "not-utf8", "not-yaml", "tag", "too-deep", "too-large", "unreadable", "bad-text",
}  # fmt: skip


def test_every_code_of_the_loader_has_a_compiler_case() -> None:
    text = "\n".join(path.read_text() for path in SOURCES.glob("*.py"))
    codes = set(re.findall(r'(?:error|warning|_fault|_refused)\(\s*[^"()]*(?:\([^()]*\)[^"()]*)?"([a-z-]+)",', text))
    assert {"unknown-key", "claim-refuted", "exception-expired", "zone-without-upstream"} <= codes
    expected = {
        line.split()[-1]
        for path in CASES.glob("*.yaml")
        if path.stem != "base"
        for case in yaml.safe_load(path.read_text())
        for line in case["expect"]
    }
    missing = codes - expected - ELSEWHERE
    assert missing <= {"exception-without-effect"}


def test_an_exception_of_a_shadow_rule_has_nothing_to_waive(checked: Callable[..., Checked]) -> None:
    rules = "policy: p\nversion: 1\nowner: ann\nrules:\n  - {id: r, mode: shadow, then: pin, because: b}\n"
    exception = (
        "exceptions:\n  - {id: EX-1, waives: r, for: {apps: [bot]}, until: 2026-06-30, owner: ann, approved_by: bob, "
        "ticket: T-1, because: b}\n"
    )
    found = checked(p=rules, e=exception).diagnostics
    assert "exception-without-effect" in {item.code for item in found}
