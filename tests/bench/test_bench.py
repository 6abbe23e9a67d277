"""The benchmark measures what it says: a tiny run, and the parts that the figures come from."""

import math
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from bench.loading import load

HERE = Path(__file__).resolve().parent


def test_a_tiny_run_gives_figures_for_every_target_and_no_wrong_answer() -> None:
    small = ["--rounds=1", "--seconds=0.1", "--slow=2", "--only=bare;ringfence, detection off"]
    ran = subprocess.run(
        [sys.executable, HERE / "run.py", *small], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for target in ("direct", "bare", "ringfence, detection off"):
        rows = re.findall(rf"^  {target} .*", ran.stdout, re.MULTILINE)
        assert len(rows) == (8 if target == "direct" else 10), ran.stdout
        assert all(cells.split()[-1] == "0" for cells in rows[:7]), "wrong answers"
        assert f"\n| {target} | " in ran.stdout, "in short"
    assert "nan" not in ran.stdout
    said = re.findall(r"^\| bare FastAPI.*(reached|missed)|^\| .*(not measured) \|$", ran.stdout, re.MULTILINE)
    assert [bool(measured) for measured, _ in said] == [True] * 4 + [False] * 8


def test_who_asks_for_another_gateway_that_is_not_installed_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = load("run")
    monkeypatch.setattr(run.gateways, "PEERS", tmp_path)
    with pytest.raises(SystemExit):
        run.main(["--only", "LiteLLM"])
    assert "LiteLLM and LiteLLM + Presidio are left out" in capsys.readouterr().err


def test_percentiles_are_values_that_were_seen() -> None:
    percentile = load("load").percentile
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99)) == (51.0, 96.0, 100.0)
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) == 0.0


@pytest.mark.parametrize("kind", ["questions", "cold"])
def test_no_question_comes_twice_and_a_seed_gives_the_same_ones(kind: str) -> None:
    asks = getattr(load("prompts"), kind)
    first = list(islice(asks(1), 50))
    assert len(set(first)) == 50
    assert first == list(islice(asks(1), 50))
    assert not set(first) & set(islice(asks(2), 50))


def test_medians_are_over_rounds_and_what_was_not_measured_is_no_number() -> None:
    measured = load("measured")
    results = measured.Results()
    assert math.isnan(results("bare", "c1", "p50"))
    results.rounds["bare", "c1"].samples["p50"] += [3.0, 1.0, 100.0]
    results.rounds["direct", "c1"].samples["p50"] += [0.5]
    assert (results("bare", "c1", "p50"), results.added("bare", "c1", "p50")) == (3.0, 2.5)
    assert math.isnan(results("bare", "c1", "p99"))
    for scenario, cpu in (("long stream c1", 3000.0), ("stream c1", 1000.0)):
        results.rounds["bare", scenario].samples["cpu_us"].append(cpu)
    assert results.event("bare", "cpu_us") == 10.0


def test_the_cpu_of_children_and_of_what_runs_beside_counts() -> None:
    import psutil

    targets = load("targets")
    burn = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**7))\\ninput()'])"
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE) as process:
        target = targets.Target("t", "", "", psutil.Process(process.pid))
        while len(target.tree()) < 2 or target.tree()[1].cpu_times().user < 0.05:
            assert process.poll() is None
        assert target.cpu_s() > target.process.cpu_times().user + 0.04
        assert target.pss_mb() > 1
        both = targets.Target("t", "", "", psutil.Process(), [psutil.Process(process.pid)])
        assert both.cpu_s() > target.cpu_s()
        process.communicate(b"\n", timeout=10)


def test_production_code_makes_a_detector_in_one_place_and_knows_no_other() -> None:
    root = HERE.parent.parent
    made = []
    for path in (*(root / "proxy").rglob("*.py"), *(root / "audit").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) (tests|inside|harness)\b", text, re.MULTILINE), path
        made += [path.name] * len(re.findall(r"(?<!class )\bEngine\(", text))
    assert made == ["server.py"]
