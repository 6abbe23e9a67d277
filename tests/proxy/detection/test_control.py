import os
import socket

import pytest

from proxy.detection import control
from proxy.detection.findings import DetectorSet


def read_to_the_end(reader: control.LineReader) -> None:
    while reader.read() is not None:
        pass


def test_messages_and_descriptors_arrive_in_pairs() -> None:
    mine, its = socket.socketpair()
    reader = control.LineReader(its)
    pipes = [os.pipe() for _ in range(2)]
    with mine, its:
        control.send(mine, {"loaded": 1})
        for slot, (_, write) in enumerate(pipes):
            control.send(mine, {"worker": slot, "generation": 1}, (write,))
        received = []
        while len(received) < 3:
            received += reader.read() or []
    assert [message for message, _ in received] == [
        {"loaded": 1},
        {"worker": 0, "generation": 1},
        {"worker": 1, "generation": 1},
    ]
    assert received[0][1] is None
    for (read, write), (_, fd) in zip(pipes, received[1:], strict=True):
        assert fd is not None
        os.write(fd, b"x")
        assert os.read(read, 1) == b"x"
        for end in (read, write, fd):
            os.close(end)


def test_an_endless_line_is_refused() -> None:
    mine, its = socket.socketpair()
    reader = control.LineReader(its)
    mine.sendall(b"x" * (control.MAX_LINE // 2))
    assert reader.read() == []
    mine.sendall(b"x" * control.MAX_LINE)
    mine.close()
    with pytest.raises(ValueError, match="too long"):
        read_to_the_end(reader)
    its.close()


def test_a_closed_line_reads_as_none() -> None:
    mine, its = socket.socketpair()
    mine.close()
    assert control.LineReader(its).read() is None
    its.close()


def test_a_detector_set_comes_out_as_it_went_in() -> None:
    loaded = DetectorSet(frozenset({"PERSON"}), (("PERSON", 0.4),), "ab")
    assert control.understand(control.describe(loaded)) == loaded
