"""What scores mean, counted on a handful of findings, and on a handful of requests through the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.detection.calibration import ENOUGH, Band, Sighted, apply, bands, error, fit, fitting, sighted, table, write
from bench.detection.found import Answer, Found
from bench.detection.marks import Expected, Request
from bench.detection.score import judge
from bench.detection.test_run import RUN

from proxy.detection.calibration import parse

AT = "messages[0].content"
FLOORS = {"PERSON": 0.4}


def some(score: float, right: int, wrong: int, *, detector: str = "t", half: str = "dev") -> list[Sighted]:
    def make(good: bool) -> Sighted:
        return Sighted(half, detector, "PERSON", "PERSON", score, good)

    return [make(True)] * right + [make(False)] * wrong  # noqa: FBT003 - right or wrong


def seen(kind: str, marked_as: str, *, marked: frozenset[str] | None = None) -> list[bool]:
    request = Request("r", (), {}, (Expected(marked_as, "R4417820", "R4417820", AT),))
    if marked is not None:
        request = Request("r", (), {}, request.expected, marked)
    finding = Found(kind, kind, 0.9, "t", "R4417820", AT)
    return [item.right for item in sighted([judge(request, Answer((finding,), frozenset(), 1, 1))])]


def test_a_finding_is_right_as_its_type_or_a_related_one() -> None:
    assert seen("PASSPORT", "PASSPORT") == [True]
    assert seen("PASSPORT", "NATIONAL_ID") == [True]
    assert seen("API_KEY", "GENERIC_SECRET") == [True]
    assert seen("PASSPORT", "PERSON") == [False]
    assert seen("PERSON", "PASSPORT") == [False]


def test_a_type_that_nobody_marked_says_nothing() -> None:
    assert seen("PASSPORT", "PERSON", marked=frozenset({"PERSON"})) == []
    assert seen("PASSPORT", "PERSON", marked=frozenset({"PERSON", "PASSPORT"})) == [False]


def test_findings_are_counted_by_bands_of_scores() -> None:
    found = some(0.5, 3, 1) + some(0.54, 0, 1) + some(0.9, 5, 0)
    assert bands(found) == [Band(pytest.approx(0.508), 5, 3), Band(pytest.approx(0.9), 5, 5)]
    assert bands(found)[0].share == 0.6


def test_the_expected_error_weighs_bands_by_findings() -> None:
    assert error(some(0.5, 5, 5)) == 0
    assert error(some(0.9, 1, 1)) == pytest.approx(0.4)
    assert error(some(0.9, 1, 1) + some(0.5, 3, 3)) == pytest.approx(0.1)


def test_a_score_that_is_clearly_off_is_fitted_and_others_stand() -> None:
    fitted = fit(some(0.6, 29, 1) + some(0.8, 16, 4, detector="fine"), FLOORS)
    ((key, (point,)),) = fitted.items()
    assert key == ("t", "PERSON")
    assert (point.band, point.share, point.right, point.found) == (60, 0.94, 29, 30)


def test_a_handful_of_findings_changes_nothing() -> None:
    assert fit(some(0.6, ENOUGH - 1, 0), FLOORS) == {}
    assert fit(some(0.6, ENOUGH, 0), FLOORS) != {}


def test_a_surer_band_is_never_fitted_below_a_weaker_one() -> None:
    (points,) = fit(some(0.5, 20, 20) + some(0.7, 18, 2) + some(0.8, 20, 20) + some(0.9, 95, 5), FLOORS).values()
    shares = [point.share for point in points]
    assert shares == sorted(shares)
    assert shares[1] == shares[2] == pytest.approx(39 / 62, abs=0.01)


def test_no_score_is_fitted_over_a_floor_or_to_certainty() -> None:
    (points,) = fit(some(0.35, 20, 0) + some(0.5, 5, 35) + some(0.9, 500, 0), FLOORS).values()
    assert points[0].share < 0.4 <= points[1].share
    assert points[2].share == 0.99


def test_what_is_written_is_what_the_proxy_reads(tmp_path: Path) -> None:
    found = some(0.5, 40, 10) + some(0.9, 45, 5)
    fitted = fit(found, FLOORS)
    write(fitted, tmp_path / "fitted.txt")
    curve = parse((tmp_path / "fitted.txt").read_text())["t"]["PERSON"]
    assert [item.score for item in apply(fitted, found)] == [curve(item.score) for item in found]
    assert error(apply(fitted, found)) < error(found) / 3


def test_a_fit_is_tried_on_the_half_that_it_was_not_made_of() -> None:
    found = some(0.9, 20, 20) + some(0.9, 0, 40, half="held")
    said = fitting(found, {})
    assert said == "expected error: of the rules 0.650, fitted 0.010, each half fitted to the other 0.490"


def test_the_table_has_a_row_for_each_type_and_band() -> None:
    rows = table(some(0.5, 3, 1) + some(0.9, 19, 1)).splitlines()
    assert rows[1].split() == ["PERSON", "0.50", "4", "3", "0.75", "+0.25", "0.083"]
    assert rows[2].split() == ["0.90", "20", "19", "0.95", "+0.05"]
    assert rows[3].split() == ["all", "0.083"]


def run(folder: Path, *arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    command = [sys.executable, str(RUN), "--data", str(folder / "some.jsonl"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=clean).stdout


def test_the_command_measures_scores_and_writes_what_to_report(tmp_path: Path) -> None:
    text = "Is ⟦IP_ADDRESS|93.184.216.34⟧ up? Does a pharmacy sell metformin?"
    row = '{"id": "r%d", "body": {"messages": [{"role": "user", "content": "%s"}]}}'
    (tmp_path / "some.jsonl").write_text("\n".join(row % (number, text) for number in range(ENOUGH)))
    measured = run(tmp_path, "--calibration")
    rows = {line.split()[0]: line.split()[1:] for line in measured.splitlines() if line.startswith("  ")}
    assert rows["IP_ADDRESS"][1:4] == [str(ENOUGH), str(ENOUGH), "1.00"]
    assert rows["MEDICATION"][1:4] == [str(ENOUGH), "0", "0.00"]
    assert run(tmp_path, f"--fit={tmp_path / 'fitted.txt'}").startswith("expected error: of the rules 0.")
    fitted = parse((tmp_path / "fitted.txt").read_text())
    assert fitted["network"]["IP_ADDRESS"](0.8) == 0.94
    assert fitted["medicine"]["MEDICATION"](0.45) == 0.06
