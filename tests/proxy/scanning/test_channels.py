import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.detection.tasks import plan
from proxy.endpoints.chat import CHAT
from proxy.scanning.channels import MAX_TEXTS, TOO_DEEP, TOO_MANY, Channels, grouped, unit, were_read
from proxy.scanning.pieces import LONGEST_KNOWN
from proxy.scanning.settled import HOLD

CARD = "4929 7182 0364 5103"
LONG = "A sentence of many that make up a long answer, which is said twice. " * 3


def delta(text: str | None, index: int = 0, **fields: Any) -> dict[str, Any]:
    """One event of a chat's stream."""
    said = {**({} if text is None else {"content": text}), **fields}
    return {"id": "c", "object": "chunk", "choices": [{"index": index, "delta": said, "finish_reason": None}]}


def read(channels: Channels, *, ended: bool = False, size: int | None = None) -> list[str]:
    """Read all that is due, and return it."""
    windows = channels.due(ended=ended, size=size)
    for window in windows:
        window.text.was_read(window.upto)
    return [window.content for window in windows]


def test_pieces_of_one_text_are_read_as_one() -> None:
    channels = Channels()
    marks = [
        channels.take(delta(piece))
        for piece in ("Your card is 4929 71", "82 0364 ", "5103", " as you told us all once")
    ]
    assert read(channels) == [f"Your card is {CARD} as you told us all "]
    assert [were_read(mark) for mark in marks] == [True, True, True, False]
    assert read(channels, ended=True) == [f"Your card is {CARD} as you told us all once"]
    assert were_read(marks[-1])


def test_choices_that_take_turns_are_read_apart() -> None:
    channels = Channels()
    for first, second in (("4929 71", "It is "), ("82 0364 ", "late "), ("5103", "now ")):
        channels.take(delta(first, 0))
        channels.take(delta(second, 1))
    assert read(channels, ended=True) == [CARD, "It is late now "]


@given(st.lists(st.text("ab 1\n", max_size=40), max_size=60), st.integers(0, 2**32))
def test_however_a_text_is_cut_each_part_of_it_is_read_with_what_stands_before_it(pieces: list[str], when: int) -> None:
    channels, windows, whole = Channels(), [], "".join(pieces)
    for number, piece in enumerate(pieces):
        channels.take(delta(piece))
        if when >> number & 1:
            windows += read(channels)
    windows += read(channels, ended=True)
    at = 0
    for window in windows:
        overlap = next(size for size in range(min(at, len(window)), -1, -1) if whole[at - size :].startswith(window))
        assert overlap >= min(at, HOLD)
        at += len(window) - overlap
    assert at == len(whole) or len(set(filter(None, pieces))) == 1


@pytest.mark.parametrize("size", [2000, 3000])
def test_a_long_text_is_read_in_windows_that_cut_no_value(size: int) -> None:
    text = f"There is some text around {CARD} and then more of it follows. " * 200
    channels = Channels()
    channels.take(delta(text))
    windows = list(itertools.takewhile(bool, (read(channels, ended=True, size=size) for _ in range(100))))
    assert len(windows) > 1
    assert all(len(window) <= size + 2 * HOLD for (window,) in windows)
    assert all(window.rfind("4929") == window.rfind(CARD) for (window,) in windows)
    assert channels.waiting() == 0


def test_what_a_stream_says_again_whole_is_not_read_again() -> None:
    channels = Channels()
    for at in range(0, len(LONG), 5):
        channels.take({"type": "t.delta", "output_index": 0, "delta": LONG[at : at + 5]})
    again = [channels.take({"type": "t.done", "output_index": 0, "text": LONG})]
    again.append(channels.take({"type": "response.completed", "response": {"output": [{"text": LONG}]}}))
    assert not any(map(were_read, again))
    (content, *names) = reversed(read(channels, ended=True))
    assert content == LONG
    assert LONG not in "".join(names)
    assert all(map(were_read, again))


def test_a_text_that_begins_as_another_was_is_read_on_after_that() -> None:
    channels, begin = Channels(), f"{LONG} The number is 4929 7182 "
    channels.take(delta(begin, 0))
    second = channels.take(delta(begin, 1))
    assert not were_read(second)
    channels.take(delta("0364 5103 ", 1))
    assert any(CARD in text for text in read(channels, ended=True))
    assert were_read(second)


def test_what_is_known_does_not_hide_what_stands_beside_it() -> None:
    channels, new = Channels(), f"{CARD} is new. "
    channels.take(delta(LONG))
    read(channels, ended=True)
    known = channels.take({"parts": [LONG, LONG]})
    assert were_read(known)
    for parts in ([new, LONG], [LONG, new], [LONG, new, LONG], [new * 9, new * 9]):
        fresh = Channels()
        fresh.take(delta(LONG))
        read(fresh, ended=True)
        marks = fresh.take({"parts": parts})
        assert not were_read(marks)
        assert any(CARD in text for text in read(fresh, ended=True))
        assert were_read(marks)


