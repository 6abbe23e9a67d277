from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.detection.configured.file import Configuration, read
from proxy.detection.recognizers.base import Recognizer
from proxy.files.diagnostics import FileRefused, Problems


@pytest.fixture
def configure(tmp_path: Path) -> Callable[[str], Configuration]:
    """Read a file of detectors that holds some text."""

    def write(text: str) -> Configuration:
        path = tmp_path / "detectors.yaml"
        path.write_text(text, encoding="utf-8")
        return read(path)

    return write


@pytest.fixture
def faults(configure: Callable[[str], Configuration]) -> Callable[[str], list[str]]:
    """Return the places and codes of what is wrong with a text, when it is read or else when it is loaded."""

    def refuse(text: str) -> list[str]:
        problems = Problems()
        try:
            for spec in configure(text).specs:
                spec.load(problems)
        except FileRefused as refused:
            problems.add(refused.diagnostics)
        return [f"{found.line}:{found.col} {found.code}" for found in problems.found]

    return refuse


@pytest.fixture
def recognizer(configure: Callable[[str], Configuration]) -> Callable[[str], Recognizer]:
    """Load the only detector of a text."""

    def load(text: str) -> Recognizer:
        problems = Problems()
        (spec,) = configure(text).specs
        loaded = spec.load(problems)
        problems.check()
        assert loaded is not None
        return loaded

    return load
