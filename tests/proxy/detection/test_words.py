from proxy.detection.words import SCHEMA_WORDS


def test_words_of_the_api_hold_nothing_that_could_be_a_value_of_somebody() -> None:
    assert {"role", "user", "content"} <= SCHEMA_WORDS
    assert not {word for word in SCHEMA_WORDS if any(char.isdigit() for char in word)}
    assert not {"api_key", "password", "email", "ssn"} & SCHEMA_WORDS
