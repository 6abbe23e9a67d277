# ruff: noqa: RUF001 - look-alikes are what is tested
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.detection.normal import (
    _normalise,
    concealed,
    fold,
    has_invisible,
    invisible,
    look_alikes,
    mend,
    mixed,
    normalise,
)


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


@given(st.text(st.characters(categories=["Nd", "Cn"]), max_size=60))
def test_digits_of_any_script_upset_nobody(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_invisible_characters_may_also_end_a_word() -> None:
    assert [found.span() for found in invisible("a\u200b\u00adb\x1b")] == [(1, 3), (4, 5)]
    assert has_invisible("x\u200b")
    assert not has_invisible("plain\ntext")


def test_look_alikes_are_found_where_they_stand() -> None:
    assert [found[0] for found in look_alikes("a рау of Latin")] == ["рау"]
    assert list(look_alikes("plain")) == []


def test_only_words_of_two_scripts_are_mended() -> None:
    assert mend("саѕper.оаk@mail.соm und Иван <td>Иван</td>") == "casper.oak@mail.com und Иван <td>Иван</td>"
    assert [word[0] for word in mixed("Реаrl Иван")] == ["Реаrl"]


@given(st.text(st.characters(categories=None), max_size=60))
def test_the_short_way_gives_what_the_long_way_gives(text: str) -> None:
    short, long = normalise(text), _normalise(text)
    assert short == long or None in (short, long)


def test_text_in_tag_characters_is_read() -> None:
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "ssn 1")
    assert list(concealed(f"nothing here{hidden}")) == ["ssn 1"]
    assert list(concealed(f"{hidden[:2]}nothing{hidden[2:]}\n\nhere\n{hidden}")) == ["ssn 1ssn 1", "ssn 1\nssn 1"]


def test_text_that_is_turned_round_is_read_as_it_is_seen() -> None:
    assert list(concealed("so \u202e321 nss\u202c it is")) == ["ssn 123"]


@given(st.text(max_size=200))
def test_normalising_is_stable_for_ascii_and_never_fails(text: str) -> None:
    once = normalise(text)
    if once is not None and once.isascii():
        assert normalise(once) == once
