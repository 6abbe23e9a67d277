"""The soak in short: it runs, its kinds of requests all come, and growth would be seen."""

import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest
from bench.loading import load

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    return load("soak")


def test_a_short_soak_answers_everything_and_shows_the_memory_of_every_process() -> None:
    ran = subprocess.run(
        [sys.executable, HERE / "soak.py", "--requests=40", "--callers=3"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    rows = [list(map(float, line.split())) for line in re.findall(r"^[ \d.]+$", ran.stdout, re.MULTILINE) if line]
    assert len(rows) == 40, ran.stdout + ran.stderr
    assert all(min(sizes) > 1 for _, _, *sizes, _, _ in rows)
    answered = re.search(r"by status: \{200: (\d+), 400: (\d+)\}|by status: \{200: (\d+)\}", ran.stdout)
    assert answered is not None, ran.stdout
    assert sum(map(int, filter(None, answered.groups()))) == 40
    assert len(re.findall(r"after the warm-up", ran.stdout)) == 3


def test_every_kind_comes_first_once_and_a_seed_gives_the_same_requests(soak: ModuleType) -> None:
    first = list(islice(soak.Writer(3).requests(), 40))
    assert len({kind for kind, _ in first[:9]}) == 9
    assert first == list(islice(soak.Writer(3).requests(), 40))
    assert first != list(islice(soak.Writer(4).requests(), 40))


@pytest.mark.parametrize(("per_sample", "grown"), [(0.0, 0.0), (1.0, 0.2), (-1.0, -0.35)])
def test_growth_is_that_after_the_warm_up(soak: ModuleType, per_sample: float, grown: float) -> None:
    def size(at: int) -> float:
        return 100 + per_sample * at + (at % 2) * 3 - max(0, 10 - at) * 8

    samples = [soak.Sample(at * 1000, at, {"server": size(at)}) for at in range(40)]
    assert soak.growth(samples, "server") == pytest.approx(grown, abs=0.03)


def test_too_few_samples_show_nothing(soak: ModuleType) -> None:
    assert not soak.growth([soak.Sample(at, at, {"server": 1.0}) for at in range(2)], "server") <= soak.FLAT
