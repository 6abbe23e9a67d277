"""Tests that a page names, as `tests/path.py::test_name`: whether they are there."""

import re

from harness import ROOT

NAMED = r"`(tests/[\w/]+\.py::test_\w+)`"
"""How a page names a test."""


def is_there(name: str) -> bool:
    """Whether a file has a test of this name: a function, or a method of a class."""
    path, _, test = name.partition("::")
    file = ROOT / path
    return file.is_file() and bool(
        re.search(rf"^ *(async )?def {test}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    )
