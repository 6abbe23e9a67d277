from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bench.detection import stock
from bench.detection.found import units
from bench.detection.stock import Stock, assembled

BODY: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [
        {"role": "user", "content": "first Ada"},
        {"role": "user", "content": [{"type": "text", "text": "second Ada"}]},
    ],
    "metadata": {"owner": "Ada"},
}


@dataclass
class Result:
    entity_type: str
    score: float
    start: int
    end: int


class Counting:
    """Finds every Ada, and counts how often it is asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def analyze(self, text: str, _: str) -> list[Result]:
        self.texts.append(text)
        return [Result("PERSON", 0.85, at, at + 3) for at in range(len(text)) if text[at : at + 3] == "Ada"]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    made = Counting()
    monkeypatch.setattr(stock, "stock_engine", lambda _: made)
    monkeypatch.setattr(stock.tempfile, "gettempdir", lambda: str(tmp_path))
    return made


def test_a_unit_is_read_in_one_call_with_its_keys(engine: Counting) -> None:
    answer = Stock("sm").look(BODY)
    assert engine.texts == ["first Ada", "second Ada", "gpt-4o\nowner\nowner: Ada"]
    assert [(found.text, found.path) for found in answer.found] == [
        ("Ada", "messages[0].content"),
        ("Ada", "messages[1].content[0].text"),
        ("Ada", "metadata.*"),
    ]


def test_a_text_is_analysed_once_and_never_kept(engine: Counting, tmp_path: Path) -> None:
    first, again = Stock("sm").look(BODY), Stock("sm").look(BODY)
    assert len(engine.texts) == 3
    assert first == again
    (file,) = (tmp_path / next(tmp_path.iterdir()).name).iterdir()
    assert "Ada" not in file.read_text()
    with file.open("a") as kept:
        kept.write('{"text": "half')
    assert Stock("sm").look(BODY) == first
    Stock("sm", fresh=True).look(BODY)
    assert len(engine.texts) == 6


def test_lines_lead_back_to_their_paths() -> None:
    text, paths = assembled(units(BODY)[2])
    assert paths == ["model", "metadata.*", "metadata.*"]
    assert text.index_at(text.text.index("Ada")) == 2
