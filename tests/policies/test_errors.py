"""Runs the compiler cases of `errors/*.yaml`: files, and exactly the diagnostics that they must give.

A case adds or replaces files of a small valid bundle (`errors/base.yaml`). `expect` lists `FILE:LINE:COL code`, for
errors, with `warning` in front for warnings; nothing else may be found.
"""

import datetime as dt
from typing import Any

import pytest
from policies.cases import BASE, CASES

from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['from']}: {case['about']}")
def test_a_mistake_is_reported_exactly_where_it_is(case: dict[str, Any]) -> None:
    files = {**BASE, **case["files"]}
    given = case.get("around", {})
    types, zones, channels = given.get("entity_types"), given.get("zones"), given.get("channels")
    around = Surroundings(
        dt.date(2026, 6, 1),
        frozenset(types) if types is not None else None,
        given.get("thresholds", {}),
        frozenset(zones) if zones is not None else None,
        frozenset(channels) if channels is not None else None,
        frozenset(given["prices"]) if "prices" in given else None,
    )
    checked = check_files({name: text.encode() for name, text in files.items() if text}, around)
    found = [
        f"{'warning ' if item.severity == 'warning' else ''}{item.file}:{item.line}:{item.col} {item.code}"
        for item in checked.diagnostics
    ]
    assert found == case["expect"]
    said = "\n".join(str(item) for item in checked.diagnostics)
    assert case.get("says", "") in said


def test_the_base_of_the_cases_is_valid() -> None:
    checked = check_files({name: text.encode() for name, text in BASE.items()}, Surroundings(dt.date(2026, 6, 1)))
    assert [str(item) for item in checked.diagnostics] == []


def test_no_two_cases_are_about_the_same() -> None:
    assert len({(case["from"], case["about"]) for case in CASES}) == len(CASES)
