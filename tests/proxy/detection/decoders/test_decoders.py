"""What holds for every decoder: linear time, silence about ordinary text, and no character that upsets it."""

import string
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties.effort import ASKED

from proxy.detection.decoders import DECODERS, Budget, Decoder

ALL = sorted(DECODERS, key=lambda decoder: decoder.__name__)
SIZE = 100_000 if ASKED else 40_000
LOOPS = SIZE // 5000
"""Times a loop over a million numbers, which takes a twentieth of a second, or twice that on a slow machine."""
EXAMPLES = ASKED or 60
HOSTILE = (
    "%25", "%u0041", "&amp;", "&", "\\", "\\x41", "\\u0041", "\\41 ", "[", "{", '{"a":', '["', "]", "A", "aB3",
    "aGVsbG8 ", "aGVsbG8/", "41 ", "41:", "0x41,", "0x41", "0", "00000000: 41 ", "<~", "<", "<b", "<b>", "<!--",
    "]]>", "x<b>", "=", "=41", "=?", "=?u?q?", "=\n", "xn--", "xn--a", "four ", "four-", "e ", "1e9 ", "65, ", "65 ",
    "65,", "chr(65)+", "U+0041 ", "U+", "01000001", "0100 ", "a ", " a", "a.", ".", "-", "- ", "a-", "'", '"', "'' ",
    '"a" + ', '"a" "', "('", "['a',", "join['a',", "\n", "1\n", "a\n", "1234 \n", "4929\n", "A1B2 ", "a@\n", "@",
    "(at)", "a (at) a.", " \u00e4t ", "a. \u00e4t ", "_", "a_", "/", "a/", "+", "a+", "a=%41", "a=+", "?a=+", "&a=%",
    "MIIB", "eyJ", "eyJa.", "eyJaaaaaaaaa.", "\r\n", "\u200b",
)  # fmt: skip


@pytest.fixture(scope="module")
def longest_s() -> float:
    """Return the processor time that a text may cost on this machine."""
    taken = []
    for _ in range(3):
        started = time.thread_time()
        sum(number * number for number in range(1_000_000))
        taken.append(time.thread_time() - started)
    return LOOPS * max(taken)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_costs_each_decoder_less_than_a_second(piece: str, longest_s: float) -> None:
    text = (piece * (SIZE // len(piece) + 1))[:SIZE]
    for decoder in ALL:
        started = time.thread_time()
        for _ in decoder(text, Budget(8 * SIZE, 100, 60)):
            pass
        assert time.thread_time() - started < longest_s, decoder.__name__


PIECES = sorted({*HOSTILE, *string.punctuation, *" \t\n", "ab", "12", "4929", "['x' , 'y'", "https://", "=20", "</b>"})


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.lists(st.sampled_from(PIECES), max_size=3))
def test_any_repetition_costs_each_decoder_less_than_a_second(
    longest_s: float, pieces: list[str], end: list[str]
) -> None:
    piece = "".join(pieces)
    text = piece * (SIZE // 5 // len(piece)) + "".join(end)
    for decoder in ALL:
        started = time.thread_time()
        for _ in decoder(text, Budget(8 * SIZE, 100, 60)):
            pass
        assert time.thread_time() - started < longest_s, decoder.__name__


@pytest.mark.parametrize("decoder", ALL, ids=lambda decoder: decoder.__name__)
@given(text=st.text(st.characters(categories=None), max_size=200))
def test_no_text_upsets_a_decoder(decoder: Decoder, text: str) -> None:
    assert all(isinstance(view, str) for view in decoder(text, Budget(10**6, 100, 60)))


@pytest.mark.parametrize("decoder", ALL, ids=lambda decoder: decoder.__name__)
def test_an_ordinary_sentence_has_no_views(decoder: Decoder) -> None:
    text = (
        "Please check the spelling of this sentence, it is for a page of 12 lines (A4) about C++ and 50 % of SQL.\n" * 3
    )
    assert list(decoder(text, Budget(10**6, 100, 60))) == []
