import asyncio
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxy import admin
from proxy.errors import RingfenceError
from proxy.metrics import reading
from proxy.metrics.exposition import told
from proxy.metrics.metrics import Metrics


def test_each_process_that_answers_is_in_the_text_and_one_that_does_not_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks = [tmp_path, *(tmp_path / "servers" / str(number) for number in (1, 2, 3))]
    for desk in desks[1:]:
        desk.mkdir(parents=True)
    own, other = Metrics(), Metrics()
    own.ended({"status": "ok"})
    other.ended({"status": "timeout"})

    def tell_desk(desk: Path, op: str) -> object:
        if desk == desks[2]:
            raise RingfenceError("it is starting")
        return None if desk == desks[3] else reading.operations(other)[op]()

    monkeypatch.setattr(admin, "tell_desk", tell_desk)
    text = asyncio.run(reading.read(own, tmp_path, tmp_path)).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert {
        (sample.labels["process"], sample.labels["status"])
        for sample in samples
        if sample.name == "ringfence_outcomes_total"
    } == {("0", "ok"), ("1", "timeout")}


def test_what_another_process_is_told_is_what_this_one_counted() -> None:
    metrics = Metrics()
    metrics.ended({"status": "ok"})
    assert reading.operations(metrics)[reading.READ]() == {"families": told(metrics.families())}
