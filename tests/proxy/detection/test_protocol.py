import json
import socket
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.detection import protocol
from proxy.detection.tasks import FAILURES, Hit, Result, Task, Text

ANY_TEXT = st.text(st.characters(categories=None), max_size=40)
TASKS = st.lists(
    st.builds(
        Task,
        st.sampled_from(["unit", "seam"]),
        st.lists(st.builds(Text, ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=4).map(tuple),
    ),
    max_size=4,
)
KINDS = frozenset({"PERSON", "CREDIT_CARD", "UNSCANNED"})


def hits(texts: int) -> st.SearchStrategy[Hit]:
    return st.builds(
        Hit,
        st.sampled_from(sorted(KINDS)),
        st.floats(0.05, 1.0),
        st.sampled_from(["spacy", "cards"]),
        st.integers(-1, texts - 1),
        st.binary(min_size=16, max_size=16),
    )


def body(data: bytes) -> dict[str, Any]:
    return protocol.parse(data[protocol.HEADER.size :])


@given(st.integers(0, 2**53), TASKS)
def test_a_request_comes_out_as_it_went_in(number: int, tasks: Any) -> None:
    assert protocol.read_request(body(protocol.request(number, tasks))) == (number, tasks)


@given(st.data(), st.integers(0, 2**53), TASKS, st.booleans())
def test_an_answer_comes_out_as_it_went_in(data: Any, number: int, tasks: Any, last: bool) -> None:
    results = [
        Result(
            tuple(data.draw(st.lists(hits(len(task.texts)), max_size=3))),
            data.draw(st.frozensets(st.sampled_from(sorted(FAILURES)))),
            data.draw(st.integers(0, 99)),
        )
        for task in tasks
    ]
    sent = protocol.answer(number, results, last=last)
    assert protocol.read_answer(body(sent), number, tasks, KINDS) == (results, last)


@given(st.binary(max_size=200))
def test_noise_is_a_protocol_error_and_nothing_else(noise: bytes) -> None:
    with pytest.raises(protocol.ProtocolError):
        protocol.read_answer(protocol.parse(noise), 1, [], KINDS)


HIT = ["PERSON", 0.85, "spacy", 0, "ab" * 16]


@pytest.mark.parametrize(
    "message",
    [
        {"v": 1, "id": 2, "last": False, "results": [[[], [], 0]]},
        {"v": 1, "id": True, "last": False, "results": [[[], [], 0]]},
        {"v": 1, "id": 1, "last": False, "results": []},
        {"v": 1, "id": 1, "last": False, "results": [[[], [], 0]], "more": 1},
        {"v": 1, "id": 1, "last": 0, "results": [[[], [], 0]]},
        {"v": 1, "id": 1, "last": False, "results": [[[], ["made_up"], 0]]},
        {"v": 1, "id": 1, "last": False, "results": [[[], [], -1]]},
        *(
            {"v": 1, "id": 1, "last": False, "results": [[[[*HIT[:at], value, *HIT[at + 1 :]]], [], 0]]}
            for at, value in [
                (0, "ALIEN"),
                (0, 1),
                (1, 1.01),
                (1, 0.0),
                (1, 1),
                (1, True),
                (2, "the text: secret"),
                (3, 1),
                (3, -2),
                (3, 0.0),
                (4, "xy" * 16),
                (4, "ab" * 15),
            ]
        ),
    ],
)
def test_an_answer_that_deviates_anywhere_is_refused(message: Any) -> None:
    task = Task("unit", (Text("", "", "x"),))
    with pytest.raises(protocol.ProtocolError):
        protocol.read_answer(protocol.parse(json.dumps(message).encode()), 1, [task], KINDS)


def test_the_sound_form_of_that_answer_is_accepted() -> None:
    task = Task("unit", (Text("", "", "x"),))
    message = {"v": 1, "id": 1, "last": False, "results": [[[HIT], [], 0]]}
    results, _ = protocol.read_answer(message, 1, [task], KINDS)
    assert results[0].hits[0].score == 0.85


@given(TASKS.filter(bool), st.sampled_from([0.01, 0.1, 0.5, 0.9]), st.integers(-1, 1))
def test_whether_tasks_fit_into_a_frame_is_known_to_the_byte(tasks: list[Task], part: float, more: int) -> None:
    exact = len(protocol.request(sys.maxsize, tasks)) - protocol.HEADER.size
    with pytest.MonkeyPatch.context() as patch:
        for limit in (exact + more, int(exact * part), int(exact / part)):
            patch.setattr(protocol, "MAX_FRAME", limit)
            assert protocol.fits(tasks) == (exact <= limit)


def test_frames_are_read_from_a_socket_one_by_one() -> None:
    mine, its = socket.socketpair()
    with mine, its:
        mine.sendall(protocol.frame({"v": 1, "id": 1}) + protocol.frame({"v": 1, "id": 2}))
        mine.shutdown(socket.SHUT_WR)
        assert [protocol.receive(its), protocol.receive(its), protocol.receive(its)] == [
            {"v": 1, "id": 1},
            {"v": 1, "id": 2},
            None,
        ]


@pytest.mark.parametrize("data", [b"\x00\x00", b"\x00\x00\x00\x09{", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00"])
def test_a_torn_or_oversized_frame_is_refused(data: Any) -> None:
    mine, its = socket.socketpair()
    with mine, its:
        mine.sendall(data)
        mine.shutdown(socket.SHUT_WR)
        with pytest.raises(protocol.ProtocolError):
            protocol.receive(its)
