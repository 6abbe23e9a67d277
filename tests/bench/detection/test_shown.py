"""What the README shows of the measurement is what it gives."""

import json
import re
import subprocess
import sys
from pathlib import Path

from bench.detection import formats
from bench.detection.test_run import RUN
from harness import ROOT
from properties.effort import ASKED

README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def test_as_many_requests_are_measured_and_kept_back_as_is_said() -> None:
    halves = [request.half for request in formats.read([formats.OWN])]
    held = halves.count("held")
    assert f"{len(halves):,} requests by authors who did not see the rules, of which {held} were kept" in README
    assert f"| {held} held-back requests |" in README


if ASKED:  # it reads a megabyte of requests: a minute

    def test_what_is_found_in_those_that_were_kept_back_is_what_is_shown(tmp_path: Path) -> None:
        command = [sys.executable, RUN, "--only=ours", "--half=held", f"--json={tmp_path / 'counts'}"]
        subprocess.run(command, check=True, capture_output=True)
        counts = json.loads((tmp_path / "counts").read_text())["ringfence"]["held"]
        hard, secrets = counts["hard"], counts["secrets"]
        for row, figures in {
            "sensitive ones in which something is found (hard identifiers)": [hard["recall"]],
            "all values in them found": [hard["whole"] / hard["sensitive"]],
            "other requests with a false alarm": [hard["false_positive_rate"]],
            "requests with secrets: found / false alarms": [secrets["recall"], secrets["false_positive_rate"]],
        }.items():
            (shown,) = re.findall(rf"\| {re.escape(row)} \| ([^|]+) \|", README)
            assert shown == " / ".join(f"{figure:.3f}".lstrip("0") for figure in figures), row
