import math

import pytest
from bench.detection.found import Answer, Found
from bench.detection.marks import Expected, Request
from bench.detection.score import Kind, Rates, Tally, judge, same

AT = "messages[0].content"


def found(kind: str, text: str, path: str | None = AT) -> Found:
    return Found(kind, kind, 0.9, "t", text, path)


def counted(expected: list[tuple[str, str]], *findings: Found, path: str = AT) -> Tally:
    wanted = tuple(Expected(kind, value, value, path) for kind, value in expected)
    tally = Tally()
    tally.add(judge(Request("r", (), {}, wanted), Answer(findings, frozenset(), 2000, 1000)))
    return tally


@pytest.mark.parametrize(
    ("one", "two", "equal"),
    [
        ("4111 1111 1111 1111", "4111-1111-1111-1111", True),
        ("Maria Gonzalez", "maria gonzalez", True),
        ("Maria Gonzalez", "Dr Maria Gonzalez, who", True),
        ("12 High Street", "12 High Street, London SW1A 1AA", True),
        ("Gonzalez Lopez", "Maria Gonzalez", True),
        ("12 High Street", "49 Park Street", False),
        ("Maria Gonzalez", "Peter Brandt", False),
        ("Al", "Alabama", False),
        ("Al", "said Al today", True),
        ("\uff4d\uff41\uff52\uff49\uff41", "maria", True),
        ("!!!", " !!!", True),
        ("!!!", "???", False),
    ],
)
def test_the_same_value_may_have_other_borders_and_other_separators(one: str, two: str, equal: bool) -> None:
    assert same(one, two) is same(two, one) is equal


def test_a_value_counts_when_it_is_found_as_its_type_in_its_string() -> None:
    person = [("PERSON", "Ada Byron")]
    assert counted(person, found("PERSON", "Ada Byron")).kinds["PERSON"].recall == 1.0
    assert counted(person, found("PERSON", "Ada Byron", "messages[1].content")).kinds["PERSON"].recall == 0.0
    assert counted(person, found("PERSON", "Ada Byron", None)).kinds["PERSON"].recall == 1.0
    assert counted(person).kinds["PERSON"].recall == 0.0


def test_a_value_found_as_another_type_is_caught_but_not_found() -> None:
    tally = counted([("PASSPORT", "R4417820")], found("NATIONAL_ID", "R4417820"))
    assert (tally.kinds["PASSPORT"].found, tally.kinds["PASSPORT"].found_as_any) == (0, 1)
    assert (tally.kinds["NATIONAL_ID"].right, tally.kinds["NATIONAL_ID"].alarms) == (0, 0)
    assert (tally.hard.caught, tally.hard.whole) == (1, 1)


def test_a_finding_that_hits_nothing_is_an_alarm_and_catches_nothing() -> None:
    tally = counted([("PERSON", "Ada Byron")], found("PERSON", "Jack Daniels"))
    assert (tally.hard.sensitive, tally.hard.flagged, tally.hard.caught) == (1, 1, 0)
    assert tally.kinds["PERSON"].alarms == 1
    assert tally.kinds["PERSON"].precision == 0.0


def test_a_request_is_benign_for_what_it_does_not_hold() -> None:
    tally = counted([("PERSON", "Ada Byron")], found("PERSON", "Ada Byron"), found("JWT", "eyJ.x.y"))
    assert (tally.hard.benign, tally.secrets.benign, tally.secrets.false) == (0, 1, 1)
    assert (tally.personal.sensitive, tally.personal.caught) == (1, 1)
    quiet = counted([("IP_ADDRESS", "8.8.8.8")], found("IP_ADDRESS", "8.8.8.8"))
    assert (quiet.hard.sensitive, quiet.hard.benign, quiet.hard.false) == (0, 1, 0)


def test_one_of_two_values_is_caught_but_not_whole() -> None:
    tally = counted([("PERSON", "Ada Byron"), ("US_SSN", "219-09-9999")], found("US_SSN", "219 09 9999"))
    assert (tally.hard.caught, tally.hard.whole) == (1, 0)


def test_a_value_and_a_finding_count_once_a_string() -> None:
    kind = counted([("PERSON", "Ada"), ("PERSON", "ada")], *[found("PERSON", "Ada")] * 3).kinds["PERSON"]
    assert (kind.expected, kind.findings, kind.right) == (1, 1, 1)


def test_f2_weighs_recall_four_times() -> None:
    kind = Kind(expected=10, found=8, findings=16, right=8)
    assert kind.f2 == pytest.approx(5 * 0.5 * 0.8 / (4 * 0.5 + 0.8))
    assert Kind(expected=3).f2 == 0.0
    assert math.isnan(Kind(findings=3).f2)
    assert math.isnan(Kind().precision)


def test_a_disguised_value_is_found_by_what_it_means_or_by_how_it_is_written() -> None:
    value = Expected("API_KEY", "key-123456", "a2V5LTEyMzQ1Ng==", AT)
    for text in ("key-123456", "a2V5LTEyMzQ1Ng=="):
        judged = judge(Request("r", (), {}, (value,)), Answer((found("API_KEY", text),), frozenset(), 1, 1))
        assert judged.values[0][1] == {"API_KEY"}


def test_a_false_positive_of_a_type_counts_once_a_request_without_hard_identifiers() -> None:
    benign = counted([], found("PERSON", "Jack Daniels"), found("PERSON", "Johnnie Walker"))
    assert (benign.kinds["PERSON"].alarmed, benign.kinds["PERSON"].alarms) == (1, 2)
    held = counted([("PERSON", "Ada Byron")], found("PERSON", "Jack Daniels"))
    assert held.kinds["PERSON"].alarmed == 0
    right = counted([("IP_ADDRESS", "8.8.8.8")], found("IP_ADDRESS", "8.8.8.8"))
    assert right.kinds["IP_ADDRESS"].alarmed == 0


def test_a_request_is_precise_where_what_it_holds_was_found() -> None:
    rates = Rates(sensitive=4, caught=3, flagged=4, benign=10, false=2)
    assert (rates.precision, rates.recall, rates.false_rate) == (0.5, 0.75, 0.2)
    assert rates.f2 == pytest.approx(5 * 0.5 * 0.75 / (4 * 0.5 + 0.75))


def test_the_surest_of_equal_findings_counts() -> None:
    weak, sure = Found("PERSON", "PERSON", 0.5, "a", "Ada", AT), Found("PERSON", "PERSON", 0.9, "b", "Ada", AT)
    judged = judge(Request("r", (), {}, ()), Answer((weak, sure, weak), frozenset(), 1, 1))
    assert [item.score for item, _ in judged.findings] == [0.9]
