from typing import Any

import numpy as np
import pytest

from proxy.detection.ner.decoder import Decoder, Walk
from proxy.detection.ner.weights import Moves, Unexpected

NAMES = ("B-X", "B-Y", "I-X", "I-Y", "L-X", "L-Y", "U-X", "U-Y", "U-", "O")
SIZE = len(NAMES)


def moves(names: tuple[str, ...] = NAMES) -> Moves:
    """A parser whose hidden units are the scores of its moves, summed over the three features of a state."""
    pieces = np.zeros((3, 2 * SIZE), np.float32)
    pieces[:, SIZE:] = -100
    zeros = np.zeros(SIZE, np.float32)
    lower = np.zeros((1, 3 * 2 * SIZE), np.float32)
    return Moves(names, lower, pieces, np.zeros(2 * SIZE, np.float32), 2, np.eye(SIZE, dtype=np.float32), zeros)


def features(*wanted: dict[str, float]) -> Any:
    """What each token says of the moves, by its own feature only."""
    found = np.zeros((len(wanted), 3, 2, SIZE), np.float32)
    found[:, :, 1] = -100
    for row, scores in zip(found, wanted, strict=True):
        for name, score in scores.items():
            row[0, 0, NAMES.index(name)] = score
    return found.reshape(len(wanted), -1)


def walk(*wanted: dict[str, float], blank: tuple[int, ...] = (), last: tuple[int, ...] | None = None) -> list[Any]:
    count = len(wanted)
    flags = np.zeros((2, count), np.bool_)
    flags[0, list(blank)] = True
    flags[1, [count - 1] if last is None else list(last)] = True
    positions = range(0, 10 * count, 10)
    ends = range(9, 10 * count + 9, 10)
    return list(Walk(Decoder(moves())).feed(features(*wanted), *flags, positions, ends))


BEGIN, ON, END, OUT = {"B-X": 3.0}, {"I-X": 3.0}, {"L-X": 3.0}, {"O": 3.0}


def test_an_entity_goes_from_its_beginning_to_its_end() -> None:
    assert walk(OUT, BEGIN, ON, END, OUT, {"U-Y": 1.0}, OUT) == [("X", 10, 39), ("Y", 50, 59)]


def test_the_first_of_moves_with_one_score_is_taken() -> None:
    assert walk({"O": 1.0, "U-X": 1.0}, {"B-X": 2.0, "U-X": 2.0}, {"I-X": 1.0, "L-X": 1.0}, END) == [
        ("X", 0, 9),
        ("X", 10, 39),
    ]


def test_inside_an_entity_only_going_on_and_ending_count() -> None:
    assert walk(BEGIN, {"O": 9.0, "U-Y": 9.0, "L-Y": 9.0, "I-X": 1.0}, {"B-Y": 9.0, "L-X": 1.0}, OUT) == [("X", 0, 29)]


def test_the_last_token_ends_an_entity_and_begins_none() -> None:
    assert walk(BEGIN, ON, ON) == [("X", 0, 29)]
    assert walk(OUT, {"B-X": 3.0, "U-Y": 2.0}) == [("Y", 10, 19)]
    assert walk(BEGIN, ON, BEGIN, END, last=(1, 3)) == [("X", 0, 19), ("X", 20, 39)]


def test_white_space_begins_no_entity_but_may_stand_in_one() -> None:
    assert walk({"U-X": 3.0}, BEGIN, ON, END, blank=(0, 2)) == [("X", 10, 39)]


def test_the_move_for_blocked_tokens_is_never_taken() -> None:
    assert walk({"U-": 9.0, "U-X": 1.0}, OUT) == [("X", 0, 9)]


def test_a_state_is_the_sum_of_the_token_the_first_of_the_entity_and_the_one_before() -> None:
    told = features(BEGIN, {"L-X": 3.0}, {"I-X": 1.0}, {"I-X": 1.0}).reshape(4, 3, 2, SIZE)
    told[0, 1, 0, NAMES.index("I-X")] = 2.5
    told[0, 2, 0, NAMES.index("I-X")] = 1.0
    told[1, 2, 0, NAMES.index("L-X")] = 9.0
    last = np.array([False] * 4)
    spans = list(Walk(Decoder(moves())).feed(told.reshape(4, -1), last, last, range(4), range(1, 5)))
    assert spans == [("X", 0, 3)]


@pytest.mark.parametrize("cut", range(1, 7))
def test_blocks_are_read_as_one_text(cut: int) -> None:
    wanted = features(OUT, BEGIN, ON, ON, END, {"U-Y": 1.0}, OUT)
    wanted[2, 2 * 2 * SIZE + NAMES.index("L-X")] = 1.0
    last = np.array([False] * 6 + [True])
    blank = np.array([False] * 7)
    once = list(Walk(Decoder(moves())).feed(wanted, blank, last, range(7), range(1, 8)))
    walk = Walk(Decoder(moves()))
    found = []
    for part in (slice(0, cut), slice(cut, 7)):
        found += list(walk.feed(wanted[part], blank[part], last[part], range(7)[part], range(1, 8)[part]))
    assert found == once == [("X", 1, 5), ("Y", 5, 6)]


def test_moves_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(Unexpected):
        Decoder(moves(NAMES[:-1]))
    with pytest.raises(Unexpected):
        Decoder(moves(("B-Z", *NAMES[1:])))
