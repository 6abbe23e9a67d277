from audit.evidence import tables
from audit.evidence.tables import Rows, add, counted, given, listed, tabled
from audit.records.schema import MAX_INT


def test_a_sum_stays_exact_for_every_reader_of_json() -> None:
    assert add(1, 2) == 3
    assert add(MAX_INT, MAX_INT) == MAX_INT
    assert add(add(MAX_INT, 5), 1) == MAX_INT


def test_a_long_list_keeps_its_first_rows_and_its_total() -> None:
    rows = Rows()
    for number in range(tables.ROWS + 5):
        rows.append({"n": number})
    kept = rows.listed()
    assert kept["total"] == tables.ROWS + 5
    assert kept == listed([{"n": number} for number in range(tables.ROWS + 5)])
    assert kept["rows"][-1] == {"n": tables.ROWS - 1}


def test_tables_are_in_the_order_of_their_keys() -> None:
    assert counted({("b", "a"): 1, ("a", "z"): 2}, "x", "y") == [
        {"x": "a", "y": "z", "n": 2},
        {"x": "b", "y": "a", "n": 1},
    ]
    assert tabled({("b",): [1, 2], ("a",): [3, 4]}, ["k"], ["one", "two"])[0] == {"k": "a", "one": 3, "two": 4}


def test_what_a_record_does_not_say_is_absent() -> None:
    assert given({"a": 1}, "a", "b") == {"a": 1}
