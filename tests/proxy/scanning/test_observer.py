import asyncio
from typing import Any

import pytest
from answering import CARD, NO_CARDS, Words, asked, chat, delta, event, passed, shared
from hypothesis import given
from hypothesis import strategies as st

from proxy.scanning import observer
from proxy.scanning.observer import KEPT, WINDOW, Observer
from proxy.scanning.tally import Tally
from proxy.scanning.watch import Shared
from proxy.upstreams.sse import Event

NOBODY_ASKED = asked()
SHADOW = asked(NO_CARDS + "    mode: shadow\n")
PIECES = st.lists(st.text("ab 1\n", max_size=30), max_size=40)


class Observed:
    """A stream that was observed, and the record of it."""

    def __init__(self, detector: Words, at: Shared | None = None, tally: Tally | None = None) -> None:
        self.detector = detector
        self.at = at or shared(detector)
        self.watch = Observer(self.at, "team", tally or Tally(NOBODY_ASKED))

    async def of(self, events: list[Event], *, broken: bool = False) -> dict[str, Any]:
        self.seen = await passed(self.watch, events)
        return await self.finish(broken=broken)

    async def finish(self, *, broken: bool = False) -> dict[str, Any]:
        record = await self.watch.finish(broken=broken)
        assert record is not None
        return record


@given(PIECES)
def test_a_stream_is_passed_on_untouched_and_scanned_behind_it(pieces: list[str]) -> None:
    watched = Observed(Words())
    events = chat(pieces)
    record = asyncio.run(watched.of(events))
    assert watched.seen.events == [each.raw for each in events]
    assert record["complete"]
    assert all(watched.detector.behind)
    assert "".join(pieces) in watched.detector.scanned or len(set(pieces)) <= 1


def test_what_is_found_stands_in_the_record_and_what_a_rule_in_shadow_would_have_done() -> None:
    watched = Observed(Words(), tally=Tally(SHADOW))
    record = asyncio.run(watched.of(chat(["It is 4929 71", "82 0364 51", "03."])))
    assert watched.seen.error is None
    assert record == {
        "complete": True,
        "us": record["us"],
        "types": [{"t": "CREDIT_CARD", "det": ["words"], "hist": {"19": 1}}],
        "classes": [{"c": "cardholder", "count": 1, "score_bp": 9500}],
        "shadow": ["no-cards-in-answers"],
    }


def test_nothing_waits_for_a_scan_but_the_record() -> None:
    async def main() -> tuple[int, bool]:
        detector = Words()
        detector.gate.clear()
        watched = Observed(detector)
        seen = await passed(watched.watch, chat(["word " * 100] * 100))
        record = asyncio.ensure_future(watched.finish())
        await asyncio.sleep(0.01)
        waits = not record.done()
        detector.gate.set()
        assert (await record)["complete"]
        return len(seen.events), waits

    assert asyncio.run(main()) == (101, True)


def test_a_long_answer_is_scanned_in_windows_one_at_a_time() -> None:
    detector = Words()
    text = f"It goes on about {CARD} for long. " * (4 * WINDOW // 30)
    record = asyncio.run(Observed(detector).of(chat([text[at : at + 99] for at in range(0, len(text), 99)])))
    assert record["complete"]
    assert record["types"][0]["hist"] == {"19": 1}
    assert detector.most_at_work == 1
    assert len(detector.behind) >= 4
    assert max(map(len, detector.scanned)) <= WINDOW + 1024


@pytest.mark.parametrize("whole", [False, True])
def test_an_answer_that_comes_faster_than_it_is_scanned_is_not_kept_without_bound(whole: bool) -> None:
    async def main() -> tuple[dict[str, Any], int]:
        detector = Words()
        detector.gate.clear()
        watched = Observed(detector)
        if whole:
            await watched.watch.whole(b"", delta("word " * KEPT))
        else:
            await passed(watched.watch, chat([f"{number} words " * 500 for number in range(KEPT // 4000)]))
        kept = watched.watch._channels.waiting()
        detector.gate.set()
        return await watched.finish(), kept

    record, kept = asyncio.run(main())
    assert not record["complete"]
    assert record["fail"] == ["answer_bound"]
    assert kept <= KEPT


def test_all_answers_of_a_server_together_are_kept_within_bounds_and_room_is_given_back() -> None:
    async def main() -> tuple[list[dict[str, Any]], int]:
        detector = Words()
        at = shared(detector)
        at.room = 900
        watched = [Observed(detector, at) for _ in range(3)]
        for each in watched:
            await passed(each.watch, chat(["word " * 100]))
        records = [await each.finish() for each in watched]
        return records, at.room

    records, room = asyncio.run(main())
    assert [record.get("fail") for record in records] == [None, ["answer_bound"], ["answer_bound"]]
    assert [record["complete"] for record in records] == [True, False, False]
    assert room == 900


async def _cancelled(*_: Any, **__: Any) -> Any:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("failing", "why"),
    [("busy", "detectors_busy"), ("binary", "binary"), ("broken", "error"), ("late", "deadline"), ("gone", "deadline")],
)
def test_a_scan_that_fails_leaves_a_record_that_says_so(
    failing: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> dict[str, Any]:
        detector = Words()
        detector.busy = failing == "busy"
        detector.failures = frozenset({"binary"} if failing == "binary" else ())
        if failing == "broken":
            detector.gate = None  # type: ignore[assignment]
        if failing == "gone":
            monkeypatch.setattr(detector, "scan", _cancelled)
        if failing == "late":
            detector.gate.clear()
            monkeypatch.setattr(observer, "WITHIN_S", 0.01)
        watched = Observed(detector)
        return await watched.of(chat(["word "]))

    record = asyncio.run(main())
    assert not record["complete"]
    assert record["fail"] == [why]


@pytest.mark.parametrize("before", [True, False])
def test_a_server_that_stops_does_not_wait(*, before: bool) -> None:
    async def main() -> dict[str, Any]:
        detector = Words()
        detector.gate.clear()
        watched = Observed(detector)
        if before:
            watched.at.stop()
        else:
            asyncio.get_running_loop().call_later(0.05, watched.at.stop)
        return await watched.of(chat(["word "]))

    assert asyncio.run(main())["fail"] == ["deadline"]


def test_an_answer_that_broke_off_is_scanned_as_far_as_it_came() -> None:
    record = asyncio.run(Observed(Words()).of([event(delta(f"It is {CARD} or"))], broken=True))
    assert (record["complete"], record["fail"]) == (False, ["broken_off"])
    assert record["types"][0]["t"] == "CREDIT_CARD"


def test_there_is_no_record_of_an_answer_that_never_came() -> None:
    async def main() -> Any:
        return await Observer(shared(Words()), "team", Tally(NOBODY_ASKED)).finish(broken=True)

    assert asyncio.run(main()) is None
