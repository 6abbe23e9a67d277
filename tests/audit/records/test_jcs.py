"""The verifier's canonicaliser refuses whatever is outside the subset, and every text but the canonical one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.records.jcs import NotCanonicalError, canonical, parse

SUBSET = st.recursive(
    st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(SUBSET)
def test_what_was_written_is_read_back(value: Any) -> None:
    assert parse(canonical(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"b":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":null}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0061"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\u00E9"}',
        b'{"a":"\x7f\xff"}',
        b'{"\xc3\xa9":1}',
        b"[" * 8000 + b"]" * 8000,
        b"[" * 200 + b"]" * 200,
        b"\xef\xbb\xbf{}",
        b"",
        b"{",
        b"{}{}",
    ],
)
def test_any_other_text_is_refused(text: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        parse(text)


@pytest.mark.parametrize("value", [None, 1.0, -0.0, float("nan"), 2**53, {"é": 1}, {1: 1}, "\ud800", (1,), b"a", {1}])
def test_any_other_value_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonicalError):
        canonical([value])
