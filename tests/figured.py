"""Figures as the guide names them, which is what a server exposes (`test_parts`), and Prometheus' own judge."""

import re
import shutil

import pytest
from harness import ROOT

GUIDE = (ROOT / "deploy" / "docs" / "metrics.md").read_text(encoding="utf-8")
FIGURES = {
    name: set(re.findall(r"`(\w+)`", labels)) | {"instance", "process"}
    for name, labels in re.findall(r"^\| `(ringfence_\w+)` \|([^|]*)\|", GUIDE, re.MULTILINE)
}
"""Every figure with its labels."""


def promtool() -> str:
    """Return the path of Prometheus' own judge of rules and figures; skips where there is none."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool, of Debian's package prometheus, is not installed")
    return found
