from proxy.tables import plain, short, table, width


def test_columns_are_aligned_by_what_characters_take_on_a_terminal() -> None:
    lines = table([["name", "n"], ["模型", "5"], ["é" + "e\u0301", "123"]], right={1})
    assert lines == ["name    n", "模型    5", "ée\u0301    123"]
    assert {width(line) for line in lines} == {9}


def test_what_is_too_long_is_cut_where_it_can_be_seen() -> None:
    assert short("abcdef", 6) == "abcdef"
    assert short("abcdefg", 6) == "abcde…"
    assert short("模型模型", 6) == "模型…"
    assert table([["x" * 200]], longest=10) == ["xxxxxxxxx…"]


def test_nothing_in_a_cell_reaches_the_terminal_as_a_command() -> None:
    assert plain("a\x1b[2Jb\r\nc\u202e") == "a?[2Jb??c?"
    assert table([["\x1b[31mred"]]) == ["?[31mred"]


def test_rows_may_be_of_unequal_length_or_none() -> None:
    assert table([]) == []
    assert table([["a", "b"], ["c"]]) == ["a  b", "c"]
