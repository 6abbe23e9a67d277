"""Statistics over HTTP: by one or two things, within a period, and the read is a record. test_statistics counts."""

from typing import Any

import pytest

from audit.api import statistics


def test_decisions_are_counted_and_that_is_a_record(service: Any) -> None:
    answer = service.get("/statistics", by="zone,class", **{"from": "2020-01-01T00:00:00Z"}).json()
    assert answer["by"] == ["class", "zone"]
    counts = [(row["class"], row["zone"], row["requests"]) for row in answer["rows"]]
    assert counts == [("pii", "cloud-us", 1), ("pii", "onprem", 2)]
    assert answer["size"] == 5
    (read,) = service.reads()
    assert (read["what"], read["by"], read["rows"], read["filters"]) == ("statistics", ["class", "zone"], 2, ["from"])
    (whole,) = service.get("/statistics").json()["rows"]
    assert whole == {"requests": 3, "dry_runs": 0, "canary": 0, "erased": 0}


@pytest.mark.parametrize("by", ["", "team", "day,day", "day,class,zone", "day,", "Day"])
def test_what_cannot_be_counted_by_is_refused(by: str, service: Any) -> None:
    assert service.get("/statistics", by=by).status_code == 400
    assert service.reads() == []


def test_more_rows_than_anybody_reads_are_refused(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MAX_ROWS", 1)
    assert "more than 1 rows" in service.get("/statistics", by="zone").text