def test_what_differs_from_it_is_read() -> None:
    channels = Channels()
    channels.take({"type": "delta", "output_index": 0, "delta": LONG})
    channels.take({"type": "done", "output_index": 0, "text": LONG[:-20] + CARD + " "})
    assert any(CARD in text for text in read(channels, ended=True))


def test_a_text_is_not_waited_for_when_others_of_the_same_choice_speak() -> None:
    channels = Channels()
    thought = channels.take(delta(None, reasoning_content="So it ends"))
    assert read(channels) == ["So it "]
    channels.take(delta("Other", 1))
    read(channels)
    assert not were_read(thought)
    channels.take(delta("Hello", 0))
    assert "So it ends" in read(channels)
    assert were_read(thought)


def test_the_end_of_a_choice_is_an_end_although_it_says_nothing() -> None:
    channels = Channels()
    last = channels.take(delta("It ends", 0))
    channels.take(delta("Another goes on", 1))
    channels.take({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    assert read(channels) == ["It ends", "Another goes "]
    assert were_read(last)


def test_what_repeats_itself_in_every_event_neither_waits_nor_grows() -> None:
    channels = Channels()
    for number in range(2000):
        marks = channels.take({**delta(f"word{number} and more than that follows "), "x_provider": "SomeProvider"})
        read(channels)
        assert were_read(marks) or number == 0
    assert channels.waiting() == 0
    assert sum(len(text.content) for text in channels._all()) < 4 * HOLD


def test_digits_that_repeat_themselves_are_read_together() -> None:
    channels = Channels()
    seen = []
    for _ in range(4):
        channels.take(delta("4242"))
        seen += read(channels)
    assert seen[-1] == "4242" * 4


def test_names_are_read_once_and_strings_of_a_list_do_not_run_together() -> None:
    channels = Channels()
    for _ in range(3):
        channels.take(
            {"id": "chatcmpl-0123456789", "tags": ["4929718203645103", "4929718203645103"]}, beside=": a comment"
        )
    read_once, tags = read(channels, ended=True)
    assert read_once.split("\n") == ["", ": a comment", "chatcmpl-0123456789"]
    assert "4929718203645103\n4929718203645103" in tags


def test_ids_are_left_out_where_nothing_is_held_back() -> None:
    names = ["chatcmpl-0123abcd45", "gpt-4o-mini-2026-01-01", "Maria Gonzalez", "id-4929718203645103", "a@b"]
    for identifiers in (True, False):
        channels = Channels(identifiers=identifiers)
        for name in names:
            channels.take({"id": name})
        assert read(channels) == ["\n" + "\n".join(names if identifiers else names[2:])]


def test_a_single_message_is_scanned_as_the_message_that_it_will_be_in_the_next_request() -> None:
    channels = Channels()
    for piece in ("The answer", " is 42."):
        channels.take({"choices": [{"index": 0, "delta": {"content": piece}}]})
    sent = CHAT.read({"messages": [{"role": "assistant", "content": "The answer is 42."}]}, 64).units
    (asked,) = grouped(channels.due(ended=True), 100, alone="content")
    assert plan([unit(asked)])[0].task == plan(sent)[0].task


def test_texts_that_are_scanned_at_once_do_not_go_on_in_each_other() -> None:
    channels = Channels()
    for index in range(3):
        channels.take({"results": [{"index": index, "text": "4929 7182 "}]})
    tasks = [item.task for group in grouped(channels.due(ended=True), 25) for item in plan([unit(group)])]
    assert [len(task.texts) for task in tasks] == [2, 1]
    assert {task.kind for task in tasks} == {"unit"}
    assert len({text.shape for text in tasks[0].texts}) == 2


def test_more_texts_than_can_be_told_apart_are_a_failure() -> None:
    channels = Channels()
    channels.take({"a": {f"k{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{n // 676}": "x" for n in range(MAX_TEXTS + 1)}})
    assert channels.failures == {TOO_MANY}


def test_an_answer_nested_beyond_reason_is_a_failure() -> None:
    deep: Any = "x"
    for _ in range(70):
        deep = {"a": deep}
    channels = Channels()
    assert channels.take(deep) == {}
    assert channels.failures == {TOO_DEEP}


def test_what_is_too_short_to_be_read_as_a_name_is_read_where_it_is_none() -> None:
    channels = Channels()
    channels.take({"id": "maria.gonzalez"})
    assert not read(channels, ended=True)
    marks = channels.take({"id": "maria.gonzalez"}, "maria.gonzalez")
    assert not were_read(marks)
    assert "maria.gonzalez" in read(channels)[0]


def test_only_names_of_some_length_are_remembered() -> None:
    channels = Channels()
    for name in ("x " * 20, "x " * LONGEST_KNOWN):
        assert [len(read(channels)) for _ in "ab" if channels.take({"id": name}) is not None] == [1, len(name) > 40]
