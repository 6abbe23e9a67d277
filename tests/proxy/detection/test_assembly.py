from proxy.detection.assembly import assemble, line


def test_every_offset_leads_back_to_its_string() -> None:
    text = assemble([(3, "first"), (5, "second\nline"), (9, "x")])
    assert text.text == "first\nsecond\nline\nx"
    assert [text.index_at(text.text.index(word)) for word in ("first", "second", "line", "x")] == [3, 5, 5, 9]
    assert [text.line_at(text.text.index(word)) for word in ("first", "second", "line", "x")] == [0, 1, 1, 2]
    assert assemble([]).index_at(0) == -1


def test_a_key_is_context_unless_it_is_a_word_of_the_api() -> None:
    assert line("ssn", "123456789") == "ssn: 123456789"
    assert line("content", "hello") == "hello"
    assert line("", "hello") == "hello"
