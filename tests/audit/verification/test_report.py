"""Findings are all counted, and the first are kept."""

from audit.verification.report import MAX_FINDINGS, Findings


def test_the_first_findings_are_kept_and_all_are_counted() -> None:
    found = Findings()
    for seq in range(MAX_FINDINGS + 5):
        found.add("GAP", seq, "missing")
    assert found.total == MAX_FINDINGS + 5
    assert [finding.seq for finding in found.kept] == list(range(MAX_FINDINGS))
