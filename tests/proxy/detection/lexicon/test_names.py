from proxy.detection.lexicon.names import PARTICLES, THINGS, is_given, is_surname


def test_hyphens_join_names_of_one_kind() -> None:
    assert is_given("jean-pierre")
    assert is_surname("bankole-wright") == (is_surname("bankole") and is_surname("wright"))
    assert not is_given("carry-xyzzy")


def test_a_word_is_looked_up_by_its_kind() -> None:
    assert is_given("priya")
    assert is_surname("okonkwo")
    assert not is_given("okonkwo")


def test_small_words_and_things_are_no_names() -> None:
    assert "van" in PARTICLES
    assert "street" in THINGS
