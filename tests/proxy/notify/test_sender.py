import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from receivers import note

from audit.records.record import new_id
from proxy.notify import channels, sender
from proxy.notify.channels import Channel
from proxy.notify.delivery import Note, Sink, Undelivered
from proxy.notify.failures import Failures
from proxy.notify.file import File
from proxy.notify.sender import Sender, sink_of
from proxy.notify.syslog import Syslog
from proxy.notify.webhook import Webhook

CHANNEL = Channel("oncall", channels.File(Path("/nowhere")))


class Counted:
    """What was given up, by reason."""

    def __init__(self) -> None:
        self.why: Counter[str] = Counter()
        self.notes: list[Note] = []

    def count(self, given: Note, why: str) -> None:
        self.why[why] += 1
        self.notes.append(given)


class Scripted:
    """A channel that fails as told, then works."""

    def __init__(self, *failures: BaseException | None, then: BaseException | None = None) -> None:
        self.failures, self.then = list(failures), then
        self.tried: list[bytes] = []
        self.delivered: list[bytes] = []
        self.closed = 0

    async def deliver(self, given: Note) -> None:
        self.tried.append(given.text)
        failure = self.failures.pop(0) if self.failures else self.then
        if failure is not None:
            raise failure
        self.delivered.append(given.text)

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(sender, "LONGEST_WAIT_S", 0.004)


@asynccontextmanager
async def sending(sink: object) -> AsyncIterator[tuple[Sender, Counted]]:
    counted = Counted()
    made = Sender(CHANNEL, cast("Failures", counted), lambda _: cast("Sink", sink))
    yield made, counted
    await made.close()


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await story()

    asyncio.run(bounded())


def test_messages_are_delivered_in_their_order() -> None:
    async def story() -> None:
        sink = Scripted()
        async with sending(sink) as (made, counted):
            for at in range(100):
                made.offer(note(str(at)))
            await made.drain()
        assert sink.delivered == [str(at).encode() for at in range(100)]
        assert not counted.why

    run(story)


def test_a_message_is_tried_again_until_it_is_delivered() -> None:
    async def story() -> None:
        sink = Scripted(Undelivered("refused"), TimeoutError(), Undelivered("http_503"))
        async with sending(sink) as (made, counted):
            made.offer(note("one"))
            made.offer(note("two"))
            await made.drain()
        assert sink.tried == [b"one"] * 4 + [b"two"]
        assert not counted.why

    run(story)


def test_a_message_that_no_retry_could_deliver_is_given_up_at_once_and_the_next_one_tried() -> None:
    async def story() -> None:
        sink = Scripted(Undelivered("http_404", final=True))
        async with sending(sink) as (made, counted):
            made.offer(note("one"))
            made.offer(note("two"))
            await made.drain()
        assert sink.tried == [b"one", b"two"]
        assert counted.why == {"http_404": 1}

    run(story)


def test_what_is_due_is_given_up_and_so_is_what_waited_behind_it_without_another_try() -> None:
    async def story() -> None:
        sink = Scripted(then=Undelivered("refused"))
        async with sending(sink) as (made, counted):
            due = asyncio.get_running_loop().time() + 0.05
            for at in range(10):
                made.offer(note(str(at), due=due))
            await made.drain()
            assert set(sink.tried) == {b"0"}
            assert counted.why == {"refused": 10}
            sink.then = None
            made.offer(note("back"))
            await made.drain()
        assert sink.delivered == [b"back"]

    run(story)


def test_what_came_late_to_a_channel_that_works_is_told_nevertheless() -> None:
    async def story() -> None:
        sink = Scripted()
        async with sending(sink) as (made, _):
            made.offer(note("late", due=0.0))
            await made.drain()
        assert sink.delivered == [b"late"]

    run(story)


