"""A report in words says everything that is in it, and nothing in it steers a terminal."""

from dataclasses import replace
from typing import Any

import pytest

from audit.verification.report import Existed, Finding, Fork, Report
from audit.verification.state import Dark
from audit.verification.text import plain, text
from audit.verification.verifier import verify


@pytest.fixture
def report(specimens: Any) -> Report:
    return verify(specimens[0].path)


def test_a_log_in_which_nothing_was_found_says_what_is_not_proved(report: Report) -> None:
    said = text("a.db", report, "Every thing agrees.")
    assert said.startswith(f"log        {report.log_id} of log.example/audit, a.db\nrecords    17 checked")
    assert "grade      self-consistent\nEvery thing agrees. This does not prove\n  - that no record" in said
    assert "pack  " not in said
    assert "\npack       of October\n" in text("a.db", report, "", "of October")


def test_all_that_was_found_is_there_and_no_agreement(report: Report) -> None:
    worse = replace(
        report,
        grade="failed",
        findings=(Finding("LINK", 3, "it is wrong"), Finding("HEAD", None, "so is this")),
        findings_total=5,
        dark=(Dark(4, "monday", "tuesday"),),
        dark_total=3,
        forks=(Fork("one\x1b[2J\n", None),),
        left_out=7,
        pruned=6,
        erased=tuple(range(25)),
        erased_total=30,
        unerased=1,
        existed=Existed(9, "noon", "somebody", 3),
    )
    said = text("a.db", worse, "Every thing agrees.")
    for line in (
        "LINK             3: it is wrong",
        "HEAD             log: so is this",
        "... and 3 more findings",
        "dark       no record from monday to tuesday, before 4",
        "dark       ... and 2 more times without a record",
        "left out   the bodies of 7 records, those below 6 because they were pruned",
        "not erased 1 records that are said to be erased, and are there",
        "timed      9 records were there at noon, says somebody",
        "one?[2J",
        "(none stored)",
    ):
        assert f"{line}\n" in f"{said}\n", line
    assert "erased     30 records: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, ..." in said
    assert "Every thing agrees." not in said


def test_no_text_of_a_log_steers_a_terminal() -> None:
    assert plain("a\x1b[31m\u202eb\x07\nc") == "a?[31m?b??c"


def test_no_name_of_a_file_begins_a_line_of_its_own(report: Report) -> None:
    said = text("pack.tar\ngrade      witnessed", report, "Every thing agrees.")
    assert said.splitlines()[0].endswith("pack.tar?grade      witnessed")
