import asyncio
import itertools
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from answering import CARD, NO_CARDS, Words, asked, chat, delta, event, passed, shared, source, text_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proxy.errors import PolicyRefused, Unavailable
from proxy.scanning import guard
from proxy.scanning.guard import HELD_BYTES, HELD_EVENTS, Guard
from proxy.scanning.tally import Tally
from proxy.scanning.watch import Unwatched
from proxy.upstreams.errors import Lost
from proxy.upstreams.sse import Event

KEY = "zq-" + "7f3k" * 60
NAME = "Maria Gonzalez of Springfield"
PLAIN = st.sampled_from(
    ["Hello ", "there", ", ", "42 ", "is it. ", "\n", "well-known ", "4929 ", "5103", "木", "a@b ", "Maria "]
)
TEXTS = st.lists(PLAIN | st.just("some plain words of no value, "), max_size=60).map("".join)
CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=50)
RULED = asked(NO_CARDS)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PAUSE_S", 0.0)


def guarding(detector: Words) -> Guard:
    return Guard(shared(detector), "team", Tally(RULED))


def cut(text: str, sizes: list[int]) -> Iterator[str]:
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(text):
            return
        yield text[at : at + size]
        at += size


def through(events: list[Event], words: dict[str, str] | None = None) -> Any:
    detector = Words(words)
    return asyncio.run(passed(guarding(detector), events))


async def collected(stream: AsyncIterator[bytes], came: list[bytes], then: Callable[[], None] = lambda: None) -> None:
    async for raw in stream:
        came.append(raw)
        then()


@given(TEXTS, CUTS)
def test_a_stream_in_which_nothing_is_found_is_passed_on_byte_for_byte(text: str, sizes: list[int]) -> None:
    events = [Event(b": comment\n\n", beside=": comment"), *chat(cut(text, sizes))]
    seen = through(events)
    assert seen.error is None
    assert seen.raw == b"".join(each.raw for each in events)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, st.sampled_from([CARD, KEY, NAME]), TEXTS, CUTS)
@example("", CARD, "", [1])
@example("", KEY, "", [1])
@example("Your card: ", CARD, "", [40])
def test_a_value_that_is_found_is_never_let_go_whole_however_it_is_cut(
    before: str, value: str, after: str, sizes: list[int]
) -> None:
    text = f"{before} {value} {after}"
    events = chat(cut(text, sizes))
    seen = through(events, {value: "CREDIT_CARD"})
    assert isinstance(seen.error, PolicyRefused)
    said = text_of(seen.raw)
    assert text.startswith(said)
    assert value not in said
    if value != NAME:  # of words without digits, the first may be gone before anybody can know
        assert len(said) <= text.index(value)


def test_of_a_name_of_several_words_the_first_may_be_gone_when_a_stream_is_cut() -> None:
    async def main() -> str:
        room, came = asyncio.Semaphore(2), []

        async def slow() -> Any:
            for word in ("It ", "was ", "Maria ", "Gonzalez ", "of ", "Springfield "):
                await room.acquire()
                yield [event(delta(word))]

        with pytest.raises(PolicyRefused):
            await collected(guarding(Words({NAME: "CREDIT_CARD"})).passed(slow()), came, room.release)
        return text_of(b"".join(came))

    assert asyncio.run(main()).startswith("It was Maria ")


@given(TEXTS, CUTS)
def test_control_without_a_guard_the_value_arrives(text: str, sizes: list[int]) -> None:
    seen = asyncio.run(passed(Unwatched(), chat(cut(f"{text} {CARD} ", sizes))))
    assert CARD in text_of(seen.raw)