def test_waits_grow_to_a_bound_and_vary(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    async def story() -> None:
        sink = Scripted(*(Undelivered("refused") for _ in range(60)))
        async with sending(sink) as (made, _):
            monkeypatch.setattr(asyncio, "sleep", noted)
            made.offer(note())
            await made.drain()
            monkeypatch.undo()

    monkeypatch.setattr(sender, "FIRST_WAIT_S", 0.5)
    monkeypatch.setattr(sender, "LONGEST_WAIT_S", 30.0)
    run(story)
    tops = [0.5, 1, 2, 4, 8, 16, *[30.0] * 54]
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, tops, strict=True))
    assert len(set(waits)) > 50


def test_a_thousand_messages_to_a_dead_channel_take_bounded_room_and_none_goes_uncounted() -> None:
    async def story() -> None:
        sink = Scripted(then=Undelivered("refused"))
        async with sending(sink) as (made, counted):
            for _ in range(3000):
                made.offer(note(record=new_id()))
            assert made._queue.qsize() == sender.QUEUED
            assert counted.why == {"queue_full": 2000}
        assert counted.why == {"queue_full": 2000, "shutdown": 1000}
        assert len({given.record for given in counted.notes}) == 3000

    run(story)


def test_an_end_in_the_middle_of_a_delivery_counts_it() -> None:
    class Hanging(Scripted):
        async def deliver(self, given: Note) -> None:
            await asyncio.sleep(3600)

    async def story() -> None:
        async with sending(Hanging()) as (made, counted):
            made.offer(note("one"))
            made.offer(note("two"))
            await asyncio.sleep(0.01)
        assert [given.text for given in counted.notes] == [b"one", b"two"]
        assert counted.why == {"shutdown": 2}

    run(story)


def test_an_attempt_that_hangs_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Scripted):
        async def deliver(self, given: Note) -> None:
            self.tried.append(given.text)
            if len(self.tried) < 3:
                await asyncio.sleep(3600)

    async def story() -> None:
        monkeypatch.setattr(sender, "ATTEMPT_S", 0.01)
        sink = Hanging()
        async with sending(sink) as (made, counted):
            made.offer(note("one"))
            await made.drain()
            assert not counted.why
        assert sink.tried == [b"one"] * 3

    run(story)


def test_a_fault_of_ours_ends_one_message_and_not_the_channel(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        sink = Scripted(ValueError("quoting the message"))
        async with sending(sink) as (made, counted):
            made.offer(note("one"))
            made.offer(note("two"))
            await made.drain()
        assert sink.delivered == [b"two"]
        assert counted.why == {"internal": 1}

    run(story)
    assert "quoting" not in caplog.text
    assert "ValueError" in caplog.text


def test_a_channel_with_nothing_to_tell_keeps_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(sender, "IDLE_S", 0.01)
        sink = Scripted()
        async with sending(sink) as (made, _):
            made.offer(note("one"))
            await made.drain()
            assert sink.closed == 0
            while not sink.closed:  # noqa: ASYNC110 - the script has no event
                await asyncio.sleep(0.001)
            made.offer(note("two"))
            await made.drain()
        assert sink.delivered == [b"one", b"two"]

    run(story)


def test_a_connection_that_cannot_be_closed_does_not_end_the_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(Scripted):
        async def close(self) -> None:
            self.closed += 1
            raise OSError

    async def story() -> None:
        monkeypatch.setattr(sender, "IDLE_S", 0.01)
        sink = Stuck()
        async with sending(sink) as (made, counted):
            while not sink.closed:  # noqa: ASYNC110 - the script has no event
                await asyncio.sleep(0.001)
            made.offer(note("one"))
            await made.drain()
        assert sink.delivered == [b"one"]
        assert not counted.why

    run(story)


def test_each_kind_of_channel_has_what_delivers_to_it() -> None:
    kinds = {
        channels.Webhook("https://a.example"): Webhook,
        channels.Syslog("unix", "/dev/log"): Syslog,
        channels.File(Path("/a")): File,
    }
    assert [type(sink_of(Channel("x", target))) for target in kinds] == list(kinds.values())
