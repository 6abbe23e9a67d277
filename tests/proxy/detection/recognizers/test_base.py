from proxy.detection.recognizers.base import compact, digits, near, words


def test_canonical_forms_drop_what_separates() -> None:
    assert compact("gb82 west-12.34") == "GB82WEST1234"
    assert digits("+1 (415) 555") == "1415555"


def test_context_words_are_whole_words_in_any_case_and_in_keys() -> None:
    card = words("card", "pan")
    text = "Credit_CARD: 1234 and nothing of use, discarded 5678"
    assert near(text, text.index("1234"), text.index("1234") + 4, card)
    assert not near("discarded 5678", 10, 14, card)


def test_context_is_near() -> None:
    card = words("card")
    assert not near("card" + " " * 100 + "1234", 104, 108, card)