@given(CUTS, CUTS, st.booleans())
def test_choices_that_take_turns_are_judged_each_for_itself(first: list[int], second: list[int], found: bool) -> None:
    there = f"Yes, the number of it is {CARD} and it is valid. "
    other = there.replace("4929", "4930") if not found else there
    halves = [
        [event(delta(piece, 0)) for piece in cut("It is 4929 7182 and that is all that I can say of it. ", first)],
        [event(delta(piece, 1)) for piece in cut(other, second)],
    ]
    events = [each for pair in itertools.zip_longest(*halves) for each in pair if each is not None]
    seen = through(events)
    if found:
        assert seen.error is not None
        assert len(text_of(seen.raw, 1)) <= there.index(CARD)
    else:
        assert seen.error is None
        assert seen.raw == b"".join(each.raw for each in events)


def test_arguments_of_a_tool_call_are_held_back_as_well() -> None:
    def call(piece: str) -> dict[str, Any]:
        return delta(None, tool_calls=[{"index": 0, "function": {"arguments": piece}}])

    pieces = ['{"amount": 12, "ca', 'rd": "4929 71', "82 0364 5", '103"}']
    seen = through([event(call(piece)) for piece in pieces])
    assert seen.error is not None
    assert b"4929" not in seen.raw


def test_the_error_says_why_in_the_words_of_the_policy() -> None:
    error = through(chat([f"It is {CARD}."])).error
    assert (error.status, error.code) == (403, "answer_blocked")
    told = error.body()["error"]
    assert (told["because"], told["rules"]) == (["Cards are not shown here."], ["no-cards-in-answers"])
    assert error.headers() == {"x-should-retry": "false"}


def test_plain_words_do_not_wait_for_what_follows() -> None:
    async def main() -> bytes:
        async def slow() -> Any:
            yield [event(delta("Hello there, "))]
            await asyncio.sleep(3600)

        async with aclosing(guarding(Words()).passed(slow())) as stream:
            return await asyncio.wait_for(anext(stream), 5)

    assert text_of(asyncio.run(main())) == "Hello there, "


def test_one_scan_is_under_way_and_takes_all_that_came_meanwhile() -> None:
    async def main() -> Words:
        detector, came = Words(), asyncio.Event()
        detector.gate.clear()

        def stream() -> Iterator[Event]:
            yield from chat(["word "] * 200)
            came.set()

        work = asyncio.ensure_future(passed(guarding(detector), stream()))
        await came.wait()
        detector.gate.set()
        await work
        return detector

    detector = asyncio.run(main())
    assert detector.most_at_work == 1
    assert len(detector.behind) <= 4
    assert not any(detector.behind)


def test_a_stream_is_not_scanned_for_each_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PAUSE_S", 3600.0)
    detector = Words()
    seen = asyncio.run(passed(guarding(detector), chat(["word "] * 50)))
    assert text_of(seen.raw) == "word " * 50
    assert len(detector.behind) <= 3


@pytest.mark.parametrize(("why", "retry"), [("deadline", 1), ("binary", None)])
def test_what_cannot_be_scanned_is_not_passed_on(why: str, retry: int | None) -> None:
    async def main() -> Any:
        detector = Words()
        detector.failures = frozenset({why})
        watch = guarding(detector)
        return await passed(watch, chat(["Hello there, ", "you"])), await watch.finish(broken=False)

    seen, record = asyncio.run(main())
    assert isinstance(seen.error, Unavailable)
    assert (seen.error.status, seen.error.code, seen.error.retry_after_s) == (503, "answer_unscanned", retry)
    assert seen.raw == b""
    assert (record["complete"], record["fail"]) == (False, sorted(["cut_off", why]))


def test_where_no_scan_can_begin_nothing_is_passed_on() -> None:
    async def main() -> Any:
        detector = Words()
        detector.busy = True
        return await passed(guarding(detector), chat(["Hello there, "]))

    seen = asyncio.run(main())
    assert (seen.raw, seen.error.code, seen.error.retry_after_s) == (b"", "answer_unscanned", 1)


@pytest.mark.parametrize("data", ['{"a": "x", "a": "y"}', '{"a": NaN}', '{"a": ' + "[" * 70 + "]" * 70 + "}"])
def test_what_two_parsers_could_read_differently_or_nobody_can_is_not_passed_on(data: str) -> None:
    seen = through([Event(b"data", data.encode(), json.loads(data))])
    assert (seen.raw, seen.error.code) == (b"", "answer_unscanned")


