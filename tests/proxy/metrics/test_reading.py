import asyncio
import socket
import time
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

    def tell_desk(desk: Path, op: str, within_s: float) -> object:
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


def test_a_process_that_hangs_hides_no_other_for_longer_than_prometheus_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = tmp_path / "servers" / "1"
    desk.mkdir(parents=True)
    monkeypatch.setattr(reading, "WITHIN_S", 0.1)
    with socket.socket(socket.AF_UNIX) as hangs:
        hangs.bind(str(desk / "admin.sock"))
        hangs.listen()
        begun = time.monotonic()
        assert b'process="0"' in asyncio.run(reading.read(Metrics(), tmp_path, tmp_path))
    assert time.monotonic() - begun < 5


def test_what_another_process_is_told_is_what_this_one_counted() -> None:
    metrics = Metrics()
    metrics.ended({"status": "ok"})
    assert reading.operations(metrics)[reading.READ]() == {"families": told(metrics.families())}
