import re

import pytest

from proxy.detection.recognizers.ids.runs import RUN, Run, goes_on, part, row, runs, value


def groups(text: str) -> list[list[str]]:
    runs = [Run(text, found.start(), found.end()) for found in RUN.finditer(text)]
    return [[text[start:end] for start, end in run.groups] for run in runs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call 12 345", [["call", "12", "345"]]),
        ("RSSMRA 85T10", [["RSSMRA", "85T10"]]),
        ("AB123456C, 7", [["AB123456C"], ["7"]]),
        ("A123456(3)", [["A123456(3)"]]),
        ("12  34", [["12"], ["34"]]),
        ("9 Elm", [["9", "Elm"]]),
        ("extraordinary 12", [["12"]]),
    ],
)
def test_groups_are_digits_and_short_words_with_one_separator_between(text: str, expected: list[list[str]]) -> None:
    assert groups(text) == expected


def test_a_form_keeps_separators() -> None:
    text = "x12-34 AB"
    run = Run(text, 1, len(text))
    assert run.form(0, len(run.groups)) == "A99-99 AA"
    assert run.span(1, 1) == (4, 6)


@pytest.mark.parametrize(
    "text", ["0.*1234*", "$*1234*", "+*1234*", "ab-*1234*", "1/*1234*", "*1234*.5", "*1234*-a", "*1234*%"]
)
def test_what_more_belongs_to_makes_a_part(text: str) -> None:
    before, number, behind = text.split("*")
    assert part(before + number + behind, len(before), len(before) + len(number))


@pytest.mark.parametrize(
    "text", ["*1234*", "(*1234*)", "- *1234*.", ": -*1234*", "*1234*.0", "a/*1234*/b", "*1234*, 5", "=*1234*&"]
)
def test_what_stands_for_itself_is_none(text: str) -> None:
    before, number, behind = text.split("*")
    assert not part(before + number + behind, len(before), len(before) + len(number))


def test_groups_among_more_groups_are_a_row() -> None:
    assert row("1 234 567 8", 2, 9)
    assert not row("1 234567 8", 2, 8)
    assert not row("a 234 567 b", 2, 9)


def test_a_list_goes_on_over_separators_only() -> None:
    assert goes_on('"12", "34"', 3, 7)
    assert not goes_on("12 and 34", 2, 7)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("P-48392 later", r"[A-Z0-9]{5,20}", "P-48392"),
        ("1234 5678 90 euros", r"[0-9]{5,20}", "1234 5678 90"),
        ("43219876 12 May", r"[0-9]{5,20}", "43219876"),
        ("AB 1234567", r"[A-Z]{2}[0-9]{7}", "AB 1234567"),
        ("12345/John", r"[0-9]{5}", "12345"),
        ("12345-67", r"[0-9]{5}", ""),
        ("abc", r"[0-9]{5}", ""),
    ],
)
def test_the_longest_text_of_a_form_is_the_value(text: str, form: str, expected: str) -> None:
    assert text[: value(text, 0, re.compile(form))] == expected


@pytest.mark.parametrize(
    "text", ["on 12 May 2024", "2024-05-12", "2024-05-12T08:30", "costs 2,500,000", "room 12, 4711", "3 of 99"]
)
def test_dates_and_amounts_are_not_even_looked_at(text: str) -> None:
    assert list(runs(text)) == []


@pytest.mark.parametrize("text", ["12345", "jc 21 40 73 a", "AB12 CDE", "4 9 2 9 7 1 8", "cvv 123", "ABC1234"])
def test_what_can_be_an_identifier_is(text: str) -> None:
    assert list(runs(text))
