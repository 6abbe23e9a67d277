"""Whatever the text: its readings are made within their bounds, and hold what was hidden or say that they may not."""

import time
import tracemalloc

import pytest
from fuzz.hostile import Hidden, hidden, texts
from fuzz.rounds import notices, turn

from proxy.detection import views
from proxy.detection.decoders import DECODERS, Budget
from proxy.detection.reading import Reading
from proxy.detection.recognizers import cards
from proxy.detection.tasks import FAILURES, Task, Text
from proxy.detection.views import CHARS_FREE, CHARS_PER_CHAR, SECONDS_FREE, SECONDS_PER_CHAR

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
BYTES_FREE, BYTES_PER_CHAR = 32 * 1024 * 1024, 400
"""What the readings of a text may hold in memory at once."""


def readings(text: str) -> tuple[list[str], set[str]]:
    """Return all that detectors read of one string, and why that may not be everything."""
    reading = Reading(Task("unit", (Text("content", "content", text),)))
    made = [reading.base().text, reading.decoded().text, reading.twisted().text]
    return made, reading.failures


def bounded(text: str) -> None:
    began = time.thread_time()
    made, failures = readings(text)
    assert time.thread_time() - began < SECONDS_FREE + SECONDS_PER_CHAR * len(text)
    assert sum(map(len, made)) < 2 * (CHARS_FREE + (CHARS_PER_CHAR + 1) * len(text))
    assert failures <= FAILURES


def small(text: str) -> None:
    tracemalloc.start()
    try:
        readings(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < BYTES_FREE + BYTES_PER_CHAR * len(text)


def found_or_named(value: Hidden) -> None:
    made, failures = readings(value.text)
    assert failures or any(match.value == value.card for text in made for match in cards.find(text)), value.steps


def test_any_text_is_read_within_the_bounds_of_time_and_size() -> None:
    assert turn(bounded, texts) > 0


def test_any_text_is_read_in_memory_that_its_length_bounds() -> None:
    assert turn(small, texts) > 0


def test_what_is_hidden_is_found_or_the_reading_says_that_it_is_incomplete() -> None:
    assert turn(found_or_named, hidden()) > 0


@pytest.mark.parametrize("name", ["escapes", "tokens", "codes", "layout"])
def test_without_one_decoder_something_is_lost_in_silence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the property above is able to fail."""
    left = tuple(decoder for decoder in DECODERS if decoder.__name__ != name)
    assert len(left) == len(DECODERS) - 1
    monkeypatch.setattr(views, "DECODERS", left)
    assert notices(found_or_named, hidden())


def test_a_bound_that_is_reached_in_silence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: so does a bound that is kept, and not named."""
    monkeypatch.setattr(views, "MAX_DEPTH", 2)
    monkeypatch.setattr(views._Expansion, "_deeper", lambda _: False)
    assert notices(found_or_named, hidden())


def test_a_reading_without_bounds_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the bounds are what keeps bombs small."""
    unbounded = Budget(10**12, 10**12, 10**12)
    monkeypatch.setattr("proxy.detection.reading.budget", lambda _: unbounded)
    assert notices(bounded, texts)
