# ruff: noqa: RUF001 - look-alikes are what is tested
import base64
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties.values import VALUES, Value

from proxy.detection.analysis import Analyzer
from proxy.detection.findings import UNCOVERED, UNSCANNED, Segment, Unit
from proxy.detection.inspection import Located, inspect


def one(analyzer: Analyzer, kind: str, *units: Unit) -> Located:
    (found,) = (finding for finding in inspect(analyzer, units).findings if finding.entity_type == kind)
    return found


def test_a_finding_says_where_it_stands_in_its_string(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    text = "Zoë, write to ada@mail.net today"
    found = one(analyzer, "EMAIL_ADDRESS", make_unit("first", text))
    assert (found.path, found.view, found.text) == ("messages[0].content[1].content", "text", "ada@mail.net")
    assert text[found.start : found.end] == "ada@mail.net"


def test_offsets_count_from_the_string_and_not_from_its_key(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    found = one(analyzer, "US_SSN", make_unit("512447719", key="ssn"))
    assert (found.start, found.end, found.text) == (0, 9, "512447719")


def test_what_stands_in_a_key_has_no_place_in_the_string(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    found = one(analyzer, "EMAIL_ADDRESS", make_unit("yes", key="ada@mail.net"))
    assert (found.text, found.start, found.end) == ("ada@mail.net", None, None)


def test_every_place_of_a_value_is_named(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    findings = inspect(analyzer, [make_unit("ada@mail.net wrote to bob@mail.net and ada@mail.net")]).findings
    assert [(seen.text, seen.start) for seen in findings if seen.entity_type == "EMAIL_ADDRESS"] == [
        ("ada@mail.net", 0),
        ("bob@mail.net", 22),
        ("ada@mail.net", 39),
    ]


@pytest.mark.parametrize(
    ("texts", "view", "shown"),
    [
        ((base64.b64encode(b"write to ada@mail.net please").decode(),), "decoded", "ada@mail.net"),
        (("write to аdа@mаil.net please",), "decoded", "ada@mail.net"),
        (("card ٤٩٢٩ ٧١٨٢ ٠٣٦٤ ٥١٠٣",), "folded", "4929 7182 0364 5103"),
        (("write to ada@ma", "il.net"), "joined", "ada@mail.net"),
    ],
)
def test_a_finding_names_the_view_that_it_was_found_in(
    texts: tuple[str, ...], view: str, shown: str, analyzer: Analyzer, make_unit: Callable[..., Unit]
) -> None:
    findings = inspect(analyzer, [make_unit(*texts)]).findings
    assert (view, shown, None) in {(seen.view, seen.text, seen.start) for seen in findings}


def test_what_a_reader_sees_is_not_told_again_from_another_view(
    analyzer: Analyzer, make_unit: Callable[..., Unit]
) -> None:
    text = "ada@mail.net " + base64.b64encode(b"write to ada@mail.net please").decode()
    assert one(analyzer, "EMAIL_ADDRESS", make_unit(text)).view == "text"


def test_what_was_not_inspected_is_named_with_its_path(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    noise = base64.b64encode(bytes((n * 37 + 129) % 256 | 0x80 for n in range(200))).decode()
    units = [make_unit("fine"), make_unit(noise, path="messages[1]")]
    assert inspect(analyzer, units).failures == (("messages[1]", "binary"),)


def test_a_foreign_script_is_a_finding_at_its_first_letter(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    found = one(analyzer, UNCOVERED, make_unit("Name: Меня зовут Иван"))
    assert (found.start, found.text) == (6, "М")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.text(max_size=60), VALUES.map(lambda value: value.text)), max_size=5), VALUES)
def test_it_finds_what_a_scan_finds_with_the_same_scores(analyzer: Analyzer, texts: list[str], value: Value) -> None:
    units = [
        Unit(f"messages[{n}]", "user", (Segment(f"messages[{n}].content", value.key, text),))
        for n, text in enumerate(texts)
    ]
    scan, seen = analyzer.analyze(units), inspect(analyzer, units)
    scanned: dict[tuple[str, str], float] = {}
    for finding in scan.findings:
        slot = (finding.entity_type, finding.path)
        scanned[slot] = max(finding.score, scanned.get(slot, 0.0))
    located = {(UNSCANNED, path): 1.0 for path, _ in seen.failures}
    for place in seen.findings:
        slot = (place.entity_type, place.path)
        located[slot] = max(place.score, located.get(slot, 0.0))
    assert located == scanned
    assert {reason for _, reason in seen.failures} == scan.failures
