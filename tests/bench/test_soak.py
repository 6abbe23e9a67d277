"""The soak in short: it runs, its kinds of requests all come, and what grows, slows down or is lost would be seen."""

import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bench.loading import load
from packs import write_log

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    return load("soak")


def test_a_short_soak_answers_everything_and_shows_how_every_process_stands() -> None:
    ran = subprocess.run(
        [sys.executable, HERE / "soak.py", "--minutes=0.1", "--rate=6"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    rows = [list(map(float, line.split())) for line in re.findall(r"^[ \d.]+$", ran.stdout, re.MULTILINE) if line]
    assert len(rows) == 40, ran.stdout + ran.stderr
    assert all(min(sizes) > 1 for _, _, _, _, *sizes, _ in rows)
    statuses = Counter(json.loads(re.findall(r"by status: (.*)", ran.stdout)[0].replace("'", '"')))
    assert set(statuses) - {"503 detectors_busy"} == {"200", "400 invalid_json"}, ran.stdout
    assert statuses.total() == pytest.approx(36, abs=1)
    assert len(re.findall(r"after the warm-up", ran.stdout)) == 9
    assert "grade      signed" in ran.stdout
    assert f"answers without a decision in the log: 0 of {statuses['200']}\n" in ran.stdout


def test_every_kind_comes_first_once_and_a_seed_gives_the_same_requests(soak: ModuleType) -> None:
    first = list(islice(soak.Writer(3).asks(), 40))
    assert len({ask.kind for ask in first[:12]}) == 12
    assert first == list(islice(soak.Writer(3).asks(), 40))
    assert first != list(islice(soak.Writer(4).asks(), 40))
    assert {b'"stream": true' in ask.body for ask in first} == {True, False}


@pytest.mark.parametrize(("per_sample", "grown"), [(0.0, 0.0), (1.0, 0.2), (-1.0, -0.35)])
def test_growth_is_that_after_the_warm_up(soak: ModuleType, per_sample: float, grown: float) -> None:
    def size(at: int) -> float:
        return 100 + per_sample * at + (at % 2) * 3 - max(0, 10 - at) * 8

    samples = [sample(soak, at, mb=size(at)) for at in range(40)]
    assert soak.growth(samples, lambda sample: sample.mb["server"]) == pytest.approx(grown, abs=0.03)


@pytest.mark.parametrize(("last", "times"), [(20.0, 1.0), (50.0, 2.5)])
def test_p99_is_that_of_the_last_third_beside_that_of_the_first_after_the_warm_up(
    soak: ModuleType, last: float, times: float
) -> None:
    samples = [sample(soak, at, p99=500.0 if at < 5 or at == 30 else last if at >= 30 else 20.0) for at in range(40)]
    assert soak.drift(samples) == times


def test_too_few_samples_show_nothing(soak: ModuleType) -> None:
    samples = [sample(soak, at) for at in range(2)]
    assert not soak.growth(samples, lambda sample: sample.mb["server"]) <= soak.FLAT
    assert not soak.drift(samples) <= soak.STEADY


def sample(soak: ModuleType, at: int, mb: float = 1.0, p99: float = 1.0) -> Any:
    return soak.Sample(at, at * 30, {"server": mb}, {"server": 60}, 1.0, p99, 0)


def test_an_answer_whose_record_is_not_in_the_log_is_missed(soak: ModuleType, tmp_path: Path) -> None:
    db = tmp_path / "audit.db"
    write_log(db, tmp_path)
    with closing(sqlite3.connect(db)) as connection:
        there, *_ = (found for (found,) in connection.execute("SELECT id FROM record WHERE kind = 'route.decision'"))
    assert soak.verified(db, [there])
    assert not soak.verified(db, [there, "another"])
    assert not soak.verified(db, [there, there])