def test_values_add_up_over_the_answer() -> None:
    rule = NO_CARDS.replace("cardholder}", "cardholder, min_count: 3, min_score: 0.50}")
    cards = [f"{first} 7182 0364 5103" for first in (4001, 4002, 4003)]
    texts = [f"The next of these is {card} and so on it goes. " for card in (cards[0], cards[1], cards[0], cards[2])]

    async def main() -> Any:
        arrived, came = asyncio.Semaphore(1), []

        async def slow() -> Any:
            for text in texts:
                await arrived.acquire()
                yield [event(delta(text))]

        watch = Guard(shared(Words(dict.fromkeys(cards, "CREDIT_CARD"))), "team", Tally(asked(rule)))
        with pytest.raises(PolicyRefused):
            await collected(watch.passed(slow()), came, arrived.release)
        return b"".join(came), await watch.finish(broken=False)

    raw, record = asyncio.run(main())
    assert text_of(raw) == "".join(texts[:3])
    assert record["types"] == [{"t": "CREDIT_CARD", "det": ["words"], "hist": {"19": 3}}]


def test_an_upstream_that_breaks_off_is_told_after_what_was_held() -> None:
    async def main() -> tuple[list[bytes], dict[str, Any] | None]:
        async def broken() -> Any:
            yield [event(delta("Hello th"))]
            raise Lost("connection_lost")

        watch, came = guarding(Words()), []
        with pytest.raises(Lost):
            await collected(watch.passed(broken()), came)
        return came, await watch.finish(broken=True)

    came, record = asyncio.run(main())
    assert text_of(b"".join(came)) == "Hello th"
    assert record is not None
    assert (record["complete"], record["fail"]) == (False, ["broken_off"])


def test_a_whole_answer_is_passed_on_or_blocked_whole() -> None:
    async def main(text: str) -> Any:
        watch = guarding(Words())
        answer = {"choices": [{"index": 0, "message": {"content": text}}]}
        try:
            await watch.whole(json.dumps(answer).encode(), answer)
        finally:
            record = await watch.finish(broken=False)
        return record

    assert asyncio.run(main("It is 4929 7182."))["complete"]
    with pytest.raises(PolicyRefused):
        asyncio.run(main(f"It is {CARD}."))


def test_there_is_no_record_of_an_answer_that_never_came() -> None:
    assert asyncio.run(guarding(Words()).finish(broken=True)) is None


def test_a_text_that_never_settles_does_not_fill_the_memory_and_comes_through() -> None:
    digits = event(delta("1 " * 10))
    count = 2 * HELD_BYTES // len(digits.raw)
    seen = through([event(delta("The list: ", 1)), *[digits] * count])
    assert seen.error is None
    assert seen.raw.count(b"\n\n") == count + 1


def test_a_thousand_streams_that_nobody_scans_or_reads_hold_what_is_stated_and_no_more() -> None:
    streams, taken = 1000, []
    endless = event(delta("word " * 1500))
    bound = min(HELD_BYTES + len(endless.raw), HELD_EVENTS * len(endless.raw))

    async def main() -> int:
        detector = Words()
        detector.gate.clear()
        work = [asyncio.ensure_future(passed_on(guarding(detector), itertools.repeat(endless))) for _ in range(streams)]
        before = -1
        while before != len(taken):
            before = len(taken)
            await asyncio.sleep(0.2)
        held = tracemalloc.get_traced_memory()[0]
        for each in work:
            each.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        return held

    async def passed_on(watch: Guard, events: Any) -> None:
        async for _ in watch.passed(source(events, taken)):
            pass

    tracemalloc.start()
    try:
        held = asyncio.run(main())
    finally:
        tracemalloc.stop()
    assert streams * HELD_BYTES <= len(taken) * len(endless.raw) <= streams * bound
    assert held <= streams * 4 * HELD_BYTES
