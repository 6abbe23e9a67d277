"""No pattern may be driven into quadratic time: a worker's deadline is everybody's."""

import time

import pytest

from proxy.detection.recognizers import RECOGNIZERS

PIECES = [
    *"a1-:.=@ _\n",
    *("1 ", "A ", "0:", "a.", "a@", "12 Ab ", "password ", "eyJaaaa.", "dear A\n", "GB82", "1/", "flat 1, "),
]


@pytest.mark.parametrize("piece", PIECES)
def test_every_recognizer_reads_repetition_in_linear_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    for recognizer in RECOGNIZERS:
        started = time.process_time()
        for _ in recognizer.find(text):
            pass
        assert time.process_time() - started < 1.5, recognizer.name
