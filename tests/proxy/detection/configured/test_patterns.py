import time
from collections.abc import Callable

import pytest

from proxy.detection.configured import patterns
from proxy.detection.recognizers.base import Late, Recognizer

Load = Callable[[str], Recognizer]


def one(**fields: str) -> str:
    given = {"name": "staff", "type": "EMPLOYEE_ID", **fields}
    return "patterns:\n  - {" + ", ".join(f"{key}: {value}" for key, value in given.items()) + "}\n"


def found(recognizer: Recognizer, text: str) -> list[tuple[str, float]]:
    return [(text[match.start : match.end], match.score) for match in recognizer.find(text)]


def test_a_pattern_finds_its_type_with_its_score(recognizer: Load) -> None:
    staff = recognizer(one(patterns=r"['\bEMP-\d{6}\b', '\bX\d{4}\b']", score="0.9"))
    assert (staff.name, staff.emits) == ("staff", {"EMPLOYEE_ID": 0.9})
    assert found(staff, "EMP-123456 and X1234, not EMP-12") == [("EMP-123456", 0.9), ("X1234", 0.9)]
    assert {match.entity_type for match in staff.find("X1234")} == {"EMPLOYEE_ID"}


def test_two_spellings_of_a_number_are_one_value(recognizer: Load) -> None:
    staff = recognizer(one(patterns=r"['EMP[- ]?\d{3}[ -]?\d{3}']"))
    assert {match.value for match in staff.find("EMP-123456 EMP 123 456")} == {"EMP123456"}


def test_values_without_latin_letters_or_digits_differ_as_well(recognizer: Load) -> None:
    letters = recognizer(one(patterns=r"['\p{Cyrillic}{4}']"))
    assert len({match.value for match in letters.find("дело вода")}) == 2


def test_a_group_named_value_is_what_counts(recognizer: Load) -> None:
    staff = recognizer(one(patterns=r"['badge no (?P<value>\d{5})']"))
    assert found(staff, "badge no 12345") == [("12345", 0.85)]


def test_with_context_words_a_match_counts_only_beside_one(recognizer: Load) -> None:
    staff = recognizer(one(patterns=r"['\b\d{6}\b']", context="[badge, 'employee no']"))
    assert found(staff, "his Badge: 123456") == [("123456", 0.85)]
    assert found(staff, "employee no 123456") == [("123456", 0.85)]
    assert found(staff, "build 123456") == []


def test_it_may_count_less_alone(recognizer: Load) -> None:
    staff = recognizer(one(patterns=r"['\b\d{6}\b']", context="[badge]", alone="0.2"))
    assert staff.emits == {"EMPLOYEE_ID": 0.2}
    assert found(staff, "build 123456") == [("123456", 0.2)]


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ("luhn", "4929718203645103", "4929718203645104"),
        ("mod97", "99995846", "99995847"),
        ("de.idnr", "36574261809", "36574261808"),
    ],
)
def test_a_check_digit_must_be_right(recognizer: Load, check: str, right: str, wrong: str) -> None:
    staff = recognizer(one(patterns=r"['\b\d+\b']", check=check))
    assert [text for text, _ in found(staff, f"{right} {wrong}")] == [right]


def test_a_pattern_that_takes_too_long_says_so_soon(recognizer: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "BOUND_S", 0.1)
    hostile = recognizer(one(patterns="['(?:x+x+)+y']"))
    started = time.monotonic()
    with pytest.raises(Late):
        list(hostile.find("x" * 5000))
    assert time.monotonic() - started < 5


def test_empty_matches_are_nothing(recognizer: Load) -> None:
    assert found(recognizer(one(patterns=r"['\b(?:x|(?=y))']")), "y x") == [("x", 0.85)]


@pytest.mark.parametrize(
    ("fields", "at", "code"),
    [
        ({"patterns": "['(']"}, "'('", "bad-pattern"),
        ({"patterns": "['x*']"}, "'x*'", "bad-pattern"),
        ({"patterns": "[5]"}, "5", "wrong-type"),
        ({"patterns": "[]"}, "[]", "too-few"),
        ({"patterns": "[x]", "check": "lunh"}, "lunh", "unknown-check"),
        ({"patterns": "[x]", "check": "../luhn"}, "../luhn", "bad-name"),
        ({"patterns": "[x]", "alone": "0.1"}, "0.1", "without-effect"),
        ({"patterns": "[x]", "score": "0"}, "0}", "out-of-range"),
        ({"patterns": "[x]", "score": "high"}, "high", "wrong-type"),
        ({"patterns": "[x]", "regex": "y"}, "regex", "unknown-key"),
        ({"patterns": "[x]", "type": "UNSCANNED"}, "UNSCANNED", "built-in-type"),
        ({"patterns": "[x]", "type": "employee"}, "employee", "bad-name"),
        ({"patterns": "[x]", "name": "emails"}, "emails", "duplicate-name"),
        ({"patterns": "[x]", "name": "Staff"}, "Staff", "bad-name"),
    ],
)
def test_mistakes_are_told_where_they_are(
    faults: Callable[[str], list[str]], fields: dict[str, str], at: str, code: str
) -> None:
    text = one(**fields)
    assert faults(text) == [f"2:{text.splitlines()[1].index(at) + 1} {code}"]
