import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator

import pytest
import uvloop
from collecting import Collector
from harness import StandIn

from proxy.traces import exporter
from proxy.traces.caller import Caller
from proxy.traces.exporter import Exporter
from proxy.traces.notes import Stage, Trace


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()


def trace(number: int = 1) -> Trace:
    made = Trace(Caller(f"{number:032x}"), endpoint="chat", status=200)
    made.note(Stage("detect"))
    return made


def run(url: str, does: Callable[[Exporter], Awaitable[object]], traces: int = 1) -> dict[str, float]:
    """Have an exporter take traces and do something; returns what became of them, whatever it was."""

    async def held() -> dict[str, float]:
        made = Exporter(url)
        for number in range(1, traces + 1):
            made.take(trace(number))
        await does(made)
        await made.close()
        return {fate: count for (fate,), count in made.fates().items()}

    return uvloop.run(held())


async def nothing(_: Exporter) -> None:
    pass


async def flushed(made: Exporter) -> None:
    await made._flush()


def test_what_is_taken_is_sent_in_posts_of_so_many(collector: Collector) -> None:
    assert run(collector.traces_url, flushed, traces=600) == {"sent": 600, "lost": 0}
    assert len(collector.posts) == 3
    assert [span.trace for span in collector.told() if span.name == "chat"] == [f"{n:032x}" for n in range(1, 601)]


def test_it_sends_by_itself_after_a_while(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "EVERY_S", 0.01)

    async def wait(made: Exporter) -> None:
        task = asyncio.create_task(made.run())
        async with asyncio.timeout(10):
            while not made.fates()["sent",]:  # noqa: ASYNC110 - it says nothing of itself
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert run(collector.traces_url, wait) == {"sent": 1, "lost": 0}


def test_what_is_left_at_the_end_is_sent_then(collector: Collector) -> None:
    assert run(collector.traces_url, nothing) == {"sent": 1, "lost": 0}


def test_what_was_on_its_way_when_the_server_stops_is_sent_then(collector: Collector) -> None:
    collector.behaviour = "hang"

    async def stop(made: Exporter) -> None:
        task = asyncio.create_task(made._flush())
        while not collector.posts:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        collector.behaviour = "status:200"

    assert run(collector.traces_url, stop) == {"sent": 1, "lost": 0}


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [("status:500", "http_500"), ("status:404", "http_404"), ("hang_up", "lost"), ("hang", "timeout")],
)
def test_what_a_collector_does_not_take_is_lost_counted_and_said_once(
    collector: Collector,
    behaviour: str,
    why: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporter, "WITHIN_S", 0.3)
    collector.behaviour = behaviour

    async def twice(made: Exporter) -> None:
        await made._flush()
        made.take(trace(2))
        await made._flush()
        collector.behaviour = "status:200"
        made.take(trace(3))

    assert run(collector.traces_url, twice) == {"sent": 1, "lost": 2}
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        f"the collector of traces takes none: {why}",
        "the collector of traces takes them again",
    ]


def test_a_collector_that_is_away_costs_what_waits_for_it() -> None:
    gone = Collector()
    gone.stop()
    assert run(gone.traces_url, flushed, traces=3) == {"sent": 0, "lost": 3}


def test_a_redirect_is_not_followed(collector: Collector) -> None:
    elsewhere = StandIn("elsewhere")
    collector.behaviour, collector.extra_headers = "redirect", {"location": f"http://127.0.0.1:{elsewhere.port}/x"}
    assert run(collector.traces_url, flushed) == {"sent": 0, "lost": 1}
    elsewhere.stop()
    assert elsewhere.connections == 0


def test_a_collector_that_hangs_holds_up_the_end_for_a_moment_only(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "CLOSE_S", 0.05)
    monkeypatch.setattr(exporter, "WITHIN_S", 3600)
    collector.behaviour = "hang"
    assert run(collector.traces_url, nothing)["sent"] == 0


def test_what_waits_is_bounded_and_what_there_is_no_room_for_is_lost(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "MAX_BYTES", 10_000)

    async def look(made: Exporter) -> None:
        assert sum(map(len, made._waiting)) == made._size <= 10_000
        assert made.fates()["lost",] > 900
        await made._flush()
        assert made._size == 0
        made.take(trace())

    fates = run(collector.traces_url, look, traces=1000)
    assert fates["sent"] + fates["lost"] == 1001
    assert 1 < fates["sent"] < 100


def test_a_trace_of_which_no_spans_can_be_made_is_lost_and_nothing_else(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    async def take(made: Exporter) -> None:
        broken = trace()
        broken.endpoint = "\ud800 planted"
        made.take(broken)

    assert run(collector.traces_url, take) == {"sent": 1, "lost": 1}
    assert "planted" not in caplog.text
    assert "a trace was not made" in caplog.text
