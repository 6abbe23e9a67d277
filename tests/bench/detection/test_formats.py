import json
from pathlib import Path

import pytest
from bench.detection import formats
from bench.detection.marks import MarkError


def test_spans_of_presidio_research_are_read(tmp_path: Path) -> None:
    spans = [
        {"entity_type": "PERSON", "entity_value": "Ada Byron", "start_position": 0, "end_position": 9},
        {"entity_type": "US_DRIVER_LICENSE", "entity_value": "D123", "start_position": 10, "end_position": 14},
        {"entity_type": "GPE", "entity_value": "Rome", "start_position": 20, "end_position": 24},
    ]
    (tmp_path / "some.json").write_text(json.dumps([{"full_text": "Ada Byron D123 is in Rome", "spans": spans}]))
    (made,) = formats.read([tmp_path])
    assert made.body["messages"][0]["content"] == "Ada Byron D123 is in Rome"
    assert [(value.entity_type, value.value) for value in made.expected] == [
        ("PERSON", "Ada Byron"),
        ("DRIVER_LICENSE", "D123"),
    ]
    assert made.marked == {"PERSON", "DRIVER_LICENSE"}


def test_tags_of_words_are_read(tmp_path: Path) -> None:
    (tmp_path / "some.conll").write_text(
        "Ada\tB-person\nByron\tI-person\nsaw\tO\nRome\tB-location\nBo\tB-person\nCy\tB-person\n\n\nhello\tO\n"
    )
    first, second = formats.read([tmp_path])
    assert first.body["messages"][0]["content"] == "Ada Byron saw Rome Bo Cy"
    assert [value.value for value in first.expected] == ["Ada Byron", "Bo", "Cy"]
    assert second.expected == ()
    assert second.marked == {"PERSON"}


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MarkError, match="no requests in"):
        formats.read([tmp_path])
    (tmp_path / "x.json").write_text('[{"text": 1}]')
    with pytest.raises(MarkError, match=r"x\.json"):
        formats.read([tmp_path])
    row = json.dumps({"id": "a", "body": {"messages": [{"role": "user", "content": "x"}]}})
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(row)
    with pytest.raises(MarkError, match="twice"):
        formats.read([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])


def test_the_own_requests_can_all_be_read() -> None:
    requests = formats.read([formats.OWN])
    assert len(requests) > 100
    benign = [request for request in requests if not request.expected]
    assert 0 < len(benign) < len(requests)
