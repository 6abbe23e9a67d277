from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.detection.configured.reading import pieces, plain
from proxy.files.source import parse


@given(st.text(alphabet="ab \n", max_size=900), st.integers(60, 200))
def test_pieces_cover_a_text_and_overlap(text: str, size: int) -> None:
    found = list(pieces(text, size, 25))
    assert all(len(piece) <= size and text[at : at + len(piece)] == piece for at, piece in found)
    assert found[0][0] == 0
    assert found[-1][0] + len(found[-1][1]) == len(text)
    assert all(after <= before + len(piece) for (before, piece), (after, _) in pairwise(found))


def test_pieces_end_and_begin_with_whole_words() -> None:
    text = "maria gonzalez wrote " * 20
    for _, piece in pieces(text, 50, 20):
        assert set(piece.split()) == {"maria", "gonzalez", "wrote"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("[1, -2, 0x10, 0o17]", [1, -2, 16, 15]),
        ("{a: 0.5, b: true, c: null}", {"a": 0.5, "b": True, "c": None}),
        ("['5', no, .nan, .inf]", ["5", "no", ".nan", ".inf"]),
    ],
)
def test_values_are_those_of_the_core_schema(written: str, value: object) -> None:
    assert plain(parse(f"x: {written}\n".encode(), "x.yaml")) == {"x": value}
