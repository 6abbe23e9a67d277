from dataclasses import replace
from typing import Any

import pytest

from audit.records.kinds import CONTROL_RECORD_2
from proxy.canary.courses import Course, Courses
from proxy.canary.report import Flight, Report, tolerated

COURSE, OTHER = Course("cloud", "chat", "canary", "m"), Course("cloud", "responses", "canary", "m")
HARMLESS = Flight(COURSE, decided=True, arrived=True)
CARD = Flight(
    COURSE,
    "card",
    "CREDIT_CARD",
    decided=True,
    classes=("cardholder",),
    found=frozenset({"cardholder"}),
    types=frozenset({"CREDIT_CARD"}),
)
_PII = {"classes": ("pii",), "found": frozenset({"pii"})}
NAME = replace(CARD, kind="name", type="PERSON", missed=0.075, types=frozenset({"PERSON"}), **_PII)
MISSED = replace(NAME, types=frozenset(), found=frozenset(), leaked=1)


def report(*flights: Flight, courses: tuple[Course, ...] = (COURSE,), **more: Any) -> Report:
    return Report(Courses(courses, (("cloud-eu", "policy"),)), "b" * 64, "d" * 64, flights, **more)


def test_a_test_in_which_all_is_as_it_should_be_passes() -> None:
    assert report(HARMLESS, CARD, CARD, NAME).passed


def test_a_test_of_nothing_passes_nothing() -> None:
    assert not report(courses=()).passed


def test_one_value_of_a_hard_kind_that_leaves_is_too_much() -> None:
    made = report(HARMLESS, *[CARD] * 99, replace(CARD, leaked=1))
    assert (made.why, made.leaked) == (("leak",), 1)


def test_some_of_a_soft_kind_are_tolerated_but_counted() -> None:
    made = report(HARMLESS, *[NAME] * 5, *[MISSED] * 4)
    assert (made.passed, made.leaked) == (True, 4)
    assert made.as_json()["tolerated"] == {"name": 4}
    assert report(HARMLESS, *[NAME] * 4, *[MISSED] * 5).why == ("leak",)


def test_a_value_that_was_found_and_left_is_no_miss_of_a_model() -> None:
    assert report(HARMLESS, CARD, *[NAME] * 8, replace(NAME, leaked=1)).why == ("leak",)
    half = replace(NAME, classes=("pii", "phi"), leaked=1)  # a patient whose name was missed
    assert report(HARMLESS, CARD, *[NAME] * 8, half).passed
    nameless = replace(NAME, classes=(), leaked=1)
    assert report(HARMLESS, CARD, *[NAME] * 8, nameless).passed


def test_what_nobody_knows_at_a_vendors_sink_is_a_leak() -> None:
    assert report(HARMLESS, replace(HARMLESS, arrived=False, leaked=1), CARD).why == ("leak",)
    assert report(HARMLESS, CARD, stray=1).why == ("leak",)


def test_each_course_has_to_be_shown_to_be_open() -> None:
    made = report(HARMLESS, CARD, replace(HARMLESS, course=OTHER, arrived=False), courses=(COURSE, OTHER))
    assert (made.why, made.unproven) == (("vacuous",), (OTHER,))
    assert report(HARMLESS, replace(HARMLESS, arrived=False), CARD).passed  # one false alarm


def test_a_hard_kind_that_is_never_found_is_no_pass_although_it_stayed() -> None:
    blind = replace(CARD, types=frozenset({"UNSCANNED"}), found=frozenset({"unscanned"}))
    assert report(HARMLESS, blind, blind).why == ("unfound",)
    assert report(HARMLESS, blind, CARD).passed


def test_too_many_requests_without_a_decision_are_no_test() -> None:
    lost = replace(CARD, decided=False)
    assert report(*[HARMLESS] * 9, CARD, lost).passed
    assert report(*[HARMLESS] * 7, CARD, lost).why == ("undecided",)


def test_its_record_is_within_the_schema_and_has_the_recall_of_each_class() -> None:
    blind = replace(CARD, types=frozenset(), found=frozenset(), leaked=2)
    body = report(HARMLESS, CARD, CARD, blind, NAME).record()
    assert CONTROL_RECORD_2.compile()(body) is None
    assert body["classes"] == [
        {"c": "cardholder", "sent": 3, "found": 2, "recall_bp": 6666},
        {"c": "pii", "sent": 1, "found": 1, "recall_bp": 10_000},
    ]
    assert body["types"] == [{"t": "CREDIT_CARD", "sent": 3, "found": 2}, {"t": "PERSON", "sent": 1, "found": 1}]
    assert (body["leaked"], body["harmless"], body["zones"]) == (2, {"sent": 1, "arrived": 1}, ["cloud"])
    assert CONTROL_RECORD_2.compile()(report(HARMLESS, courses=()).record()) is None


def test_what_a_program_reads_says_also_what_no_record_needs() -> None:
    said = report(HARMLESS, CARD, courses=(COURSE, OTHER)).as_json()
    assert said["closed"] == [{"zone": "cloud-eu", "why": "policy"}]
    assert (said["unproven"], said["teams"], said["sent"]) == (["cloud responses"], ["canary"], 2)
    assert [row["home"] for row in said["rows"]] == [1, 1]


@pytest.mark.parametrize(
    ("sent", "missed", "most"), [(1, 0.003, 1), (3, 0.003, 1), (9, 0.075, 4), (90, 0.075, 16), (9, 0.0, 0)]
)
def test_more_is_not_tolerated_than_comes_about_by_chance(sent: int, missed: float, most: int) -> None:
    assert tolerated(sent, missed) == most
