from collections.abc import Iterator
from itertools import pairwise

import pytest
import yaml
from harness import ROOT

from proxy.detection import calibration
from proxy.detection.calibration import Curve, band, calibrated, curves, lowest, parse, raw
from proxy.detection.configured.file import NER
from proxy.detection.detectors import emitted
from proxy.detection.entities import THRESHOLDS
from proxy.detection.recognizers import RECOGNIZERS
from proxy.detection.recognizers.base import Match, Recognizer

SHIPPED = [(detector, kind, curve) for detector, kinds in curves().items() for kind, curve in kinds.items()]
SCORES = [hundredths / 100 for hundredths in range(101)]
OWN = {recognizer.name: recognizer.emits for recognizer in RECOGNIZERS} | {NER: THRESHOLDS}
TEXT = """\
Ship it to Tomasz Brandmayr, 48 Larkspur Crescent, Apartment 3, Dayton, OH 45402, or ring 030 / 889 14 27 or
+49 30 8891427. Patient Hanna Vesely, NHS number 616 392 5475, has had migraine since spring and takes metformin.
Her machine, 93.184.216.34, is still on. CPF 841.974.622-39. The card is 4539 5787 6362 1486, the account
DE28 5767 1936 9660 2678 75. Migraine is common, and metformin is cheap.
"""


def floors() -> dict[str, list[float]]:
    classes = yaml.safe_load((ROOT / "policies" / "taxonomy.yaml").read_text(encoding="utf-8"))["classes"].values()
    found: dict[str, list[float]] = {}
    for body in classes:
        for name in body.get("entities", ()):
            found.setdefault(name, []).append(body.get("floor", 0.0))
    return found


@pytest.mark.parametrize(("score", "its"), [(0.0, 0), (0.29, 25), (0.3, 30), (0.55, 55), (0.849, 80), (1.0, 100)])
def test_a_band_is_named_by_its_lowest_score(score: float, its: int) -> None:
    assert band(score) == its


def test_a_measured_band_is_reported_as_its_share_and_others_stay_between() -> None:
    curve = Curve((50, 80), (0.4, 0.7))
    assert [curve(score) for score in (0.5, 0.54, 0.8)] == [0.4, 0.4, 0.7]
    assert [curve(score) for score in (0.3, 0.45, 0.6, 0.75, 0.9, 1.0)] == [0.3, 0.4, 0.6, 0.7, 0.9, 1.0]


@pytest.mark.parametrize(
    ("detector", "kind", "curve"), SHIPPED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_reported_is_a_share_and_never_falls_where_the_score_rises(
    detector: str, kind: str, curve: Curve
) -> None:
    reported = [curve(score) for score in SCORES]
    assert reported[0] >= 0, (detector, kind)
    assert reported[-1] <= 1, (detector, kind)
    assert all(weaker <= surer for weaker, surer in pairwise(reported)), (detector, kind)


@pytest.mark.parametrize(
    ("detector", "kind", "curve"), SHIPPED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_finding_is_moved_over_the_floor_of_a_class(detector: str, kind: str, curve: Curve) -> None:
    for floor in floors()[kind]:
        for score in SCORES:
            assert (score >= floor) == (curve(score) >= floor), (detector, kind, score)


def test_what_was_measured_is_of_detectors_and_types_that_there_are() -> None:
    for detector, kind, _ in SHIPPED:
        assert kind in OWN[detector], (detector, kind)


def test_declared_minima_are_those_of_the_scores_that_are_reported() -> None:
    for recognizer in RECOGNIZERS:
        for kind, score in calibrated(recognizer).emits.items():
            assert score >= emitted()[kind]
            assert score == lowest(recognizer.name, recognizer.emits)[kind]


def test_every_finding_keeps_to_the_minimum_that_its_detector_declares() -> None:
    changed = set()
    for recognizer in map(calibrated, RECOGNIZERS):
        before = {match.value: match.score for match in raw(recognizer).find(TEXT)}
        for match in recognizer.find(TEXT):
            assert recognizer.emits[match.entity_type] <= match.score <= 1, match
            if match.score != before[match.value]:
                changed.add(match.entity_type)
    assert {"IP_ADDRESS", "MEDICATION", "NATIONAL_ID", "PHONE_NUMBER", "STREET_ADDRESS"} <= changed


def test_what_a_check_digit_proves_is_nearly_certain() -> None:
    scores: dict[str, float] = {}
    for recognizer in map(calibrated, RECOGNIZERS):
        for match in recognizer.find(TEXT):
            scores[match.entity_type] = max(match.score, scores.get(match.entity_type, 0.0))
    for kind in ("CREDIT_CARD", "IBAN_CODE", "UK_NHS", "NATIONAL_ID"):
        assert scores[kind] >= 0.9, kind


def test_only_measured_types_of_a_recognizer_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(text: str) -> Iterator[Match]:
        yield Match("SEAT", 0, len(text), 0.6, text)
        yield Match("ROW", 0, len(text), 0.6, text)

    made = Recognizer("seats", {"SEAT": 0.5, "ROW": 0.5}, find)
    assert calibrated(made) is made
    monkeypatch.setattr(calibration, "curves", lambda: parse("# why\nseats SEAT 0.60 0.93 13 14\n"))
    changed = calibrated(made)
    assert [(match.entity_type, match.score) for match in changed.find("4a")] == [("SEAT", 0.93), ("ROW", 0.6)]
    assert changed.emits == {"SEAT": 0.5, "ROW": 0.5}
    assert raw(changed) is made
    assert raw(made) is made
