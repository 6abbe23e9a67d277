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
