# ruff: noqa: RUF001 - look-alikes are what is tested
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.detection.normal import apart, fold, has_invisible, normalise, tagged


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("４１１１", "4111"),
        ("a\u200bb\u2060c\ufeffd", "abcd"),
        ("4\u0336 1\u0336", "4 1"),
        ("a\u00a0b\u2003c", "a b c"),
        ("1\u20132\u22123", "1-2-3"),
        ("cafe\u0301", "café"),
        ("a\x00b\x1bc\n", "abc\n"),
        ("𝐉𝐨𝐡𝐧", "John"),
    ],
)
def test_what_looks_the_same_is_spelled_the_same(written: str, read: str) -> None:
    assert normalise(written) == read


def test_lookalikes_of_other_scripts_become_latin() -> None:
    assert fold("рау\u0440\u0430l") == "paypal"
    assert fold("٤١١١") == "4111"
    assert fold("🄰🅱🇨❶") == "🄰BC1"


def test_invisible_characters_may_also_end_a_word() -> None:
    assert apart("John\u200bSmith") == "John Smith"
    assert has_invisible("x\u200b")
    assert not has_invisible("plain\ntext")


def test_text_in_tag_characters_is_read() -> None:
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "ssn 1")
    assert tagged(f"nothing here{hidden}") == "ssn 1"


@given(st.text(max_size=200))
def test_normalising_is_stable_for_ascii_and_never_fails(text: str) -> None:
    once = normalise(text)
    if once is not None and once.isascii():
        assert normalise(once) == once
