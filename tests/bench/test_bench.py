"""The benchmark measures what it says: a tiny run, and the parts that the figures come from."""

import math
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

from bench.loading import load

HERE = Path(__file__).resolve().parent


def test_a_tiny_run_gives_figures_for_every_target_and_no_wrong_answer() -> None:
    ran = subprocess.run(
        [sys.executable, HERE / "run.py", "--rounds=1", "--seconds=0.1", "--only=bare;ringfence, detection off"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for target in ("direct", "bare", "ringfence, detection off"):
        rows = re.findall(rf"^  {target} .*", ran.stdout, re.MULTILINE)
        assert len(rows) == (6 if target == "direct" else 7), ran.stdout
        assert all(cells.split()[-1] == "0" for cells in rows[:5]), "wrong answers"
    assert "nan" not in ran.stdout


def test_percentiles_are_values_that_were_seen() -> None:
    percentile = load("load").percentile
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99)) == (51.0, 96.0, 100.0)
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) == 0.0


def test_no_question_comes_twice_and_a_seed_gives_the_same_ones() -> None:
    questions = load("load").questions
    first = list(islice(questions(1), 50))
    assert len(set(first)) == 50
    assert first == list(islice(questions(1), 50))
    assert not set(first) & set(islice(questions(2), 50))


def test_medians_are_over_rounds() -> None:
    figures = load("run").Figures()
    assert math.isnan(figures.median("p50"))
    figures.samples["p50"] += [3.0, 1.0, 100.0]
    assert figures.median("p50") == 3.0


def test_the_cpu_of_children_counts() -> None:
    import psutil

    run = load("run")
    burn = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**7))\\ninput()'])"
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE) as process:
        target = run.Target("t", "", "", psutil.Process(process.pid))
        while len(target.tree()) < 2 or target.tree()[1].cpu_times().user < 0.05:
            assert process.poll() is None
        assert target.cpu_s() > target.process.cpu_times().user + 0.04
        assert target.pss_mb() > 1
        process.communicate(b"\n", timeout=10)


def test_production_code_makes_a_detector_in_one_place_and_knows_no_other() -> None:
    root = HERE.parent.parent
    made = []
    for path in (*(root / "proxy").rglob("*.py"), *(root / "audit").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) (tests|inside|harness)\b", text, re.MULTILINE), path
        made += [path.name] * len(re.findall(r"(?<!class )\bEngine\(", text))
    assert made == ["server.py"]
