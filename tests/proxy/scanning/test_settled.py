import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.scanning.settled import AFTER, GROUP, HOLD, opening, settled, word_start

WORDS = st.text("ab1 @,\n木", max_size=2000)
SOME_TEXT = "".join(f"some words of no meaning, {number} of them. " for number in range(100))


def after(text: str) -> tuple[str, str]:
    """Split a text where it is settled."""
    return text[: settled(text)], text[settled(text) :]


@pytest.mark.parametrize(
    ("settles", "waits"),
    [
        ("", "Hel"),
        ("Hello ", ""),
        ("Hello there, how are ", "yo"),
        ("Your card is ", "4929"),
        ("Your card is ", "4929 7182 "),
        ("Your card is ", "4929 7182 0364 510"),
        ("Your card is ", "4929 7182 0364 5103, I"),
        ("Your card is ", "4929 7182 0364 5103, as you "),
        ("Your card is 4929 7182 0364 5103, as you told us all ", ""),
        ("The password is ", "hun"),
        ("Write to ", "desk7@nordwind.eu or "),
        ("Call ", "030 1234 or 040 5678 "),
        ("A ", "verylongwordofonlyletterswithoutanyend "),
        ("一九四〇年", ""),
        ("The key is -----BEGIN ", "PRIV"),
    ],
)
def test_what_may_be_going_on_waits_and_plain_words_do_not(settles: str, waits: str) -> None:
    assert after(settles + waits) == (settles, waits)


@given(WORDS)
def test_what_waits_is_bounded(text: str) -> None:
    assert len(text) - 2 * HOLD <= settled(text) <= len(text)


@given(WORDS, WORDS)
def test_what_has_settled_stays_settled(text: str, more: str) -> None:
    assert settled(text + more) >= min(settled(text), max(0, len(text) + len(more) - 2 * HOLD))


@given(WORDS.map(lambda text: text + " as anybody can see here "))
def test_after_some_plain_words_everything_is_settled(text: str) -> None:
    assert len(" as anybody can see here ") > AFTER
    assert settled(text) == len(text)


@given(WORDS, st.integers(0, 2000))
def test_reading_begins_far_enough_before_and_never_within_a_word(text: str, at: int) -> None:
    at = min(at, len(text))
    start = opening(text, at)
    assert 0 <= start <= max(0, at - HOLD)
    assert start == 0 or text[start - 1] in " \n木" or at - start > HOLD


def test_a_run_without_an_end_is_cut_where_base64_can_be_read_on() -> None:
    encoded = base64.b64encode(SOME_TEXT.encode()).decode()
    text = f"Here it is: {encoded}"
    for length in range(len(text) - 40, len(text)):
        cut = settled(text[:length])
        assert HOLD <= length - cut < HOLD + GROUP
        assert base64.b64decode(text[12:cut]).decode() in SOME_TEXT
        begin = opening(text, cut)
        assert base64.b64decode(text[begin:cut]).decode() in SOME_TEXT


def test_a_word_that_is_not_much_longer_than_others_is_never_cut() -> None:
    text = "see " + "x" * HOLD + " and"
    assert word_start(text, HOLD) == len("see ")
