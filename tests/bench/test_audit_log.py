"""The benchmark of the log runs: one tiny line, and a log that grows a little."""

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("audit_log.py")


def run(folder: Path, *arguments: str) -> str:
    ran = [sys.executable, SCRIPT, "--store=sqlite", *arguments]
    done = subprocess.run(ran, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    assert list(folder.iterdir()) == [], "it cleans up"
    return done.stdout


def test_a_line_compares_shared_commits_with_one_for_each_record(tmp_path: Path) -> None:
    said = run(tmp_path, "--seconds=0.1", "--in-flight=8")
    (line,) = re.findall(r"^sqlite .*", said, re.MULTILINE)
    writers, lanes, rate, p50, p99, fsync, fsyncs, single, *_ = line.replace(",", "").split()[1:]
    assert (writers, lanes) == ("1", "8")
    assert float(rate) > 0 < float(single)
    assert float(fsync) > 0 < float(fsyncs)
    assert 0 < float(p50) <= float(p99)


def test_a_growing_log_is_measured_in_windows_and_verified_on_the_way(tmp_path: Path) -> None:
    said = run(tmp_path, "--million", "--records=200")
    assert len(re.findall(r"^append to ", said, re.MULTILINE)) == 11
    assert re.findall(r"^verify (\d+)", said, re.MULTILINE) == ["50", "100", "200"]
