"""Tiles give the envelope of every record that was pruned: its place, its body hash, and the links around it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from audit.records.chain import HASH_BYTES, link
from audit.stores.pruned import Tile, end_of, gone

LOG = bytes(range(16))
Chain = list[tuple[int, bytes, bytes, bytes]]


def chain(hashes: list[bytes]) -> Chain:
    prev, made = b"\x07" * HASH_BYTES, []
    for seq, bh in enumerate(hashes):
        end = link(LOG, seq, prev, bh)
        made.append((seq, prev, bh, end))
        prev = end
    return made


def tiled(whole: Chain, cuts: list[int]) -> list[Tile]:
    bounds = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    return [(first, whole[first][1], b"".join(one[2] for one in whole[first:end])) for first, end in pairwise(bounds)]


@given(
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40),
    st.lists(st.integers(0, 40), max_size=5),
    st.integers(-5, 45),
    st.integers(-5, 45),
)
def test_any_stretch_of_any_tiles_is_that_of_the_chain(
    hashes: list[bytes], cuts: list[int], start: int, end: int
) -> None:
    whole = chain(hashes)
    assert list(gone(LOG, tiled(whole, cuts), start, end)) == [one for one in whole if start <= one[0] < end]


def test_tiles_that_overlap_name_no_record_twice() -> None:
    whole = chain([b"\x01" * 32] * 6)
    tiles = [*tiled(whole[:4], []), (2, whole[2][1], b"\x02" * 64), (4, whole[4][1], whole[4][2] + whole[5][2])]
    assert list(gone(LOG, tiles, 0, 9)) == whole


def test_a_damaged_tile_gives_links_that_no_verification_takes() -> None:
    assert [end for *_, end in gone(LOG, [(0, b"short", b"\x01" * 64)], 0, 9)] == [b"", b""]
    whole = chain([b"\x01" * 32] * 3)
    found = list(gone(LOG, [(0, whole[0][1], b"\x01" * 32 + b"\x02" * 32 + b"\x01" * 32 + b"cut")], 0, 9))
    assert [one[3] == other[3] for one, other in zip(found, whole, strict=True)] == [True, False, False]


def test_the_end_of_a_tile_is_behind_its_last_whole_hash() -> None:
    assert end_of((7, b"", b"\0" * 95)) == 9
