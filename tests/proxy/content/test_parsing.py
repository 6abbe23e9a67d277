import pytest

from proxy.content.parsing import parse
from proxy.errors import RequestRefused


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "duplicate_key"),
        (b'{"a": NaN}', "invalid_json"),
        (b'{"a": -Infinity}', "invalid_json"),
        (b'{"a": 1e999}', "number_out_of_range"),
        (b'{"a": 123456789012345678901234567890}', "number_out_of_range"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "number_out_of_range"),
        (b'{"a": "\xff"}', "invalid_utf8"),
        (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
        ('{"a": 1}'.encode("utf-16"), "invalid_utf8"),
        (b'{"a": "\\ud800"}', "invalid_unicode"),
        (b'{"\\udc00": 1}', "invalid_unicode"),
        (b"[]", "invalid_json"),
        (b"", "invalid_json"),
        (b'{"a": "line\nbreak"}', "invalid_json"),
        (b"[" * 100_000, "nesting_too_deep"),
    ],
)
def test_a_body_that_two_parsers_could_read_differently_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        parse(raw)
    assert refusal.value.code == code
    assert refusal.value.status == 400


def test_a_refusal_never_repeats_the_body() -> None:
    with pytest.raises(RequestRefused) as refusal:
        parse(b'{"secret-in-key": 1, "secret-in-key": 2}')
    assert "secret" not in str(refusal.value.body())
