import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.detection.recognizers.credentials import answers, calls, headers, logins, names, talk
from proxy.detection.recognizers.credentials.reading import Reading


def test_lower_case_keeps_every_offset() -> None:
    reading = Reading("İstanbul PASSWORD ÄÖ")
    assert len(reading.low) == len(reading.text)
    assert reading.low.endswith("password äö")


def test_names_are_found_once_and_in_order() -> None:
    reading = Reading("password=a token=b")
    assert [name.text for name in reading.names] == ["password", "token"]
    assert reading.names is reading.names


def test_a_gate_is_any_of_its_words() -> None:
    assert Reading("A Login").has("x", "login")
    assert not Reading("A Login").has("x", "y")


GATES = {
    "answers": (answers._TOPIC, answers._TOPICS),
    "stickers": (answers._STICKER, answers._STICKERS),
    "calls": (calls._PAIR, "="),
    "headers": (headers._ACCOUNT, ":"),
    "logins": (logins._PAIR, "/|:"),
    "names": (names._HIT, names.STEMS),
    "pairs": (talk._PAIR, "/:"),
    "talk": (talk.TOPIC, talk.TOPICS),
}


@pytest.mark.parametrize("name", GATES)
@given(data=st.data())
@settings(max_examples=40)
def test_what_a_pattern_finds_always_has_what_it_is_asked_for_first(name: str, data: st.DataObject) -> None:
    pattern, words = GATES[name]
    found = pattern.search(data.draw(st.from_regex(pattern)))
    assert found is None or Reading(found[0]).has(*words)
