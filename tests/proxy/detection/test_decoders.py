import gzip
import time

import pytest

from proxy.detection.decoders import Budget, as_text, escapes, numbers, rewrite, structure, tokens


def fresh() -> Budget:
    return Budget(10**6, 100, time.monotonic() + 10)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a%20b", "a b"),
        ("&lt;b&gt; &eacute;", "<b> é"),
        ("\\u00e9\\ud83d\\ude00", "é😀"),
        ("\\xc3\\xa9", "é"),
        ("line\\nnext\\ttab", "line\nnext\ttab"),
        ("\\\\\\\\u0041", "A"),
        ("\\101\\102", "AB"),
        ("\\u{1F600}", "😀"),
    ],
)
def test_escapes_are_undone(written: str, read: str) -> None:
    assert read in list(escapes(written, fresh()))


def test_plus_signs_of_a_query_are_spaces_and_of_a_sum_are_not() -> None:
    assert "q=john smith" in "".join(escapes("https://x.y/?q=john+smith", fresh()))
    assert list(escapes("1+1", fresh())) == []


def test_only_the_windows_that_changed_come_back() -> None:
    text = "word " * 1000 + "a%20b" + " word" * 1000
    (view,) = escapes(text, fresh())
    assert "a b" in view
    assert len(view) < 400


def test_words_beside_a_token_stay_beside_it() -> None:
    (view,) = tokens("ssn: MTIzNDU2Nzg5 end", fresh())
    assert view == "ssn: 123456789 end"


def test_wrapped_base64_is_one_token() -> None:
    import base64

    secret = "the account of the person is " * 5
    wrapped = base64.encodebytes(secret.encode()).decode()
    assert any(secret in view for view in tokens(wrapped, fresh()))


def test_a_token_that_begins_late_is_found() -> None:
    assert any("4111 1111 1111 1111" in view for view in tokens("xxNDExMSAxMTExIDExMTEgMTExMQ==", fresh()))


def test_deflated_text_is_read() -> None:
    assert as_text(gzip.compress(b"hello there")) == "hello there"
    assert as_text(bytes(range(128, 255))) is None


@pytest.mark.parametrize("follows", ["last line", "a cat", "face"])
def test_hex_at_the_end_of_a_line_is_read_whatever_the_next_line_begins_with(follows: str) -> None:
    hidden = "The entry: NHS number 805 517 3974"
    assert any(hidden in view for view in tokens(f"first line\n{hidden.encode().hex()}\n{follows}", fresh()))


def test_spelled_and_exponential_numbers_are_written_out() -> None:
    assert any("4111" in view for view in numbers("four one one one double two zero", fresh()))
    assert list(numbers("4.111e15", fresh())) == ["4111000000000000"]
    assert list(numbers("one two three", fresh())) == []


def test_json_is_walked_with_its_keys_and_repeated_ones() -> None:
    (view,) = structure('note {"a": {"ssn": 123456789, "ssn": "x"}, "b": [true, 1.50]}', fresh())
    assert view.splitlines() == ["ssn: 123456789", "ssn: x", "b: 1.50"]


def test_a_wrapper_of_one_value_lends_its_key() -> None:
    assert list(structure('password: {"entry": "x"}', fresh())) == ["entry: x\npassword: x"]
    assert list(structure('{"password": {"value": "x"}}', fresh())) == ["value: x\npassword: x"]
    assert list(structure('{"password": {"a": "x", "b": "y"}}', fresh())) == ["a: x\nb: y"]


def test_json_in_some_of_the_lines_is_walked() -> None:
    assert list(structure('{"ssn": 123456789}\nand\n{"ssn": 987654321}', fresh())) == ["ssn: 123456789\nssn: 987654321"]
    assert list(structure('a: {"entry": "x"}\nb: {"entry": "y"}', fresh())) == ["entry: x\na: x\nentry: y\nb: y"]


def test_what_is_not_json_is_left_alone() -> None:
    assert list(structure("{not json at all}", fresh())) == []
    assert list(structure("plain", fresh())) == []


def test_a_rewrite_that_changes_nothing_is_none() -> None:
    import re

    assert rewrite("aaa", re.compile("a"), lambda match: match[0]) is None
