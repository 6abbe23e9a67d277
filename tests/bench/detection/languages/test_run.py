"""The languages that count as covered are those in which names were found, and the data are what they should be."""

import pytest
from bench.detection.found import System
from bench.detection.groups import HARD
from bench.detection.languages import run

from proxy.detection.lexicon.languages import COVERED, COVERS


@pytest.mark.parametrize("language", run.languages())
def test_every_language_has_twenty_messages_with_names_and_five_without(language: str) -> None:
    wanted = [bool(request.expected) for request in run.read(language)]
    assert (wanted.count(True), wanted.count(False)) == (20, 5)


def test_every_covered_language_was_measured() -> None:
    assert COVERED - {"en"} <= {*run.languages()}


@pytest.fixture(scope="module")
def ours() -> System:
    return run.make(["ours"])[0]


def test_names_are_found_in_every_covered_language(ours: System) -> None:
    found = {name: run.figures(run.look(ours, name)) for name in sorted(COVERED - {"en"})}
    assert {name: one.messages for name, one in found.items() if one.messages < COVERS} == {}
    assert {name: one.uncovered for name, one in found.items() if one.uncovered} == {}


def test_figures_count_names_messages_and_alarms(ours: System) -> None:
    judged = run.look(ours, "fr")
    counted = run.figures(judged)
    assert counted.alarms == sum(seen.flagged(HARD) for seen in judged if not seen.request.expected)
    assert "fr  covered" in run.table({"fr": {"ringfence": counted}})
    assert all(seen.request.half == "dev" for seen in run.look(ours, "fr", "dev"))
