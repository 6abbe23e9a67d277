from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.records.tombstone import Tombstone
from audit.sources.source import COLUMNS

STONE = Tombstone(
    9, "01a1fe6d-0185-7595-b576-122b77425aaa", "route.decision", 2, "2026-01-31T12:00:00.000001Z", "5" * 64,
    "01a1fe6d-0185-7595-b576-122b77425aab", 7,
)  # fmt: skip


@given(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read_back(seq: int, n: int, bh: bytes) -> None:
    stone = Tombstone(seq, STONE.id, STONE.kind, 1, STONE.ts, bh.hex(), STONE.epoch, n)
    assert Tombstone.decode(stone.encode()) == stone


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b",", b", "),
        (b'"seq":9', b'"seq":9.0'),
        (b'"seq":9', b'"seq":-9'),
        (b'"n":7,', b""),
        (b'"n":7', b'"m":7'),
        (b"}}", b'},"x":1}'),
    ],
)
def test_any_other_form_is_none(old: bytes, new: bytes) -> None:
    raw = STONE.encode()
    assert Tombstone.decode(raw) is not None
    assert Tombstone.decode(raw.replace(old, new, 1)) is None


def test_it_says_nothing_of_what_the_body_said() -> None:
    body: dict[str, Any] = {
        "id": STONE.id,
        "kind": STONE.kind,
        "v": 2,
        "ts": STONE.ts,
        "salt": "S" * 22,
        "team": "sales",
    }
    made = Tombstone.of(9, bytes.fromhex(STONE.bh), {**body, "w": {"epoch": STONE.epoch, "n": 7, "inst": "host"}})
    assert made == STONE
    assert b"sales" not in made.encode()
    assert dict(zip(COLUMNS, made.columns(), strict=True))["team"] is None
